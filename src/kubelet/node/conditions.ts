/** The conditions of a node, from what is wrong with it. Pure. */
import type { NodeCondition } from "#api/mod.ts";
import { timestamp } from "#client/mod.ts";
import type { Pressure } from "../eviction/thresholds.ts";

const told: Record<Pressure, { free: [string, string]; under: [string, string]; events: [free: string, under: string] }> = {
  MemoryPressure: {
    free: ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    under: ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
    events: ["NodeHasSufficientMemory", "NodeHasInsufficientMemory"],
  },
  DiskPressure: {
    free: ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    under: ["KubeletHasDiskPressure", "kubelet has disk pressure"],
    events: ["NodeHasNoDiskPressure", "NodeHasDiskPressure"],
  },
  PIDPressure: {
    free: ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    under: ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
    events: ["NodeHasSufficientPID", "NodeHasInsufficientPID"],
  },
};

/** The reasons of the events that tell of what has changed. */
export function changesOf(before: readonly NodeCondition[], now: readonly NodeCondition[]): string[] {
  return now.flatMap(({ type, status }) => {
    if (before.find((each) => each.type === type)?.status === status) return [];
    if (type === "Ready") return [status === "True" ? "NodeReady" : "NodeNotReady"];
    return told[type as Pressure].events[status === "True" ? 1 : 0];
  });
}

/** `problems`: why it is not Ready; more than one are told as a list, as upstream does. */
export function nodeConditions(
  problems: readonly string[],
  before: readonly NodeCondition[],
  nowMs: number,
  pressures: readonly Pressure[] = [],
): NodeCondition[] {
  const now = timestamp(nowMs);
  const message = problems.length > 1 ? `[${problems.join(", ")}]` : (problems[0] ?? "");
  const wanted: NodeCondition[] = [
    ...Object.entries(told).map(([type, words]) => {
      const under = pressures.includes(type as Pressure);
      const [reason, message] = under ? words.under : words.free;
      return { type, status: under ? "True" : "False", reason, message };
    }),
    problems.length === 0
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message },
  ];
  return wanted.map((condition) => {
    const old = before.find((each) => each.type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? old?.lastTransitionTime : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
  });
}
