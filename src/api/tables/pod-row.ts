/** How a pod is shown in one line: what `kubectl get pods` says of its containers. */
import type { ContainerStatus, Pod } from "../declarations.ts";
import { age, formatDuration } from "./ages.ts";

export function podRow(pod: Pod, nowMs: number): unknown[] {
  const { ready, total, reason, restarts, lastRestart } = summaryOf(pod);
  const { status, spec } = pod;
  const ips = status?.podIPs?.[0]?.ip ?? status?.podIP;
  const gates = spec?.readinessGates ?? [];
  const passed = gates.filter((gate) =>
    status?.conditions?.some((condition) => condition.type === gate.conditionType && condition.status === "True"),
  ).length;
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restarts > 0 && lastRestart !== undefined ? `${restarts} (${formatDuration(nowMs - lastRestart)} ago)` : String(restarts),
    age(pod.metadata.creationTimestamp, nowMs),
    ips || "<none>",
    spec?.nodeName || "<none>",
    status?.nominatedNodeName || "<none>",
    gates.length > 0 ? `${passed}/${gates.length}` : "<none>",
  ];
}

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  lastRestart: number | undefined;
}

export function summaryOf(pod: Pod): Summary {
  const { spec, status } = pod;
  const sidecars = new Set(
    (spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always").map((container) => container.name),
  );
  let total = (spec?.containers?.length ?? 0) + sidecars.size;
  let ready = 0;
  let reason = status?.reason || status?.phase || "";
  for (const condition of status?.conditions ?? [])
    if (condition.type === "PodScheduled" && condition.reason === "SchedulingGated") reason = "SchedulingGated";
  let restarts = 0;
  let lastRestart: number | undefined;
  const note = (each: ContainerStatus) => {
    const at = Date.parse(each.lastState?.terminated?.finishedAt ?? "");
    if (!Number.isNaN(at) && (lastRestart === undefined || at > lastRestart)) lastRestart = at;
  };
  let sidecarRestarts = 0;
  let initializing = false;
  const init = status?.initContainerStatuses ?? [];
  for (const [index, each] of init.entries()) {
    restarts += each.restartCount ?? 0;
    note(each);
    const sidecar = sidecars.has(each.name);
    if (sidecar) sidecarRestarts += each.restartCount ?? 0;
    if (initializing) continue;
    const { terminated, waiting } = each.state ?? {};
    if (terminated && terminated.exitCode === 0) continue;
    if (sidecar && each.started) {
      if (each.ready) ready++;
      continue;
    }
    if (terminated)
      reason = terminated.reason
        ? `Init:${terminated.reason}`
        : terminated.signal
          ? `Init:Signal:${terminated.signal}`
          : `Init:ExitCode:${terminated.exitCode ?? 0}`;
    else if (waiting?.reason && waiting.reason !== "PodInitializing") reason = `Init:${waiting.reason}`;
    else reason = `Init:${index}/${spec?.initContainers?.length ?? 0}`;
    initializing = true;
  }
  const initialized = status?.conditions?.some((condition) => condition.type === "Initialized" && condition.status === "True");
  if (!initializing || initialized) {
    restarts = sidecarRestarts;
    let running = false;
    for (const each of (status?.containerStatuses ?? []).toReversed()) {
      restarts += each.restartCount ?? 0;
      note(each);
      const { waiting, terminated } = each.state ?? {};
      if (waiting?.reason) reason = waiting.reason;
      else if (terminated)
        reason = terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`);
      else if (each.ready && each.state?.running) {
        running = true;
        ready++;
      }
    }
    if (reason === "Completed" && running)
      reason = status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") ? "Running" : "NotReady";
  }
  if (pod.metadata.deletionTimestamp) {
    const over = status?.phase === "Succeeded" || status?.phase === "Failed";
    if (status?.reason === "NodeLost") reason = "Unknown";
    else if (!over) reason = "Terminating";
  }
  if (total === 0) total = spec?.containers?.length ?? 0;
  return { ready, total, reason, restarts, lastRestart };
}
