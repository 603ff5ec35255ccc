/** The conditions of a pod that the kubelet owns. Pure. */
import type { ContainerStatus, Pod, PodCondition } from "#api/mod.ts";
import { resizeConditions, resizeConditionTypes } from "../resize/conditions.ts";
import { isSidecar } from "./containers.ts";
import { mayRestartAll } from "./restart.ts";
import { iso, type StatusInput } from "./status-input.ts";

const ownConditions: ReadonlySet<string> = new Set([
  "PodReadyToStartContainers",
  "Initialized",
  "Ready",
  "ContainersReady",
  "PodScheduled",
  "AllContainersRestarting",
  ...resizeConditionTypes,
]);

/** Others tell it too: it is sent only when the kubelet is the one that disturbs. */
const disrupted = "DisruptionTarget";
const byKubelet = "TerminationByKubelet";

export const isOwn = ({ type = "", reason }: PodCondition): boolean =>
  ownConditions.has(type) || (type === disrupted && reason === byKubelet);

export interface ConditionsInput {
  phase: string;
  initDone: boolean;
  statuses: readonly ContainerStatus[];
  init: readonly ContainerStatus[];
}

export function conditionsOf(input: StatusInput, now: ConditionsInput): PodCondition[] {
  const { pod, nowMs } = input;
  const known = pod.status?.conditions ?? [];
  const wanted: PodCondition[] = [
    readyToStart(input),
    initialized(pod, now),
    ...readiness(pod, now),
    { type: "PodScheduled", status: "True" },
    ...(mayRestartAll(pod) ? [restarting(input, now.phase)] : []),
    ...disruption(input, now.phase),
    ...(isOver(now.phase) ? [] : resizeConditions(input.history.resize ?? {})),
  ];
  const time = iso(nowMs);
  return [
    ...wanted.map((condition) => {
      const old = known.find((each) => each.type === condition.type);
      const lastTransitionTime = old?.status === condition.status ? (old?.lastTransitionTime ?? time) : time;
      return {
        ...condition,
        observedGeneration: condition.observedGeneration ?? pod.metadata.generation,
        lastProbeTime: undefined,
        lastTransitionTime,
      };
    }),
    ...known.filter((condition) => !wanted.some(({ type }) => type === condition.type) && !ownConditions.has(condition.type ?? "")),
  ];
}

function readyToStart({ pod, seen }: StatusInput): PodCondition {
  const sandbox = seen?.sandboxes[0];
  const up = sandbox?.ready === true && (pod.spec?.hostNetwork === true || sandbox.ip !== "");
  return { type: "PodReadyToStartContainers", status: up ? "True" : "False" };
}

function initialized(pod: Pod, { phase, initDone, init }: ConditionsInput): PodCondition {
  const type = "Initialized";
  if (phase === "Succeeded") return { type, status: "True", reason: "PodCompleted" };
  if (initDone || phase === "Running") return { type, status: "True" };
  const missing = init
    .filter((status, index) => (isSidecar(pod.spec!.initContainers![index]!) ? !status.started : !status.ready))
    .map((status) => status.name);
  const message = `containers with incomplete status: [${missing.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotInitialized", message };
}

function readiness(pod: Pod, { phase, statuses, init }: ConditionsInput): PodCondition[] {
  const sidecars = init.filter((_, index) => isSidecar(pod.spec!.initContainers![index]!));
  const unready = [...statuses, ...sidecars].filter((status) => !status.ready).map((status) => status.name);
  const both = (condition: Omit<PodCondition, "type">) => [
    { type: "Ready", ...condition },
    { type: "ContainersReady", ...condition },
  ];
  if (phase === "Succeeded") return both({ status: "False", reason: "PodCompleted" });
  if (phase === "Failed") return both({ status: "False", reason: "PodFailed" });
  if (unready.length > 0)
    return both({ status: "False", reason: "ContainersNotReady", message: `containers with unready status: [${unready.join(" ")}]` });
  const missing = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType = "" }) => {
    const gate = pod.status?.conditions?.find((condition) => condition.type === conditionType);
    if (!gate) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return gate.status === "True" ? [] : [`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`];
  });
  const ready: PodCondition =
    missing.length === 0
      ? { type: "Ready", status: "True" }
      : { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message: missing.join(", ") };
  return [ready, { type: "ContainersReady", status: "True" }];
}

const isOver = (phase: string) => phase === "Failed" || phase === "Succeeded";

/** Told when the pod has ended by it, and not taken back. */
function disruption({ history: { failure } }: StatusInput, phase: string): PodCondition[] {
  if (!failure?.isDisruption || phase !== "Failed") return [];
  return [{ type: disrupted, status: "True", reason: byKubelet, message: failure.message }];
}

function restarting({ plan }: StatusInput, phase: string): PodCondition {
  const type = "AllContainersRestarting";
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  if (!plan.restartingAll) return { type, status: "False" };
  return { type, status: "True", reason: "RestartAllContainersStarted", message: "container exited with restart policy rule" };
}
