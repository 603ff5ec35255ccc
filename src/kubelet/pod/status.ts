/** A pod's status from what the runtime has: pure. */
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodStatus } from "#api/mod.ts";
import { sameJson } from "#codec/mod.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { type AnyContainer, isFinished, isSidecar, newestOf, type Plan, type Waiting } from "./plan.ts";

export interface StatusInput {
  pod: Pod;
  seen: SeenPod | undefined;
  plan: Plan;
  /** Why a container is not there yet, by name: image pulls, broken configuration. */
  trouble: ReadonlyMap<string, Waiting>;
  started(id: string): boolean;
  ready(id: string): boolean;
  nowMs: number;
  hostIp: string;
  /** Set when the kubelet itself has ended the pod: Evicted, DeadlineExceeded. */
  failure?: { reason: string; message: string };
  terminationMessage(container: SeenContainer): string;
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

export function statusOf(input: StatusInput): PodStatus {
  const { pod, seen, nowMs, hostIp, failure } = input;
  const spec = pod.spec ?? {};
  const before = pod.status ?? {};
  const containers = seen?.containers ?? [];
  const sandbox = seen?.sandboxes[0];
  const initDone = isInitialized(pod, containers, input);
  const initStatuses = (spec.initContainers ?? []).map((container) =>
    containerStatus(container, input, "PodInitializing", before.initContainerStatuses),
  );
  const waitingFor = (spec.initContainers?.length ?? 0) > 0 && !initDone ? "PodInitializing" : "ContainerCreating";
  const statuses = (spec.containers ?? []).map((container) => containerStatus(container, input, waitingFor, before.containerStatuses));
  const ephemeral = (spec.ephemeralContainers ?? []).map((container) =>
    containerStatus(container, input, "ContainerCreating", before.ephemeralContainerStatuses),
  );
  const phase = failure ? "Failed" : phaseOf(pod, containers, initStatuses, statuses);
  const podIp = spec.hostNetwork ? hostIp : sandbox?.ready || phase === "Running" ? sandbox?.ip || before.podIP : before.podIP;
  const status: PodStatus = {
    ...before,
    phase,
    conditions: conditionsOf(input, phase, initDone, statuses, initStatuses),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(podIp ? { podIP: podIp, podIPs: [{ ip: podIp }] } : {}),
    startTime: before.startTime ?? iso(nowMs),
    ...(initStatuses.length > 0 ? { initContainerStatuses: initStatuses } : {}),
    containerStatuses: statuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    observedGeneration: pod.metadata.generation,
    ...(failure ?? {}),
  };
  return status;
}

function isInitialized(pod: Pod, containers: readonly SeenContainer[], { started }: StatusInput): boolean {
  if ((pod.spec?.containers ?? []).some((container) => newestOf(containers, container.name ?? ""))) return true;
  return (pod.spec?.initContainers ?? []).every((container) => {
    const last = newestOf(containers, container.name ?? "");
    return isSidecar(container) ? last?.state === "running" && started(last.id) : last?.state === "exited" && last.exitCode === 0;
  });
}

function containerStatus(
  container: AnyContainer,
  input: StatusInput,
  waitingFor: string,
  before: readonly ContainerStatus[] | undefined,
): ContainerStatus {
  const name = container.name ?? "";
  const own = (input.seen?.containers ?? []).filter((each) => each.name === name);
  const [last, previous] = own;
  const known = before?.find((each) => each.name === name);
  const trouble = input.trouble.get(name);
  const base = {
    name,
    image: container.image ?? "",
    imageID: last?.imageId ?? known?.imageID ?? "",
    restartCount: last?.restartCount ?? known?.restartCount ?? 0,
  };
  if (!last) {
    const waiting = trouble ?? { reason: waitingFor };
    // A container whose record the runtime has lost is told from what was written before.
    const lost = known?.state?.terminated ? { state: known.state, lastState: known.lastState ?? {} } : undefined;
    return { ...base, state: lost?.state ?? { waiting }, lastState: lost?.lastState ?? {}, ready: false, started: false };
  }
  const terminated = (each: SeenContainer): ContainerState => ({
    terminated: {
      exitCode: each.exitCode,
      ...(each.reason ? { reason: each.reason } : { reason: each.exitCode === 0 ? "Completed" : "Error" }),
      ...messageOf(input.terminationMessage(each) || (each.reason !== "Completed" && each.reason !== "Error" ? each.message : "")),
      startedAt: each.startedAt > 0 ? iso(each.startedAt) : iso(each.createdAt),
      finishedAt: iso(each.finishedAt),
      containerID: `containerd://${each.id}`,
    },
  });
  const image = last.image || container.image || "";
  const whole = { ...base, image, containerID: `containerd://${last.id}`, ...resourcesOf(container) };
  const lastState = previous?.state === "exited" ? terminated(previous) : (known?.lastState ?? {});
  if (last.state === "running") {
    const started = input.started(last.id);
    const isInit = (input.pod.spec?.initContainers ?? []).some((each) => each.name === name && !isSidecar(each));
    return {
      ...whole,
      state: { running: { startedAt: iso(last.startedAt) } },
      lastState,
      ready: !isInit && started && input.ready(last.id),
      started,
    };
  }
  if (last.state === "exited") {
    const waiting = input.plan.waiting.get(name) ?? trouble;
    const completedInit =
      last.exitCode === 0 && (input.pod.spec?.initContainers ?? []).some((each) => each.name === name && !isSidecar(each));
    if (waiting) return { ...whole, state: { waiting }, lastState: terminated(last), ready: false, started: false };
    return { ...whole, state: terminated(last), lastState, ready: completedInit, started: false };
  }
  return { ...whole, state: { waiting: trouble ?? { reason: waitingFor } }, lastState, ready: false, started: false };
}

const messageOf = (message: string) => (message ? { message } : {});

function resourcesOf(container: AnyContainer) {
  const { limits, requests } = container.resources ?? {};
  if (!limits && !requests) return { resources: {} };
  return {
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
    ...(requests ? { allocatedResources: requests } : {}),
  };
}

function phaseOf(
  pod: Pod,
  containers: readonly SeenContainer[],
  init: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
): string {
  if (isFinished(pod, containers)) {
    const failedInit = init.some(
      (status, index) => !isSidecar(pod.spec!.initContainers![index]!) && (status.state?.terminated?.exitCode ?? 0) !== 0,
    );
    const failed = failedInit || statuses.some((status) => (status.state?.terminated?.exitCode ?? 0) !== 0);
    return failed ? "Failed" : "Succeeded";
  }
  const before = pod.status?.phase;
  const begun = statuses.some((status) => status.state?.running || status.state?.terminated || status.lastState?.terminated);
  // Once all have begun a pod is Running, whatever its containers do meanwhile.
  const all = statuses.every((status) => status.state?.running || status.state?.terminated || status.lastState?.terminated);
  if (all && statuses.length > 0) return "Running";
  return begun && before === "Running" ? "Running" : "Pending";
}

function conditionsOf(
  input: StatusInput,
  phase: string,
  initDone: boolean,
  statuses: readonly ContainerStatus[],
  init: readonly ContainerStatus[],
): PodCondition[] {
  const { pod, seen, nowMs } = input;
  const sidecars = init.filter((_, index) => isSidecar(pod.spec!.initContainers![index]!));
  const unready = [...statuses, ...sidecars].filter((status) => !status.ready).map((status) => status.name);
  const over = phase === "Succeeded" || phase === "Failed";
  const whole = unready.length === 0 && !over;
  const known = pod.status?.conditions ?? [];
  const gates = (pod.spec?.readinessGates ?? []).map((gate) => gate.conditionType ?? "");
  const missing = gates.filter((gate) => !known.some((condition) => condition.type === gate && condition.status === "True"));
  const why = over
    ? { reason: phase === "Succeeded" ? "PodCompleted" : "PodFailed" }
    : { reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` };
  const notInit = init
    .filter((status, index) => (isSidecar(pod.spec!.initContainers![index]!) ? !status.started : !status.ready))
    .map((status) => status.name);
  const initialized = initDone || phase === "Succeeded" || phase === "Running";
  const sandboxUp = seen?.sandboxes[0]?.ready === true && (pod.spec?.hostNetwork === true || Boolean(seen.sandboxes[0].ip));
  const wanted: PodCondition[] = [
    { type: "PodReadyToStartContainers", status: sandboxUp ? "True" : "False" },
    initialized
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" ? { reason: "PodCompleted" } : {}) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${notInit.join(" ")}]`,
        },
    whole && missing.length === 0
      ? { type: "Ready", status: "True" }
      : whole
        ? {
            type: "Ready",
            status: "False",
            reason: "ReadinessGatesNotReady",
            message: missing.map((gate) => `the status of pod readiness gate "${gate}" is not "True", but False`).join("; "),
          }
        : { type: "Ready", status: "False", ...why },
    whole ? { type: "ContainersReady", status: "True" } : { type: "ContainersReady", status: "False", ...why },
    { type: "PodScheduled", status: "True" },
  ];
  const now = iso(nowMs);
  const own = new Set(wanted.map((condition) => condition.type));
  return [
    ...wanted.map((condition) => {
      const old = known.find((each) => each.type === condition.type);
      const lastTransitionTime = old?.status === condition.status ? (old?.lastTransitionTime ?? now) : now;
      return { ...condition, observedGeneration: pod.metadata.generation, lastProbeTime: undefined, lastTransitionTime };
    }),
    ...known.filter((condition) => !own.has(condition.type)),
  ];
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

const own = new Set(["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled", "DisruptionTarget"]);

/** As a strategic merge patch. Conditions are merged by type: those of others stay, also such as came meanwhile. */
export function patchOf(status: PodStatus): object {
  const whole = (list: unknown[] | undefined) => (list ? [...list, { $patch: "replace" }] : undefined);
  const conditions = status.conditions?.filter((condition) => own.has(condition.type ?? ""));
  return { ...status, conditions, podIPs: whole(status.podIPs), hostIPs: whole(status.hostIPs) };
}
