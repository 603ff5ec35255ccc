/** Declarations of PriorityClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, ref, string } from "../schema.ts";

export const PriorityClass = kind("io.k8s.api.scheduling.v1.PriorityClass", "How important pods are.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  value: int32(2, { always: true, doc: "The higher, the more important; at most a billion for classes of one's own." }),
  globalDefault: bool(3, { doc: "Whether pods without a class get it; one class at the most." }),
  description: string(4, { doc: "What it is meant for." }),
  preemptionPolicy: string(5, {
    goType: "v1.PreemptionPolicy",
    pointer: true,
    enum: ["Never", "PreemptLowerPriority"],
    doc: "PreemptLowerPriority (the default), or Never.",
  }),
});
export interface PriorityClass extends Infer<typeof PriorityClass> {}

export const PriorityClassList = kind("io.k8s.api.scheduling.v1.PriorityClassList", "A list of PriorityClass objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PriorityClass, 2, { always: true, required: true, doc: "The objects." }),
});
export interface PriorityClassList extends Infer<typeof PriorityClassList> {}

export const priorityclasses = resource<PriorityClass>(PriorityClass, {
  group: "scheduling.k8s.io",
  version: "v1",
  resource: "priorityclasses",
  singular: "priorityclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["pc"],
  storagePrefix: "/registry/priorityclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Value", type: "integer" },
    { name: "Global-Default", type: "boolean" },
    { name: "Age", type: "string" },
    { name: "PreemptionPolicy", type: "string" },
  ],
});
