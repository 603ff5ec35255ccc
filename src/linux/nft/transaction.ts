/** The difference between two rulesets as one atomic `nft -f` script: what is equal is not touched. */
import { type Chain, emptyRuleset, type Ruleset } from "./ruleset.ts";

/**
 * `from` undefined: whatever the kernel holds under this name is replaced. An empty string means nothing to do.
 * Order matters: chains exist before verdicts name them, and nothing is deleted while a verdict still names it.
 */
export function transaction(table: string, from: Ruleset | undefined, to: Ruleset): string {
  const lines: string[] = [];
  const at = `${to.family} ${table}`;
  if (!from) lines.push(`add table ${at}`, `delete table ${at}`, `add table ${at}`);
  const before: Ruleset = from ?? emptyRuleset(to.family);
  const changed: [string, Chain, Chain | undefined][] = [];
  for (const [name, chain] of to.chains) {
    const old = before.chains.get(name);
    if (old === chain || (old && sameRules(old.rules, chain.rules))) continue;
    changed.push([name, chain, old]);
    if (!old) lines.push(`add chain ${at} ${name}${chain.hook ? ` { ${chain.hook}; policy accept; }` : ""}`);
  }
  for (const [name, set] of to.sets) {
    const old = before.sets.get(name);
    if (old === set) continue;
    if (old && (old.type !== set.type || old.flags !== set.flags)) throw new Error(`nft: ${set.kind} ${name} changed its type`);
    if (!old) lines.push(`add ${set.kind} ${at} ${name} { type ${set.type}; ${set.flags ?? ""} }`);
  }
  for (const [name, chain, old] of changed) {
    if (old) lines.push(`flush chain ${at} ${name}`);
    for (const rule of chain.rules) lines.push(`add rule ${at} ${name} ${rule}`);
  }
  for (const [name, set] of to.sets) {
    const old = before.sets.get(name)?.elements;
    if (old === set.elements) continue;
    const gone: string[] = [];
    const added: string[] = [];
    for (const [key, value] of old ?? []) if (set.elements.get(key) !== value) gone.push(key);
    for (const [key, value] of set.elements) if (old?.get(key) !== value) added.push(value ? `${key} : ${value}` : key);
    pushElements(lines, "delete", at, name, gone);
    pushElements(lines, "add", at, name, added);
  }
  const goneChains = [...before.chains.keys()].filter((name) => !to.chains.has(name));
  for (const name of goneChains) lines.push(`flush chain ${at} ${name}`);
  for (const name of goneChains) lines.push(`delete chain ${at} ${name}`);
  for (const [name, set] of before.sets) if (!to.sets.has(name)) lines.push(`delete ${set.kind} ${at} ${name}`);
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

/** nft reads long lines well, but not endless ones. */
const elementsPerLine = 2000;

function pushElements(lines: string[], verb: "add" | "delete", at: string, name: string, elements: string[]): void {
  for (let start = 0; start < elements.length; start += elementsPerLine)
    lines.push(`${verb} element ${at} ${name} { ${elements.slice(start, start + elementsPerLine).join(", ")} }`);
}

function sameRules(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
