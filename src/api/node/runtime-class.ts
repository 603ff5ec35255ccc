/** Declarations of Overhead, Scheduling, RuntimeClass. */

import { Toleration } from "../core/placement.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const Overhead = struct("io.k8s.api.node.v1.Overhead", {
  podFixed: map(quantity, 1),
});
export interface Overhead extends Infer<typeof Overhead> {}

export const Scheduling = struct("io.k8s.api.node.v1.Scheduling", {
  nodeSelector: map(string, 1, { mapType: "atomic" }),
  tolerations: list(Toleration, 2, { listType: "atomic" }),
});
export interface Scheduling extends Infer<typeof Scheduling> {}

export const RuntimeClass = kind("io.k8s.api.node.v1.RuntimeClass", {
  metadata: ref(ObjectMeta, 1),
  handler: string(2, { always: true, required: true }),
  overhead: ref(Overhead, 3, { pointer: true }),
  scheduling: ref(Scheduling, 4, { pointer: true }),
});
export interface RuntimeClass extends Infer<typeof RuntimeClass> {}

export const RuntimeClassList = kind("io.k8s.api.node.v1.RuntimeClassList", {
  metadata: ref(ListMeta, 1),
  items: list(RuntimeClass, 2, { always: true, required: true }),
});
export interface RuntimeClassList extends Infer<typeof RuntimeClassList> {}

export const runtimeclasses = resource<RuntimeClass>(RuntimeClass, {
  group: "node.k8s.io",
  version: "v1",
  resource: "runtimeclasses",
  singular: "runtimeclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/runtimeclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Handler", type: "string" },
    { name: "Age", type: "string" },
  ],
});
