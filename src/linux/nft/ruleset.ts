/**
 * A set of firewall objects as data, so that two of them can be compared: chains with their rules, and sets or maps with
 * their elements. Names are unique within the table.
 */
import type { Family } from "#base/mod.ts";

export interface Chain {
  /** `type nat hook prerouting priority dstnat`; absent for a chain that others jump to. */
  hook?: string;
  rules: string[];
}

export interface ElementSet {
  /** `map` or `set`, and its type: `type ipv4_addr . inet_service : verdict`. */
  kind: "map" | "set";
  type: string;
  flags?: string;
  /** Key → value (empty for a set). Elements of a `dynamic` set belong to the kernel and are not listed. */
  elements: Map<string, string>;
}

/** Of tables of nftables, as rules name it too. */
export type TableFamily = "ip" | "ip6";

export interface Ruleset {
  family: TableFamily;
  chains: Map<string, Chain>;
  sets: Map<string, ElementSet>;
}

export const tableFamilies: Readonly<Record<Family, TableFamily>> = { IPv4: "ip", IPv6: "ip6" };

export function emptyRuleset(family: TableFamily = "ip"): Ruleset {
  return { family, chains: new Map(), sets: new Map() };
}
