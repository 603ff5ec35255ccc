/** How a pod ends: whether it must, and its containers in order within one grace period that they share. Pure. */
import type { Pod } from "#api/mod.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { containersOf, graceOf, isSidecar, newestOf } from "./containers.ts";
import type { History } from "./history.ts";
import { restartsAll, shouldRestart } from "./restart.ts";
import { again, type Draft, type End, stop } from "./steps.ts";

/** No container is killed without this long to end by itself. */
const leastGraceSeconds = 2;

export function endOf(pod: Pod | "gone", seen: SeenPod | undefined, history: History): End | undefined {
  if (pod === "gone") return { reason: "deleted", graceSeconds: leastGraceSeconds, why: "the pod is gone" };
  if (pod.metadata.deletionTimestamp) return { reason: "deleted", graceSeconds: graceOf(pod), why: "Stopping container" };
  const { failure } = history;
  if (failure) return { reason: "failed", graceSeconds: failure.graceSeconds ?? graceOf(pod), why: failure.message };
  // Whoever called it over in the API: a pod never comes back from there.
  if (isOver(pod)) return { reason: "finished", graceSeconds: graceOf(pod), why: "the pod has finished" };
  if (isFinished(pod, seen?.containers ?? [])) return { reason: "finished", graceSeconds: graceOf(pod), why: "the pod has finished" };
  return undefined;
}

const deadline = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };

/** `activeDeadlineSeconds` counts from the start of the pod on this node. */
export function planDeadline(draft: Draft): void {
  const { pod, facts, history } = draft;
  const seconds = pod.spec?.activeDeadlineSeconds;
  const since = Date.parse(pod.status?.startTime ?? "");
  if (seconds === undefined || Number.isNaN(since) || history.failure || isOver(pod)) return;
  const leftMs = since + seconds * 1000 - facts.nowMs;
  if (leftMs > 0) return again(draft, leftMs);
  draft.history = { ...history, failure: deadline };
  draft.steps.push({ do: "tell", type: "Normal", ...deadline });
}

export const isOver = (pod: Pod): boolean => pod.status?.phase === "Failed" || pod.status?.phase === "Succeeded";

/** Every container has ended and none will be started again. */
export function isFinished(pod: Pod, containers: readonly SeenContainer[]): boolean {
  if (restartsAll(pod, containers)) return false;
  for (const container of pod.spec?.initContainers ?? []) {
    const last = newestOf(containers, container.name);
    if (!isSidecar(container) && last?.state === "exited" && last.exitCode !== 0 && !shouldRestart(pod, container, last.exitCode))
      return true;
  }
  const regular = pod.spec?.containers ?? [];
  return (
    regular.length > 0 &&
    regular.every((container) => {
      const last = newestOf(containers, container.name);
      return last?.state === "exited" && !shouldRestart(pod, container, last.exitCode);
    })
  );
}

/**
 * All containers end at once, sidecars after the others in the reverse order of their start. The grace period is the pod's: when
 * it is over, everything that is left gets the least period together. Hooks of sidecars run from the beginning.
 */
export function planEnd(draft: Draft, end: End): void {
  const { pod, seen, facts } = draft;
  const sinceMs = draft.history.endingSinceMs ?? facts.nowMs;
  draft.history = { ...draft.history, endingSinceMs: sinceMs };
  const leftMs = sinceMs + end.graceSeconds * 1000 - facts.nowMs;
  const left = Math.max(leastGraceSeconds, Math.floor(leftMs / 1000));
  const running = (seen?.containers ?? []).filter((container) => container.state === "running" || container.state === "unknown");
  const turn = leftMs > 0 ? whoseTurn(pod, running) : running;
  for (const container of turn) {
    // Asked again when the period was shortened meanwhile, as by a second deletion.
    const until = facts.stopping.get(container.id);
    if (until === undefined || facts.nowMs + left * 1000 < until - 1000) draft.steps.push(stop(container, left, end.reason, end.why));
  }
  for (const container of running) {
    if (turn.includes(container) || facts.hooked.has(container.id) || facts.stopping.has(container.id)) continue;
    const declared = containersOf(pod).find((each) => each.name === container.name);
    if (declared?.lifecycle?.preStop) draft.steps.push({ do: "preStop", id: container.id, name: container.name, graceSeconds: left });
  }
  if (turn.length < running.length) again(draft, Math.max(0, leftMs));
  if (running.length > 0) return;
  for (const sandbox of seen?.sandboxes ?? []) if (sandbox.ready) draft.steps.push({ do: "stopSandbox", id: sandbox.id });
}

function whoseTurn(pod: Pod, running: readonly SeenContainer[]): SeenContainer[] {
  const sidecars = (pod.spec?.initContainers ?? []).filter(isSidecar);
  const first = running.filter((container) => !sidecars.some((sidecar) => sidecar.name === container.name));
  if (first.length > 0) return first;
  const last = sidecars.map((sidecar) => newestOf(running, sidecar.name)).findLast((container) => container !== undefined);
  return last ? [last] : [];
}
