/**
 * The shell around a scheduling cycle: follows nodes, pods and volumes, takes pods from the queue one after another,
 * writes down each placement at once in its own picture ("assumed") and binds in the background.
 */

import { type Binding, namespaces, nodes, type Pod, type PodDisruptionBudget, poddisruptionbudgets, pods } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Change, type Client, type EventRecorder, informer, isNotFound } from "#client/mod.ts";
import { labelSelectorFrom, matchesLabels } from "#codec/mod.ts";
import { Cluster } from "./cluster.ts";
import { type SchedulerSettings, usualSchedulerSettings } from "./config/configuration.ts";
import { DeviceBook, usesClaims } from "./devices/book.ts";
import { ClaimGate, freeClaims, giveBack } from "./devices/steps.ts";
import { type PodExtenders, startExtenders } from "./extenders.ts";
import { Nominations } from "./nominations.ts";
import type { ClaimWork, ClusterChange } from "./plugin.ts";
import { type PodInfo, podInfoOf } from "./pod-info.ts";
import { type DisruptionBudget, leastHarm, type Preemption, preempt } from "./preemption.ts";
import { pluginsOf } from "./profile.ts";
import { SchedulingQueue } from "./queue.ts";
import { describeFailure, isPlaced, type Placement, schedule, type Unschedulable } from "./schedule.ts";
import { statusWriter } from "./status-writer.ts";
import { followVolumes } from "./volumes.ts";
import { scheduleWith } from "./with-extenders.ts";

export interface SchedulerOptions {
  client: Client;
  recorder: EventRecorder;
  clock: Clock;
  random: Random;
  log: Log;
  /** Pods that name none of its profiles are left alone. */
  settings?: SchedulerSettings;
  /** After so long a refused pod is tried although nothing changed; absent: five minutes. */
  longestWaitMs?: number;
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
  const { settings = usualSchedulerSettings } = options;
  for (const line of settings.notes) log.warn("scheduler: its configuration", { note: line });
  const cluster = new Cluster();
  const watch = { clock, log, random };
  const follow = {
    nodes: informer(client, nodes, watch),
    pods: informer(client, pods, { ...watch, fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" }),
    namespaces: informer(client, namespaces, watch),
    budgets: informer(client, poddisruptionbudgets, watch),
  };
  const { initialBackoffMs, mostBackoffMs } = settings;
  const backoff = { baseMs: initialBackoffMs, maxMs: mostBackoffMs };
  const queue = new SchedulingQueue({ clock, backoff, longestWaitMs: options.longestWaitMs, wake: () => void turn() });
  const volumes = followVolumes(client, watch, (change, concerns) => queue.changed(change, concerns));
  const devices = new DeviceBook(client, watch, (concerns, claim) => {
    queue.changed("devices-changed", concerns);
    for (const pod of claim ? gate.release(claim.metadata.namespace) : []) queue.add(pod);
  });
  const gate = new ClaimGate(devices);
  const writer = statusWriter({ client, clock, log, recorder, isClosed: () => closed });
  const extenders = startExtenders(settings.extenders, { clock, log });
  /** Profiles by the name that pods ask for, with their rules. */
  const profiles = new Map(
    settings.profiles.map((profile) => [profile.schedulerName, { ...profile, plugins: pluginsOf(profile, volumes, devices) }]),
  );
  const profileOf = ({ pod }: PodInfo) => profiles.get(pod.spec?.schedulerName ?? "")!;
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
    const waited = gate.forget(uid);
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
    const profile = profiles.get(pod.spec?.schedulerName ?? "");
    if (!profile || pod.metadata.deletionTimestamp || (profile.gates && pod.spec?.schedulingGates?.length)) {
      queue.remove(uid);
      nominations.delete(uid);
      return;
    }
    const info = infoOf(pod);
    nominations.follow(info, old && infoOf(old));
    if (profile.filters.includes("DynamicResources") && gate.holds(info)) return queue.remove(uid);
    if (old && !waited) queue.update(info);
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
        const pending = tryPlace(pod);
        if (pending) await pending;
        if (cycles % cyclesPerTurn === cyclesPerTurn - 1) await clock.turn();
      }
    } finally {
      running = false;
    }
  }

  /** One cycle; a promise when others have to be asked. */
  function tryPlace(pod: PodInfo): Promise<void> | undefined {
    const at = queue.turn;
    const { plugins, nodesToScore } = profileOf(pod);
    const how = { plugins, random, start, nominations, nodesToScore };
    const others = extenders.about(pod.pod);
    start = (start + 1) % Math.max(1, cluster.capacity);
    if (others) {
      const asked = scheduleWith(pod, cluster, how, others).then((result) => settle(pod, result, at, others));
      return asked.catch((error) => failed(pod, error, at));
    }
    try {
      settle(pod, schedule(pod, cluster, how), at);
    } catch (error) {
      failed(pod, error, at);
    }
    return undefined;
  }

  function settle(pod: PodInfo, result: Placement | Unschedulable, at: number, others?: PodExtenders): void {
    if (!isPlaced(result)) return void refuse(pod, result, at, others);
    assumed.add(pod.uid);
    nominations.delete(pod.uid);
    cluster.addPod(pod, result.node);
    if (result.volumes || result.claims) void readyAndBind(pod, result, others);
    else void bind(pod, result.node, others);
  }

  function failed(pod: PodInfo, error: unknown, at: number): void {
    log.error("scheduler: a cycle failed", { pod: `${pod.namespace}/${pod.name}`, error: messageOf(error) });
    queue.refuse(pod, [], at);
    recorder.event(pod.pod, "Warning", "FailedScheduling", messageOf(error));
    void writer.tellUnplaced(pod, "SchedulerError", messageOf(error), nominations.nodeOf(pod.uid));
  }

  /** A pod may wait long for its volumes and devices: it holds its place, and nobody up. */
  async function readyAndBind(pod: PodInfo, { node, volumes: work, claims }: Placement, others?: PodExtenders): Promise<void> {
    if (work) volumes.assume(work);
    if (claims) devices.assume(claims);
    const isWanted = () => assumed.has(pod.uid);
    let plugin = "VolumeBinding";
    try {
      const facts = () => cluster.rows[cluster.rowOf.get(node) ?? -1];
      const timeoutMs = profileOf(pod).settings.volumes.bindTimeoutMs;
      if (work) await volumes.carryOut(work, { pod, nodeName: node, node: facts, isWanted, timeoutMs });
      plugin = "DynamicResources";
      if (claims) await devices.carryOut(claims, { pod: pod.pod, isWanted });
    } catch (error) {
      if (work) volumes.revert(work);
      await giveBack(pod, claims, { devices, log });
      if (!assumed.delete(pod.uid) || closed) return;
      cluster.removePod(pod.uid);
      const message = `running PreBind plugin "${plugin}": ${messageOf(error)}`;
      queue.refuse(pod, [], queue.turn);
      recorder.event(pod.pod, "Warning", "FailedScheduling", message);
      return writer.tellUnplaced(pod, "SchedulerError", message);
    }
    if (isWanted() && !closed) await bind(pod, node, others, claims);
    else if (!closed) await giveBack(pod, claims, { devices, log });
  }

  async function bind(pod: PodInfo, node: string, others?: PodExtenders, claims?: ClaimWork): Promise<void> {
    binding++;
    const body: Binding = {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: pod.name, namespace: pod.namespace, uid: pod.uid },
      target: { apiVersion: "v1", kind: "Node", name: node },
    };
    try {
      if (others?.bind) await others.bind(node);
      else await client.createSub(pods, pod, "binding", body);
      recorder.event(pod.pod, "Normal", "Scheduled", `Successfully assigned ${pod.namespace}/${pod.name} to ${node}`);
    } catch (error) {
      // Whatever happened, the API knows: what is assumed is forgotten, and a pod that still waits is tried again.
      if (assumed.delete(pod.uid)) cluster.removePod(pod.uid);
      if (!closed) await giveBack(pod, claims, { devices, log });
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

  async function refuse(pod: PodInfo, failure: Unschedulable, at: number, others?: PodExtenders): Promise<void> {
    const { plugins, preemption, settings } = profileOf(pod);
    const situation = {
      pod,
      cluster,
      failure,
      plugins,
      budgets: budgetsOf(follow.budgets.list()),
      nominations,
      random,
      sampling: settings.preemption,
    };
    const result = preemption && failure.nodes > 0 ? preempt(situation) : undefined;
    const candidates = result?.ok ? await others?.preempt(result.candidates).catch(() => []) : undefined;
    const chosen = result?.ok ? leastHarm(candidates ?? result.candidates) : undefined;
    const ofClaims = usesClaims(pod) ? await freeClaims(pod, failure, { devices, cluster, log }) : undefined;
    const message = describeFailure(failure, result && !result.ok ? result.message : undefined, ofClaims);
    const wakers = new Set<ClusterChange>(["node-added"]);
    for (const plugin of plugins) if (failure.plugins.has(plugin.name)) for (const change of plugin.changes) wakers.add(change);
    let node = nominations.nodeOf(pod.uid);
    if (chosen) {
      node = chosen.node;
      pushOut(pod, chosen);
      wakers.add("pod-deleted");
    } else if (result && !result.ok && result.hopeless) {
      nominations.delete(pod.uid);
      node = undefined;
    }
    // Who asked others cannot tell what they wait for.
    if (others) for (const change of ["node-updated", "pod-deleted"] as const) wakers.add(change);
    queue.refuse(pod, wakers, at);
    recorder.event(pod.pod, "Warning", "FailedScheduling", message);
    await writer.tellUnplaced(pod, "Unschedulable", message, node);
  }

  function pushOut(pod: PodInfo, { node, victims }: Preemption): void {
    const losing = nominations.on(node).filter((other) => other.priority < pod.priority);
    nominations.set(pod, node);
    for (const other of losing) {
      nominations.delete(other.uid);
      void writer.takeBack(other);
    }
    for (const victim of victims) void writer.evict(victim, pod, node);
  }

  const ready = Promise.all([volumes.synced, devices.synced, ...Object.values(follow).map((each) => each.synced)]).then(() => {
    synced = true;
    void turn();
  });
  return {
    ready,
    async close() {
      closed = true;
      queue.close();
      for (const each of [...Object.values(follow), volumes, devices, extenders]) each.close();
    },
  };
}

function budgetsOf(budgets: readonly PodDisruptionBudget[]): DisruptionBudget[] {
  return budgets.map((budget) => {
    const selector = labelSelectorFrom(budget.spec?.selector);
    return {
      allowed: budget.status?.disruptionsAllowed ?? 0,
      matches: (pod) => pod.namespace === budget.metadata.namespace && matchesLabels(selector, pod.labels),
    };
  });
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
  a: { metadata: { labels?: object }; spec?: object; status?: { allocatable?: object; images?: object; declaredFeatures?: object } },
  b: typeof a,
): boolean {
  const parts = ({ metadata, spec, status }: typeof a) =>
    JSON.stringify([metadata.labels, spec, status?.allocatable, status?.images, status?.declaredFeatures]);
  return parts(a) !== parts(b);
}
