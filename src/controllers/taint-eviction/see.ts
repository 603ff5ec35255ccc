/** Evicts pods from nodes whose taints they do not tolerate, or no longer. */
import { type Node, nodes, type Pod, pods } from "#api/mod.ts";
import { keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { onNode } from "../pods.ts";
import { evictionTime, planEviction, type SeenPod } from "./plan.ts";

const evicting = (node: Node | undefined) => (node?.spec?.taints ?? []).filter(({ effect }) => effect === "NoExecute");
const textOf = (node: Node | undefined) => JSON.stringify(evicting(node));

export function taintEviction(): Reconciler {
  /** Keys of pods that are to go, and when. */
  const toGo = new Map<string, number>();
  return reconciler<Pod, SeenPod>({
    name: "taint-eviction-controller",
    account: "node-controller",
    component: "taint-eviction-controller",
    workers: 8,
    of: pods,
    when: ({ type, object, old }) =>
      type !== "updated" || old?.spec?.nodeName !== object.spec?.nodeName || old?.spec?.tolerations !== object.spec?.tolerations,
    also: [
      via(
        nodes,
        (node, caches) => caches.by(onNode, node.metadata.name!).map(keyOf),
        ({ object, old }) => textOf(object) !== textOf(old),
      ),
    ],
    see(key, caches, { clock }) {
      const pod = caches.get(pods, key);
      const taints = evicting(pod?.spec?.nodeName ? caches.get(nodes, pod.spec.nodeName) : undefined);
      const wasToGo = toGo.has(key);
      const at = pod && taints.length > 0 ? evictionTime(pod, taints, clock.now()) : undefined;
      if (at === undefined) toGo.delete(key);
      else toGo.set(key, at);
      if (!pod || (at === undefined && !wasToGo) || pod.metadata.deletionTimestamp) return undefined;
      return { pod, evictAt: at, wasToGo };
    },
    plan: planEviction,
  });
}
