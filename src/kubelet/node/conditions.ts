/** The conditions of a node, from what is wrong with it. Pure. */
import type { NodeCondition } from "#api/mod.ts";
import { timestamp } from "#client/mod.ts";

/** `problems`: why it is not Ready; more than one are told as a list, as upstream does. */
export function nodeConditions(problems: readonly string[], before: readonly NodeCondition[], nowMs: number): NodeCondition[] {
  const now = timestamp(nowMs);
  const message = problems.length > 1 ? `[${problems.join(", ")}]` : (problems[0] ?? "");
  const wanted: NodeCondition[] = [
    { type: "MemoryPressure", status: "False", reason: "KubeletHasSufficientMemory", message: "kubelet has sufficient memory available" },
    { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure" },
    { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available" },
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
