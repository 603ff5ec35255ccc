/** Gives every node a range of pod addresses of its own, of each family that the cluster has. */
import { type Node, nodes } from "#api/mod.ts";
import { canonical, type Family, formatRange, rangeOf } from "#base/mod.ts";
import { again, lanes, patch, type Reconciler, reconciler, type Step, tell, via } from "#client/mod.ts";

export type Sizes = Record<Family, number>;

interface SeenNodes {
  nodes: readonly Node[];
  clusterCidrs: readonly string[];
  sizes?: Sizes;
}

const retryMs = 30_000;
/** Upstream's: 24 holds 254 pods. */
const nodeBits: Sizes = { IPv4: 24, IPv6: 64 };
/** Upstream's: a range of the cluster has no more than 65536 of nodes. */
const mostBits = 16;

const rangesOf = ({ spec }: Node): string[] => (spec?.podCIDRs?.length ? spec.podCIDRs : spec?.podCIDR ? [spec.podCIDR] : []);

export function planRanges({ nodes: all, clusterCidrs, sizes = nodeBits }: SeenNodes): Step[] {
  const taken = new Set(all.flatMap(rangesOf).map(normal));
  const waiting = all.filter((node) => rangesOf(node).length === 0 && !node.metadata.deletionTimestamp);
  const steps = waiting.map((node): Step[] => {
    const podCIDRs = clusterCidrs.flatMap((cidr) => freeRange(cidr, taken, sizes) ?? []);
    const { name } = node.metadata;
    if (podCIDRs.length < clusterCidrs.length)
      return [tell(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`), again(retryMs)];
    for (const range of podCIDRs) taken.add(range);
    return [patch(nodes, node, { spec: { podCIDR: podCIDRs[0], podCIDRs } })];
  });
  return steps.length > 0 ? [lanes(steps)] : [];
}

const normal = (range: string) => {
  const [address = "", bits] = range.split("/");
  return `${canonical(address)}/${bits}`;
};

export function freeRange(clusterCidr: string, taken: ReadonlySet<string>, sizes = nodeBits): string | undefined {
  const { family, first, bits: clusterBits } = rangeOf(clusterCidr);
  const bits = sizes[family];
  if (bits < clusterBits || bits - clusterBits > mostBits)
    throw new Error(`nodes have ranges of /${bits}: ${clusterCidr} must be from /${bits - mostBits} to /${bits}`);
  const step = 1n << BigInt((family === "IPv4" ? 32 : 128) - bits);
  for (let offset = 0; offset < 2 ** (bits - clusterBits); offset++) {
    const range = formatRange({ family, first: first + step * BigInt(offset), bits });
    if (!taken.has(range)) return range;
  }
  return undefined;
}

/** All nodes are one key: two looks at the same time could hand out one range. */
const key = "all";

/** Throws a sentence where a range of the cluster has too few ranges of nodes, or too many. */
export function checkNodeRange(clusterCidr: string, sizes: Partial<Sizes> = {}): void {
  freeRange(clusterCidr, new Set(), { ...nodeBits, ...sizes });
}

interface IpamSettings {
  clusterCidrs?: readonly string[];
  nodeCidrBits?: Partial<Sizes>;
}

export function nodeIpam({ clusterCidrs = [], nodeCidrBits }: IpamSettings): Reconciler | undefined {
  if (clusterCidrs.length === 0) return undefined;
  const sizes = { ...nodeBits, ...nodeCidrBits };
  return reconciler<never, SeenNodes>({
    name: "node-ipam-controller",
    account: "node-controller",
    component: "cidrAllocator",
    workers: 1,
    also: [
      via(
        nodes,
        () => [key],
        ({ type, object }) => type === "deleted" || !object.spec?.podCIDR,
      ),
    ],
    see: (_, caches) => ({ nodes: caches.list(nodes), clusterCidrs, sizes }),
    plan: planRanges,
  });
}
