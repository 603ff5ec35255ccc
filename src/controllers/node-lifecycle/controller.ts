/** Notices nodes that fall silent, taints them, and evicts pods that do not tolerate it. */

import { leases, type Node, nodes, type Pod, pods } from "#api/mod.ts";
import type { Timer } from "#base/mod.ts";
import { isConflict, isNotFound, keyOf, runController } from "#client/mod.ts";
import { isFinished, onNode, readyOf } from "../pods.ts";
import { allSynced, type Context, type Controller, timestamp } from "../shared.ts";
import { evictAt, silentConditions, wantedTaints } from "./plan.ts";

/** A node that has not been heard from for this long is Unknown. */
const graceMs = 50_000;
const leaseNamespace = "kube-node-lease";

export function nodeLifecycleController(context: Context): Controller {
  const { client, clock, log } = context;
  const recorder = context.recorder("node-controller");
  const taintRecorder = context.recorder("taint-eviction-controller");
  const allNodes = context.watch(nodes);
  const allLeases = context.watch(leases);
  const allPods = context.watch(pods);
  /** When each node last said something, by our own clock: its clock may be wrong. */
  const heard = new Map<string, { sign: string; at: number }>();
  const evictions = new Map<string, Timer>();
  const controller = runController({ name: "node-lifecycle", clock, log, workers: 4, reconcile });
  const { queue } = controller;

  allNodes.onChange(({ type, object }) => {
    const name = object.metadata.name!;
    if (type === "deleted") heard.delete(name);
    else queue.add(keyOf(object));
  });
  allLeases.onChange(({ type, object }) => {
    if (type === "deleted" || object.metadata.namespace !== leaseNamespace) return;
    const name = object.metadata.name!;
    const known = heard.get(name);
    listen(name, object.spec?.renewTime ?? "");
    const ready = allNodes.get(name)?.status?.conditions?.find((condition) => condition.type === "Ready");
    if (!known || ready?.status === "Unknown") queue.add(name);
  });
  allPods.onChange(({ type, object, old }) => {
    if (type === "deleted") return cancel(object.metadata.uid!);
    if (object.spec?.nodeName && !old?.spec?.nodeName) planEviction(object);
  });

  function listen(name: string, sign: string): void {
    if (heard.get(name)?.sign !== sign) heard.set(name, { sign, at: clock.monotonic() });
  }

  async function reconcile(name: string): Promise<number | void> {
    await allSynced(allNodes, allLeases, allPods);
    const node = allNodes.get(name);
    if (!node) return;
    const lease = allLeases.get(`${leaseNamespace}/${name}`);
    const heartbeat = node.status?.conditions?.find((condition) => condition.type === "Ready")?.lastHeartbeatTime ?? "";
    listen(name, lease?.spec?.renewTime ?? heartbeat);
    const silentMs = clock.monotonic() - heard.get(name)!.at;
    if (silentMs >= graceMs) {
      const conditions = silentConditions(node, timestamp(clock));
      if (conditions) {
        await write(node, { status: { conditions } }, "status");
        recorder.event(node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
      }
    }
    const taints = wantedTaints(node, timestamp(clock));
    if (taints) await write(node, { spec: { taints } });
    const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
    if (ready && ready.status !== "True") await markPodsUnready(name);
    for (const pod of allPods.by(onNode, name)) planEviction(pod);
    return silentMs >= graceMs ? undefined : graceMs - silentMs + 100;
  }

  async function write(node: Node, patch: object, subresource?: string): Promise<void> {
    try {
      await client.patch(nodes, { name: node.metadata.name! }, "strategic", patch, subresource ? { subresource } : {});
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Pods of a node that is not ready get no traffic. */
  async function markPodsUnready(name: string): Promise<void> {
    for (const pod of allPods.by(onNode, name)) {
      const ready = readyOf(pod);
      if (ready?.status !== "True" || pod.metadata.deletionTimestamp) continue;
      const condition = {
        type: "Ready",
        status: "False",
        lastTransitionTime: timestamp(clock),
        observedGeneration: pod.metadata.generation,
      };
      try {
        await client.patch(
          pods,
          refOf(pod),
          "strategic",
          { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } },
          { subresource: "status" },
        );
        recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready");
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
    }
  }

  function planEviction(pod: Pod): void {
    const uid = pod.metadata.uid!;
    const node = allNodes.get(pod.spec?.nodeName ?? "");
    const taints = (node?.spec?.taints ?? []).filter((taint) => taint.effect === "NoExecute");
    const at = taints.length > 0 && !pod.metadata.deletionTimestamp && !isFinished(pod) ? evictAt(pod, taints, clock.now()) : undefined;
    if (at === undefined) {
      if (evictions.has(uid)) {
        cancel(uid);
        taintRecorder.event(pod, "Normal", "TaintManagerEviction", `Cancelling deletion of Pod ${keyOf(pod)}`);
      }
      return;
    }
    if (evictions.has(uid)) return;
    evictions.set(
      uid,
      clock.after(Math.max(0, at - clock.now()), () => void evict(pod), { background: true }),
    );
  }

  function cancel(uid: string): void {
    evictions.get(uid)?.cancel();
    evictions.delete(uid);
  }

  async function evict(pod: Pod): Promise<void> {
    evictions.delete(pod.metadata.uid!);
    taintRecorder.event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${keyOf(pod)}`);
    const message = "Taint manager: deleting due to NoExecute taint";
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "DeletionByTaintManager",
      message,
      lastTransitionTime: timestamp(clock),
    };
    try {
      await client.patch(
        pods,
        refOf(pod),
        "strategic",
        { metadata: { uid: pod.metadata.uid }, status: { conditions: [condition] } },
        { subresource: "status" },
      );
      await client.delete(pods, refOf(pod), { preconditions: { uid: pod.metadata.uid! } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) planEviction(pod);
    }
  }

  return {
    async close() {
      for (const timer of evictions.values()) timer.cancel();
      await controller.close();
    },
  };
}

const refOf = (pod: Pod) => ({ namespace: pod.metadata.namespace!, name: pod.metadata.name! });
