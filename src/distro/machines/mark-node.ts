/** Says of the control plane's node what no node may say of itself: its role, and whether pods are kept off. */
import { type Node, nodes } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { type Client, isConflict, orUndefined } from "#client/mod.ts";

const role = "node-role.kubernetes.io/control-plane";
const lookMs = 100;
const patienceMs = 600_000;

interface Wanted {
  name: string;
  /** Pods that do not tolerate it stay away, as upstream's do from control planes. */
  noPods: boolean;
}

/** What the node would be; undefined: it is so. */
export function marked(node: Node, { noPods }: Wanted): Node | undefined {
  const { labels = {} } = node.metadata;
  const taints = node.spec?.taints ?? [];
  const kept = taints.filter(({ key }) => key !== role);
  const wanted = noPods ? [...kept, taints.find(({ key }) => key === role) ?? { key: role, effect: "NoSchedule" }] : kept;
  if (labels[role] === "" && wanted.length === taints.length) return undefined;
  return { ...node, metadata: { ...node.metadata, labels: { ...labels, [role]: "" } }, spec: { ...node.spec, taints: wanted } };
}

/** Waits until the node has registered. */
export async function markNode(client: Client, wanted: Wanted, clock: Clock): Promise<void> {
  const end = clock.monotonic() + patienceMs;
  while (clock.monotonic() < end) {
    const node = await orUndefined(client.get(nodes, { name: wanted.name }));
    const next = node && marked(node, wanted);
    if (node && !next) return;
    try {
      if (next) await client.update(nodes, next);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    await clock.sleep(lookMs);
  }
}
