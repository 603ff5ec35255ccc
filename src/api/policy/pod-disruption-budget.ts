/** Declarations of PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, PodDisruptionBudget. */

import { Condition, LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, map, ref, string, struct, time } from "../schema.ts";

export const PodDisruptionBudgetSpec = struct("io.k8s.api.policy.v1.PodDisruptionBudgetSpec", {
  minAvailable: intOrString(1, { pointer: true }),
  selector: ref(LabelSelector, 2, { pointer: true, patchStrategy: "replace" }),
  maxUnavailable: intOrString(3, { pointer: true }),
  unhealthyPodEvictionPolicy: string(4, { pointer: true, enum: ["AlwaysAllow", "IfHealthyBudget"] }),
});
export interface PodDisruptionBudgetSpec extends Infer<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = struct("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", {
  observedGeneration: int64(1),
  disruptedPods: map(time, 2),
  disruptionsAllowed: int32(3, { always: true }),
  currentHealthy: int32(4, { always: true }),
  desiredHealthy: int32(5, { always: true }),
  expectedPods: int32(6, { always: true }),
  conditions: list(Condition, 7, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface PodDisruptionBudgetStatus extends Infer<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = kind("io.k8s.api.policy.v1.PodDisruptionBudget", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PodDisruptionBudgetSpec, 2),
  status: ref(PodDisruptionBudgetStatus, 3),
});
export interface PodDisruptionBudget extends Infer<typeof PodDisruptionBudget> {}

export const PodDisruptionBudgetList = kind("io.k8s.api.policy.v1.PodDisruptionBudgetList", {
  metadata: ref(ListMeta, 1),
  items: list(PodDisruptionBudget, 2, { always: true, required: true }),
});
export interface PodDisruptionBudgetList extends Infer<typeof PodDisruptionBudgetList> {}

export const poddisruptionbudgets = resource<PodDisruptionBudget>(PodDisruptionBudget, {
  group: "policy",
  version: "v1",
  resource: "poddisruptionbudgets",
  singular: "poddisruptionbudget",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["pdb"],
  subresources: [{ name: "status", kind: "PodDisruptionBudget", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/poddisruptionbudgets/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Min Available", type: "string" },
    { name: "Max Unavailable", type: "string" },
    { name: "Allowed Disruptions", type: "integer" },
    { name: "Age", type: "string" },
  ],
});
