/** Tables of iptables as data, and the scripts of iptables-restore that bring the kernel from one state of them to another. */

export interface Table {
  /** Rules of built-in chains that lead into ours, in the order in which they are looked at. */
  jumps: Readonly<Record<string, readonly string[]>>;
  /** Our own chains, each with its rules: what follows `-A CHAIN`. */
  chains: Map<string, string[]>;
}

export type TableName = "filter" | "nat";
export type Tables = Record<TableName, Table>;

const names = ["filter", "nat"] as const;

/** What the kernel has of ours, by name: chains, and which jumps of built-in chains lead there. */
export interface Found {
  chains: ReadonlySet<string>;
  /** `INPUT -j KUBE-FIREWALL`, as it is listed. */
  jumps: readonly string[];
}

/** From one state to the next, in one transaction; an empty string means nothing to do. Chains that are equal are not touched. */
export function restoreScript(from: Tables, to: Tables): string {
  const parts = names.map((name) => tableScript(name, from[name].chains, to[name].chains, []));
  return parts.join("");
}

/** Whatever stands is replaced: chains of ours that are not wanted go, and jumps are put in front once. */
export function replaceScript(found: Record<TableName, Found>, to: Tables): string {
  const parts = names.map((name) => {
    const { chains, jumps } = found[name];
    const stale = new Map([...chains].map((chain) => [chain, ["?"]]));
    const again = jumps.map((jump) => `-D ${jump}`);
    const front = Object.entries(to[name].jumps).flatMap(([chain, rules]) =>
      rules.map((rule, index) => `-I ${chain} ${index + 1} ${rule}`),
    );
    return tableScript(name, stale, to[name].chains, [...again, ...front]);
  });
  return parts.join("");
}

/** Everything of ours goes. */
export function removeScript(found: Record<TableName, Found>): string {
  const nothing = { jumps: {}, chains: new Map() };
  return replaceScript(found, { filter: nothing, nat: nothing });
}

type Chains = ReadonlyMap<string, readonly string[]>;

function tableScript(name: TableName, before: Chains, now: Chains, builtIn: readonly string[]): string {
  const changed = [...now].filter(([chain, rules]) => !isSame(before.get(chain), rules));
  const gone = [...before.keys()].filter((chain) => !now.has(chain));
  if (changed.length + gone.length + builtIn.length === 0) return "";
  return [
    `*${name}`,
    // A chain that is named here exists and is empty from now on.
    ...[...changed.map(([chain]) => chain), ...gone].map((chain) => `:${chain} - [0:0]`),
    ...builtIn,
    ...changed.flatMap(([chain, rules]) => rules.map((rule) => `-A ${chain} ${rule}`)),
    ...gone.map((chain) => `-X ${chain}`),
    "COMMIT",
    "",
  ].join("\n");
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && (a === b || (a.length === b.length && a.every((rule, index) => rule === b[index])));
}

/** What `iptables-save` shows of the chains that are ours. */
export function foundIn(saved: string, isOurs: (chain: string) => boolean): Record<TableName, Found> {
  const found = { filter: { chains: new Set<string>(), jumps: [] as string[] }, nat: { chains: new Set<string>(), jumps: [] as string[] } };
  let table: (typeof found)[TableName] | undefined;
  for (const line of saved.split("\n")) {
    if (line.startsWith("*")) table = line === "*filter" || line === "*nat" ? found[line.slice(1) as TableName] : undefined;
    if (!table) continue;
    const declared = /^:(\S+)/.exec(line)?.[1];
    if (declared && isOurs(declared)) table.chains.add(declared);
    const [, chain, rest] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    const target = / -j (\S+)/.exec(` ${rest}`)?.[1];
    if (chain && target && !isOurs(chain) && isOurs(target)) table.jumps.push(`${chain} ${rest}`);
  }
  return found;
}
