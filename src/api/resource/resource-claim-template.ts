/** Declarations of ResourceClaimTemplateSpec, ResourceClaimTemplate. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, struct } from "../schema.ts";
import { ResourceClaimSpec } from "./resource-claim.ts";

export const ResourceClaimTemplateSpec = struct("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", "The claims.", {
  metadata: ref(ObjectMeta, 1, { doc: "Their labels and annotations." }),
  spec: ref(ResourceClaimSpec, 2, { always: true, required: true, doc: "What they ask for." }),
});
export interface ResourceClaimTemplateSpec extends Infer<typeof ResourceClaimTemplateSpec> {}

export const ResourceClaimTemplate = kind(
  "io.k8s.api.resource.v1.ResourceClaimTemplate",
  "A template from which each pod gets a claim of its own.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ResourceClaimTemplateSpec, 2, { always: true, required: true, doc: "What is wanted." }),
  },
);
export interface ResourceClaimTemplate extends Infer<typeof ResourceClaimTemplate> {}

export const ResourceClaimTemplateList = kind(
  "io.k8s.api.resource.v1.ResourceClaimTemplateList",
  "A list of ResourceClaimTemplate objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(ResourceClaimTemplate, 2, { always: true, required: true, doc: "The objects." }),
  },
);
export interface ResourceClaimTemplateList extends Infer<typeof ResourceClaimTemplateList> {}

export const resourceclaimtemplates = resource<ResourceClaimTemplate>(ResourceClaimTemplate, {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceclaimtemplates",
  singular: "resourceclaimtemplate",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/resourceclaimtemplates/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Age", type: "string" },
  ],
});
