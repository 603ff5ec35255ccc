/** Declarations of PodTemplate. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref } from "../schema.ts";
import { PodTemplateSpec } from "./pod-spec.ts";

export const PodTemplate = kind("io.k8s.api.core.v1.PodTemplate", "A template that lies in the API for others to use.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  template: ref(PodTemplateSpec, 2, { doc: "The template." }),
});
export interface PodTemplate extends Infer<typeof PodTemplate> {}

export const PodTemplateList = kind("io.k8s.api.core.v1.PodTemplateList", "A list of PodTemplate objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PodTemplate, 2, { always: true, required: true, doc: "The objects." }),
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
