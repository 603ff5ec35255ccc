/**
 * The ways from one machine to the pods of the others, as a plan: by the other machine's address where both are on one segment,
 * by VXLAN elsewhere. Nothing is announced: what a machine must know of another follows from its name and address.
 */
import { createHash } from "node:crypto";
import type { Node } from "#api/mod.ts";

export interface Peer {
  name: string;
  address: string;
  podCidr: string;
}

export interface Segment {
  /** This machine's own. */
  address: string;
  prefix: number;
  device: string;
}

/** One way: routes to the pods of one peer. */
export interface Way extends Peer {
  tunnel: boolean;
}

export const tunnelOf = (slot: number): string => `spoke${slot}v`;
/** Another for every cluster that two machines may share. */
export const tunnelId = (slot: number): number => 4097 + slot;
/** Flannel's, which firewalls of clusters already let through. */
export const tunnelPort = 8472;
/** Outer Ethernet, IP, UDP and VXLAN headers. */
export const tunnelOverhead = 50;

/** Peers that have both an address and a range, but for the machine itself. */
export function peersOf(all: readonly Node[], self: string): Peer[] {
  return all.flatMap(({ metadata, spec, status }) => {
    const address = status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
    const name = metadata.name!;
    if (name === self || !spec?.podCIDR || !address || address.includes(":")) return [];
    return [{ name, address, podCidr: spec.podCIDR }];
  });
}

export function waysTo(peers: readonly Peer[], segment: Segment, backend: "vxlan" | undefined): Way[] {
  // Simulated nodes have no machine: whoever shares an address with this one is no other machine.
  const others = peers.filter(({ address }) => address !== segment.address);
  return others.map((peer) => ({ ...peer, tunnel: backend === "vxlan" || !isOn(segment, peer.address) }));
}

function isOn({ address, prefix }: Segment, other: string): boolean {
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return (number(address) & mask) >>> 0 === (number(other) & mask) >>> 0;
}

const number = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** The first address of a machine's range stands for its end of the tunnel. */
export const endOf = (podCidr: string): string => podCidr.split("/")[0]!;

/** Locally administered, and the same wherever it is asked for. */
export function hardwareOf(node: string, slot: number): string {
  const bytes = createHash("sha256").update(`${slot}/${node}`).digest().subarray(0, 6);
  bytes[0] = (bytes[0]! & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export interface Having {
  slot: number;
  /** Of our kind, in the kernel's table now: destination and where to. */
  routes: readonly { dst: string; gateway?: string; dev?: string }[];
  protocol: number;
  segment: Segment;
}

export interface WayLines {
  /** Lines for `ip`. */
  ip: string[];
  /** Lines for `bridge`: which machine a hardware address of the tunnel is on. */
  bridge: string[];
}

/** What differs is said; what is gone is taken away. */
export function linesFor(ways: readonly Way[], { slot, routes, protocol, segment }: Having): WayLines {
  const tunnel = tunnelOf(slot);
  const wanted = new Set(ways.map(({ podCidr }) => podCidr));
  const stale = routes.filter(({ dst }) => !wanted.has(dst));
  const lines: WayLines = { ip: stale.map(({ dst }) => `route delete ${dst} proto ${protocol}`), bridge: [] };
  for (const { name, address, podCidr, tunnel: tunneled } of ways) {
    const there = routes.find(({ dst }) => dst === podCidr);
    const [gateway, dev] = tunneled ? [endOf(podCidr), tunnel] : [address, segment.device];
    const same = there?.gateway === gateway && there.dev === dev;
    if (tunneled) {
      // Said each time: a machine that changed its address keeps its name.
      lines.ip.push(`neighbour replace ${gateway} lladdr ${hardwareOf(name, slot)} dev ${tunnel} nud permanent`);
      lines.bridge.push(`fdb replace ${hardwareOf(name, slot)} dev ${tunnel} dst ${address}`);
    }
    if (!same) lines.ip.push(`route replace ${podCidr} via ${gateway} dev ${dev} onlink proto ${protocol}`);
  }
  return lines;
}
