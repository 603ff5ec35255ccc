/** Gives every node a range of pod addresses of its own. */
import { nodes } from "#api/mod.ts";
import { isNotFound, keyOf, runController } from "#client/mod.ts";
import type { Context, Controller } from "../shared.ts";

export function nodeIpamController(context: Context, clusterCidr: string, nodeBits = 24): Controller {
  const { client, clock, log } = context;
  const recorder = context.recorder("cidrAllocator");
  const all = context.watch(nodes);
  const given = new Map<string, string>();
  // One at a time: two nodes must never be handed the same range.
  const controller = runController({ name: "node-ipam", clock, log, workers: 1, reconcile });
  all.onChange(({ type, object }) => {
    const name = object.metadata.name ?? "";
    if (type === "deleted") given.delete(name);
    else if (object.spec?.podCIDR) given.set(name, object.spec.podCIDR);
    else controller.queue.add(keyOf(object));
  });

  async function reconcile(name: string): Promise<void> {
    await all.synced;
    const node = all.get(name);
    if (!node || node.spec?.podCIDR) return;
    const podCIDR = given.get(name) ?? freeRange(clusterCidr, nodeBits, new Set(given.values()));
    if (!podCIDR) {
      recorder.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
      throw new Error(`no pod range is left in ${clusterCidr}`);
    }
    given.set(name, podCIDR);
    try {
      await client.patch(nodes, { name }, "strategic", { spec: { podCIDR, podCIDRs: [podCIDR] } });
    } catch (error) {
      given.delete(name);
      if (!isNotFound(error)) throw error;
    }
  }

  return { close: () => controller.close() };
}

export function freeRange(clusterCidr: string, nodeBits: number, taken: ReadonlySet<string>): string | undefined {
  const [base = "", bits = "16"] = clusterCidr.split("/");
  const first = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  for (let index = 0; index < 2 ** (nodeBits - Number(bits)); index++) {
    const value = first + index * 2 ** (32 - nodeBits);
    const range = `${[value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join(".")}/${nodeBits}`;
    if (!taken.has(range)) return range;
  }
  return undefined;
}
