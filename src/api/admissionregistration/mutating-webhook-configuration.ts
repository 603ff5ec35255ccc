/** Declarations of ServiceReference, WebhookClientConfig, MutatingWebhook, MutatingWebhookConfiguration. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bytes, type Infer, int32, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, RuleWithOperations } from "./mutating-admission-policy.ts";

export const ServiceReference = struct("io.k8s.api.admissionregistration.v1.ServiceReference", "A Service that answers for a webhook.", {
  namespace: string(1, { always: true, required: true, doc: "The Service's namespace." }),
  name: string(2, { always: true, required: true, doc: "The Service's name." }),
  path: string(3, { pointer: true, doc: "The path that is asked for." }),
  port: int32(4, { pointer: true, doc: "The Service's port; 443 by default." }),
});
export interface ServiceReference extends Infer<typeof ServiceReference> {}

export const WebhookClientConfig = struct(
  "io.k8s.api.admissionregistration.v1.WebhookClientConfig",
  "How to reach a webhook: by url or by service.",
  {
    url: string(3, { pointer: true, doc: "An https address outside of the cluster's Services." }),
    service: ref(ServiceReference, 1, { pointer: true, doc: "A Service of the cluster." }),
    caBundle: bytes(2, { doc: "The authorities, in PEM, that its certificate is verified by; the system's when left out." }),
  },
);
export interface WebhookClientConfig extends Infer<typeof WebhookClientConfig> {}

export const MutatingWebhook = struct(
  "io.k8s.api.admissionregistration.v1.MutatingWebhook",
  "A server that is asked and may change objects.",
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
    objectSelector: ref(LabelSelector, 11, {
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
    reinvocationPolicy: string(10, {
      goType: "v1.ReinvocationPolicyType",
      pointer: true,
      enum: ["IfNeeded", "Never"],
      doc: "Whether it is asked again when a later plugin changed the object: Never (the default) or IfNeeded.",
    }),
    matchConditions: list(MatchCondition, 12, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Further conditions in CEL.",
    }),
  },
);
export interface MutatingWebhook extends Infer<typeof MutatingWebhook> {}

export const MutatingWebhookConfiguration = kind(
  "io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration",
  "Webhooks that may change objects before they are stored.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    webhooks: list(MutatingWebhook, 2, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "The webhooks.",
    }),
  },
);
export interface MutatingWebhookConfiguration extends Infer<typeof MutatingWebhookConfiguration> {}

export const MutatingWebhookConfigurationList = kind(
  "io.k8s.api.admissionregistration.v1.MutatingWebhookConfigurationList",
  "A list of MutatingWebhookConfiguration objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(MutatingWebhookConfiguration, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
