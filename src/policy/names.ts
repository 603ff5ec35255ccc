/** Names of chains and sets that explain a rule to who reads `nft list table ip spoke-policy`. */
import { createHash } from "node:crypto";
import type { Family } from "#base/mod.ts";

/** The kernel takes 255; errors and listings should stay readable. */
const longest = 180;

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** What sets of addresses are of. */
export const setTypes: Readonly<Record<Family, string>> = { IPv4: "ipv4_addr", IPv6: "ipv6_addr" };

export const directions = ["ingress", "egress"] as const;
export type Direction = (typeof directions)[number];

/** `ingress/default/allow-web`. */
export function policyChain(direction: Direction, { namespace, name }: { namespace: string; name: string }): string {
  const plain = `${direction}/${namespace}/${name}`;
  return plain.length <= longest ? plain : `${plain.slice(0, longest)}-${hash(plain)}`;
}

/** All pods that the same policies select share one. */
export const isolationChain = (direction: Direction, policies: string): string => `${direction}-of/${hash(policies)}`;

export const groupSet = (key: string): string => `pods/${hash(key)}`;

export const portSet = (protocol: string, name: string): string => `port/${protocol}/${name}`;

/** nft takes 128 characters, and no quotes; selectors have none. */
export const commentOf = (key: string): string => `comment "${key.slice(0, 120)}";`;
