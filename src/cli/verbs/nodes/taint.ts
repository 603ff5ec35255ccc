/** `taint`: marks on nodes that keep pods away. */

import type { Command } from "../../command.ts";
import { CliError, throwAll, usageError } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { bool } from "../../input/flags.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag, validateFlag } from "../../input/write-flags.ts";
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
    const { flags, args } = session;
    const isTaint = (word: string) => /[=:]/.test(word) || /.-$/.test(word);
    const at = args.findIndex((word, index) => index > 0 && isTaint(word));
    const names = at < 0 ? args : args.slice(0, at);
    const specs = at < 0 ? [] : args.slice(at);
    await session.target();
    if (names.length === 0) throw new CliError("one or more resources must be specified as <resource> <name>");
    if (specs.length === 0) throw new CliError("at least one taint update is required");
    if (names.length < 2 && !flags.bool("all") && !flags.text("selector") && !names[0].includes("/"))
      throw new CliError("one or more resources must be specified as <resource> <name>");
    const { add, remove } = parseTaints(specs);
    if (add.length === 0 && remove.length === 0) throw new CliError("at least one taint update is required");
    const dryRun = session.dryRun();
    const targets = await buildTargets(session, { args: names, all: flags.bool("all"), labelSelector: flags.text("selector") });
    if (targets.some((target) => target.resource.name !== "nodes"))
      throw new CliError(
        `invalid resource type ${targets[0].resource.name}, only node(s) is supported`
          .replace(/^invalid resource type (\S+),.*/, "invalid resource type $1, only node types are supported")
          .replace("only node types are supported", "only node(s) is supported"),
      );
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

interface Taint {
  key: string;
  value?: string;
  effect?: string;
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function parseTaints(specs: string[]): { add: Taint[]; remove: Taint[] } {
  const add: Taint[] = [];
  const remove: Taint[] = [];
  for (const spec of specs) {
    const away = spec.endsWith("-");
    const body = away ? spec.slice(0, -1) : spec;
    const [pair, effect, ...rest] = body.split(":");
    const [key, value, ...more] = pair.split("=");
    if (rest.length > 0 || more.length > 0 || key === "") throw new CliError(`invalid taint spec: ${spec}`);
    if (effect !== undefined && !effects.includes(effect))
      throw usageError(`invalid taint effect: ${effect}, unsupported taint effect`, "kubectl taint");
    if (away) remove.push({ key, effect });
    else if (effect === undefined) throw new CliError(`invalid taint spec: ${spec}`);
    else add.push({ key, ...(value ? { value } : {}), effect });
  }
  const both = add.find((taint) =>
    remove.some((other) => other.key === taint.key && (other.effect === undefined || other.effect === taint.effect)),
  );
  if (both)
    throw new CliError(
      `can not both modify and remove the following taint(s) in the same command: ${both.key}:${both.effect}`.replace(
        "can not both",
        "can not both",
      ),
    );
  return { add, remove };
}

function change(node: KObject, how: { add: Taint[]; remove: Taint[]; overwrite: boolean }): { taints: Taint[]; operation: string } {
  const before: Taint[] = node.spec?.taints ?? [];
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const clash = how.add.filter((taint) => before.some((other) => same(other, taint)));
  if (clash.length > 0 && !how.overwrite)
    throw new CliError(
      `node ${node.metadata.name} already has ${clash.map((taint) => `${taint.key}`).join(",")} taint(s) with same effect(s) and --overwrite is false`,
    );
  const missing = how.remove.filter(
    (taint) => !before.some((other) => other.key === taint.key && (taint.effect === undefined || other.effect === taint.effect)),
  );
  if (missing.length > 0)
    throw new CliError(`taint ${JSON.stringify(missing[0].effect ? `${missing[0].key}:${missing[0].effect}` : missing[0].key)} not found`);
  const kept = before.filter(
    (taint) =>
      !how.remove.some((gone) => gone.key === taint.key && (gone.effect === undefined || gone.effect === taint.effect)) &&
      !how.add.some((fresh) => same(fresh, taint)),
  );
  const operation = how.add.length === 0 ? "untainted" : how.remove.length > 0 || clash.length > 0 ? "modified" : "tainted";
  return { taints: [...how.add, ...kept], operation };
}
