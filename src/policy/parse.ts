/** A NetworkPolicy read once: selectors compiled, ports and address blocks as the words of rules. */
import type { NetworkPolicy } from "#api/mod.ts";
import { type AddressRange, type Family, formatRange, holds, parseRange } from "#base/mod.ts";
import { formatSelector, labelSelectorFrom, type Selector } from "#codec/mod.ts";
import { groupSet } from "./names.ts";

/** Pods that a policy names as partners. Equal ones of several policies are one, by `key`. */
export interface Group {
  /** Says in words which pods: `default: app=web`. */
  key: string;
  /** The set of their addresses. */
  set: string;
  /** Where its pods are: that namespace, or those whose labels match. */
  namespace: string | Selector;
  pods: Selector;
}

/** Addresses: those of a group, those of a block, or all. */
export type Partner = { group: Group } | { block: Block } | "any";

export interface Block {
  cidr: string;
  /** Inside of it, none inside another. */
  except: string[];
}

export type Protocol = "tcp" | "udp" | "sctp";

/** `numbers` and ranges, not overlapping, ascending; a port's name; or all ports of the protocol. */
export type Ports = { protocol: Protocol; numbers: string[] } | { protocol: Protocol; name: string } | { protocol: Protocol };

/** Allowed is what comes from (or goes to) one of the partners at one of the ports; no ports: at any, of any protocol. */
export interface Rule {
  partners: Partner[];
  ports: Ports[];
}

export interface ParsedPolicy {
  namespace: string;
  name: string;
  pods: Selector;
  /** Absent: the policy does not speak of that direction. Empty: it allows nothing. */
  ingress?: Rule[];
  egress?: Rule[];
}

/** As packets of this family see it: blocks of the other one mean nobody. */
export function parsePolicy({ metadata, spec = {} }: NetworkPolicy, family: Family): ParsedPolicy {
  const { namespace = "", name = "" } = metadata;
  const types = spec.policyTypes ?? [];
  const rules = (list: readonly Written[]): Rule[] => list.map((rule) => parseRule(rule, namespace, family));
  return {
    namespace,
    name,
    pods: labelSelectorFrom(spec.podSelector ?? {}),
    ...(types.includes("Ingress") ? { ingress: rules((spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))) } : {}),
    ...(types.includes("Egress") ? { egress: rules((spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))) } : {}),
  };
}

type Spec = NonNullable<NetworkPolicy["spec"]>;
type IngressRule = NonNullable<Spec["ingress"]>[number];
interface Written {
  peers: IngressRule["from"];
  ports: IngressRule["ports"];
}
type WrittenPeer = NonNullable<Written["peers"]>[number];

function parseRule({ peers = [], ports = [] }: Written, namespace: string, family: Family): Rule {
  return {
    // A rule whose partners are all of the other address family allows nothing: that is not the same as none named.
    partners: peers.length === 0 ? ["any"] : peers.flatMap((peer) => parsePeer(peer, namespace, family)),
    ports: parsePorts(ports),
  };
}

function parsePeer({ podSelector, namespaceSelector, ipBlock }: WrittenPeer, namespace: string, family: Family): Partner[] {
  if (ipBlock) {
    const block = blockOf(ipBlock.cidr ?? "", ipBlock.except ?? [], family);
    return block ? [{ block }] : [];
  }
  if (!podSelector && !namespaceSelector) return [];
  const pods = labelSelectorFrom(podSelector ?? {});
  const where = namespaceSelector ? labelSelectorFrom(namespaceSelector) : namespace;
  const place = typeof where === "string" ? where : `namespaces ${textOfSelector(where)}`;
  const key = `${place}: ${textOfSelector(pods)}`;
  return [{ group: { key, set: groupSet(key), namespace: where, pods } }];
}

/** Equal selectors have equal texts, in whatever order they were written. */
function textOfSelector({ requirements }: Selector): string {
  return formatSelector({ requirements: requirements.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }) || "*";
}

function parsePorts(ports: NonNullable<Written["ports"]>): Ports[] {
  const ranges = new Map<Protocol, [number, number][]>();
  const whole = new Set<Protocol>();
  const names = new Map<string, Ports>();
  for (const { protocol: written = "TCP", port, endPort } of ports) {
    const protocol = written.toLowerCase() as Protocol;
    if (port === undefined) whole.add(protocol);
    else if (typeof port === "string") names.set(`${protocol}/${port}`, { protocol, name: port });
    else ranges.set(protocol, [...(ranges.get(protocol) ?? []), [port, endPort ?? port]]);
  }
  return [
    ...[...whole].map((protocol) => ({ protocol })),
    ...[...ranges].filter(([protocol]) => !whole.has(protocol)).map(([protocol, list]) => ({ protocol, numbers: merged(list) })),
    ...[...names.values()].filter(({ protocol }) => !whole.has(protocol)),
  ];
}

/** The kernel refuses overlapping ranges. */
function merged(ranges: [number, number][]): string[] {
  const out: [number, number][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = out.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}

/** Undefined for the other address family: no packet of ours matches. What lies below the prefix is cleared: 10.0.0.7/8 means 10.0.0.0/8. */
function blockOf(cidr: string, except: readonly string[], family: Family): Block | undefined {
  const whole = parseRange(cidr);
  if (whole?.family !== family) return undefined;
  const inner = except
    .flatMap((each) => parseRange(each) ?? [])
    .filter((each) => each.family === family)
    .toSorted((a, b) => Number(a.first > b.first) - Number(a.first < b.first) || a.bits - b.bits);
  const outermost: AddressRange[] = [];
  for (const each of inner) {
    const last = outermost.at(-1);
    if (last && holds(last, { family, value: each.first })) continue;
    outermost.push(each);
  }
  return { cidr: formatRange(whole), except: outermost.map(formatRange) };
}
