/** `label` and `annotate`: set, change and remove key=value pairs in metadata. */

import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool, text } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, patchObject } from "../../objects.ts";
import { objectName, objectPrinter, outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

interface Which {
  verb: "label" | "annotate";
  field: "labels" | "annotations";
  done: string;
  undone: string;
  unchanged: string;
}
const labels: Which = { verb: "label", field: "labels", done: "labeled", undone: "unlabeled", unchanged: "not labeled" };
const annotations: Which = { verb: "annotate", field: "annotations", done: "annotated", undone: "annotated", unchanged: "annotated" };

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

async function run(session: Session, which: Which): Promise<void> {
  const { flags } = session;
  const pairs = session.args.filter(isPair);
  const names = session.args.slice(0, session.args.findIndex(isPair) < 0 ? undefined : session.args.findIndex(isPair));
  if (session.args.slice(names.length).some((word) => !isPair(word))) {
    const word = session.args.slice(names.length).find((item) => !isPair(item)) as string;
    throw new CliError(`all resources must be specified before ${which.verb === "label" ? "label" : "annotation"} changes: ${word}`);
  }
  if (names.length === 0 && !hasFiles(session))
    throw new CliError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
  if (pairs.length === 0 && !flags.bool("list"))
    throw new CliError(which.verb === "label" ? "at least one label update is required" : "at least one annotation update is required");
  const changes = parseChanges(pairs, which);
  if (flags.bool("all") && flags.text("selector")) throw new CliError("cannot set --all and --selector at the same time");
  const dryRun = session.dryRun();
  const targets = await buildTargets(session, {
    args: names,
    all: flags.bool("all"),
    allIsEmptySelector: true,
    labelSelector: flags.text("selector"),
    fieldSelector: flags.text("field-selector"),
    allNamespaces: flags.bool("all-namespaces"),
  });
  const local = flags.bool("local");
  const found = local
    ? targets.map((target) => ({ ...(target as At), object: (target as { manifest?: KObject }).manifest as KObject }))
    : await fetchTargets(session, targets);
  if (found.length === 0 && !flags.bool("list")) {
    if (!hasFiles(session)) session.err(`No resources found\n`);
    return;
  }
  const errors: unknown[] = [];
  for (const each of found) {
    try {
      await changeOne(session, which, each, { changes, dryRun, local, several: found.length > 1 });
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

async function changeOne(
  session: Session,
  which: Which,
  each: At & { object: KObject },
  how: { changes: Changes; dryRun: "none" | "client" | "server"; local: boolean; several: boolean },
): Promise<void> {
  const { flags } = session;
  const { changes } = how;
  const before = (each.object.metadata[which.field] ?? {}) as Record<string, string>;
  if (flags.bool("list")) {
    if (how.several)
      session.line(`Listing ${which.field} for ${each.resource.kind}.${each.resource.group ? `${each.resource.group}/` : ""}${each.name}:`);
    for (const key of Object.keys(before).sort()) session.line(`${how.several ? " " : ""}${key}=${before[key]}`);
    return;
  }
  if (!flags.bool("overwrite")) {
    const clash = Object.keys(changes.set).filter((key) => key in before && before[key] !== changes.set[key]);
    if (clash.length > 0) {
      if (which.verb === "label") {
        const reason = clash.map((key) => `'${key}' already has a value (${before[key]}), and --overwrite is false`);
        throw new CliError(reason[0]);
      }
      throw new CliError(
        `--overwrite is false but found the following declared annotation(s): ${clash.map((key) => `'${key}' already has a value (${before[key]})`).join("; ")}`,
      );
    }
  }
  const after = { ...before, ...changes.set };
  for (const key of changes.remove) {
    if (which.verb === "label" && !(key in before)) session.out(`label ${JSON.stringify(key)} not found.\n`);
    delete after[key];
  }
  const same = Object.keys(after).length === Object.keys(before).length && Object.keys(after).every((key) => after[key] === before[key]);
  const removing = changes.remove.some((key) => key in before);
  const message =
    which.verb === "annotate"
      ? which.done
      : same
        ? which.unchanged
        : removing && Object.keys(changes.set).length === 0
          ? which.undone
          : which.done;
  let object = { ...each.object, metadata: { ...each.object.metadata, [which.field]: after } } as KObject;
  if (!how.local && how.dryRun !== "client" && (!same || which.verb === "annotate")) {
    const patch = {
      metadata: {
        ...(flags.text("resource-version") ? { resourceVersion: flags.text("resource-version") } : {}),
        [which.field]: { ...changes.set, ...Object.fromEntries(changes.remove.map((key) => [key, null])) },
      },
    };
    object = await patchObject(session, each, "merge", patch, {
      dryRun: how.dryRun === "server",
      fieldManager: flags.text("field-manager"),
    });
  }
  if (flags.text("output")) session.out((await objectPrinter(session))?.(object) ?? "");
  else if (how.local || how.dryRun !== "none")
    (await outcomePrinter(session, { dryRun: how.local ? "none" : how.dryRun }))(object, message);
  else session.line(`${objectName(object)} ${message}`);
}

function isPair(word: string): boolean {
  return word.includes("=") || /.-$/.test(word);
}

function parseChanges(pairs: string[], which: Which): Changes {
  const changes: Changes = { set: {}, remove: [] };
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 0) {
      changes.remove.push(pair.slice(0, -1));
      continue;
    }
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
    if (key === "" || (which.verb === "label" && value.includes("=")))
      throw new CliError(which.verb === "label" ? `invalid label spec: ${pair}` : `invalid annotation format: ${pair}`);
    const problem = which.verb === "label" ? labelProblem(value) : undefined;
    if (problem) throw new CliError(`invalid label value: ${JSON.stringify(pair)}: ${problem}`);
    changes.set[key] = value;
  }
  const both = changes.remove.find((key) => key in changes.set);
  if (both)
    throw new CliError(
      which.verb === "label"
        ? `can not both modify and remove a label in the same command`
        : `can not both modify and remove the following annotation(s) in the same command: ${both}`,
    );
  return changes;
}

function labelProblem(value: string): string | undefined {
  if (value.length > 63) return "must be no more than 63 bytes";
  if (/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)) return undefined;
  return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
}
