/** Runs one pod of each DaemonSet on every node that suits it. */
import { controllerrevisions, type DaemonSet, daemonsets, nodes, type Pod, pods } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { index, keyOf, type Reconciler, reconciler, type Source } from "#client/mod.ts";
import { labelSelectorFrom } from "#codec/mod.ts";
import { claim, ownedBy } from "../ownership.ts";
import { byController, orphansIn } from "../pods.ts";
import { historyOf, orphanRevisionsIn, revisionsOf } from "../revisions.ts";
import { fitOf, nodeOf } from "./placement.ts";
import { concludeDaemonSet, planDaemonSet, type SeenDaemonSet } from "./plan.ts";

const setsIn = index(daemonsets, (set) => [set.metadata.namespace ?? ""]);
const selectorOf = (set: DaemonSet) => labelSelectorFrom(set.spec?.selector);

export function daemonSets(): Reconciler {
  const failures = failedPods();
  return reconciler<DaemonSet, SeenDaemonSet>({
    name: "daemonset-controller",
    account: "daemon-set-controller",
    workers: 2,
    of: daemonsets,
    also: [
      ownedBy(pods, daemonsets, { ownersIn: setsIn, selectorOf }),
      ownedBy(controllerrevisions, daemonsets, { ownersIn: setsIn, selectorOf }),
      byNodes,
    ],
    see(key, caches, { clock }) {
      const set = caches.get(daemonsets, key);
      if (!set) return undefined;
      const { uid = "", namespace = "" } = set.metadata;
      const claimed = { owner: set, ownerKind: daemonsets, selector: selectorOf(set) };
      const mine = claim({
        ...claimed,
        resource: pods,
        candidates: [...caches.by(byController, uid), ...caches.by(orphansIn, namespace)],
      });
      const past = claim({
        ...claimed,
        resource: controllerrevisions,
        candidates: [...caches.by(revisionsOf, uid), ...caches.by(orphanRevisionsIn, namespace)],
      });
      const history = historyOf({
        owner: set,
        ownerKind: daemonsets,
        template: set.spec?.template,
        collisionCount: set.status?.collisionCount,
        revisions: past.own,
        holderOf: (name) => caches.get(controllerrevisions, `${namespace}/${name}`),
        labelWith: "hash",
      });
      const adoption = [...mine.steps, ...past.steps];
      return { set, nodes: caches.list(nodes), own: mine.own, adoption, history, ...failures.judge(set, mine.own, clock) };
    },
    plan: planDaemonSet,
    conclude: concludeDaemonSet,
  });
}

/** A node wakes the sets for which it has become or ceased to be a place. Heartbeats change nothing that counts. */
const byNodes: Source = {
  follows: [nodes, daemonsets],
  start: ({ informer, caches, add }) =>
    informer(nodes).onChange(({ type, object, old }) => {
      const labelsAndTaints = (node: typeof object) => JSON.stringify([node.metadata.labels, node.spec?.taints, node.spec?.unschedulable]);
      if (old && type !== "deleted" && labelsAndTaints(old) === labelsAndTaints(object)) return;
      for (const set of caches.list(daemonsets)) {
        const [now, before] = [fitOf(set, object), old && fitOf(set, old)];
        if (type === "deleted" || !before ? now.run || type === "deleted" : now.run !== before.run || now.stay !== before.stay)
          add(keyOf(set));
      }
    }),
};

const [firstWaitMs, longestWaitMs, mostNodes] = [1000, 15 * 60_000, 20_000];

/** When failed pods of one node may be replaced: a kubelet that refuses them must not be asked in a loop. */
function failedPods() {
  /** By set, generation and node. */
  const last = new Map<string, { atMs: number; times: number; uid: string }>();
  return {
    judge(set: DaemonSet, own: readonly Pod[], clock: Clock): Pick<SeenDaemonSet, "mayGo" | "waitMs"> {
      const nowMs = clock.now();
      const mayGo = new Set<string>();
      let waitMs: number | undefined;
      for (const pod of own) {
        if (pod.status?.phase !== "Failed" || pod.metadata.deletionTimestamp) continue;
        const { uid = "" } = pod.metadata;
        const key = JSON.stringify([set.metadata.uid, set.status?.observedGeneration ?? 0, nodeOf(pod) ?? ""]);
        const known = last.get(key);
        const wait = known && known.uid !== uid ? known.atMs + waitAfter(known.times) - nowMs : 0;
        if (wait > 0) {
          waitMs = Math.min(waitMs ?? wait, wait);
          continue;
        }
        mayGo.add(uid);
        if (known?.uid === uid) continue;
        const quiet = known && nowMs - known.atMs > 2 * longestWaitMs;
        last.delete(key);
        last.set(key, { atMs: nowMs, times: quiet ? 1 : (known?.times ?? 0) + 1, uid });
        if (last.size > mostNodes) last.delete(last.keys().next().value!);
      }
      return { mayGo, ...(waitMs === undefined ? {} : { waitMs }) };
    },
  };
}

const waitAfter = (times: number): number => Math.min(longestWaitMs, firstWaitMs * 2 ** (times - 1));
