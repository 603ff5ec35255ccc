/** One NetworkPolicy as chains: what each of its rules allows, by names of sets that are filled elsewhere. */
import type { NetworkPolicy } from "#api/mod.ts";
import type { Family } from "#base/mod.ts";
import type { Selector } from "#codec/mod.ts";
import { type Chain, type TableFamily, tableFamilies } from "#linux/mod.ts";
import { type Direction, directions, policyChain, portSet } from "./names.ts";
import { type Block, type Group, type Ports, parsePolicy, type Rule } from "./parse.ts";

export interface CompiledPolicy {
  namespace: string;
  name: string;
  /** The pods that it isolates. */
  pods: Selector;
  /** For the directions that it speaks of. */
  parts: Partial<Record<Direction, Part>>;
  /** Of its parts, by name. */
  chains: readonly (readonly [string, Chain])[];
}

interface Part {
  /** Of its chain, which says nothing of what it does not allow. */
  name: string;
  chain: Chain;
  groups: readonly Group[];
  /** Names of ports that it uses: `tcp/http`. */
  ports: readonly string[];
}

export function compilePolicy(written: NetworkPolicy, family: Family): CompiledPolicy {
  const policy = parsePolicy(written, family);
  const ip = tableFamilies[family];
  const parts: CompiledPolicy["parts"] = {};
  for (const direction of directions) {
    const rules = policy[direction];
    if (!rules) continue;
    parts[direction] = {
      name: policyChain(direction, policy),
      chain: { rules: rules.flatMap((rule) => allow(rule, direction, ip)) },
      groups: rules.flatMap(({ partners }) => partners.flatMap((each) => (each !== "any" && "group" in each ? [each.group] : []))),
      ports: rules.flatMap(({ ports }) => ports.flatMap((port) => ("name" in port ? [`${port.protocol}/${port.name}`] : []))),
    };
  }
  return {
    namespace: policy.namespace,
    name: policy.name,
    pods: policy.pods,
    parts,
    chains: Object.values(parts).map(({ name, chain }) => [name, chain]),
  };
}

/** One rule of the kernel for each partner and protocol. */
function allow({ partners, ports }: Rule, direction: Direction, ip: TableFamily): string[] {
  const side = direction === "ingress" ? "saddr" : "daddr";
  const at = ports.length === 0 ? [""] : ports.map((port) => portMatch(port, ip));
  return partners.flatMap((partner) => {
    const who =
      partner === "any" ? "" : "group" in partner ? `${ip} ${side} @${partner.group.set} ` : blockMatch(`${ip} ${side}`, partner.block);
    return at.map((port) => `${who}${port}accept`);
  });
}

/** Names mean what they mean at the packet's destination: the pod itself for what comes in, the partner for what leaves. */
function portMatch(port: Ports, ip: TableFamily): string {
  const { protocol } = port;
  if ("numbers" in port) return `${protocol} dport { ${port.numbers.join(", ")} } `;
  if ("name" in port) return `${ip} daddr . ${protocol} dport @${portSet(protocol, port.name)} `;
  return `meta l4proto ${protocol} `;
}

function blockMatch(side: string, { cidr, except }: Block): string {
  const whole = cidr.endsWith("/0") ? "" : `${side} ${cidr} `;
  return `${whole}${except.length > 0 ? `${side} != { ${except.join(", ")} } ` : ""}`;
}
