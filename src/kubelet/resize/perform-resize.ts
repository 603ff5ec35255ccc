/** Gives running containers other amounts: what grows in the pod's group first, then the containers, then what shrinks in the group. */
import type { Pod } from "#api/mod.ts";
import { linuxResources } from "../resources/resources.ts";
import { amountOf } from "../resources/totals.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { labels } from "../runtime/seen.ts";
import type { Resources } from "./allocation.ts";

export interface Resizing {
  id: string;
  name: string;
  /** What it runs with. */
  actual: Resources | undefined;
}

export interface ResizeTools {
  runtime: Pick<Runtime, "updateContainer" | "containerStats">;
  memoryBytes: number;
  /** Of the pod's group: asked for the change, it is done in the two halves that go before and after the containers'. */
  group: GroupChange;
  /** A container has its new amounts. */
  done(id: string, resources: Resources): Promise<void>;
}

export interface GroupChange {
  /** The memory of the whole pod would become less: bytes of the new limit and of what is used. */
  shrinksTo: { limitBytes: number; usedBytes: number } | undefined;
  grow(): Promise<void>;
  shrink(): Promise<void>;
}

/** Rejects with what upstream tells, before anything is changed if memory in use is in the way. */
export async function performResize(pod: Pod, resizing: readonly Resizing[], tools: ResizeTools): Promise<void> {
  const wanted = new Map([...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].map((each) => [each.name ?? "", each]));
  const limit = (resources: Resources | undefined) => {
    const text = resources?.limits?.memory;
    return text === undefined ? 0 : amountOf("memory", text);
  };
  const shrinking = resizing.flatMap(({ id, name, actual }) => {
    const [now, next] = [limit(actual), limit(wanted.get(name)?.resources)];
    return next > 0 && (now === 0 || next < now) ? [{ id, name, limitBytes: next }] : [];
  });
  await refuseBelowUse(shrinking, tools);
  await tools.group.grow();
  const order = resizing.toSorted((a, b) => rank(shrinking, b.id) - rank(shrinking, a.id));
  for (const { id, name } of order) {
    const container = wanted.get(name);
    if (!container) continue;
    await tools.runtime.updateContainer(id, linuxResources(pod, container, tools.memoryBytes));
    await tools.done(id, container.resources ?? {});
  }
  await tools.group.shrink();
}

const rank = (shrinking: readonly { id: string }[], id: string): number => (shrinking.some((each) => each.id === id) ? 1 : 0);

async function refuseBelowUse(
  shrinking: readonly { id: string; name: string; limitBytes: number }[],
  { runtime, group }: ResizeTools,
): Promise<void> {
  if (shrinking.length === 0 && !group.shrinksTo) return;
  const problems: string[] = [];
  if (group.shrinksTo && group.shrinksTo.usedBytes >= group.shrinksTo.limitBytes) {
    const { limitBytes, usedBytes } = group.shrinksTo;
    problems.push(`attempting to set pod memory limit (${limitBytes}) below current usage (${usedBytes})`);
  }
  const stats = new Map((await runtime.containerStats()).map((each) => [each.attributes?.id ?? "", each]));
  for (const { id, name, limitBytes } of shrinking) {
    const found = stats.get(id);
    const used = found?.memory?.usageBytes?.value ?? found?.memory?.workingSetBytes?.value;
    const quoted = JSON.stringify(found?.attributes?.labels[labels.containerName] ?? name);
    if (used === undefined) problems.push(`missing container ${quoted} memory usage`);
    else if (used >= limitBytes)
      problems.push(`attempting to set container ${quoted} memory limit (${limitBytes}) below current usage (${used})`);
  }
  if (problems.length === 1) throw new Error(`cannot decrease memory limits: ${problems[0]}`);
  if (problems.length > 1) throw new Error(`cannot decrease memory limits: [${problems.join(", ")}]`);
}
