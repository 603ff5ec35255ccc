/**
 * What to do next for one pod: pure, from what is wanted and what the runtime has. Steps of one plan may run in order; after
 * them the pod is looked at again.
 *
 *     no sandbox ─▶ sandbox ─▶ init containers one by one (sidecars stay) ─▶ containers ─▶ restarts after a back-off
 *     being deleted, or finished ─▶ containers stopped (sidecars last) ─▶ sandbox stopped
 */
import { createHash } from "node:crypto";
import type { Container, EphemeralContainer, Pod } from "#api/mod.ts";
import type { SeenContainer, SeenPod, SeenSandbox } from "../runtime/seen.ts";

export type AnyContainer = Container | EphemeralContainer;
export type Role = "init" | "sidecar" | "regular" | "ephemeral";

export type PodStep =
  | { do: "createSandbox"; attempt: number }
  | { do: "startContainer"; name: string; role: Role; restartCount: number }
  | { do: "killContainer"; id: string; name: string; graceSeconds: number; why: string; reason: KillReason }
  | { do: "removeContainer"; id: string }
  | { do: "stopSandbox"; id: string }
  | { do: "removeSandbox"; id: string };

export type KillReason = "deleted" | "changed" | "unhealthy" | "startup" | "deadline" | "sandbox" | "finished";

export interface Plan {
  steps: PodStep[];
  /** Look again after so many milliseconds, whatever happens. */
  againMs?: number;
  /** Container → what it waits for. */
  waiting: Map<string, Waiting>;
}

export interface Waiting {
  reason: string;
  message?: string;
}

export interface Situation {
  /** Wanted gone: by deletion, or because its deadline has passed. */
  terminate?: { reason: KillReason; graceSeconds: number; why: string };
  /** Containers that a probe has condemned, by id. */
  condemned: ReadonlyMap<string, { reason: KillReason; why: string }>;
  /** Sidecars and containers that have passed their startup probe (or have none), by id. */
  started(id: string): boolean;
  /** Milliseconds that a container must still wait before it is started again. */
  backoffMs(name: string, last: SeenContainer): number;
  /** Milliseconds until an image pull of this container is tried again. */
  pullBackoffMs(name: string): number;
}

const afterMs = (current: number | undefined, ms: number) => (current === undefined ? ms : Math.min(current, ms));

export function planPod(pod: Pod, seen: SeenPod | undefined, situation: Situation): Plan {
  const plan: Plan = { steps: [], waiting: new Map() };
  const containers = seen?.containers ?? [];
  const sandbox = seen?.sandboxes[0];
  if (situation.terminate) return planEnd(pod, seen, plan, situation.terminate);
  if (isFinished(pod, containers))
    return planEnd(pod, seen, plan, { reason: "finished", graceSeconds: graceOf(pod), why: "the pod has finished" });
  const live = sandbox?.ready ? sandbox : undefined;
  if (!live) {
    // Containers of a dead sandbox go with it.
    for (const container of containers)
      if (container.state === "running") plan.steps.push(kill(container, graceOf(pod), "sandbox", "the pod sandbox changed"));
    for (const old of seen?.sandboxes ?? []) plan.steps.push({ do: "stopSandbox", id: old.id });
    plan.steps.push({ do: "createSandbox", attempt: sandbox ? sandbox.attempt + 1 : 0 });
    return plan;
  }
  planEphemeral(pod, containers, live, plan, situation);
  if (planInit(pod, containers, live, plan, situation)) planRegular(pod, containers, live, plan, situation);
  return plan;
}

/** Newest of a name. */
export function newestOf(containers: readonly SeenContainer[], name: string): SeenContainer | undefined {
  return containers.find((container) => container.name === name);
}

export const isSidecar = (container: { restartPolicy?: string }): boolean => container.restartPolicy === "Always";

export function graceOf(pod: Pod): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
}

/** Every container has ended and none will be started again. */
export function isFinished(pod: Pod, containers: readonly SeenContainer[]): boolean {
  const policy = pod.spec?.restartPolicy ?? "Always";
  for (const container of pod.spec?.initContainers ?? []) {
    const last = newestOf(containers, container.name ?? "");
    if (isSidecar(container)) continue;
    if (last?.state === "exited" && last.exitCode !== 0 && restartPolicyOf(container, policy) === "Never" && last.hash !== "") return true;
  }
  const regular = pod.spec?.containers ?? [];
  return regular.every((container) => {
    const last = newestOf(containers, container.name ?? "");
    if (last?.state !== "exited") return false;
    const own = restartPolicyOf(container, policy);
    return own === "Never" || (own === "OnFailure" && last.exitCode === 0);
  });
}

const restartPolicyOf = (container: { restartPolicy?: string }, podPolicy: string) => container.restartPolicy ?? podPolicy;

function planInit(pod: Pod, containers: readonly SeenContainer[], sandbox: SeenSandbox, plan: Plan, situation: Situation): boolean {
  const policy = pod.spec?.restartPolicy ?? "Always";
  const init = pod.spec?.initContainers ?? [];
  const started = (pod.spec?.containers ?? []).some((container) => newestOf(containers, container.name ?? ""));
  for (const container of init) {
    const name = container.name ?? "";
    const last = ofSandbox(newestOf(containers, name), sandbox, started);
    if (isSidecar(container)) {
      keepRunning(container, "sidecar", last ?? newestOf(containers, name), plan, situation, "Always", sandbox);
      const now = newestOf(containers, name);
      if (now?.state !== "running" || !situation.started(now.id)) {
        // The next ones wait until the sidecar has started, but a pod that is up is not taken down for it.
        if (!started) return false;
      }
      continue;
    }
    if (last?.state === "exited" && last.exitCode === 0) continue;
    if (started && !last) continue;
    if (last?.state === "running" || last?.state === "created") return false;
    if (!last) start(container, "init", newestOf(containers, name), plan, situation);
    else if (restartPolicyOf({}, policy) !== "Never") restart(container, "init", last, plan, situation);
    return false;
  }
  return true;
}

/** After the sandbox was made anew, init containers run again unless the main ones are up. */
function ofSandbox(container: SeenContainer | undefined, sandbox: SeenSandbox, started: boolean): SeenContainer | undefined {
  return container && (container.sandboxId === sandbox.id || started) ? container : undefined;
}

function planRegular(pod: Pod, containers: readonly SeenContainer[], sandbox: SeenSandbox, plan: Plan, situation: Situation): void {
  const policy = pod.spec?.restartPolicy ?? "Always";
  for (const container of pod.spec?.containers ?? [])
    keepRunning(
      container,
      "regular",
      newestOf(containers, container.name ?? ""),
      plan,
      situation,
      restartPolicyOf(container, policy),
      sandbox,
    );
}

function keepRunning(
  container: AnyContainer,
  role: Role,
  last: SeenContainer | undefined,
  plan: Plan,
  situation: Situation,
  policy: string,
  sandbox: SeenSandbox,
): void {
  const name = container.name ?? "";
  if (!last) return start(container, role, undefined, plan, situation);
  const condemned = situation.condemned.get(last.id);
  if (last.state === "running") {
    const changed = last.hash !== "" && last.hash !== containerHash(container);
    if (changed) plan.steps.push(kill(last, undefined, "changed", `Container ${name} definition changed`));
    else if (condemned) plan.steps.push(kill(last, undefined, condemned.reason, condemned.why));
    return;
  }
  if (last.state === "created") {
    // A start that never came about: made again.
    plan.steps.push({ do: "removeContainer", id: last.id });
    return start(container, role, last, plan, situation);
  }
  const again =
    policy === "Always" || (policy === "OnFailure" && last.exitCode !== 0) || (last.sandboxId !== sandbox.id && policy !== "Never");
  if (again) restart(container, role, last, plan, situation);
}

function start(container: AnyContainer, role: Role, last: SeenContainer | undefined, plan: Plan, situation: Situation): void {
  const name = container.name ?? "";
  const pull = situation.pullBackoffMs(name);
  if (pull > 0) {
    plan.againMs = afterMs(plan.againMs, pull);
    return;
  }
  plan.steps.push({ do: "startContainer", name, role, restartCount: last ? last.restartCount + 1 : 0 });
}

function restart(container: AnyContainer, role: Role, last: SeenContainer, plan: Plan, situation: Situation): void {
  const name = container.name ?? "";
  const wait = situation.backoffMs(name, last);
  if (wait > 0) {
    plan.againMs = afterMs(plan.againMs, wait);
    plan.waiting.set(name, { reason: "CrashLoopBackOff" });
    return;
  }
  start(container, role, last, plan, situation);
}

function planEphemeral(pod: Pod, containers: readonly SeenContainer[], _sandbox: SeenSandbox, plan: Plan, situation: Situation): void {
  for (const container of pod.spec?.ephemeralContainers ?? [])
    if (!newestOf(containers, container.name ?? "")) start(container, "ephemeral", undefined, plan, situation);
}

function planEnd(pod: Pod, seen: SeenPod | undefined, plan: Plan, end: { reason: KillReason; graceSeconds: number; why: string }): Plan {
  const running = (seen?.containers ?? []).filter((container) => container.state === "running" || container.state === "unknown");
  const sidecars = new Set((pod.spec?.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  const first = running.filter((container) => !sidecars.has(container.name));
  // Sidecars serve the others to the end, then go in the reverse order of their start.
  if (first.length > 0) plan.steps.push(...first.map((container) => kill(container, end.graceSeconds, end.reason, end.why)));
  else {
    const last = (pod.spec?.initContainers ?? [])
      .map((container) => running.find((each) => each.name === container.name))
      .findLast((container) => container !== undefined);
    if (last) plan.steps.push(kill(last, end.graceSeconds, end.reason, end.why));
  }
  if (plan.steps.length === 0)
    for (const sandbox of seen?.sandboxes ?? []) if (sandbox.ready) plan.steps.push({ do: "stopSandbox", id: sandbox.id });
  return plan;
}

function kill(container: SeenContainer, graceSeconds: number | undefined, reason: KillReason, why: string): PodStep {
  return { do: "killContainer", id: container.id, name: container.name, graceSeconds: graceSeconds ?? -1, why, reason };
}

/** Changes when a running container no longer matches its declaration: upstream looks at name and image only. */
export function containerHash(container: AnyContainer): string {
  return createHash("sha256")
    .update(JSON.stringify([container.name, container.image]))
    .digest("hex")
    .slice(0, 8);
}
