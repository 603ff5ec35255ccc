/** Gives every node a range of pod addresses of its own. */
import { type Node, nodes } from "#api/mod.ts";
import { again, lanes, patch, type Reconciler, reconciler, type Step, tell, via } from "#client/mod.ts";
import { addressOf, rangeOf } from "../ranges.ts";

interface SeenNodes {
  nodes: readonly Node[];
  clusterCidr: string;
  /** Bits of a node's range: 24 holds 254 pods. */
  nodeBits: number;
}

const retryMs = 30_000;

export function planRanges({ nodes: all, clusterCidr, nodeBits }: SeenNodes): Step[] {
  const taken = new Set(all.flatMap(({ spec }) => spec?.podCIDR ?? []));
  const waiting = all.filter((node) => !node.spec?.podCIDR && !node.metadata.deletionTimestamp);
  const steps = waiting.map((node): Step[] => {
    const podCIDR = freeRange(clusterCidr, nodeBits, taken);
    const { name } = node.metadata;
    if (!podCIDR) return [tell(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`), again(retryMs)];
    taken.add(podCIDR);
    return [patch(nodes, node, { spec: { podCIDR, podCIDRs: [podCIDR] } })];
  });
  return steps.length > 0 ? [lanes(steps)] : [];
}

export function freeRange(clusterCidr: string, nodeBits: number, taken: ReadonlySet<string>): string | undefined {
  const { first, size } = rangeOf(clusterCidr);
  const step = 2 ** (32 - nodeBits);
  for (let offset = 0; offset < size; offset += step) {
    const range = `${addressOf(first + offset)}/${nodeBits}`;
    if (!taken.has(range)) return range;
  }
  return undefined;
}

/** All nodes are one key: two looks at the same time could hand out one range. */
const key = "all";

export function nodeIpam({ clusterCidr }: { clusterCidr?: string }): Reconciler | undefined {
  if (!clusterCidr) return undefined;
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
    see: (_, caches) => ({ nodes: caches.list(nodes), clusterCidr, nodeBits: 24 }),
    plan: planRanges,
  });
}
