/** `auth reconcile`: RBAC objects get the rules and subjects that files name, and keep or lose those that they have besides. */
import type { Command } from "../../command.ts";
import { pathOf, type ResourceInfo } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isConflict, isNotFound, StatusError, throwAll } from "../../failure.ts";
import { bool } from "../../input/flags.ts";
import { filenameFlags, hasFiles, readManifests } from "../../input/manifest.ts";
import { dryRunFlag } from "../../input/write-flags.ts";
import { createObject, getObject, updateObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { type Reconciled, reconcileBinding, reconcileRole } from "./rule-cover.ts";

const kinds = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];
const attempts = 3;

export const reconcile: Command = {
  use: "auth reconcile -f FILENAME",
  long: "Reconcile rules for RBAC roles, role bindings, cluster roles, and cluster role bindings.\n\n Objects that are not there are created, and so is their namespace. Those that are there get the rules or subjects that they lack; with --remove-extra-permissions and --remove-extra-subjects they lose what the file does not have. A binding with another role is made anew. This is preferred over 'apply' because it knows what rules and subjects mean.",
  examples: "# Reconcile the RBAC objects of a file\nkubectl auth reconcile -f my-rbac-rules.yaml",
  flags: [
    ...printFlags,
    dryRunFlag,
    ...filenameFlags("identifying the resource to reconcile."),
    bool("remove-extra-permissions", "If true, removes extra permissions added to roles"),
    bool("remove-extra-subjects", "If true, removes extra subjects added to rolebindings"),
  ],
  async run(session) {
    if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
    if (session.args.length > 0) throw new CliError("no arguments are allowed");
    const dryRun = session.dryRun();
    if (dryRun === "server") throw new CliError("--dry-run=server for command reconcile is not supported yet");
    const print = await outcomePrinter(session);
    const { namespace, namespaceGiven } = await session.target();
    const errors: unknown[] = [];
    for (const { object } of await readManifests(session)) {
      try {
        const [group, version] = object.apiVersion.split("/");
        if (group !== "rbac.authorization.k8s.io" || !kinds.includes(object.kind)) continue;
        if (version !== "v1") throw new CliError(`only rbac.authorization.k8s.io/v1 is supported: not *${version}.${object.kind}`);
        if (!object.kind.startsWith("Cluster")) placeIn(object, { namespace, namespaceGiven });
        const result = await withRetries(session, object, dryRun === "client");
        print(result.object, "reconciled");
        report(session, result);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

function placeIn(object: KObject, at: { namespace: string; namespaceGiven: boolean }): void {
  const own = object.metadata.namespace;
  if (own && at.namespaceGiven && own !== at.namespace)
    throw new CliError(
      `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(at.namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
    );
  object.metadata.namespace = own || at.namespace;
}

/** Starts over when someone else wrote, made or deleted the object meanwhile. */
async function withRetries(session: Session, expected: KObject, dryRun: boolean): Promise<Reconciled> {
  const resource = await session.resourceOfKind(expected);
  if (!resource)
    throw new CliError(`no matches for kind ${JSON.stringify(expected.kind)} in version ${JSON.stringify(expected.apiVersion)}`);
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(session, { expected, resource, dryRun });
    } catch (error) {
      const again = isConflict(error) || isNotFound(error) || (error instanceof StatusError && error.reason === "AlreadyExists");
      if (!again || attempt === attempts) throw error;
    }
  }
}

async function once(session: Session, how: { expected: KObject; resource: ResourceInfo; dryRun: boolean }): Promise<Reconciled> {
  const { expected, resource, dryRun } = how;
  const { flags } = session;
  const at = { resource, namespace: expected.metadata.namespace ?? "", name: expected.metadata.name };
  const live = await getObject(session, at).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  const result = expected.kind.endsWith("Binding")
    ? reconcileBinding(live, expected, { removeExtra: flags.bool("remove-extra-subjects") })
    : reconcileRole(live, expected, { removeExtra: flags.bool("remove-extra-permissions") });
  if (result.protected || dryRun || result.operation === "none") return result;
  if (result.operation === "update") return { ...result, object: await updateObject(session, at, result.object) };
  if (result.operation === "recreate") {
    const rest = await session.rest();
    const body = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: live?.metadata.uid } };
    await rest.json({ method: "DELETE", path: pathOf(resource, at), body });
  }
  if (at.namespace) await ensureNamespace(session, at.namespace);
  return { ...result, object: await createObject(session, resource, result.object, { namespace: at.namespace }) };
}

/** Who may not look at namespaces, or make them, may still reconcile within one. */
async function ensureNamespace(session: Session, name: string): Promise<void> {
  const tolerated = (reasons: string[]) => (error: unknown) => {
    if (!(error instanceof StatusError) || !reasons.includes(error.reason)) throw error;
    return undefined;
  };
  const resource = await session.resource("namespaces");
  const found = await getObject(session, { resource, namespace: "", name }).catch(tolerated(["NotFound", "Forbidden"]));
  if (found) return;
  const object: KObject = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
  await createObject(session, resource, object, { namespace: "" }).catch(tolerated(["AlreadyExists", "Forbidden"]));
}

function report(session: Session, result: Reconciled): void {
  const { flags } = session;
  if (result.operation === "none") return;
  const caveat = result.protected ? ", but object opted out (rbac.authorization.kubernetes.io/autoupdate: false)" : "";
  session.err(`\treconciliation required ${result.operation}${caveat}\n`);
  const [what, remove] = result.object.kind.endsWith("Binding")
    ? ["subjects", flags.bool("remove-extra-subjects")]
    : ["rules", flags.bool("remove-extra-permissions")];
  const list = (head: string, items: string[]) => {
    if (items.length > 0) session.err(`\t${head}:\n${items.map((item) => `\t\t${item}\n`).join("")}`);
  };
  list(`missing ${what} added`, result.missing);
  if (remove) list(`extra ${what} removed`, result.extra);
}
