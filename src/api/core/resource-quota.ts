/** Declarations of ScopedResourceSelectorRequirement, ScopeSelector, ResourceQuotaSpec, ResourceQuotaStatus, ResourceQuota. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, map, quantity, ref, string, struct } from "../schema.ts";

export const ScopedResourceSelectorRequirement = struct(
  "io.k8s.api.core.v1.ScopedResourceSelectorRequirement",
  "A requirement about a scope.",
  {
    scopeName: string(1, {
      goType: "v1.ResourceQuotaScope",
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
      doc: "The scope.",
    }),
    operator: string(2, {
      goType: "v1.ScopeSelectorOperator",
      always: true,
      required: true,
      enum: ["DoesNotExist", "Exists", "In", "NotIn"],
      doc: "In, NotIn, Exists or DoesNotExist.",
    }),
    values: list(string, 3, { listType: "atomic", doc: "What In and NotIn compare with." }),
  },
);
export interface ScopedResourceSelectorRequirement extends Infer<typeof ScopedResourceSelectorRequirement> {}

export const ScopeSelector = struct("io.k8s.api.core.v1.ScopeSelector", "A choice of objects by scopes.", {
  matchExpressions: list(ScopedResourceSelectorRequirement, 1, { listType: "atomic", doc: "Requirements that must all hold." }),
});
export interface ScopeSelector extends Infer<typeof ScopeSelector> {}

export const ResourceQuotaSpec = struct("io.k8s.api.core.v1.ResourceQuotaSpec", "The bounds, and for what they hold.", {
  hard: map(quantity, 1, {
    goType: "v1.ResourceList",
    doc: "The most of each: requests.cpu, limits.memory, pods, count/deployments.apps and so on.",
  }),
  scopes: list(string, 2, {
    goType: "v1.ResourceQuotaScope",
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
    doc: "Only objects that fit all of these count: Terminating, NotTerminating, BestEffort, NotBestEffort, PriorityClass, CrossNamespacePodAffinity, VolumeAttributesClass.",
  }),
  scopeSelector: ref(ScopeSelector, 3, { pointer: true, doc: "The same with operators and values." }),
});
export interface ResourceQuotaSpec extends Infer<typeof ResourceQuotaSpec> {}

export const ResourceQuotaStatus = struct("io.k8s.api.core.v1.ResourceQuotaStatus", "How much is used.", {
  hard: map(quantity, 1, { goType: "v1.ResourceList", doc: "The bounds in force." }),
  used: map(quantity, 2, { goType: "v1.ResourceList", doc: "What is used at present." }),
});
export interface ResourceQuotaStatus extends Infer<typeof ResourceQuotaStatus> {}

export const ResourceQuota = kind("io.k8s.api.core.v1.ResourceQuota", "Bounds for what a whole namespace may use.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(ResourceQuotaSpec, 2, { doc: "What is wanted." }),
  status: ref(ResourceQuotaStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface ResourceQuota extends Infer<typeof ResourceQuota> {}

export const ResourceQuotaList = kind("io.k8s.api.core.v1.ResourceQuotaList", "A list of ResourceQuota objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ResourceQuota, 2, { always: true, required: true, doc: "The objects." }),
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
