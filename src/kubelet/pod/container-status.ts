/** The status of one container from what the runtime has of it, what it waits for, and what was told before. Pure. */
import type { ContainerState, ContainerStatus, Pod } from "#api/mod.ts";
import type { Resources } from "../resize/allocation.ts";
import type { SeenContainer } from "../runtime/seen.ts";
import { type AnyContainer, isSidecar } from "./containers.ts";
import { iso, type StatusInput } from "./status-input.ts";

/** `waitingFor`: the reason that is told of a container that has not begun. */
export function containerStatus(
  container: AnyContainer,
  input: StatusInput,
  waitingFor: string,
  before: readonly ContainerStatus[] | undefined,
): ContainerStatus {
  const name = container.name ?? "";
  const [last, previous] = (input.seen?.containers ?? []).filter((each) => each.name === name);
  const known = before?.find((each) => each.name === name);
  const waiting = input.plan.waiting.get(name) ?? troubleOf(input, name);
  const base = {
    name,
    image: last?.image || container.image || "",
    imageID: last?.imageId ?? known?.imageID ?? "",
    restartCount: Math.max(last?.restartCount ?? 0, known?.restartCount ?? 0),
    resources: {},
    ...resourcesOf(container, last?.state === "running" ? input.sizes?.containers[last.id] : undefined),
    ...mountsOf(container, known),
    ...devicesOf(container, input),
  };
  if (!last) return { ...base, ...unseen(input, known, waiting ?? { reason: waitingFor }), ready: false, started: false };
  const whole = { ...base, containerID: `containerd://${last.id}`, ...(last.user ? { user: { linux: last.user } } : {}) };
  const lastState = previous?.state === "exited" ? terminatedState(previous, input) : earlierState(known, last);
  switch (last.state) {
    case "running": {
      const started = input.probes.started(last.id);
      const ready = !isPlainInit(input.pod, name) && started && input.probes.ready(last.id);
      return { ...whole, state: { running: { startedAt: iso(last.startedAt) } }, lastState, ready, started };
    }
    case "exited": {
      const ended = terminatedState(last, input);
      // What waits to be started again tells how it ended as its last state; what is over tells it as its state.
      const next = input.plan.restartingAll ? { reason: waitingFor } : input.plan.end ? undefined : waiting;
      if (next) return { ...whole, state: { waiting: next }, lastState: ended, ready: false, started: false };
      return { ...whole, state: ended, lastState, ready: last.exitCode === 0 && isPlainInit(input.pod, name), started: false };
    }
    default:
      return { ...whole, state: { waiting: waiting ?? { reason: waitingFor } }, lastState, ready: false, started: false };
  }
}

/** The runtime has no record of it: it has not begun, or the record was lost, and then what was told before stays. */
function unseen(input: StatusInput, known: ContainerStatus | undefined, waiting: ContainerState["waiting"]) {
  const ended = known?.state?.terminated;
  const isRestart = ended !== undefined && wasRestartingAll(input.pod);
  if (ended && !isRestart) return { state: known.state, lastState: known.lastState ?? {} };
  // It ran, and nobody can say how it ended.
  if (known?.state?.running && input.plan.end) return { state: lost, lastState: known.lastState ?? {} };
  return { state: { waiting }, lastState: ended ? { terminated: ended } : (known?.lastState ?? {}) };
}

const lost: ContainerState = {
  terminated: {
    exitCode: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
  },
};

const wasRestartingAll = (pod: Pod) =>
  pod.status?.conditions?.some((condition) => condition.type === "AllContainersRestarting" && condition.status === "True") === true;

function earlierState(known: ContainerStatus | undefined, last: SeenContainer): ContainerState {
  const ended = known?.state?.terminated;
  return ended && known?.containerID !== `containerd://${last.id}` ? { terminated: ended } : (known?.lastState ?? {});
}

export function terminatedState(container: SeenContainer, input: Pick<StatusInput, "messages">): ContainerState {
  const own = container.reason !== "Completed" && container.reason !== "Error" ? container.message : "";
  const message = input.messages.get(container.id) || own;
  return {
    terminated: {
      exitCode: container.exitCode,
      reason: container.reason || (container.exitCode === 0 ? "Completed" : "Error"),
      ...(message ? { message } : {}),
      startedAt: iso(container.startedAt),
      finishedAt: iso(container.finishedAt),
      containerID: `containerd://${container.id}`,
    },
  };
}

function troubleOf({ history }: StatusInput, name: string) {
  const trouble = history.trouble[name];
  return trouble && { reason: trouble.reason, ...(trouble.message ? { message: trouble.message } : {}) };
}

const isPlainInit = (pod: Pod, name: string) =>
  (pod.spec?.initContainers ?? []).some((container) => container.name === name && !isSidecar(container));

/** What is in force, once it is known; `allocatedResources` is what was given. */
function resourcesOf(container: AnyContainer, actual: Resources | undefined) {
  const { limits: given, requests } = container.resources ?? {};
  if (!given && !requests) return {};
  const sized = (list: Record<string, string>, now: Record<string, string> | undefined) => {
    const { cpu, memory, ...rest } = list;
    const [cpuNow, memoryNow] = actual ? [now?.cpu, now?.memory] : [cpu, memory];
    return { ...(cpuNow === undefined ? {} : { cpu: cpuNow }), ...(memoryNow === undefined ? {} : { memory: memoryNow }), ...rest };
  };
  const limits = given && sized(given, actual?.limits);
  return {
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests: sized(requests, actual?.requests) } : {}) },
    ...(requests ? { allocatedResources: requests } : {}),
  };
}

/** Upstream tells it of regular containers only. */
function devicesOf(container: AnyContainer, { pod, devices }: StatusInput): Pick<ContainerStatus, "allocatedResourcesStatus"> {
  const isRegular = pod.spec?.containers?.some(({ name }) => name === container.name);
  const told = isRegular ? (devices?.(container.name ?? "") ?? []) : [];
  return told.length > 0 ? { allocatedResourcesStatus: told } : {};
}

/** Once told they do not change. A runtime that can make mounts recursively read-only is not at hand: they never are. */
function mountsOf({ volumeMounts = [] }: AnyContainer, known: ContainerStatus | undefined) {
  if (known?.volumeMounts?.length) return { volumeMounts: known.volumeMounts };
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: "Disabled" } : {}),
    })),
  };
}
