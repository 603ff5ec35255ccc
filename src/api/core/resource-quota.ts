/** Declarations of ScopedResourceSelectorRequirement, ScopeSelector, ResourceQuotaSpec, ResourceQuotaStatus, ResourceQuota. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const ScopedResourceSelectorRequirement = struct("io.k8s.api.core.v1.ScopedResourceSelectorRequirement", {
  scopeName: string(1, {
    always: true,
    required: true,
    enum: [
      "BestEffort",
      "CrossNamespacePodAffinity",
      "NotBestEffort",
      "NotTerminating",
      "PriorityClass",
      "Terminating",
      "VolumeAttributesClass",
    ],
  }),
  operator: string(2, { always: true, required: true, enum: ["DoesNotExist", "Exists", "In", "NotIn"] }),
  values: list(string, 3, { listType: "atomic" }),
});
export interface ScopedResourceSelectorRequirement extends Infer<typeof ScopedResourceSelectorRequirement> {}

export const ScopeSelector = struct("io.k8s.api.core.v1.ScopeSelector", {
  matchExpressions: list(ScopedResourceSelectorRequirement, 1, { listType: "atomic" }),
});
export interface ScopeSelector extends Infer<typeof ScopeSelector> {}

export const ResourceQuotaSpec = struct("io.k8s.api.core.v1.ResourceQuotaSpec", {
  hard: map(quantity, 1),
  scopes: list(string, 2, {
    enum: [
      "BestEffort",
      "CrossNamespacePodAffinity",
      "NotBestEffort",
      "NotTerminating",
      "PriorityClass",
      "Terminating",
      "VolumeAttributesClass",
    ],
    listType: "atomic",
  }),
  scopeSelector: ref(ScopeSelector, 3, { pointer: true }),
});
export interface ResourceQuotaSpec extends Infer<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = struct("io.k8s.api.core.v1.ResourceQuotaStatus", {
  hard: map(quantity, 1),
  used: map(quantity, 2),
});
export interface ResourceQuotaStatus extends Infer<typeof ResourceQuotaStatus> {}

export const ResourceQuota = kind("io.k8s.api.core.v1.ResourceQuota", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ResourceQuotaSpec, 2),
  status: ref(ResourceQuotaStatus, 3),
});
export interface ResourceQuota extends Infer<typeof ResourceQuota> {}

export const ResourceQuotaList = kind("io.k8s.api.core.v1.ResourceQuotaList", {
  metadata: ref(ListMeta, 1),
  items: list(ResourceQuota, 2, { always: true, required: true }),
});
export interface ResourceQuotaList extends Infer<typeof ResourceQuotaList> {}

export const resourcequotas = resource<ResourceQuota>(ResourceQuota, {
  group: "",
  version: "v1",
  resource: "resourcequotas",
  singular: "resourcequota",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["quota"],
  subresources: [{ name: "status", kind: "ResourceQuota", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/resourcequotas/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Request", type: "string" },
    { name: "Limit", type: "string" },
    { name: "Age", type: "string" },
  ],
});
