/** Declarations of Binding. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const Binding = kind("io.k8s.api.core.v1.Binding", "Binds a pod to a node: what a scheduler posts to pods/NAME/binding.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  target: ref(ObjectReference, 2, { always: true, required: true, doc: "The node that the pod shall run on." }),
});
export interface Binding extends Infer<typeof Binding> {}

export const bindings = resource<Binding>(Binding, {
  group: "",
  version: "v1",
  resource: "bindings",
  singular: "binding",
  namespaced: true,
  verbs: ["create"],
  storagePrefix: "/registry/bindings/",
  columns: [],
});
