/**
 * What to do next for one pod: pure, from what is wanted, what the runtime has, and what is known besides. Steps of one plan may
 * run in order; after them the pod is looked at again.
 *
 *     no sandbox ─▶ sandbox ─▶ init containers one by one (sidecars stay) ─▶ containers ─▶ restarts after a back-off
 *     being deleted, failed or finished ─▶ containers stopped (sidecars last) ─▶ sandbox stopped
 */
import type { Pod } from "#api/mod.ts";
import { isActual } from "../resize/allocation.ts";
import { resizeOf } from "../resize/plan-resize.ts";
import type { SeenContainer, SeenPod, SeenSandbox } from "../runtime/seen.ts";
import { type AnyContainer, containerHash, graceOf, isSidecar, newestOf } from "./containers.ts";
import { countCrash, crashWait } from "./history.ts";
import { endOf, planDeadline, planEnd } from "./plan-end.ts";
import { restartsAll, shouldRestart } from "./restart.ts";
import { again, type Draft, type Facts, type Plan, type Role, stop } from "./steps.ts";

export function planPod(pod: Pod | "gone", seen: SeenPod | undefined, facts: Facts): Plan {
  const draft: Draft = {
    pod: pod === "gone" ? gonePod(seen) : pod,
    seen,
    facts,
    steps: [],
    history: facts.history,
    againMs: undefined,
    waiting: new Map(),
    resizing: [],
  };
  if (pod !== "gone") planDeadline(draft);
  const end = endOf(pod, seen, draft.history);
  if (end) {
    planEnd(draft, end);
    return { ...planOf(draft), end };
  }
  const trigger = restartsAll(draft.pod, seen?.containers ?? []);
  if (trigger) {
    planRestartAll(draft, trigger);
    return { ...planOf(draft), restartingAll: true };
  }
  const live = seen?.sandboxes[0]?.ready ? seen.sandboxes[0] : undefined;
  if (!live) planSandbox(draft);
  else {
    planEphemeral(draft);
    if (planInit(draft, live)) planRegular(draft, live);
    planResize(draft);
  }
  return planOf(draft);
}

const planOf = ({ steps, history, againMs, waiting }: Draft): Plan => ({
  steps,
  history,
  waiting,
  ...(againMs === undefined ? {} : { againMs }),
});

/** What is left of a pod whose object is gone from the API. */
function gonePod(seen: SeenPod | undefined): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { uid: seen?.uid, name: seen?.name, namespace: seen?.namespace },
    spec: { containers: [] },
  };
}

function planSandbox(draft: Draft): void {
  const { pod, seen, facts, history, steps } = draft;
  const last = seen?.sandboxes[0];
  // Containers of a dead sandbox go with it.
  for (const container of seen?.containers ?? [])
    if (container.state === "running" && !facts.stopping.has(container.id))
      steps.push(stop(container, graceOf(pod), "sandbox", "Pod sandbox changed, it will be killed and re-created."));
  for (const old of seen?.sandboxes ?? []) if (old.ready) steps.push({ do: "stopSandbox", id: old.id });
  const waitMs = (history.sandbox?.untilMs ?? 0) - facts.nowMs;
  if (waitMs > 0) again(draft, waitMs);
  else steps.push({ do: "createSandbox", attempt: last ? last.attempt + 1 : 0 });
}

/** Everything ends and is taken away, the one that asked for it last: while it is there, the work is not done. */
function planRestartAll(draft: Draft, trigger: SeenContainer): void {
  const { pod, seen, facts, steps } = draft;
  const containers = seen?.containers ?? [];
  const running = containers.filter((container) => container.state === "running");
  for (const container of running)
    if (!facts.stopping.has(container.id))
      steps.push(stop(container, graceOf(pod), "restart", `Container ${trigger.name} exited, all containers will be restarted`));
  draft.history = {
    ...draft.history,
    crashes: { ...draft.history.crashes, [trigger.name]: countCrash(draft.history.crashes[trigger.name], trigger, facts.backOff) },
  };
  if (running.length > 0) return;
  for (const container of containers) if (container.name !== trigger.name) steps.push({ do: "removeContainer", id: container.id });
  for (const container of containers) if (container.name === trigger.name) steps.push({ do: "removeContainer", id: container.id });
}

function planInit(draft: Draft, sandbox: SeenSandbox): boolean {
  const { pod, seen, facts } = draft;
  const containers = seen?.containers ?? [];
  const begun = (pod.spec?.containers ?? []).some((container) => newestOf(containers, container.name));
  for (const container of pod.spec?.initContainers ?? []) {
    const newest = newestOf(containers, container.name);
    // After the sandbox was made anew, init containers run again unless the main ones are up.
    const last = newest && (newest.sandboxId === sandbox.id || begun) ? newest : undefined;
    if (isSidecar(container)) {
      keepRunning(draft, container, "sidecar", sandbox);
      // The next ones wait until the sidecar has started, but a pod that is up is not taken down for it.
      if (!begun && !(newest?.state === "running" && facts.probes.started(newest.id))) return false;
      continue;
    }
    if (last?.state === "exited" && last.exitCode === 0) continue;
    if (begun && !last) continue;
    if (last?.state === "running") {
      if (resizeOf(container, facts.sizes?.containers[last.id]) !== "keep") draft.resizing.push({ id: last.id, name: last.name });
      return false;
    }
    if (last?.state === "created") draft.steps.push({ do: "removeContainer", id: last.id });
    if (last?.state !== "exited") start(draft, container, "init", newest);
    else if (shouldRestart(pod, container, last.exitCode)) restart(draft, container, "init", last);
    return false;
  }
  return true;
}

function planRegular(draft: Draft, sandbox: SeenSandbox): void {
  for (const container of draft.pod.spec?.containers ?? []) keepRunning(draft, container, "regular", sandbox);
}

/** All that changes its amounts does so in one step, which knows their order, and before anything is started with more. */
function planResize(draft: Draft): void {
  const { pod, facts, history, resizing, steps } = draft;
  // Who is ended for it has more to lose than to gain from a smaller group: that waits.
  if (facts.stopping.size > 0 || steps.some((step) => step.do === "stopContainer")) return;
  const ofPod = facts.sizes?.pod && pod.spec?.resources && !isActual(pod.spec.resources, facts.sizes.pod);
  if (resizing.length === 0 && !ofPod && !history.resize?.group) return;
  const waitMs = (history.resize?.untilMs ?? 0) - facts.nowMs;
  if (waitMs > 0) again(draft, waitMs);
  else steps.unshift({ do: "resize", containers: resizing });
}

function planEphemeral(draft: Draft): void {
  for (const container of draft.pod.spec?.ephemeralContainers ?? [])
    if (!newestOf(draft.seen?.containers ?? [], container.name)) start(draft, container, "ephemeral", undefined);
}

function keepRunning(draft: Draft, container: AnyContainer, role: Role, sandbox: SeenSandbox): void {
  const { pod, seen, facts, steps } = draft;
  const name = container.name ?? "";
  const last = newestOf(seen?.containers ?? [], name);
  if (!last) return start(draft, container, role, undefined);
  if (last.state === "running") {
    if (facts.stopping.has(last.id)) return;
    const probe = facts.probes.condemned.get(last.id);
    const ownGrace =
      probe === "startup" ? graceBy(container.startupProbe) : probe === "liveness" ? graceBy(container.livenessProbe) : undefined;
    const grace = ownGrace ?? pod.spec?.terminationGracePeriodSeconds ?? 30;
    if (last.hash !== "" && last.hash !== containerHash(container))
      steps.push(stop(last, grace, "changed", `Container ${name} definition changed`));
    else if (probe)
      steps.push(
        stop(last, grace, probe === "startup" ? "startup" : "unhealthy", `Container ${name} failed ${probe} probe, will be restarted`),
      );
    else resizeRunning(draft, container, last, grace);
    return;
  }
  if (last.state === "created") {
    // A start that never came about: made again.
    steps.push({ do: "removeContainer", id: last.id });
    return start(draft, container, role, last);
  }
  // It was ended to be given other amounts: that is no crash, and no reason to be over.
  if (draft.history.restarted?.[name] === last.id) return start(draft, container, role, last);
  const ofOldSandbox = last.sandboxId !== sandbox.id && pod.spec?.restartPolicy !== "Never";
  if (shouldRestart(pod, container, last.exitCode) || ofOldSandbox) restart(draft, container, role, last);
}

function resizeRunning(draft: Draft, container: AnyContainer, last: SeenContainer, grace: number): void {
  const { name } = last;
  const how = resizeOf(container, draft.facts.sizes?.containers[last.id]);
  if (how === "update") draft.resizing.push({ id: last.id, name });
  if (how !== "restart") return;
  draft.history = { ...draft.history, restarted: { ...draft.history.restarted, [name]: last.id } };
  draft.steps.push(stop(last, grace, "resize", `Container ${name} resize requires restart`));
}

const graceBy = (probe: { terminationGracePeriodSeconds?: number } | undefined) => probe?.terminationGracePeriodSeconds;

function start(draft: Draft, container: AnyContainer, role: Role, last: SeenContainer | undefined): void {
  const { pod, history, facts } = draft;
  const name = container.name ?? "";
  const waitMs = Math.max(history.trouble[name]?.untilMs ?? 0, last ? 0 : (history.crashes[name]?.untilMs ?? 0)) - facts.nowMs;
  if (waitMs > 0) return again(draft, waitMs);
  draft.steps.push({ do: "startContainer", name, role, restartCount: last ? last.restartCount + 1 : restartsTold(pod, name) });
}

/** Of a container that was taken away to be started again: it goes on counting where the API says. */
function restartsTold(pod: Pod, name: string): number {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const known = [...initContainerStatuses, ...containerStatuses].find((status) => status.name === name);
  return known?.lastState?.terminated || known?.state?.terminated ? (known.restartCount ?? 0) + 1 : 0;
}

function restart(draft: Draft, container: AnyContainer, role: Role, last: SeenContainer): void {
  const { pod, facts } = draft;
  const name = container.name ?? "";
  const crash = countCrash(draft.history.crashes[name], last, facts.backOff);
  draft.history = { ...draft.history, crashes: { ...draft.history.crashes, [name]: crash } };
  const waitMs = crash.untilMs - facts.nowMs;
  if (waitMs <= 0) return start(draft, container, role, last);
  again(draft, waitMs);
  const trouble = draft.history.trouble[name];
  // Why it could not start is told for a moment before that it waits.
  if (trouble && trouble.untilMs > facts.nowMs) return again(draft, trouble.untilMs - facts.nowMs);
  const of = `pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
  const message = `back-off ${crashWait(crash.count, facts.backOff)} restarting failed container=${name} ${of}`;
  draft.waiting.set(name, { reason: "CrashLoopBackOff", message });
  const told = `Back-off restarting failed container ${name} in pod ${of.slice("pod=".length)}`;
  draft.steps.push({ do: "tell", type: "Warning", reason: "BackOff", message: told, container: name });
}
