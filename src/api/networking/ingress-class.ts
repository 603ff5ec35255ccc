/** Declarations of IngressClassParametersReference, IngressClassSpec, IngressClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const IngressClassParametersReference = struct("io.k8s.api.networking.v1.IngressClassParametersReference", {
  apiGroup: string(1, { pointer: true }),
  kind: string(2, { always: true, required: true }),
  name: string(3, { always: true, required: true }),
  scope: string(4, { pointer: true, always: true }),
  namespace: string(5, { pointer: true }),
});
export interface IngressClassParametersReference extends Infer<typeof IngressClassParametersReference> {}

export const IngressClassSpec = struct("io.k8s.api.networking.v1.IngressClassSpec", {
  controller: string(1),
  parameters: ref(IngressClassParametersReference, 2, { pointer: true }),
});
export interface IngressClassSpec extends Infer<typeof IngressClassSpec> {}

export const IngressClass = kind("io.k8s.api.networking.v1.IngressClass", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(IngressClassSpec, 2),
});
export interface IngressClass extends Infer<typeof IngressClass> {}

export const IngressClassList = kind("io.k8s.api.networking.v1.IngressClassList", {
  metadata: ref(ListMeta, 1),
  items: list(IngressClass, 2, { always: true, required: true }),
});
export interface IngressClassList extends Infer<typeof IngressClassList> {}

export const ingressclasses = resource<IngressClass>(IngressClass, {
  group: "networking.k8s.io",
  version: "v1",
  resource: "ingressclasses",
  singular: "ingressclass",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/ingressclasses/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Controller", type: "string" },
    { name: "Parameters", type: "string" },
    { name: "Age", type: "string" },
  ],
});
