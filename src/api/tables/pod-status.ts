/** The READY, STATUS and RESTARTS of a pod: what its containers say, the most telling one first. */
import type { ContainerStatus, Pod } from "../declarations.ts";
import { since } from "./age.ts";

export interface PodSummary {
  ready: number;
  total: number;
  status: string;
  restarts: string;
}

type Times = { restarts: number; last: string };

export function podSummary(pod: Pod, now: number): PodSummary {
  const status = pod.status ?? {};
  const spec = pod.spec ?? {};
  const conditions = status.conditions ?? [];
  const inits = spec.initContainers ?? [];
  const sidecars = new Set(inits.filter((container) => container.restartPolicy === "Always").map((container) => container.name));
  let reason = status.reason || status.phase || "";
  if (conditions.some((condition) => condition.type === "PodScheduled" && condition.reason === "SchedulingGated"))
    reason = "SchedulingGated";
  let ready = 0;
  let initializing = false;
  const all: Times = { restarts: 0, last: "" };
  const ofSidecars: Times = { restarts: 0, last: "" };
  for (const [index, container] of (status.initContainerStatuses ?? []).entries()) {
    count(all, container);
    const isSidecar = sidecars.has(container.name);
    if (isSidecar) count(ofSidecars, container);
    const { terminated, waiting } = container.state ?? {};
    if (terminated && (terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && container.started) {
      if (container.ready) ready++;
      continue;
    }
    initializing = true;
    if (terminated) reason = `Init:${ending(terminated)}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${inits.length}`;
    break;
  }
  let times = all;
  if (!initializing || isTrue(conditions, "Initialized")) {
    times = ofSidecars;
    let running = false;
    let failure = "";
    for (const container of (status.containerStatuses ?? []).toReversed()) {
      count(times, container);
      const { terminated, waiting, running: runs } = container.state ?? {};
      if (waiting?.reason) reason = waiting.reason;
      else if (terminated) {
        reason = ending(terminated);
        if (terminated.exitCode) failure = reason;
      } else if (container.ready && runs) {
        running = true;
        ready++;
      }
    }
    if (reason === "Completed") {
      if (running && isTrue(conditions, "Ready")) reason = "Running";
      else if (failure) reason = failure;
      else if (running) reason = "NotReady";
    }
  }
  if (pod.metadata.deletionTimestamp) {
    if (status.reason === "NodeLost") reason = "Unknown";
    else if (status.phase !== "Succeeded" && status.phase !== "Failed") reason = "Terminating";
  }
  const { restarts, last } = times;
  return {
    ready,
    total: (spec.containers ?? []).length + sidecars.size,
    status: reason,
    restarts: restarts && last ? `${restarts} (${since(last, now)} ago)` : String(restarts),
  };
}

function count(times: Times, { restartCount = 0, lastState }: ContainerStatus): void {
  times.restarts += restartCount;
  const finished = lastState?.terminated?.finishedAt;
  if (finished && finished > times.last) times.last = finished;
}

function ending({ reason, signal, exitCode = 0 }: { reason?: string; signal?: number; exitCode?: number }): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
}

function isTrue(conditions: { type?: string; status?: string }[], wanted: string): boolean {
  return conditions.some(({ type, status }) => type === wanted && status === "True");
}
