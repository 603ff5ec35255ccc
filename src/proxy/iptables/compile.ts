/**
 * Service table → chains of iptables, as upstream's proxy makes them in this mode, so that who reads `iptables-save` finds what the
 * books describe:
 *
 *     KUBE-SERVICES ─ address and port ─▶ KUBE-SVC-… ─ by chance ─▶ KUBE-SEP-… : DNAT
 *                   ├ external address, node port ─▶ KUBE-EXT-… : who must be masqueraded ─▶ KUBE-SVC-… or KUBE-SVL-…
 *                   └ load balancer with source ranges ─▶ KUBE-FW-… ─▶ KUBE-EXT-…
 */
import { type Family, familyOf } from "#base/mod.ts";
import type { Tables } from "#linux/mod.ts";
import type { CompileOptions } from "../compile.ts";
import { type ServiceEntry, type ServiceTable, type Target, textOf } from "../service-table.ts";
import { clusterChain, endpointChain, externalChain, firewallChain, localChain, type Port } from "./names.ts";

const mark = "0x4000";
/** With more endpoints than this, comments cost more than they explain. */
const mostCommented = 1000;

export function compileIptables(table: ServiceTable, options: CompileOptions): Tables {
  const into = frame(familyOf(options.podRange));
  const endpoints = table.entries.reduce((sum, { clusterTargets }) => sum + clusterTargets.length, 0);
  const scope: Scope = { options, into, commented: endpoints <= mostCommented };
  for (const entry of table.entries) compileEntry(entry, scope);
  for (const { namespace, name, port } of table.healthChecks) {
    const rule = `-m comment --comment "${namespace}/${name} health check node port" -m tcp -p tcp --dport ${port} -j ACCEPT`;
    if (!into.filter.chains.get("KUBE-NODEPORTS")!.includes(rule)) into.filter.chains.get("KUBE-NODEPORTS")!.push(rule);
  }
  into.nat.chains
    .get("KUBE-SERVICES")!
    .push(
      '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    );
  return into;
}

interface Scope {
  options: CompileOptions;
  into: Tables;
  commented: boolean;
}

const isNew = "-m conntrack --ctstate NEW";

/** The part that never changes. */
function frame(family: Family): Tables {
  const portals = `${isNew} -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`;
  const outside = `${isNew} -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES`;
  const fenced = `${isNew} -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL`;
  const forward = '-m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD';
  const checks = '-m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS';
  const natPortals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES';
  const afterwards = '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING';
  return {
    filter: {
      jumps: {
        INPUT: ["-j KUBE-FIREWALL", fenced, checks, outside],
        FORWARD: [fenced, forward, portals, outside],
        OUTPUT: ["-j KUBE-FIREWALL", fenced, portals],
      },
      chains: new Map([
        ["KUBE-SERVICES", []],
        ["KUBE-EXTERNAL-SERVICES", []],
        [
          "KUBE-FORWARD",
          [
            `-m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
            '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
          ],
        ],
        ["KUBE-NODEPORTS", []],
        ["KUBE-PROXY-FIREWALL", []],
        [
          "KUBE-FIREWALL",
          // Of IPv6 loopback is not routed.
          family === "IPv6"
            ? []
            : [
                // Loopback is routable here so that node ports answer on it; nobody outside may use that.
                '-m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
              ],
        ],
      ]),
    },
    nat: {
      jumps: { PREROUTING: [natPortals], OUTPUT: [natPortals], POSTROUTING: [afterwards] },
      chains: new Map([
        ["KUBE-SERVICES", []],
        ["KUBE-NODEPORTS", []],
        [
          "KUBE-POSTROUTING",
          [
            `-m mark ! --mark ${mark}/${mark} -j RETURN`,
            `-j MARK --xor-mark ${mark}`,
            '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
          ],
        ],
        ["KUBE-MARK-MASQ", [`-j MARK --or-mark ${mark}`]],
      ]),
    },
  };
}

function compileEntry(entry: ServiceEntry, scope: Scope): void {
  const port: Port = { name: entry.key.replace(/:$/, ""), protocol: entry.protocol };
  const addresses = entry.clusterIps.filter((address) => !scope.options.ownAddresses.includes(address));
  const isExternal = entry.nodePort !== undefined || entry.externalIps.length > 0;
  const anywhere = entry.clusterTargets.length + entry.localTargets.length > 0;
  const known = { entry, port, scope, anywhere };
  for (const address of addresses) clusterAddress(known, address);
  if (isExternal) outerAddresses(known);
  if (!anywhere) return;
  if (isExternal) externalTraffic(known);
  const usesCluster = entry.clusterTargets.length > 0 && (!entry.internalLocal || isExternal);
  const usesLocal = entry.localTargets.length > 0 && (entry.internalLocal || (entry.externalLocal && isExternal));
  const used = new Map<string, Target>();
  for (const [chain, targets, uses] of [
    [clusterChain(port), entry.clusterTargets, usesCluster],
    [localChain(port), entry.localTargets, usesLocal],
  ] as const) {
    if (!uses) continue;
    for (const target of targets) used.set(textOf(target), target);
    add(scope, chain, ...balancing(known, targets));
  }
  for (const target of used.values()) add(scope, endpointChain(port, textOf(target)), ...toEndpoint(known, target));
}

interface Known {
  entry: ServiceEntry;
  port: Port;
  scope: Scope;
  /** There are endpoints, here or elsewhere. */
  anywhere: boolean;
}

function add({ into }: Scope, chain: string, ...rules: string[]): void {
  const list = into.nat.chains.get(chain);
  if (list) list.push(...rules);
  else into.nat.chains.set(chain, rules);
}

const comment = (text: string): string => `-m comment --comment "${text}"`;
const to = ({ entry: { protocol, port } }: Known, address: string): string => `-m ${protocol} -p ${protocol} -d ${address} --dport ${port}`;

function clusterAddress(known: Known, address: string): void {
  const { entry, port, scope, anywhere } = known;
  const says = comment(`${port.name} cluster IP`);
  const at = to(known, address);
  if (anywhere && !(entry.internalLocal && entry.localTargets.length === 0)) {
    const chain = entry.internalLocal ? localChain(port) : clusterChain(port);
    add(scope, "KUBE-SERVICES", `${says} ${at} -j ${chain}`);
    add(scope, chain, `${says} ${at} ! -s ${scope.options.podRange} -j KUBE-MARK-MASQ`);
    return;
  }
  scope.into.filter.chains.get("KUBE-SERVICES")!.push(`${refusal(known)} ${at} -j ${anywhere ? "DROP" : "REJECT"}`);
}

const refusal = ({ port, anywhere }: Known): string => comment(`${port.name} has no ${anywhere ? "local " : ""}endpoints`);

/** External addresses, load balancers and the node port: where they lead, and what is refused. */
function outerAddresses(known: Known): void {
  const { entry, port, scope, anywhere } = known;
  const { filter } = scope.into;
  const here = anywhere && !(entry.externalLocal && entry.localTargets.length === 0);
  const refuse = (match: string) =>
    filter.chains.get("KUBE-EXTERNAL-SERVICES")!.push(`${refusal(known)} ${match} -j ${anywhere ? "DROP" : "REJECT"}`);
  const isFenced = anywhere && entry.loadBalancerIps.length > 0 && entry.sourceRanges.length > 0;
  for (const address of entry.externalIps) {
    const balanced = entry.loadBalancerIps.includes(address);
    const chain = balanced && isFenced ? firewallChain(port) : externalChain(port);
    const says = comment(`${port.name} ${balanced ? "loadbalancer" : "external"} IP`);
    if (anywhere) add(scope, "KUBE-SERVICES", `${says} ${to(known, address)} -j ${chain}`);
    if (balanced && isFenced)
      filter.chains
        .get("KUBE-PROXY-FIREWALL")!
        .push(`${comment(`${port.name} traffic not accepted by ${firewallChain(port)}`)} ${to(known, address)} -j DROP`);
    if (!here) refuse(to(known, address));
  }
  if (isFenced) {
    const says = comment(`${port.name} loadbalancer IP`);
    const allowed = entry.sourceRanges.map((range) => `${says} -s ${range} -j ${externalChain(port)}`);
    add(scope, firewallChain(port), ...allowed, comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`));
  }
  if (entry.nodePort === undefined) return;
  const at = `-m ${entry.protocol} -p ${entry.protocol} --dport ${entry.nodePort}`;
  if (anywhere) add(scope, "KUBE-NODEPORTS", `${comment(port.name)} ${at} -j ${externalChain(port)}`);
  if (!here) refuse(`-m addrtype --dst-type LOCAL ${at}`);
}

function externalTraffic({ entry, port, scope }: Known): void {
  const chain = externalChain(port);
  const { name } = port;
  if (!entry.externalLocal) {
    const says = comment(`masquerade traffic for ${name} external destinations`);
    add(scope, chain, `${says} -j KUBE-MARK-MASQ`, `-j ${clusterChain(port)}`);
    return;
  }
  // Pods and the node itself are not outside: they may use every endpoint.
  const fromHere = "-m addrtype --src-type LOCAL";
  add(
    scope,
    chain,
    `${comment(`pod traffic for ${name} external destinations`)} -s ${scope.options.podRange} -j ${clusterChain(port)}`,
    `${comment(`masquerade LOCAL traffic for ${name} external destinations`)} ${fromHere} -j KUBE-MARK-MASQ`,
    `${comment(`route LOCAL traffic for ${name} external destinations`)} ${fromHere} -j ${clusterChain(port)}`,
  );
  if (entry.localTargets.length > 0) add(scope, chain, `-j ${localChain(port)}`);
}

function balancing({ entry, port, scope }: Known, targets: readonly Target[]): string[] {
  const rules: string[] = [];
  const says = (target: Target) => (scope.commented ? `${comment(`${port.name} -> ${textOf(target)}`)} ` : "");
  if (entry.affinitySeconds > 0)
    for (const target of targets) {
      const chain = endpointChain(port, textOf(target));
      rules.push(`${says(target)}-m recent --name ${chain} --rcheck --seconds ${entry.affinitySeconds} --reap -j ${chain}`);
    }
  for (const [index, target] of targets.entries()) {
    const left = targets.length - index;
    const chance = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ` : "";
    rules.push(`${says(target)}${chance}-j ${endpointChain(port, textOf(target))}`);
  }
  return rules;
}

function toEndpoint({ entry, port, scope }: Known, target: Target): string[] {
  const says = scope.commented ? `${comment(port.name)} ` : "";
  const remember = entry.affinitySeconds > 0 ? `-m recent --name ${endpointChain(port, textOf(target))} --set ` : "";
  const dnat = `${remember}-m ${entry.protocol} -p ${entry.protocol} -j DNAT --to-destination ${textOf(target)}`;
  return [`${says}-s ${target.ip} -j KUBE-MARK-MASQ`, `${says}${dnat}`];
}
