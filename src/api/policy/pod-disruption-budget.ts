/** Declarations of PodDisruptionBudgetSpec, PodDisruptionBudgetStatus, PodDisruptionBudget. */

import { Condition, LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, int64, intOrString, kind, list, map, ref, string, struct, time } from "../schema.ts";

export const PodDisruptionBudgetSpec = struct(
  "io.k8s.api.policy.v1.PodDisruptionBudgetSpec",
  "The bound: minAvailable or maxUnavailable.",
  {
    minAvailable: intOrString(1, { pointer: true, doc: "How many, by number or percent, must stay." }),
    selector: ref(LabelSelector, 2, {
      pointer: true,
      patchStrategy: "replace",
      doc: "The pods that are meant; an empty selector means all of the namespace.",
    }),
    maxUnavailable: intOrString(3, { pointer: true, doc: "How many, by number or percent, may be away." }),
    unhealthyPodEvictionPolicy: string(4, {
      goType: "v1.UnhealthyPodEvictionPolicyType",
      pointer: true,
      enum: ["AlwaysAllow", "IfHealthyBudget"],
      doc: "IfHealthyBudget (the default): pods that are not ready may go only while enough are; AlwaysAllow: always.",
    }),
  },
);
export interface PodDisruptionBudgetSpec extends Infer<typeof PodDisruptionBudgetSpec> {}

export const PodDisruptionBudgetStatus = struct("io.k8s.api.policy.v1.PodDisruptionBudgetStatus", "What was last counted.", {
  observedGeneration: int64(1, { doc: "The generation that this is about." }),
  disruptedPods: map(time, 2, { doc: "Pods whose eviction was allowed and that are not gone yet, with the time." }),
  disruptionsAllowed: int32(3, { always: true, doc: "How many may go now." }),
  currentHealthy: int32(4, { always: true, doc: "How many are ready." }),
  desiredHealthy: int32(5, { always: true, doc: "How many must be." }),
  expectedPods: int32(6, { always: true, doc: "How many there are meant to be." }),
  conditions: list(Condition, 7, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "DisruptionAllowed.",
  }),
});
export interface PodDisruptionBudgetStatus extends Infer<typeof PodDisruptionBudgetStatus> {}

export const PodDisruptionBudget = kind(
  "io.k8s.api.policy.v1.PodDisruptionBudget",
  "How many pods of a set may be away at once by choice: drains and evictions wait for it.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(PodDisruptionBudgetSpec, 2, { doc: "What is wanted." }),
    status: ref(PodDisruptionBudgetStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface PodDisruptionBudget extends Infer<typeof PodDisruptionBudget> {}

export const PodDisruptionBudgetList = kind("io.k8s.api.policy.v1.PodDisruptionBudgetList", "A list of PodDisruptionBudget objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PodDisruptionBudget, 2, { always: true, required: true, doc: "The objects." }),
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
