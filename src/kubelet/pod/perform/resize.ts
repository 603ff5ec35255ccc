/** Carries out a change of amounts; what goes wrong is told, and tried again after a while. */
import { messageOf } from "#base/mod.ts";
import { runtimeMessage } from "../../images/images.ts";
import { performResize } from "../../resize/perform-resize.ts";
import { resizeMessage } from "../../resize/plan-resize.ts";
import type { Outcome, PodContext } from "../context.ts";
import type { PodStep } from "../steps.ts";

const retryMs = 10_000;

export async function resize({ containers }: Extract<PodStep, { do: "resize" }>, at: PodContext): Promise<Outcome> {
  const { node, pod, history, allocation } = at;
  try {
    const group = await node.cgroups.change(pod);
    const { sizes } = allocation;
    await performResize(
      pod,
      containers.map((each) => ({ ...each, actual: sizes.containers[each.id] })),
      { runtime: node.runtime, memoryBytes: node.settings.memoryBytes, group, done: (id, resources) => allocation.isActual(id, resources) },
    );
    await allocation.podIsActual(pod.spec?.resources);
    return { changed: true, learned: { resize: { ...at.history.resize, group: false } } };
  } catch (error) {
    const message = runtimeMessage(error);
    const generation = history.resize?.progress?.generation ?? pod.metadata.generation ?? 0;
    if (history.resize?.progress?.message !== message) at.tell("Warning", "ResizeError", resizeMessage(pod, generation, "error", message));
    node.log.debug("kubelet: a pod was not resized", { pod: pod.metadata.name, error: messageOf(error) });
    const progress = { reason: "Error", message, generation };
    return { changed: false, learned: { resize: { ...history.resize, progress, untilMs: node.clock.now() + retryMs } } };
  }
}
