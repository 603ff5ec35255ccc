/** Declarations of NamespaceSpec, NamespaceCondition, NamespaceStatus, Namespace. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct, time } from "../schema.ts";

export const NamespaceSpec = struct("io.k8s.api.core.v1.NamespaceSpec", "What keeps a namespace.", {
  finalizers: list(string, 1, {
    goType: "v1.FinalizerName",
    listType: "atomic",
    doc: "What must be done before the namespace may go; set by the system.",
  }),
});
export interface NamespaceSpec extends Infer<typeof NamespaceSpec> {}

export const NamespaceCondition = struct("io.k8s.api.core.v1.NamespaceCondition", "A statement about the state of an object.", {
  type: string(1, { goType: "v1.NamespaceConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
  status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
  lastTransitionTime: time(4, { doc: "When the status last changed." }),
  reason: string(5, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
  message: string(6, { doc: "The same for people, in a sentence." }),
});
export interface NamespaceCondition extends Infer<typeof NamespaceCondition> {}

export const NamespaceStatus = struct("io.k8s.api.core.v1.NamespaceStatus", "The state of a namespace.", {
  phase: string(1, { goType: "v1.NamespacePhase", enum: ["Active", "Terminating"], doc: "Active, or Terminating while it is emptied." }),
  conditions: list(NamespaceCondition, 2, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "While it is deleted: what is left, and what could not be deleted.",
  }),
});
export interface NamespaceStatus extends Infer<typeof NamespaceStatus> {}

export const Namespace = kind(
  "io.k8s.api.core.v1.Namespace",
  "A room for names: objects of a namespace have nothing to do with those of another, and rights and quotas are given by namespace.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(NamespaceSpec, 2, { doc: "What is wanted." }),
    status: ref(NamespaceStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface Namespace extends Infer<typeof Namespace> {}

export const NamespaceList = kind("io.k8s.api.core.v1.NamespaceList", "A list of Namespace objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Namespace, 2, { always: true, required: true, doc: "The objects." }),
});
export interface NamespaceList extends Infer<typeof NamespaceList> {}

export const namespaces = resource<Namespace>(Namespace, {
  group: "",
  version: "v1",
  resource: "namespaces",
  singular: "namespace",
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  shortNames: ["ns"],
  subresources: [
    { name: "finalize", kind: "Namespace", verbs: ["update"] },
    { name: "status", kind: "Namespace", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/namespaces/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Status", type: "string" },
    { name: "Age", type: "string" },
  ],
});
