/** Removes pods that nobody else will: bound to nodes that are gone, leaving without ever having been bound, finished by the thousand. */
import { type Node, nodes, pods } from "#api/mod.ts";
import { orUndefined, type Reconciler, reconciler } from "#client/mod.ts";
import { periodically } from "../sources.ts";
import { planPodGc, type SeenPods } from "./plan.ts";

const periodMs = 20_000;
/** A node may be on its way: its pods are judged only after this. */
const quarantineMs = 40_000;

export function podGarbageCollector({ keptFinishedPods: kept }: { keptFinishedPods?: number } = {}): Reconciler {
  /** Since when each node that pods name is missing. */
  const missing = new Map<string, number>();
  return reconciler<never, SeenPods>({
    name: "pod-garbage-collector-controller",
    account: "pod-garbage-collector",
    workers: 1,
    also: [periodically("all", periodMs)],
    reads: [pods, nodes],
    async see(_, caches, { client, clock }) {
      const all = caches.list(pods);
      const known = new Map<string, Node>(caches.list(nodes).map((node) => [node.metadata.name ?? "", node]));
      const named = new Set(all.map((pod) => pod.spec?.nodeName ?? "").filter((name) => name !== "" && !known.has(name)));
      for (const name of missing.keys()) if (!named.has(name)) missing.delete(name);
      const gone = new Set<string>();
      for (const name of named) {
        const since = missing.get(name) ?? clock.monotonic();
        missing.set(name, since);
        const ripe = clock.monotonic() - since >= quarantineMs;
        // The copy may be behind: the API decides.
        if (ripe && !(await orUndefined(client.get(nodes, { name })))) gone.add(name);
      }
      return { pods: all, nodes: known, gone, ...(kept === undefined ? {} : { kept }) };
    },
    plan: planPodGc,
  });
}
