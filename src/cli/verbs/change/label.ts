/** `label` and `annotate`: set, change and remove key=value pairs in metadata. */

import { checkLabelValue } from "#codec/names.ts";
import type { Command } from "../../command.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets, isNamed, localObjects } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles, isOneFile } from "../../input/manifest.ts";
import { changeCause, recorded, recordedCause, recordFlag } from "../../input/record.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { resourcesAndPairs } from "./set-objects.ts";

interface Which {
  verb: "label" | "annotate";
  field: "labels" | "annotations";
}
const labels: Which = { verb: "label", field: "labels" };
const annotations: Which = { verb: "annotate", field: "annotations" };

function make(which: Which): Command {
  const { verb, field } = which;
  return {
    use: `${verb} [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version]`,
    long: `Set, change or remove ${field} of objects.\n\n A key followed by '-' removes it. With --overwrite existing values change; without it, that is an error.`,
    examples: `# Set\nkubectl ${verb} pods foo unhealthy=true\n\n# Change\nkubectl ${verb} --overwrite pods foo status=unhealthy\n\n# Remove\nkubectl ${verb} pods foo bar-`,
    flags: [
      bool("all", "Select all objects of the given types in the namespace."),
      bool("all-namespaces|A", "If true, check the specified action in all namespaces."),
      dryRunFlag,
      fieldManagerFlag(`kubectl-${verb}`),
      text("field-selector", "Selector (field query) to filter on, supports '=', '==', and '!='."),
      ...filenameFlags(`identifying the resource to update the ${field}`),
      bool("list", `If true, display the ${field} of the objects.`),
      bool("local", `If true, ${verb} runs on the files alone and asks the server nothing.`),
      bool("overwrite", "If true, allow existing values to change."),
      recordFlag,
      text("resource-version", "If set, only change the object at this version. One object only."),
      selectorFlag,
      ...printFlags,
    ],
    run: (session) => run(session, which),
  };
}

export const label = make(labels);
export const annotate = make(annotations);

interface Changes {
  set: Record<string, string>;
  remove: string[];
}

interface Asked {
  names: string[];
  changes: Changes;
  dryRun: DryRun;
  local: boolean;
  /** Prints an object and what became of it. */
  print(object: KObject, operation: string): Promise<void>;
}

async function run(session: Session, which: Which): Promise<void> {
  const { flags } = session;
  const asked = which.verb === "label" ? await askedLabels(session) : await askedAnnotations(session);
  const errors: unknown[] = [];
  const wrong: unknown[] = [];
  const { found, several } = await objectsOf(session, asked, { errors, wrong });
  if (several && flags.text("resource-version")) throw new CliError("--resource-version may only be used with a single resource");
  for (const each of found) {
    try {
      await changeOne(session, which, each, { ...asked, several });
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll([...errors, ...wrong]);
}

const updates = (which: Which) => (which.verb === "label" ? "label" : "annotation");

/** Arguments and flags in the order in which upstream reads those of `label`. */
async function askedLabels(session: Session): Promise<Asked> {
  const { flags } = session;
  const dryRun = session.dryRun();
  const { names, pairs } = resourcesAndPairs(session.args, updates(labels));
  const changes = parseLabels(pairs);
  if (flags.bool("list") && flags.text("output")) throw new CliError("--list and --output may not be specified together");
  const local = flags.bool("local");
  if (!local) await session.target();
  refuseContradictions(session);
  checkPlace(session, labels, { dryRun, local, names });
  checkChanges(session, labels, changes);
  // Each object is printed as if it were the first.
  const print = async (object: KObject, operation: string) => (await outcomePrinter(session, { dryRun }))(object, operation);
  return { names, changes, dryRun, local, print };
}

/** The same of `annotate`. */
async function askedAnnotations(session: Session): Promise<Asked> {
  const { flags } = session;
  const dryRun = session.dryRun();
  const local = flags.bool("local");
  const printer = await outcomePrinter(session, { dryRun });
  if (!local) await session.target();
  const { names, pairs } = resourcesAndPairs(session.args, updates(annotations));
  const changes = parseAnnotations(pairs);
  if (flags.bool("list") && flags.text("output")) throw new CliError("--list and --output may not be specified together");
  refuseContradictions(session);
  checkPlace(session, annotations, { dryRun, local, names });
  checkChanges(session, annotations, changes);
  const both = changes.remove.filter((key) => key in changes.set);
  if (both.length > 0)
    throw new CliError(`can not both modify and remove the following annotation(s) in the same command: ${both.join(", ")}`);
  return { names, changes, dryRun, local, print: async (object, operation) => printer(object, operation) };
}

function refuseContradictions({ flags }: Session): void {
  for (const other of ["selector", "field-selector"])
    if (flags.bool("all") && flags.text(other)) throw new CliError(`cannot set --all and --${other} at the same time`);
}

function checkPlace(session: Session, which: Which, { dryRun, local, names }: Pick<Asked, "dryRun" | "local" | "names">): void {
  const file = which.verb === "label" ? "pod" : "rsrc";
  if (!local) {
    if (names.length === 0 && !hasFiles(session))
      throw new CliError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    return;
  }
  if (dryRun === "server") throw new CliError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
  if (names.length > 0)
    throw new CliError(`can only use local files by -f ${file}.yaml or --filename=${file}.json when --local=true is set`);
  if (!hasFiles(session)) throw new CliError(`one or more files must be specified as -f ${file}.yaml or --filename=${file}.json`);
}

function checkChanges({ flags }: Session, which: Which, { set, remove }: Changes): void {
  if (Object.keys(set).length === 0 && remove.length === 0 && !flags.bool("list"))
    throw new CliError(`at least one ${updates(which)} update is required`);
}

type Found = At & { object: KObject };

/** The objects, and whether the arguments say that there may be several. `wrong`: what is so in files, told of last. */
async function objectsOf(
  session: Session,
  { names, local }: Asked,
  { errors, wrong }: { errors: unknown[]; wrong: unknown[] },
): Promise<{ found: Found[]; several: boolean }> {
  const { flags } = session;
  const files = hasFiles(session) ? !isOneFile(session) : undefined;
  if (local) {
    return { found: await localObjects(session, wrong), several: files === true };
  }
  const targets = await buildTargets(session, {
    args: names,
    all: flags.bool("all"),
    allIsEmptySelector: true,
    labelSelector: flags.text("selector"),
    fieldSelector: flags.text("field-selector"),
    allNamespaces: flags.bool("all-namespaces"),
    errors: wrong,
  });
  const several = files ?? !(targets.length === 1 && isNamed(targets[0]!));
  return { found: await fetchTargets(session, targets, { errors }), several };
}

async function changeOne(session: Session, which: Which, each: Found, how: Asked & { several: boolean }): Promise<void> {
  const { flags } = session;
  const { changes } = how;
  const before = (each.object.metadata[which.field] ?? {}) as Record<string, string>;
  if (!flags.bool("overwrite")) refuseOverwriting(which, before, changes);
  const asks = !how.local && how.dryRun !== "client" && !flags.bool("list");
  if (asks && which.verb === "label")
    for (const key of changes.remove) if (!(key in before)) session.out(`label ${JSON.stringify(key)} not found.\n`);
  const after = { ...before, ...changes.set };
  for (const key of changes.remove) delete after[key];
  const added = Object.keys(changes.set).some((key) => before[key] !== changes.set[key]);
  const removed = changes.remove.some((key) => key in before);
  const changed = { ...each.object, metadata: { ...each.object.metadata, [which.field]: after } } as KObject;
  let object = changed;
  const cause = recordedCause(session);
  const version = flags.text("resource-version");
  if (asks && (added || removed || which.verb === "annotate")) {
    const patch = {
      metadata: {
        ...(version ? { resourceVersion: version } : {}),
        ...(which.verb === "label" && changeCause in cause ? { annotations: cause } : {}),
        [which.field]: {
          ...(which.verb === "annotate" ? cause : {}),
          ...changes.set,
          ...Object.fromEntries(changes.remove.map((key) => [key, null])),
        },
      },
    };
    const write = { dryRun: how.dryRun === "server", fieldManager: flags.text("field-manager") };
    object = await patchObject(session, each, "merge", patch, write);
  }
  if (flags.bool("list")) return list(session, which, { ...each, object }, how.several);
  // Upstream prints labelled objects as it changed them, annotated ones as the server answered.
  if (which.verb === "annotate") return how.print(object, "annotated");
  await how.print(asks ? recorded(session, changed) : changed, outcome(added, removed));
}

function refuseOverwriting(which: Which, before: Record<string, string>, { set }: Changes): void {
  const clashes = Object.keys(set)
    .filter((key) => key in before && before[key] !== set[key])
    .filter((key) => which.verb === "label" || key !== "kubernetes.io/change-cause")
    .map((key) => `'${key}' already has a value (${before[key]})`);
  if (clashes.length === 0) return;
  if (which.verb === "annotate")
    throw new CliError(`--overwrite is false but found the following declared annotation(s): ${clashes.join("; ")}`);
  throwAll(clashes.map((clash) => new CliError(`${clash}, and --overwrite is false`)));
}

function outcome(added: boolean, removed: boolean): string {
  if (added && removed) return "modified";
  if (added) return "labeled";
  return removed ? "unlabeled" : "not labeled";
}

function list(session: Session, which: Which, { object, resource, name }: At & { object: KObject }, several: boolean): void {
  if (several) session.line(`Listing ${which.field} for ${resource.kind}.${resource.group}/${name}:`);
  const values = (object.metadata[which.field] ?? {}) as Record<string, string>;
  for (const key of Object.keys(values).sort()) session.line(`${several ? " " : ""}${key}=${values[key]}`);
}

function parseLabels(pairs: string[]): Changes {
  const changes: Changes = { set: {}, remove: [] };
  for (const pair of pairs) {
    if (!pair.includes("=")) {
      changes.remove.push(pair.slice(0, -1));
      continue;
    }
    const [key = "", value = "", ...more] = pair.split("=");
    if (more.length > 0) throw new CliError(`invalid label spec: ${pair}`);
    const problem = checkLabelValue(value).join(";");
    if (problem) throw new CliError(`invalid label value: ${JSON.stringify(pair)}: ${problem}`);
    changes.set[key] = value;
  }
  if (changes.remove.some((key) => key in changes.set)) throw new CliError("can not both modify and remove a label in the same command");
  return changes;
}

function parseAnnotations(pairs: string[]): Changes {
  const changes: Changes = { set: {}, remove: [] };
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at > 0) changes.set[pair.slice(0, at)] = pair.slice(at + 1);
    else changes.remove.push(pair.slice(0, -1));
  }
  return changes;
}
