/** The difference between two rulesets as one atomic `nft -f` script: what is equal is not touched. */
import type { Chain, Ruleset } from "./ruleset.ts";

/**
 * `from` undefined: whatever the kernel holds under this name is replaced. An empty string means nothing to do.
 * Order matters: chains exist before verdicts name them, and nothing is deleted while a verdict still names it.
 */
export function transaction(table: string, from: Ruleset | undefined, to: Ruleset): string {
  const lines: string[] = [];
  if (!from) lines.push(`add table ip ${table}`, `delete table ip ${table}`, `add table ip ${table}`);
  const before: Ruleset = from ?? { chains: new Map(), sets: new Map() };
  const changed: [string, Chain, Chain | undefined][] = [];
  for (const [name, chain] of to.chains) {
    const old = before.chains.get(name);
    if (old === chain || (old && sameRules(old.rules, chain.rules))) continue;
    changed.push([name, chain, old]);
    if (!old) lines.push(`add chain ip ${table} ${name}${chain.hook ? ` { ${chain.hook}; policy accept; }` : ""}`);
  }
  for (const [name, set] of to.sets) {
    const old = before.sets.get(name);
    if (old === set) continue;
    if (old && (old.type !== set.type || old.flags !== set.flags)) throw new Error(`nft: ${set.kind} ${name} changed its type`);
    if (!old) lines.push(`add ${set.kind} ip ${table} ${name} { type ${set.type}; ${set.flags ?? ""} }`);
  }
  for (const [name, chain, old] of changed) {
    if (old) lines.push(`flush chain ip ${table} ${name}`);
    for (const rule of chain.rules) lines.push(`add rule ip ${table} ${name} ${rule}`);
  }
  for (const [name, set] of to.sets) {
    const old = before.sets.get(name)?.elements;
    if (old === set.elements) continue;
    const gone: string[] = [];
    const added: string[] = [];
    for (const [key, value] of old ?? []) if (set.elements.get(key) !== value) gone.push(key);
    for (const [key, value] of set.elements) if (old?.get(key) !== value) added.push(value ? `${key} : ${value}` : key);
    pushElements(lines, "delete", table, name, gone);
    pushElements(lines, "add", table, name, added);
  }
  const goneChains = [...before.chains.keys()].filter((name) => !to.chains.has(name));
  for (const name of goneChains) lines.push(`flush chain ip ${table} ${name}`);
  for (const name of goneChains) lines.push(`delete chain ip ${table} ${name}`);
  for (const [name, set] of before.sets) if (!to.sets.has(name)) lines.push(`delete ${set.kind} ip ${table} ${name}`);
  return lines.length > 0 ? `${lines.join("\n")}\n` : "";
}

/** nft reads long lines well, but not endless ones. */
const elementsPerLine = 2000;

function pushElements(lines: string[], verb: "add" | "delete", table: string, name: string, elements: string[]): void {
  for (let start = 0; start < elements.length; start += elementsPerLine)
    lines.push(`${verb} element ip ${table} ${name} { ${elements.slice(start, start + elementsPerLine).join(", ")} }`);
}

function sameRules(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((rule, index) => rule === b[index]);
}
