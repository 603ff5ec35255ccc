/** Declarations of IngressClassParametersReference, IngressClassSpec, IngressClass. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const IngressClassParametersReference = struct(
  "io.k8s.api.networking.v1.IngressClassParametersReference",
  "The object with a class's parameters.",
  {
    apiGroup: string(1, { pointer: true, doc: "Its API group; empty for the core group." }),
    kind: string(2, { always: true, required: true, doc: "Its kind." }),
    name: string(3, { always: true, required: true, doc: "Its name." }),
    scope: string(4, { pointer: true, always: true, doc: "Cluster (the default) or Namespace." }),
    namespace: string(5, { pointer: true, doc: "Its namespace, for scope Namespace." }),
  },
);
export interface IngressClassParametersReference extends Infer<typeof IngressClassParametersReference> {}

export const IngressClassSpec = struct("io.k8s.api.networking.v1.IngressClassSpec", "Which controller.", {
  controller: string(1, { doc: "Its name, such as example.com/ingress-controller; cannot be changed." }),
  parameters: ref(IngressClassParametersReference, 2, { pointer: true, doc: "The object with further settings." }),
});
export interface IngressClassSpec extends Infer<typeof IngressClassSpec> {}

export const IngressClass = kind("io.k8s.api.networking.v1.IngressClass", "Names a controller of Ingresses.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(IngressClassSpec, 2, { doc: "What is wanted." }),
});
export interface IngressClass extends Infer<typeof IngressClass> {}

export const IngressClassList = kind("io.k8s.api.networking.v1.IngressClassList", "A list of IngressClass objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(IngressClass, 2, { always: true, required: true, doc: "The objects." }),
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
