/**
 * Service table → rules, as one nftables table. Nearly everything is elements of a few maps, so that thousands of
 * Services cost no chains of their own and one more Service is a handful of elements:
 *
 *     packet → services ─ address.protocol.port ─▶ cluster-N: draw a number below N ─▶ endpoints map ─▶ dnat
 *                       └ node's own address: protocol.port ─▶ node-N: the same with the node-endpoints map
 *
 * Session affinity, traffic policies that keep traffic on this node and source ranges need a chain of their own.
 */
import { createHash } from "node:crypto";
import { familyOf } from "#base/mod.ts";
import { emptyRuleset, type Ruleset, tableFamilies } from "#linux/mod.ts";
import { type ServiceEntry, type ServiceTable, type Target, textOf } from "./service-table.ts";

export interface CompileOptions {
  /** Sources inside are pods: they keep their address. Everything else is masqueraded on its way to an endpoint. */
  podRange: string;
  serviceRange: string;
  /** Addresses in the service range that this node answers itself (cluster DNS). */
  ownAddresses: string[];
}

/** Conntrack mark of connections whose source must become this node. */
export const masqueradeMark = "0x4000";

/** The words of the family that the options are of. */
function wordsOf({ podRange }: CompileOptions) {
  const family = familyOf(podRange);
  return { ip: tableFamilies[family], address: family === "IPv6" ? "ipv6_addr" : "ipv4_addr" };
}

const nodePort = "inet_proto . inet_service";

export function compile(table: ServiceTable, options: CompileOptions): Ruleset {
  const rules = frame(options);
  const sets = (name: string) => rules.sets.get(name)!.elements;
  const groups = { cluster: new Set<number>(), node: new Set<number>() };
  const balanced = (group: "cluster" | "node", key: string, targets: Target[]): string => {
    const endpoints = sets(group === "cluster" ? "endpoints" : "node-endpoints");
    targets.forEach(({ ip, port }, index) => endpoints.set(`${key} . 0x${index.toString(16).padStart(8, "0")}`, `${ip} . ${port}`));
    groups[group].add(targets.length);
    return `goto ${group}-${targets.length}`;
  };
  for (const entry of table.entries) {
    const suffix = `${entry.protocol} . ${entry.port}`;
    const own = needsChains(entry) ? ownChains(rules, entry, options) : undefined;
    const serve = (address: string, targets: Target[], chain: string | undefined, local: boolean) => {
      const key = `${address} . ${suffix}`;
      if (targets.length > 0 || (chain && !local)) sets("services").set(key, chain ? `goto ${chain}` : balanced("cluster", key, targets));
      else sets("unavailable").set(key, local ? "drop" : "goto refuse");
    };
    for (const address of entry.clusterIps) {
      if (options.ownAddresses.includes(address)) continue;
      serve(address, entry.targets, own?.internal, entry.internalLocal);
      sets("addresses").set(address, "");
    }
    const outside = entry.externalLocal ? [...entry.externalTargets, ...entry.targets] : entry.targets;
    for (const address of entry.externalIps) serve(address, outside, own?.external(address), false);
    if (entry.nodePort !== undefined) {
      const key = `${entry.protocol} . ${entry.nodePort}`;
      if (outside.length > 0) sets("node-ports").set(key, own ? `goto ${own.external(undefined)}` : balanced("node", key, entry.targets));
      else sets("unavailable-node-ports").set(key, "goto refuse");
    }
  }
  for (const local of table.localEndpoints) sets("hairpin").set(`${local} . ${local}`, "");
  const { ip } = wordsOf(options);
  for (const size of groups.cluster)
    rules.chains.set(
      `cluster-${size}`,
      balancing(size, `${ip} daddr . meta l4proto . th dport`, "endpoints", options, masquerade(options)),
    );
  for (const size of groups.node)
    rules.chains.set(`node-${size}`, balancing(size, "meta l4proto . th dport", "node-endpoints", options, masqueradeAll));
  return rules;
}

/** The part that never changes. */
function frame(options: CompileOptions): Ruleset {
  const { ip, address } = wordsOf(options);
  const vip = `${address} . inet_proto . inet_service`;
  const rules = emptyRuleset(ip);
  const set = (kind: "map" | "set", name: string, type: string) => rules.sets.set(name, { kind, type, elements: new Map() });
  set("map", "services", `${vip} : verdict`);
  set("map", "endpoints", `${vip} . mark : ${address} . inet_service`);
  set("map", "node-ports", `${nodePort} : verdict`);
  set("map", "node-endpoints", `${nodePort} . mark : ${address} . inet_service`);
  set("map", "unavailable", `${vip} : verdict`);
  set("map", "unavailable-node-ports", `${nodePort} : verdict`);
  set("set", "addresses", address);
  set("set", "hairpin", `${address} . ${address}`);
  const chain = (name: string, rulesOf: string[], hook?: string) =>
    rules.chains.set(name, hook ? { hook, rules: rulesOf } : { rules: rulesOf });
  // Of IPv6 loopback is not routed: what asks for it goes to nobody else.
  const onNode = ip === "ip6" ? "ip6 daddr != ::1 fib daddr type local" : "fib daddr type local";
  const dispatch = [`${ip} daddr . meta l4proto . th dport vmap @services`, `${onNode} meta l4proto . th dport vmap @node-ports`];
  const guard = ["ct state new jump check"];
  chain("refuse", ["reject"]);
  chain("check", [
    `${ip} daddr . meta l4proto . th dport vmap @unavailable`,
    `${onNode} meta l4proto . th dport vmap @unavailable-node-ports`,
    `${ip} daddr @addresses goto refuse`,
    ...(options.ownAddresses.length > 0 ? [`${ip} daddr { ${options.ownAddresses.join(", ")} } return`] : []),
    `${ip} daddr ${options.serviceRange} goto refuse`,
  ]);
  // Loopback is routable here so that node ports answer on it; nobody outside may use that.
  if (ip === "ip") chain("loopback-guard", ['iifname != "lo" ip daddr 127.0.0.0/8 drop'], "type filter hook prerouting priority raw");
  chain("nat-prerouting", dispatch, "type nat hook prerouting priority dstnat");
  chain("nat-output", dispatch, "type nat hook output priority -100");
  chain(
    "nat-postrouting",
    [
      `ct mark & ${masqueradeMark} == ${masqueradeMark} masquerade fully-random`,
      `${ip} saddr . ${ip} daddr @hairpin masquerade fully-random`,
    ],
    "type nat hook postrouting priority srcnat",
  );
  // Before dstnat has changed the address, nothing is refused: these hooks see only what no Service took.
  chain("filter-input", guard, "type filter hook input priority filter");
  chain("filter-forward", guard, "type filter hook forward priority filter");
  chain("filter-output", guard, "type filter hook output priority filter");
  return rules;
}

function balancing(size: number, key: string, map: string, options: CompileOptions, masquerading: string) {
  return {
    rules: [
      masquerading,
      `meta mark set numgen random mod ${size}`,
      `meta l4proto { tcp, udp, sctp } dnat ${wordsOf(options).ip} addr . port to ${key} . meta mark map @${map}`,
    ],
  };
}

const masqueradeAll = `ct mark set ct mark | ${masqueradeMark}`;

function masquerade(options: CompileOptions): string {
  return `${wordsOf(options).ip} saddr != ${options.podRange} ${masqueradeAll}`;
}

function needsChains(entry: ServiceEntry): boolean {
  return entry.affinitySeconds > 0 || entry.externalLocal || entry.sourceRanges.length > 0;
}

/** Chains for a Service that the shared maps cannot express. Names carry a hash of the key: they are bounded in length. */
function ownChains(rules: Ruleset, entry: ServiceEntry, options: CompileOptions) {
  const id = createHash("sha256").update(`${entry.key}/${entry.protocol}`).digest("hex").slice(0, 12);
  const internal = `s-${id}`;
  const { ip } = wordsOf(options);
  rules.chains.set(internal, { rules: [masquerade(options), ...toTargets(rules, id, entry, entry.targets)] });
  const local = `l-${id}`;
  if (entry.externalLocal)
    rules.chains.set(local, { rules: entry.externalTargets.length > 0 ? toTargets(rules, id, entry, entry.externalTargets) : ["drop"] });
  const fromOutside = (statement: string): string[] =>
    entry.externalLocal
      ? [`${ip} saddr ${options.podRange} ${statement}goto ${internal}`, `fib saddr type local goto ${internal}`, `goto ${local}`]
      : [`${statement}goto ${internal}`];
  const outer = entry.externalLocal ? `x-${id}` : internal;
  if (entry.externalLocal) rules.chains.set(outer, { rules: fromOutside("") });
  return {
    internal,
    external(address: string | undefined): string {
      if (!address) {
        // A pod of another node may ask here: its endpoint would answer it directly, past this node, unless we stand between.
        rules.chains.set(`n-${id}`, { rules: fromOutside(`${masqueradeAll} `) });
        return `n-${id}`;
      }
      if (entry.sourceRanges.length === 0 || !entry.loadBalancerIps.includes(address)) return outer;
      const fenced = `f-${id}`;
      rules.chains.set(fenced, { rules: [`${ip} saddr { ${entry.sourceRanges.join(", ")} } goto ${outer}`, "drop"] });
      return fenced;
    },
  };
}

function toTargets(rules: Ruleset, id: string, entry: ServiceEntry, targets: Target[]): string[] {
  const { family: ip } = rules;
  const dnat = (target: Target) => `meta l4proto ${entry.protocol} dnat ${ip} to ${textOf(target)}`;
  if (targets.length === 0) return [];
  if (entry.affinitySeconds === 0) {
    if (targets.length === 1) return [dnat(targets[0]!)];
    const elements = targets.map((target, index) => `${index} : ${target.ip} . ${target.port}`).join(", ");
    return [`meta l4proto ${entry.protocol} dnat ${ip} addr . port to numgen random mod ${targets.length} map { ${elements} }`];
  }
  const ways = targets.map((target) => {
    const name = `e-${id}-${createHash("sha256").update(textOf(target)).digest("hex").slice(0, 8)}`;
    rules.sets.set(name, {
      kind: "set",
      type: ip === "ip6" ? "ipv6_addr" : "ipv4_addr",
      flags: `size 65535; flags dynamic,timeout; timeout ${entry.affinitySeconds}s;`,
      elements: new Map(),
    });
    rules.chains.set(name, { rules: [`update @${name} { ${ip} saddr }`, dnat(target)] });
    return name;
  });
  return [
    ...ways.map((name) => `${ip} saddr @${name} goto ${name}`),
    `numgen random mod ${ways.length} vmap { ${ways.map((name, index) => `${index} : goto ${name}`).join(", ")} }`,
  ];
}
