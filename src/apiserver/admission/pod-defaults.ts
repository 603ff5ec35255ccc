/** Small rules that complete pods and nodes: priority, toleration of short outages, pods that wait for their node to be ready. */
import { type Node, type Pod, type PriorityClass, priorityclasses, type Toleration } from "#api/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { forbidden } from "../request/errors.ts";
import { on } from "./match.ts";

export function priority(storage: Storage): AdmissionPlugin {
  return {
    name: "Priority",
    matches: [on("", "pods", "CREATE", "UPDATE")],
    admit({ object, operation, oldObject }) {
      const pod = object as Pod;
      const spec = (pod.spec ??= {});
      if (operation === "UPDATE") {
        const before = (oldObject as Pod | undefined)?.spec;
        spec.priority ??= before?.priority;
        spec.preemptionPolicy ??= before?.preemptionPolicy;
        return;
      }
      const refuse = (why: string) => forbidden({ group: "", resource: "pods" }, pod.metadata.name ?? "", why);
      let chosen: PriorityClass | undefined;
      if (spec.priorityClassName) {
        chosen = storage.get(priorityclasses, { name: spec.priorityClassName }) as PriorityClass | undefined;
        if (!chosen) throw refuse(`no PriorityClass with name ${spec.priorityClassName} was found`);
      } else {
        chosen = (storage.list(priorityclasses) as PriorityClass[])
          .filter((each) => each.globalDefault)
          .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
        if (chosen) spec.priorityClassName = chosen.metadata.name;
      }
      const value = chosen?.value ?? 0;
      if (spec.priority !== undefined && spec.priority !== value)
        throw refuse(
          `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
        );
      spec.priority = value;
      const policy = chosen?.preemptionPolicy ?? "PreemptLowerPriority";
      if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
        throw refuse(
          `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
        );
      spec.preemptionPolicy = policy;
    },
  };
}

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  matches: [on("", "pods", "CREATE", "UPDATE")],
  admit({ object }) {
    const spec = ((object as Pod).spec ??= {});
    for (const key of [notReady, unreachable]) {
      const covered = (spec.tolerations ?? []).some(
        (each: Toleration) => (each.key === key || !each.key) && (each.effect === "NoExecute" || !each.effect),
      );
      if (!covered)
        spec.tolerations = [...(spec.tolerations ?? []), { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }];
    }
  },
};

/** A new node takes no pods until the node controller has seen it ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  matches: [on("", "nodes", "CREATE")],
  admit({ object }) {
    const spec = ((object as Node).spec ??= {});
    if (!spec.taints?.some((taint) => taint.key === notReady && taint.effect === "NoSchedule"))
      spec.taints = [...(spec.taints ?? []), { key: notReady, effect: "NoSchedule" }];
  },
};
