/** `apply`: makes objects as their manifests say, by a three-way merge here or by server-side apply. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isConflict, isNotFound, throwAll, usageError } from "../../failure.ts";
import { manifestTargets, type NamedTarget } from "../../input/builder.ts";
import { bool, duration, int, list, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import {
  dryRunFlag,
  fieldManagerFlag,
  fieldValidation,
  lastApplied,
  lastAppliedText,
  selectorFlag,
  validateFlag,
  withLastApplied,
  withoutNulls,
  withSource,
} from "../../input/write-flags.ts";
import { createObject, getObject, patchObject } from "../../objects.ts";
import { type Json, threeWayPatch } from "../../patch/three-way.ts";
import { objectName, objectPrinter, outcomePrinter, printFlags, splitFormat } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "apply (-f FILENAME | -k DIRECTORY)",
  long: "Make objects as files or stdin describe them. What does not exist is created (first, or with --save-config when created by 'create').\n\n JSON and YAML formats are accepted.",
  examples: "# Apply a manifest\nkubectl apply -f pod.json\n\n# Apply what stdin says\ncat pod.json | kubectl apply -f -",
  flags: [
    bool("all", "Select all objects of the resource types for --prune."),
    selectorFlag,
    ...filenameFlags("that contains the configuration to apply"),
    ...printFlags,
    dryRunFlag,
    fieldManagerFlag("kubectl-client-side-apply"),
    validateFlag,
    bool("server-side", "If true, apply runs in the server instead of the client."),
    bool("force-conflicts", "If true, server-side apply takes over fields that others manage."),
    bool("force", "If true, delete and recreate objects that cannot be changed in place (with --grace-period=0)."),
    int("grace-period", "Seconds that a deleted object gets to end gracefully. Ignored if negative.", -1),
    text("cascade", 'Must be "background", "orphan", or "foreground": what happens to dependents of deleted objects.', "background", {
      bare: "background",
    }),
    bool(
      "overwrite",
      "Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration",
      true,
    ),
    bool("prune", "Delete objects that were applied before and are not in the files now."),
    list("prune-allowlist", "Overwrite the default kinds (group/version/kind) for --prune."),
    bool("openapi-patch", "If true, use the server's OpenAPI document to compute patches.", true),
    text("subresource", "Apply to this subresource of the object (with --server-side)."),
    duration("timeout", "How long to wait for a deletion."),
    bool("wait", "If true, wait for deleted objects to be gone."),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  if (session.args.length > 0) throw usageError(`Unexpected args: [${session.args.join(" ")}]`, session.command);
  if (!hasFiles(session)) throw new CliError("must specify one of -f and -k");
  const serverSide = flags.bool("server-side");
  const dryRun = session.dryRun();
  if (flags.bool("force-conflicts") && !serverSide) throw new CliError("--force-conflicts only works with --server-side");
  if (dryRun === "client" && serverSide)
    throw new CliError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (flags.bool("force") && serverSide) throw new CliError("--force cannot be used with --server-side");
  if (flags.bool("force") && dryRun === "server") throw new CliError("--dry-run=server cannot be used with --force");
  if (flags.bool("all") && flags.text("selector")) throw new CliError("cannot set --all and --selector at the same time");
  if (flags.bool("prune") && flags.bool("force")) throw new CliError("--force cannot be used with --prune");
  if (flags.bool("prune") && !flags.bool("all") && !flags.text("selector")) {
    throw new CliError(
      "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
    );
  }
  if (flags.bool("prune") && serverSide)
    throw new CliError("--prune is in alpha and doesn't currently work on objects created by server-side apply");
  if (flags.text("subresource") && !serverSide) throw new CliError("--subresource can only be specified for --server-side");
  const validation = fieldValidation(session);
  await session.clientTarget();

  const { format } = splitFormat(session);
  const whole = format !== "" && format !== "name";
  const collected: KObject[] = [];
  const print = whole ? (object: KObject) => void collected.push(object) : await outcomePrinter(session);
  const errors: unknown[] = [];
  const visited: KObject[] = [];
  const targets: NamedTarget[] = await manifestTargets(session);
  if (targets.length === 0) throw new CliError("no objects passed to apply");
  const selector = flags.text("selector");
  const { parseLabelSelector, matchesLabels } = selector
    ? await import("#codec/mod.ts")
    : { parseLabelSelector: undefined, matchesLabels: undefined };
  for (const target of targets) {
    const manifest = target.manifest as KObject;
    if (parseLabelSelector && matchesLabels && !matchesLabels(parseLabelSelector(selector), manifest.metadata.labels ?? {})) continue;
    try {
      const result = serverSide
        ? await applyServerSide(session, target, { dryRun, validation })
        : await applyHere(session, target, { dryRun, validation });
      visited.push(result.object);
      print(result.object, result.operation);
    } catch (error) {
      errors.push(error);
    }
  }
  if (whole) {
    const printer = await objectPrinter(session);
    if (collected.length === 1) session.out(printer?.(collected[0]) ?? "");
    else if (collected.length > 1)
      session.out(
        printer?.({ apiVersion: "v1", items: collected, kind: "List", metadata: { resourceVersion: "" } } as unknown as KObject) ?? "",
      );
  }
  throwAll(errors);
  if (flags.bool("prune")) await (await import("./apply-prune.ts")).prune(session, visited, dryRun);
}

interface Outcome {
  object: KObject;
  operation: string;
}
interface How {
  dryRun: "none" | "client" | "server";
  validation: string;
}

async function applyServerSide(session: Session, target: NamedTarget, how: How): Promise<Outcome> {
  requireName(target);
  const { handOver } = await import("./apply-handover.ts");
  const send = () => sendApply(session, target, how);
  const object = await handOver(session, target, { object: await send(), ...writeOf(session, how), again: send });
  warnIfDeleting(session, object);
  return { object, operation: "serverside-applied" };
}

function writeOf({ flags }: Session, how: How) {
  return { dryRun: how.dryRun === "server", fieldManager: flags.given("field-manager") ? flags.text("field-manager") : "kubectl" };
}

async function sendApply(session: Session, target: NamedTarget, how: How): Promise<KObject> {
  const { flags } = session;
  try {
    return await patchObject(session, target, "apply", target.manifest, {
      ...writeOf(session, how),
      fieldValidation: how.validation,
      force: flags.bool("force-conflicts"),
      subresource: flags.text("subresource") || undefined,
    });
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new CliError(
      `${(error as Error).message}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`,
    );
  }
}

async function applyHere(session: Session, target: NamedTarget, how: How): Promise<Outcome> {
  const { flags } = session;
  const manifest = target.manifest as KObject;
  requireName(target);
  const source = target.source ?? "";
  const write = { dryRun: how.dryRun === "server", fieldManager: flags.text("field-manager"), fieldValidation: how.validation };
  let live: KObject;
  try {
    live = await getObject(session, target);
  } catch (error) {
    if (!isNotFound(error))
      throw withSource(error, `retrieving current configuration of:\n${describeTarget(target)}\nfrom server for:`, source);
    const wanted = withoutNulls(withLastApplied(manifest));
    if (how.dryRun === "client") return { object: wanted, operation: "created" };
    try {
      return {
        object: await createObject(session, target.resource, wanted, { ...write, namespace: target.namespace }),
        operation: "created",
      };
    } catch (failure) {
      throw withSource(failure, "creating", source);
    }
  }
  if (live.metadata.annotations?.[lastApplied] === undefined) {
    session.err(
      `Warning: resource ${target.resource.name}${target.resource.group ? `.${target.resource.group}` : ""}/${target.name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`.replace(
        `resource ${target.resource.name}${target.resource.group ? `.${target.resource.group}` : ""}/`,
        `resource ${target.resource.name}/`,
      ),
    );
  }
  const { patch, type, applyLocally } = await threeWayPatch(session, target, { modified: withLastApplied(manifest), live });
  if (Object.keys(patch).length === 0) {
    warnIfDeleting(session, live);
    return { object: live, operation: "unchanged" };
  }
  let object: KObject;
  try {
    object =
      how.dryRun === "client"
        ? (applyLocally(live as Json, patch) as KObject)
        : await patchWithRetries(session, target, { type, patch, write, manifest, live });
  } catch (error) {
    throw withSource(error, `applying patch:\n${JSON.stringify(patch)}\nto:\n${describeTarget(target)}\nfor:`, source);
  }
  warnIfDeleting(session, object);
  return { object, operation: "configured" };
}

const maxPatchRetries = 5;

/** Someone else may write between our reading and patching: read and merge again. */
async function patchWithRetries(
  session: Session,
  target: NamedTarget,
  how: { type: "strategic" | "merge"; patch: Json; write: Parameters<typeof patchObject>[4]; manifest: KObject; live: KObject },
): Promise<KObject> {
  let { patch, type } = how;
  for (let attempt = 1; ; attempt++) {
    try {
      return await patchObject(session, target, type, patch, how.write);
    } catch (error) {
      if (isConflict(error) && attempt <= maxPatchRetries) {
        const live = await getObject(session, target);
        ({ patch, type } = await threeWayPatch(session, target, { modified: withLastApplied(how.manifest), live }));
        continue;
      }
      const replaceable = isConflict(error) || (error as { reason?: string }).reason === "Invalid";
      if (!session.flags.bool("force") || !replaceable) throw error;
      const { deleteAndWait } = await import("../delete.ts");
      await deleteAndWait(session, target);
      const fresh = withoutNulls(withLastApplied(how.manifest));
      return createObject(session, target.resource, fresh, { ...how.write, namespace: target.namespace });
    }
  }
}

function requireName(target: NamedTarget): void {
  const generated = target.manifest?.metadata.generateName;
  if (!target.name && generated) throw new CliError(`from ${generated}: cannot use generate name with apply`);
  if (!target.name)
    throw new CliError(
      `error when retrieving current configuration of:\n${describeTarget(target)}\nfrom server for: ${JSON.stringify(target.source)}: resource name may not be empty`,
    );
}

function describeTarget({ resource, name, namespace }: NamedTarget): string {
  const gv = `${resource.group ? `${resource.group}/` : ""}${resource.version}`;
  return `Resource: "${gv}, Resource=${resource.name}", GroupVersionKind: "${gv}, Kind=${resource.kind}"\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}`;
}

function warnIfDeleting(session: Session, object: KObject): void {
  if (object.metadata.deletionTimestamp)
    session.err(`Warning: Detected changes to resource ${object.metadata.name} which is currently being deleted.\n`);
}

export { lastAppliedText, objectName };
