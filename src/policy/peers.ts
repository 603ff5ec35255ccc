/** Pods as policies see them: an address with labels and named ports. Those without an address of their own are not there. */
import type { Pod } from "#api/mod.ts";
import { canonical, type Family, parseAddress } from "#base/mod.ts";

export interface Peer {
  /** Its uid: for a while there may be two of one name. */
  key: string;
  namespace: string;
  labels: Readonly<Record<string, string>>;
  ip: string;
  /** It runs on this node: its policies are obeyed here. */
  local: boolean;
  /** `tcp/http` → numbers: containers may give one name to several. */
  ports: ReadonlyMap<string, readonly number[]>;
  createdAt: string;
}

/**
 * Host-network pods are the node, and pods that are over have given their address back. `address`
 * is known of this node's pods before the API has it.
 */
export function peerOf(pod: Pod, { nodeName, family }: { nodeName: string; family: Family }, address?: string): Peer | undefined {
  const { metadata, spec = {}, status = {} } = pod;
  if (spec.hostNetwork || status.phase === "Succeeded" || status.phase === "Failed") return undefined;
  const addresses = [address, status.podIP, ...(status.podIPs ?? []).map(({ ip }) => ip)];
  const ip = addresses.find((each) => each !== undefined && parseAddress(each)?.family === family);
  if (!ip) return undefined;
  return {
    key: metadata.uid ?? `${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace ?? "",
    labels: metadata.labels ?? {},
    ip: canonical(ip),
    local: spec.nodeName === nodeName,
    ports: portsOf(pod),
    createdAt: String(metadata.creationTimestamp ?? ""),
  };
}

function portsOf({ spec = {} }: Pod): Map<string, number[]> {
  const ports = new Map<string, number[]>();
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const { name, protocol = "TCP", containerPort } of [...(spec.containers ?? []), ...sidecars].flatMap((c) => c.ports ?? [])) {
    if (!name || !containerPort) continue;
    const key = `${protocol.toLowerCase()}/${name}`;
    const numbers = ports.get(key) ?? [];
    if (!numbers.includes(containerPort)) ports.set(key, [...numbers, containerPort]);
  }
  return ports;
}

/** One pod an address: of two that claim it, the younger has it, for the older must have given it back. */
export function withoutDoubles(peers: Iterable<Peer>): Peer[] {
  const byAddress = new Map<string, Peer>();
  for (const peer of peers) {
    const other = byAddress.get(peer.ip);
    if (!other || isYounger(peer, other)) byAddress.set(peer.ip, peer);
  }
  return [...byAddress.values()];
}

const isYounger = (peer: Peer, other: Peer): boolean =>
  peer.createdAt === other.createdAt ? peer.key > other.key : peer.createdAt > other.createdAt;
