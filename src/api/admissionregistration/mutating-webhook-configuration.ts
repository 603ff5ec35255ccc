/** Declarations of ServiceReference, WebhookClientConfig, MutatingWebhook, MutatingWebhookConfiguration. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bytes, type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, RuleWithOperations } from "./mutating-admission-policy.ts";

export const ServiceReference = struct("io.k8s.api.admissionregistration.v1.ServiceReference", {
  namespace: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
  path: string(3, { pointer: true }),
  port: int32(4, { pointer: true }),
});
export interface ServiceReference extends Infer<typeof ServiceReference> {}

export const WebhookClientConfig = struct("io.k8s.api.admissionregistration.v1.WebhookClientConfig", {
  url: string(3, { pointer: true }),
  service: ref(ServiceReference, 1, { pointer: true }),
  caBundle: bytes(2),
});
export interface WebhookClientConfig extends Infer<typeof WebhookClientConfig> {}

export const MutatingWebhook = struct("io.k8s.api.admissionregistration.v1.MutatingWebhook", {
  name: string(1, { always: true, required: true }),
  clientConfig: ref(WebhookClientConfig, 2, { always: true, required: true }),
  rules: list(RuleWithOperations, 3, { listType: "atomic" }),
  failurePolicy: string(4, { pointer: true, enum: ["Fail", "Ignore"] }),
  matchPolicy: string(9, { pointer: true, enum: ["Equivalent", "Exact"] }),
  namespaceSelector: ref(LabelSelector, 5, { pointer: true }),
  objectSelector: ref(LabelSelector, 11, { pointer: true }),
  sideEffects: string(6, { pointer: true, always: true, required: true, enum: ["None", "NoneOnDryRun", "Some", "Unknown"] }),
  timeoutSeconds: int32(7, { pointer: true }),
  admissionReviewVersions: list(string, 8, { always: true, required: true, listType: "atomic" }),
  reinvocationPolicy: string(10, { pointer: true, enum: ["IfNeeded", "Never"] }),
  matchConditions: list(MatchCondition, 12, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
});
export interface MutatingWebhook extends Infer<typeof MutatingWebhook> {}

export const MutatingWebhookConfiguration = kind("io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration", {
  metadata: ref(ObjectMeta, 1),
  webhooks: list(MutatingWebhook, 2, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
});
export interface MutatingWebhookConfiguration extends Infer<typeof MutatingWebhookConfiguration> {}

export const MutatingWebhookConfigurationList = kind("io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList", {
  metadata: ref(ListMeta, 1),
  items: list(MutatingWebhookConfiguration, 2, { always: true, required: true }),
});
export interface MutatingWebhookConfigurationList extends Infer<typeof MutatingWebhookConfigurationList> {}

export const mutatingwebhookconfigurations = resource<MutatingWebhookConfiguration>(MutatingWebhookConfiguration, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingwebhookconfigurations",
  singular: "mutatingwebhookconfiguration",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  storagePrefix: "/registry/mutatingwebhookconfigurations/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Webhooks", type: "integer" },
    { name: "Age", type: "string" },
  ],
});
