/** Declarations of ValidatingWebhook, ValidatingWebhookConfiguration. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, RuleWithOperations } from "./mutating-admission-policy.ts";
import { WebhookClientConfig } from "./mutating-webhook-configuration.ts";

export const ValidatingWebhook = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhook",
  "A server that is asked and may refuse requests.",
  {
    name: string(1, { always: true, required: true, doc: "A full domain name, unique in the configuration." }),
    clientConfig: ref(WebhookClientConfig, 2, { always: true, required: true, doc: "How to reach it." }),
    rules: list(RuleWithOperations, 3, { listType: "atomic", doc: "Operations and resources for which it is asked." }),
    failurePolicy: string(4, {
      goType: "v1.FailurePolicyType",
      pointer: true,
      enum: ["Fail", "Ignore"],
      doc: "What no answer means: Fail (the default) refuses the request, Ignore lets it through.",
    }),
    matchPolicy: string(9, {
      goType: "v1.MatchPolicyType",
      pointer: true,
      enum: ["Equivalent", "Exact"],
      doc: "Equivalent (the default) also matches requests for other versions of a resource; Exact only those that the rules name.",
    }),
    namespaceSelector: ref(LabelSelector, 5, { pointer: true, doc: "Labels of the namespaces whose objects are meant; all when empty." }),
    objectSelector: ref(LabelSelector, 10, {
      pointer: true,
      doc: "Labels of the objects that are meant, before or after the change; users can set labels, so do not count on it for protection.",
    }),
    sideEffects: string(6, {
      goType: "v1.SideEffectClass",
      pointer: true,
      always: true,
      required: true,
      enum: ["None", "NoneOnDryRun", "Some", "Unknown"],
      doc: "None or NoneOnDryRun: whether asking changes anything elsewhere; others are not asked on dry runs.",
    }),
    timeoutSeconds: int32(7, { pointer: true, doc: "How long to wait, 1 to 30; 10 by default." }),
    admissionReviewVersions: list(string, 8, {
      always: true,
      required: true,
      listType: "atomic",
      doc: "Versions of AdmissionReview that it speaks, the best first; one must be v1.",
    }),
    matchConditions: list(MatchCondition, 11, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Further conditions in CEL.",
    }),
  },
);
export interface ValidatingWebhook extends Infer<typeof ValidatingWebhook> {}

export const ValidatingWebhookConfiguration = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
  "Webhooks that may refuse requests.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    webhooks: list(ValidatingWebhook, 2, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "The webhooks.",
    }),
  },
);
export interface ValidatingWebhookConfiguration extends Infer<typeof ValidatingWebhookConfiguration> {}

export const ValidatingWebhookConfigurationList = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingWebhookConfigurationList",
  "A list of ValidatingWebhookConfiguration objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(ValidatingWebhookConfiguration, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
