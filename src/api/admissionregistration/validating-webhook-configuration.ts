/** Declarations of ValidatingWebhook, ValidatingWebhookConfiguration. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, RuleWithOperations } from "./mutating-admission-policy.ts";
import { WebhookClientConfig } from "./mutating-webhook-configuration.ts";

export const ValidatingWebhook = struct("io.k8s.api.admissionregistration.v1.ValidatingWebhook", {
  name: string(1, { always: true, required: true }),
  clientConfig: ref(WebhookClientConfig, 2, { always: true, required: true }),
  rules: list(RuleWithOperations, 3, { listType: "atomic" }),
  failurePolicy: string(4, { pointer: true, enum: ["Fail", "Ignore"] }),
  matchPolicy: string(9, { pointer: true, enum: ["Equivalent", "Exact"] }),
  namespaceSelector: ref(LabelSelector, 5, { pointer: true }),
  objectSelector: ref(LabelSelector, 10, { pointer: true }),
  sideEffects: string(6, { pointer: true, always: true, required: true, enum: ["None", "NoneOnDryRun", "Some", "Unknown"] }),
  timeoutSeconds: int32(7, { pointer: true }),
  admissionReviewVersions: list(string, 8, { always: true, required: true, listType: "atomic" }),
  matchConditions: list(MatchCondition, 11, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
});
export interface ValidatingWebhook extends Infer<typeof ValidatingWebhook> {}

export const ValidatingWebhookConfiguration = kind("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration", {
  metadata: ref(ObjectMeta, 1),
  webhooks: list(ValidatingWebhook, 2, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
});
export interface ValidatingWebhookConfiguration extends Infer<typeof ValidatingWebhookConfiguration> {}

export const ValidatingWebhookConfigurationList = kind("io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList", {
  metadata: ref(ListMeta, 1),
  items: list(ValidatingWebhookConfiguration, 2, { always: true, required: true }),
});
export interface ValidatingWebhookConfigurationList extends Infer<typeof ValidatingWebhookConfigurationList> {}

export const validatingwebhookconfigurations = resource<ValidatingWebhookConfiguration>(ValidatingWebhookConfiguration, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingwebhookconfigurations",
  singular: "validatingwebhookconfiguration",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  storagePrefix: "/registry/validatingwebhookconfigurations/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Webhooks", type: "integer" },
    { name: "Age", type: "string" },
  ],
});
