/** Removes pods that nobody else will: bound to nodes that are gone, leaving without ever having been bound, finished by the thousand. */

import { nodes, type Pod, pods } from "#api/mod.ts";
import { every } from "#base/mod.ts";
import { isConflict, isNotFound, orUndefined } from "#client/mod.ts";
import { isFinished } from "../pods.ts";
import { allSynced, type Context, type Controller, inParallel, timestamp } from "../shared.ts";

const periodMs = 20_000;
const keptFinished = 12_500;
/** A node may be on its way: its pods are judged only after this. */
const quarantineMs = 40_000;

export function podGarbageCollector(context: Context): Controller {
  const { client, clock } = context;
  const allPods = context.watch(pods);
  const allNodes = context.watch(nodes);
  const missing = new Map<string, number>();
  const timer = every(clock, periodMs, sweep);

  async function sweep(): Promise<void> {
    await allSynced(allPods, allNodes);
    const all = allPods.list();
    const victims = new Map<string, { pod: Pod; why?: string }>();
    const finished = all.filter(isFinished).sort((a, b) => (a.metadata.creationTimestamp! < b.metadata.creationTimestamp! ? -1 : 1));
    for (const pod of finished.slice(0, Math.max(0, finished.length - keptFinished))) victims.set(pod.metadata.uid!, { pod });
    const gone = await goneNodes(all);
    for (const pod of all) {
      const node = pod.spec?.nodeName;
      if (node && gone.has(node)) victims.set(pod.metadata.uid!, { pod, why: "PodGC: node no longer exists" });
      else if (!node && pod.metadata.deletionTimestamp) victims.set(pod.metadata.uid!, { pod });
    }
    await inParallel([...victims.values()], 8, remove);
  }

  async function goneNodes(all: readonly Pod[]): Promise<Set<string>> {
    const now = clock.monotonic();
    const out = new Set<string>();
    const named = new Set(all.map((pod) => pod.spec?.nodeName ?? "").filter((name) => name !== "" && !allNodes.get(name)));
    for (const name of missing.keys()) if (!named.has(name)) missing.delete(name);
    for (const name of named) {
      const since = missing.get(name) ?? now;
      missing.set(name, since);
      if (now - since >= quarantineMs && !(await orUndefined(client.get(nodes, { name })))) out.add(name);
    }
    return out;
  }

  async function remove({ pod, why }: { pod: Pod; why?: string }): Promise<void> {
    const ref = { namespace: pod.metadata.namespace!, name: pod.metadata.name! };
    try {
      if (why && !isFinished(pod)) {
        const condition = {
          type: "DisruptionTarget",
          status: "True",
          reason: "DeletionByPodGC",
          message: why,
          lastTransitionTime: timestamp(clock),
        };
        await client.patch(
          pods,
          ref,
          "strategic",
          { metadata: { uid: pod.metadata.uid }, status: { phase: "Failed", conditions: [condition] } },
          { subresource: "status" },
        );
      }
      await client.delete(pods, ref, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid! } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  return { close: () => timer.cancel() };
}
