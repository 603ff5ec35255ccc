/** Declarations of Binding. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, ref } from "../schema.ts";
import { ObjectReference } from "./references.ts";

export const Binding = kind("io.k8s.api.core.v1.Binding", {
  metadata: ref(ObjectMeta, 1),
  target: ref(ObjectReference, 2, { always: true, required: true }),
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
