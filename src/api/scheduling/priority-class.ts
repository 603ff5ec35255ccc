/** Declarations of PriorityClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, kind, list, ref, string } from "../schema.ts";

export const PriorityClass = kind("io.k8s.api.scheduling.v1.PriorityClass", {
  metadata: ref(ObjectMeta, 1),
  value: int32(2, { always: true }),
  globalDefault: bool(3),
  description: string(4),
  preemptionPolicy: string(5, { pointer: true, enum: ["Never", "PreemptLowerPriority"] }),
});
export interface PriorityClass extends Infer<typeof PriorityClass> {}

export const PriorityClassList = kind("io.k8s.api.scheduling.v1.PriorityClassList", {
  metadata: ref(ListMeta, 1),
  items: list(PriorityClass, 2, { always: true, required: true }),
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
