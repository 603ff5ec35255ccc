/** Declarations of Overhead, Scheduling, RuntimeClass. */

import { Toleration } from "../core/placement.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const Overhead = struct("io.k8s.api.node.v1.Overhead", "What a runtime itself costs for each pod.", {
  podFixed: map(quantity, 1, { goType: "v1.ResourceList", doc: "How much of which resource." }),
});
export interface Overhead extends Infer<typeof Overhead> {}

export const Scheduling = struct("io.k8s.api.node.v1.Scheduling", "The nodes that have a runtime.", {
  nodeSelector: map(string, 1, { mapType: "atomic", doc: "Their labels, added to the pod's nodeSelector." }),
  tolerations: list(Toleration, 2, { listType: "atomic", doc: "Tolerations that pods get for them." }),
});
export interface Scheduling extends Infer<typeof Scheduling> {}

export const RuntimeClass = kind("io.k8s.api.node.v1.RuntimeClass", "A way of running pods, such as in a small virtual machine.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  handler: string(2, { always: true, required: true, doc: "The node's name for it, in the runtime's configuration; cannot be changed." }),
  overhead: ref(Overhead, 3, { pointer: true, doc: "What it costs for each pod." }),
  scheduling: ref(Scheduling, 4, { pointer: true, doc: "Which nodes have it." }),
});
export interface RuntimeClass extends Infer<typeof RuntimeClass> {}

export const RuntimeClassList = kind("io.k8s.api.node.v1.RuntimeClassList", "A list of RuntimeClass objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(RuntimeClass, 2, { always: true, required: true, doc: "The objects." }),
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
