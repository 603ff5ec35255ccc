/** What the scheduler writes of pods that it could not place, and of those that must go for them. */
import { pods } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { type Client, disruptionTarget, type EventRecorder, isNotFound, timestamp } from "#client/mod.ts";
import type { PodInfo } from "./pod-info.ts";

interface Options {
  client: Client;
  clock: Clock;
  log: Log;
  recorder: EventRecorder;
  /** What fails then is nobody's business any more. */
  isClosed(): boolean;
}

export function statusWriter({ client, clock, log, recorder, isClosed }: Options) {
  /** Somebody who matters more takes the place that the pod was promised: it may be placed elsewhere. */
  async function takeBack(pod: PodInfo): Promise<void> {
    const patch = { metadata: { uid: pod.uid }, status: { nominatedNodeName: null } };
    try {
      await client.patch(pods, pod, "strategic", patch, { subresource: "status" });
    } catch (error) {
      if (!isClosed() && !isNotFound(error))
        log.warn("scheduler: a promise was not taken back", { pod: pod.name, error: messageOf(error) });
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
      if (!isClosed() && !isNotFound(error)) log.warn("scheduler: status not written", { pod: pod.name, error: messageOf(error) });
    }
  }

  async function evict(victim: PodInfo, preemptor: PodInfo, node: string): Promise<void> {
    const message = `${preemptor.pod.spec?.schedulerName}: preempting to accommodate a higher priority pod`;
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

  return { takeBack, tellUnplaced, evict };
}
