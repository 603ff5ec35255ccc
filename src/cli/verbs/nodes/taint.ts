/** `taint`: marks on nodes that keep pods away. */

import { checkLabelKey, checkLabelValue } from "#codec/names.ts";
import type { Command } from "../../command.ts";
import { unmatched } from "../../connect/discovery.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll, usageError } from "../../failure.ts";
import { buildTargets, namedTargets, type Target } from "../../input/builder.ts";
import { bool } from "../../input/flags.ts";
import { dryRunFlag, fieldManagerFlag, fieldValidation, selectorFlag, validateFlag } from "../../input/write-flags.ts";
import { fetchTargets, patchObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

export const command: Command = {
  use: "taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
  long: "Update the taints on one or more nodes.\n\n A taint is key=value:effect or key:effect, where effect is NoSchedule, PreferNoSchedule or NoExecute; a '-' behind it removes it.",
  examples:
    "kubectl taint nodes foo dedicated=special-user:NoSchedule\nkubectl taint nodes foo dedicated:NoSchedule-\nkubectl taint nodes foo dedicated-",
  flags: [
    bool("all", "Select all nodes in the cluster"),
    dryRunFlag,
    fieldManagerFlag("kubectl-taint"),
    bool("overwrite", "If true, allow taints to be overwritten, otherwise reject taint updates that overwrite existing taints."),
    selectorFlag,
    validateFlag,
    ...printFlags,
  ],
  async run(session) {
    const { flags } = session;
    await session.target();
    const dryRun = session.dryRun();
    fieldValidation(session);
    const { names, specs } = splitTaints(session.args);
    if (names.length === 0) throw new CliError("one or more resources must be specified as <resource> <name>");
    if (specs.length === 0) throw new CliError("at least one taint update is required");
    const { add, remove } = parseTaints(specs);
    const targets = await nodesOf(session, names, { add, remove });
    const print = await outcomePrinter(session);
    const errors: unknown[] = [];
    for (const found of await fetchTargets(session, targets)) {
      try {
        const { taints, operation } = change(found.object, { add, remove, overwrite: flags.bool("overwrite") });
        const patch = {
          spec: { taints: taints.length > 0 ? taints : null },
          metadata: { resourceVersion: found.object.metadata.resourceVersion },
        };
        const after =
          dryRun === "client"
            ? { ...found.object, spec: { ...found.object.spec, taints } }
            : await patchObject(session, found, "merge", patch, { dryRun: dryRun === "server", fieldManager: flags.text("field-manager") });
        print(after, operation);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

function splitTaints(args: string[]): { names: string[]; specs: string[] } {
  const isTaint = (word: string) => /[=:]|-$/.test(word);
  const at = args.findIndex(isTaint);
  if (at < 0) return { names: args, specs: [] };
  const specs = args.slice(at);
  const wrong = specs.find((word) => !isTaint(word));
  if (wrong !== undefined) throw new CliError(`all resources must be specified before taint changes: ${wrong}`);
  return { names: args.slice(0, at), specs };
}

/** Nodes by name, by selector or all, after everything that upstream checks before it asks for them. */
async function nodesOf(session: Session, [type = "", ...names]: string[], changes: Changes): Promise<Target[]> {
  const { flags } = session;
  const lower = type.toLowerCase();
  // What stands behind a dot would be a field.
  const [plural = ""] = lower.split(".");
  const resource = (await session.mapper()).find(plural) ?? (await session.freshMapper()).find(plural);
  if (!resource) throw unmatched(plural);
  if (resource.kind !== "Node") throw new CliError(`invalid resource type ${lower}, only node types are supported`);
  const both = changes.add.flatMap((taint) =>
    changes.remove.filter(({ key, effect }) => key === taint.key && (!effect || effect === taint.effect)),
  );
  if (both.length > 0) {
    const shown = both.map(({ key, effect }) => `${key}=${effect ?? ""}`).join(", ");
    throw new CliError(`can not both modify and remove the following taint(s) in the same command: ${shown}`);
  }
  const [all, labelSelector] = [flags.bool("all"), flags.text("selector")];
  if (all && labelSelector) throw new CliError("setting 'all' parameter with a non empty selector is prohibited");
  if (!all && !labelSelector) {
    if (names.length === 0) throw new CliError("at least one resource name must be specified since 'all' parameter is not set");
    return namedTargets(session, { type: "node", names, namespace: await session.namespace() });
  }
  return buildTargets(session, { args: ["node"], all, labelSelector });
}

interface Changes {
  add: Taint[];
  remove: Taint[];
}

interface Taint {
  key: string;
  value?: string;
  effect?: string;
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Refusals are followed by where help is. */
function parseTaints(specs: string[]): Changes {
  const refuse = (message: string) => usageError(message, "kubectl taint");
  const add: Taint[] = [];
  const remove: Taint[] = [];
  for (const spec of specs) {
    const away = spec.endsWith("-");
    const taint = parseTaint(away ? spec.slice(0, -1) : spec, refuse);
    if (away) {
      remove.push({ key: taint.key, effect: taint.effect });
      continue;
    }
    if (!taint.effect) throw refuse(`invalid taint spec: ${spec}`);
    if (add.some(({ key, effect }) => key === taint.key && effect === taint.effect))
      throw refuse(`duplicated taints with the same key and effect: {${taint.key} ${taint.value ?? ""} ${taint.effect} <nil>}`);
    add.push(taint);
  }
  return { add, remove };
}

function parseTaint(text: string, refuse: (message: string) => CliError): Taint {
  const [pair = "", effect, ...rest] = text.split(":");
  // Without an effect the whole is the key.
  const [key = "", value, ...more] = effect === undefined ? [pair] : pair.split("=");
  if (rest.length > 0 || more.length > 0) throw refuse(`invalid taint spec: ${text}`);
  if (effect !== undefined && !effects.includes(effect)) throw refuse(`invalid taint effect: ${effect}, unsupported taint effect`);
  const problem = checkLabelValue(value ?? "").join("; ");
  if (problem) throw refuse(`invalid taint spec: ${text}, ${problem}`);
  const wrongKey = checkLabelKey(key).join("; ");
  if (wrongKey) throw refuse(`invalid taint spec: ${text}, ${wrongKey}`);
  return { key, ...(value ? { value } : {}), ...(effect ? { effect } : {}) };
}

/** New taints first, then those that stay. Upstream calls it modified whenever --overwrite is given. */
function change(node: KObject, how: Changes & { overwrite: boolean }): { taints: Taint[]; operation: string } {
  const before: Taint[] = node.spec?.taints ?? [];
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const clash = how.add.filter((taint) => before.some((other) => same(other, taint)));
  if (clash.length > 0 && !how.overwrite) {
    const keys = clash.map(({ key }) => key).join(",");
    throw new CliError(`node ${node.metadata.name} already has ${keys} taint(s) with same effect(s) and --overwrite is false`);
  }
  let taints = [...how.add, ...before.filter((taint) => !how.add.some((fresh) => same(fresh, taint)))];
  const added = taints.length !== before.length;
  let removed = false;
  const errors: CliError[] = [];
  for (const gone of how.remove) {
    const left = taints.filter(({ key, effect }) => key !== gone.key || (gone.effect !== undefined && gone.effect !== effect));
    removed = left.length !== taints.length;
    if (!removed) errors.push(new CliError(`taint ${JSON.stringify(gone.effect ? `${gone.key}:${gone.effect}` : gone.key)} not found`));
    taints = left;
  }
  throwAll(errors);
  return { taints, operation: (added && removed) || how.overwrite ? "modified" : added ? "tainted" : "untainted" };
}
