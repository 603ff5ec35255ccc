/** Declarations of PodTemplate. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref } from "../schema.ts";
import { PodTemplateSpec } from "./pod-spec.ts";

export const PodTemplate = kind("io.k8s.api.core.v1.PodTemplate", {
  metadata: ref(ObjectMeta, 1),
  template: ref(PodTemplateSpec, 2),
});
export interface PodTemplate extends Infer<typeof PodTemplate> {}

export const PodTemplateList = kind("io.k8s.api.core.v1.PodTemplateList", {
  metadata: ref(ListMeta, 1),
  items: list(PodTemplate, 2, { always: true, required: true }),
});
export interface PodTemplateList extends Infer<typeof PodTemplateList> {}

export const podtemplates = resource<PodTemplate>(PodTemplate, {
  group: "",
  version: "v1",
  resource: "podtemplates",
  singular: "podtemplate",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/podtemplates/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Containers", type: "string" },
    { name: "Images", type: "string" },
    { name: "Pod Labels", type: "string" },
  ],
});
