/** `apply`: makes objects as their manifests say, by a three-way merge here or by server-side apply. */

import { messageOf } from "#base/errors.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, isConflict, isNotFound, throwAll } from "../../failure.ts";
import { manifestTargets, type NamedTarget, selected } from "../../input/builder.ts";
import { bool, duration, int, list, text } from "../../input/flags.ts";
import { filenameFlags } from "../../input/manifest.ts";
import { recorded, recordFlag } from "../../input/record.ts";
import {
  dryRunFlag,
  fieldManagerFlag,
  lastApplied,
  lastAppliedText,
  selectorFlag,
  validateFlag,
  withLastApplied,
  withoutNulls,
  withSource,
} from "../../input/write-flags.ts";
import { createObject, getObject, patchObject, type Written } from "../../objects.ts";
import { type Json, threeWayPatch } from "../../patch/three-way.ts";
import { objectName, objectPrinter, outcomePrinter, printFlags, splitFormat } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { type ApplyOptions, applyOptions } from "./apply-options.ts";
import type { ApplySet } from "./apply-set.ts";

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
    recordFlag,
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
    {
      ...text(
        "applyset",
        "Alpha: the ApplySet that keeps what was applied, for --prune: [RESOURCE][.GROUP]/NAME, or the name of a Secret.",
      ),
      gate: "KUBECTL_APPLYSET",
    },
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
  const options = await applyOptions(session);
  const { set, dryRun, deletion, allowed } = options;
  const errors: unknown[] = [];
  const targets = await chosenTargets(session, set, errors);
  if (targets.length === 0 && errors.length === 0) throw new CliError("no objects passed to apply");
  const sets = set && (await import("./apply-set.ts"));
  if (set) await sets!.beginApplySet(session, set, options, targets);

  const { format } = splitFormat(session);
  const whole = format !== "" && format !== "name";
  const print = whole ? () => undefined : await outcomePrinter(session);
  const applied: KObject[] = [];
  for (const target of targets) {
    try {
      const { object, operation } = await (options.serverSide ? applyServerSide : applyHere)(session, withCause(session, target), options);
      applied.push(object);
      print(object, operation);
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
  if (whole) await printAll(session, applied);
  if (!flags.bool("prune")) return;
  const kept = new Set(applied.map(({ metadata }) => metadata.uid ?? ""));
  if (set) return sets!.pruneApplySet(session, set, options, kept);
  const { namespace, namespaceGiven } = await session.target();
  const namespaces = new Set(targets.flatMap((target) => (target.resource.namespaced ? [target.namespace] : [])));
  if (namespaceGiven) namespaces.add(namespace);
  await (await import("./apply-prune.ts")).prune(session, { dryRun, deletion, allowed, kept, namespaces });
}

const withCause = (session: Session, target: NamedTarget): NamedTarget => ({
  ...target,
  manifest: recorded(session, target.manifest as KObject),
});

/** The objects of the files that --selector chooses. What is wrong with some is told of after the others are applied. */
async function chosenTargets(session: Session, set: ApplySet | undefined, errors: unknown[]): Promise<NamedTarget[]> {
  const targets = await selected(session, await manifestTargets(session, errors));
  if (!set) return targets;
  try {
    (await import("./apply-set.ts")).addMemberLabels(set, targets);
    return targets;
  } catch (error) {
    errors.splice(0, errors.length, error);
    return [];
  }
}

async function printAll(session: Session, applied: KObject[]): Promise<void> {
  const list = { apiVersion: "v1", items: applied, kind: "List", metadata: { resourceVersion: "" } } as unknown as KObject;
  const printer = await objectPrinter(session);
  session.out(printer?.(applied.length === 1 ? applied[0]! : list) ?? "");
}

interface Outcome {
  object: KObject;
  operation: string;
}
type How = Pick<ApplyOptions, "dryRun" | "validation" | "deletion">;

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
      `Warning: resource ${target.resource.name}/${target.name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
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
        : await patchWithRetries(session, target, { type, patch, write, manifest, live, deletion: how.deletion });
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
  how: {
    type: "strategic" | "merge";
    patch: Json;
    write: Written;
    manifest: KObject;
    live: KObject;
    deletion: ApplyOptions["deletion"];
  },
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
      return recreate(session, target, how);
    }
  }
}

/** --force: the object goes and is made anew, or is put back when it cannot be. */
async function recreate(
  session: Session,
  target: NamedTarget,
  { manifest, live, deletion, write }: { manifest: KObject; live: KObject; deletion: ApplyOptions["deletion"]; write: Written },
): Promise<KObject> {
  const { deleteAndWait } = await import("../delete.ts");
  await deleteAndWait(session, target, deletion);
  const create = (object: KObject) => createObject(session, target.resource, object, { ...write, namespace: target.namespace });
  try {
    return await create(withoutNulls(withLastApplied(manifest)));
  } catch (error) {
    await create(live).catch((failure: unknown) => {
      throw new CliError(
        `An error occurred force-replacing the existing object with the newly provided one:\n\n${messageOf(error)}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${messageOf(failure)}`,
      );
    });
    throw error;
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
