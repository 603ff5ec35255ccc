/** A pod's status from what the runtime has: pure. */
import type { ContainerStatus, Pod, PodStatus } from "#api/mod.ts";
import { sameJson } from "#codec/mod.ts";
import { type Amounts, amountText, podTotals } from "../resources/totals.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import { conditionsOf, isOwn } from "./conditions.ts";
import { containerStatus } from "./container-status.ts";
import { isSidecar, newestOf, nothingRuns } from "./containers.ts";
import { isOver } from "./plan-end.ts";
import { iso, type StatusInput } from "./status-input.ts";

export function statusOf(input: StatusInput): PodStatus {
  const { pod, seen, history, nowMs, hostIps } = input;
  const before = pod.status ?? {};
  if (history.failure?.rejected) return rejected(pod, history.failure);
  // Over before this kubelet began, and nothing is left of it: what was told stays.
  if (isOver(pod) && !seen) return before;
  const spec = pod.spec ?? {};
  const containers = seen?.containers ?? [];
  const sandbox = seen?.sandboxes[0];
  const initDone = isInitialized(input);
  const init = (spec.initContainers ?? []).map((container) =>
    containerStatus(container, input, "PodInitializing", before.initContainerStatuses),
  );
  const waitingFor = init.length > 0 && !initDone ? "PodInitializing" : "ContainerCreating";
  const statuses = (spec.containers ?? []).map((container) => containerStatus(container, input, waitingFor, before.containerStatuses));
  const ephemeral = (spec.ephemeralContainers ?? []).map((container) =>
    containerStatus(container, input, "ContainerCreating", before.ephemeralContainerStatuses),
  );
  const failure = history.failure && nothingRuns(seen) ? history.failure : undefined;
  const phase = isOver(pod) ? before.phase! : failure ? "Failed" : phaseOf(input, containers, init, statuses);
  const known = before.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [];
  const up = sandbox?.ready || phase === "Running";
  const podIps = spec.hostNetwork ? hostIps : up && sandbox?.ips.length ? sandbox.ips : known;
  return {
    ...before,
    phase,
    conditions: conditionsOf(input, { phase, initDone, statuses, init }),
    hostIP: hostIps[0],
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(podIps.length > 0 ? { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) } : {}),
    startTime: before.startTime ?? iso(nowMs),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: statuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    observedGeneration: pod.metadata.generation,
    ...podAmounts(pod),
    ...(failure ? { reason: failure.reason, message: failure.message } : {}),
  };
}

/** Of the pod as a whole: what it was given, and what its group is held to. */
function podAmounts(pod: Pod): Pick<PodStatus, "resources" | "allocatedResources"> {
  const requests = textsOf(podTotals(pod, "requests"));
  const limits = textsOf(podTotals(pod, "limits"));
  const some = Object.keys(requests).length + Object.keys(limits).length > 0;
  return some ? { allocatedResources: requests, resources: { requests, limits } } : {};
}

const textsOf = (amounts: Amounts): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amountText(name, amount)]));

function rejected(pod: Pod, { reason, message }: { reason: string; message: string }): PodStatus {
  return { ...pod.status, phase: "Failed", reason, message: `Pod was rejected: ${message}`, observedGeneration: pod.metadata.generation };
}

function isInitialized({ pod, seen, probes }: StatusInput): boolean {
  const containers = seen?.containers ?? [];
  if ((pod.spec?.containers ?? []).some((container) => newestOf(containers, container.name))) return true;
  return (pod.spec?.initContainers ?? []).every((container) => {
    const last = newestOf(containers, container.name);
    return isSidecar(container) ? last?.state === "running" && probes.started(last.id) : last?.state === "exited" && last.exitCode === 0;
  });
}

/** A container that could not be started has ended too: the runtime says so, with exit code 128. */
function phaseOf(
  { pod, seen, plan }: StatusInput,
  containers: readonly SeenContainer[],
  init: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
): string {
  const exit = (status: ContainerStatus) => status.state?.terminated?.exitCode;
  const isSidecarAt = (index: number) => isSidecar(pod.spec!.initContainers![index]!);
  const sidecarsRun = init.some((status, index) => isSidecarAt(index) && status.state?.running);
  if (nothingRuns(seen) ? plan.end : plan.end?.reason === "finished" && !sidecarsRun) {
    const failed = init.some((status, index) => !isSidecarAt(index) && exit(status)) || statuses.some((status) => exit(status) !== 0);
    return failed ? "Failed" : "Succeeded";
  }
  const hasBegun = (status: ContainerStatus) =>
    status.state?.running !== undefined || status.state?.terminated !== undefined || status.lastState?.terminated !== undefined;
  // Once all have begun a pod is Running, whatever its containers do meanwhile.
  if (statuses.length > 0 && statuses.every(hasBegun)) return "Running";
  const isUnder = containers.length > 0 && statuses.some(hasBegun);
  return isUnder && pod.status?.phase === "Running" ? "Running" : "Pending";
}

/** What the kubelet says is in the object already. What is empty and what is absent are the same. */
export function isSameStatus(known: PodStatus | undefined, wanted: PodStatus): boolean {
  return sameJson(withoutEmpty(known ?? {}), withoutEmpty(wanted));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item) ?? null);
  if (value === null || typeof value !== "object") return value ?? undefined;
  const kept = Object.entries(value).flatMap(([key, item]) => {
    const whole = withoutEmpty(item);
    return whole === undefined || (Array.isArray(whole) && whole.length === 0) ? [] : [[key, whole] as const];
  });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

/**
 * As a strategic merge patch. Conditions are merged by type: those of others stay, also such as came meanwhile. Of the kubelet's
 * own the fields are merged too, so why it was False must be taken away by name.
 */
export function patchOf(status: PodStatus, before: PodStatus | undefined): object {
  const whole = (list: unknown[] | undefined) => (list ? [...list, { $patch: "replace" }] : undefined);
  const conditions = status.conditions
    ?.filter(isOwn)
    .map((condition) => ({ ...condition, reason: condition.reason ?? null, message: condition.message ?? null }));
  const gone = (before?.conditions ?? []).filter((old) => isOwn(old) && !status.conditions?.some(({ type }) => type === old.type));
  const taken = gone.map(({ type }) => ({ type, $patch: "delete" }));
  const { allocatedResources, resources } = status;
  const amounts = allocatedResources && {
    allocatedResources: inPlaceOf(before?.allocatedResources, allocatedResources),
    resources: {
      requests: inPlaceOf(before?.resources?.requests, resources?.requests),
      limits: inPlaceOf(before?.resources?.limits, resources?.limits),
    },
  };
  return {
    ...status,
    ...amounts,
    conditions: conditions && [...conditions, ...taken],
    podIPs: whole(status.podIPs),
    hostIPs: whole(status.hostIPs),
  };
}

/** A map is merged: what is not in it any more is taken away by name. */
function inPlaceOf(before: Record<string, string> = {}, now: Record<string, string> = {}): Record<string, string | null> {
  return { ...Object.fromEntries(Object.keys(before).map((name) => [name, null])), ...now };
}
