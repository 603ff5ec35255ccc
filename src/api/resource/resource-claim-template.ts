/** Declarations of ResourceClaimTemplateSpec, ResourceClaimTemplate. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, struct } from "../schema.ts";
import { ResourceClaimSpec } from "./resource-claim.ts";

export const ResourceClaimTemplateSpec = struct("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ResourceClaimSpec, 2, { always: true, required: true }),
});
export interface ResourceClaimTemplateSpec extends Infer<typeof ResourceClaimTemplateSpec> {}

export const ResourceClaimTemplate = kind("io.k8s.api.resource.v1.ResourceClaimTemplate", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ResourceClaimTemplateSpec, 2, { always: true, required: true }),
});
export interface ResourceClaimTemplate extends Infer<typeof ResourceClaimTemplate> {}

export const ResourceClaimTemplateList = kind("io.k8s.api.resource.v1.ResourceClaimTemplateList", {
  metadata: ref(ListMeta, 1),
  items: list(ResourceClaimTemplate, 2, { always: true, required: true }),
});
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
