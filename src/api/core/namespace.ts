/** Declarations of NamespaceSpec, NamespaceCondition, NamespaceStatus, Namespace. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct, time } from "../schema.ts";

export const NamespaceSpec = struct("io.k8s.api.core.v1.NamespaceSpec", {
  finalizers: list(string, 1, { listType: "atomic" }),
});
export interface NamespaceSpec extends Infer<typeof NamespaceSpec> {}

export const NamespaceCondition = struct("io.k8s.api.core.v1.NamespaceCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastTransitionTime: time(4),
  reason: string(5),
  message: string(6),
});
export interface NamespaceCondition extends Infer<typeof NamespaceCondition> {}

export const NamespaceStatus = struct("io.k8s.api.core.v1.NamespaceStatus", {
  phase: string(1, { enum: ["Active", "Terminating"] }),
  conditions: list(NamespaceCondition, 2, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
});
export interface NamespaceStatus extends Infer<typeof NamespaceStatus> {}

export const Namespace = kind("io.k8s.api.core.v1.Namespace", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(NamespaceSpec, 2),
  status: ref(NamespaceStatus, 3),
});
export interface Namespace extends Infer<typeof Namespace> {}

export const NamespaceList = kind("io.k8s.api.core.v1.NamespaceList", {
  metadata: ref(ListMeta, 1),
  items: list(Namespace, 2, { always: true, required: true }),
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
