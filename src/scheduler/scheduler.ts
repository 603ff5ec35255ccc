/**
 * The shell around a scheduling cycle: follows nodes, pods and volumes, takes pods from the queue one after another,
 * writes down each placement at once in its own picture ("assumed") and binds in the background.
 */

import { type Binding, namespaces, nodes, type Pod, poddisruptionbudgets, pods } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Change, type Client, disruptionTarget, type EventRecorder, informer, isNotFound, timestamp } from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { Cluster } from "./cluster.ts";
import { Nominations } from "./nominations.ts";
import type { ClusterChange, VolumeWork } from "./plugin.ts";
import { defaultPlugins } from "./plugins.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";
import { type DisruptionBudget, preempt } from "./preemption.ts";
import { SchedulingQueue } from "./queue.ts";
import { describeFailure, isPlaced, schedule, type Unschedulable } from "./schedule.ts";
import { followVolumes } from "./volumes.ts";

export interface SchedulerOptions {
  client: Client;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  /** Pods that name another scheduler are left alone. */
  schedulerName?: string;
}

const mostBindings = 64;
/** Pods tried in one go before other work of the process gets its turn. */
const cyclesPerTurn = 32;

export interface Scheduler {
  /** Resolves when the first picture of the cluster is complete. */
  ready: Promise<void>;
  close(): Promise<void>;
}

export function startScheduler(options: SchedulerOptions): Scheduler {
  const { client, clock, log, random, recorder } = options;
  const name = options.schedulerName ?? "default-scheduler";
  const cluster = new Cluster();
  const watch = { clock, log, random };
  const follow = {
    nodes: informer(client, nodes, watch),
    pods: informer(client, pods, { ...watch, fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" }),
    namespaces: informer(client, namespaces, watch),
    budgets: informer(client, poddisruptionbudgets, watch),
  };
  const queue = new SchedulingQueue({ clock, wake: () => void turn() });
  const volumes = followVolumes(client, watch, (concerns) => queue.changed("volume-changed", concerns));
  const plugins = defaultPlugins(volumes);
  const wakersOf = new Map(plugins.map((plugin) => [plugin.name, plugin.changes]));
  const infoOf = (pod: Pod) => podInfoOf(pod, (namespace) => cluster.namespaceLabels.get(namespace));
  /** Placed by us, not yet seen so in the API. */
  const assumed = new Set<string>();
  /** Pods that wait for victims to leave hold their place. */
  const nominations = new Nominations();
  let binding = 0;
  let start = 0;
  let running = false;
  let closed = false;
  let synced = false;

  const onPod = ({ type, object: pod, old }: Change<Pod>) => {
    const uid = pod.metadata.uid ?? "";
    if (type === "deleted") {
      assumed.delete(uid);
      nominations.delete(uid);
      queue.remove(uid);
      if (cluster.podAt(uid)) {
        cluster.removePod(uid);
        queue.changed("pod-deleted");
      }
      return;
    }
    if (pod.spec?.nodeName) {
      queue.remove(uid);
      const known = cluster.podAt(uid);
      const wasAssumed = assumed.delete(uid);
      nominations.delete(uid);
      if (known?.node === pod.spec.nodeName && old && sameForScheduling(known.pod.pod, pod)) return;
      cluster.addPod(infoOf(pod), pod.spec.nodeName);
      if (!wasAssumed) queue.changed(known ? "pod-updated" : "pod-added");
      return;
    }
    if (assumed.has(uid)) return;
    if (pod.spec?.schedulerName !== name || pod.metadata.deletionTimestamp || pod.spec?.schedulingGates?.length) {
      queue.remove(uid);
      nominations.delete(uid);
      return;
    }
    const info = infoOf(pod);
    nominations.follow(info, old && infoOf(old));
    if (old) queue.update(info);
    else queue.add(info);
  };

  follow.nodes.onChange(({ type, object, old }) => {
    if (type === "deleted") cluster.removeNode(object.metadata.name ?? "");
    else if (!old || nodeDiffers(old, object)) {
      cluster.setNode(object);
      queue.changed(old ? "node-updated" : "node-added");
    }
  });
  follow.namespaces.onChange(({ type, object }) => {
    cluster.setNamespace(object.metadata.name ?? "", type === "deleted" ? undefined : (object.metadata.labels ?? {}));
    queue.changed("namespace-changed");
  });
  follow.pods.onChange(onPod);

  /** Works the queue off; one at a time, and only once the picture is complete. */
  async function turn(): Promise<void> {
    if (running || closed || !synced) return;
    running = true;
    try {
      for (let cycles = 0; !closed && binding < mostBindings; cycles++) {
        const pod = queue.pop();
        if (!pod) return;
        tryPlace(pod);
        if (cycles % cyclesPerTurn === cyclesPerTurn - 1) await clock.turn();
      }
    } finally {
      running = false;
    }
  }

  function tryPlace(pod: PodInfo): void {
    const at = queue.turn;
    try {
      const result = schedule(pod, cluster, { plugins, random, start, nominations });
      start = (start + 1) % Math.max(1, cluster.capacity);
      if (isPlaced(result)) {
        assumed.add(pod.uid);
        nominations.delete(pod.uid);
        cluster.addPod(pod, result.node);
        if (result.volumes) void bindVolumes(pod, result.node, result.volumes);
        else void bind(pod, result.node);
      } else void refuse(pod, result, at);
    } catch (error) {
      log.error("scheduler: a cycle failed", { pod: `${pod.namespace}/${pod.name}`, error: messageOf(error) });
      queue.refuse(pod, [], at);
    }
  }

  /** A pod may wait long for its volumes: it holds its place, and nobody up. */
  async function bindVolumes(pod: PodInfo, node: string, work: VolumeWork): Promise<void> {
    volumes.assume(work);
    try {
      const facts = () => cluster.rows[cluster.rowOf.get(node) ?? -1];
      await volumes.carryOut(work, { pod, nodeName: node, node: facts, isWanted: () => assumed.has(pod.uid) });
    } catch (error) {
      volumes.revert(work);
      if (!assumed.delete(pod.uid) || closed) return;
      cluster.removePod(pod.uid);
      const message = `running PreBind plugin "VolumeBinding": ${messageOf(error)}`;
      queue.refuse(pod, [], queue.turn);
      recorder.event(pod.pod, "Warning", "FailedScheduling", message);
      return tellUnplaced(pod, "SchedulerError", message);
    }
    if (assumed.has(pod.uid) && !closed) await bind(pod, node);
  }

  async function bind(pod: PodInfo, node: string): Promise<void> {
    binding++;
    const body: Binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    try {
      await client.createSub(pods, pod, "binding", body);
      recorder.event(pod.pod, "Normal", "Scheduled", `Successfully assigned ${pod.namespace}/${pod.name} to ${node}`);
    } catch (error) {
      // Whatever happened, the API knows: what is assumed is forgotten, and a pod that still waits is tried again.
      if (assumed.delete(pod.uid)) cluster.removePod(pod.uid);
      if (!closed && !isNotFound(error)) {
        log.warn("scheduler: binding failed", { pod: `${pod.namespace}/${pod.name}`, node, error: messageOf(error) });
        const now = follow.pods.get(`${pod.namespace}/${pod.name}`);
        if (now && now.metadata.uid === pod.uid && !now.spec?.nodeName) queue.refuse(pod, [], queue.turn);
      }
    } finally {
      binding--;
      void turn();
    }
  }

  async function refuse(pod: PodInfo, failure: Unschedulable, at: number): Promise<void> {
    const situation = { pod, cluster, failure, plugins, budgets: budgets(), nominations, random };
    const result = failure.nodes > 0 ? preempt(situation) : undefined;
    const message = describeFailure(failure, result && !result.ok ? result.message : undefined);
    const wakers = new Set<ClusterChange>(["node-added"]);
    for (const plugin of failure.plugins) for (const change of wakersOf.get(plugin) ?? []) wakers.add(change);
    let node = nominations.nodeOf(pod.uid);
    if (result?.ok) {
      node = result.preemption.node;
      const others = nominations.on(node).filter((other) => other.priority < pod.priority);
      nominations.set(pod, node);
      for (const other of others) void takeBack(other);
      for (const victim of result.preemption.victims) void evict(victim, pod, node);
      wakers.add("pod-deleted");
    } else if (result?.hopeless) {
      nominations.delete(pod.uid);
      node = undefined;
    }
    queue.refuse(pod, wakers, at);
    recorder.event(pod.pod, "Warning", "FailedScheduling", message);
    await tellUnplaced(pod, "Unschedulable", message, node);
  }

  /** Somebody who matters more takes the place that the pod was promised: it may be placed elsewhere. */
  async function takeBack(pod: PodInfo): Promise<void> {
    nominations.delete(pod.uid);
    const patch = { metadata: { uid: pod.uid }, status: { nominatedNodeName: null } };
    try {
      await client.patch(pods, pod, "strategic", patch, { subresource: "status" });
    } catch (error) {
      if (!closed && !isNotFound(error)) log.warn("scheduler: a promise was not taken back", { pod: pod.name, error: messageOf(error) });
    }
  }

  async function tellUnplaced(pod: PodInfo, reason: "Unschedulable" | "SchedulerError", message: string, node?: string): Promise<void> {
    const known = pod.pod.status?.conditions?.find((c) => c.type === "PodScheduled");
    const promised = pod.pod.status?.nominatedNodeName;
    if (known?.message === message && known.status === "False" && promised === node) return;
    const lastTransitionTime = known?.status === "False" ? known.lastTransitionTime : timestamp(clock.now());
    const condition = { type: "PodScheduled", status: "False", reason, message, observedGeneration: pod.pod.metadata.generation };
    const status = {
      conditions: [{ ...condition, lastProbeTime: null, lastTransitionTime }],
      ...(node !== promised ? { nominatedNodeName: node ?? null } : {}),
    };
    try {
      await client.patch(pods, pod, "strategic", { metadata: { uid: pod.uid }, status }, { subresource: "status" });
    } catch (error) {
      if (!closed && !isNotFound(error)) log.warn("scheduler: status not written", { pod: pod.name, error: messageOf(error) });
    }
  }

  async function evict(victim: PodInfo, preemptor: PodInfo, node: string): Promise<void> {
    const message = `${name}: preempting to accommodate a higher priority pod`;
    const condition = disruptionTarget("PreemptionByScheduler", message, clock.now());
    try {
      await client.patch(
        pods,
        victim,
        "strategic",
        { metadata: { uid: victim.uid }, status: { conditions: [condition] } },
        { subresource: "status" },
      );
      await client.delete(pods, victim, { preconditions: { uid: victim.uid } });
      recorder.event(victim.pod, "Normal", "Preempted", `Preempted by pod ${preemptor.uid} on node ${node}`);
    } catch (error) {
      if (!isNotFound(error)) log.warn("scheduler: a victim did not go", { pod: victim.name, error: messageOf(error) });
    }
  }

  function budgets(): DisruptionBudget[] {
    return follow.budgets.list().map((budget) => {
      const selector = labelSelectorFrom(budget.spec?.selector);
      return {
        allowed: budget.status?.disruptionsAllowed ?? 0,
        matches: (pod) => pod.namespace === budget.metadata.namespace && matchesLabels(selector, pod.labels),
      };
    });
  }

  const ready = Promise.all([volumes.synced, ...Object.values(follow).map((each) => each.synced)]).then(() => {
    synced = true;
    void turn();
  });
  return {
    ready,
    async close() {
      closed = true;
      queue.close();
      for (const each of [...Object.values(follow), volumes]) each.close();
    },
  };
}

/** Pods change all the time; only these parts matter to others. */
function sameForScheduling(a: Pod, b: Pod): boolean {
  return (
    a.metadata.generation === b.metadata.generation &&
    Boolean(a.metadata.deletionTimestamp) === Boolean(b.metadata.deletionTimestamp) &&
    JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels)
  );
}

function nodeDiffers(
  a: { metadata: { labels?: object }; spec?: object; status?: { allocatable?: object; images?: object } },
  b: typeof a,
): boolean {
  const parts = (node: typeof a) => JSON.stringify([node.metadata.labels, node.spec, node.status?.allocatable, node.status?.images]);
  return parts(a) !== parts(b);
}
