/** AuthorizationConfiguration: who is asked whether a request is allowed, in which order. */

import type { ConfigKind } from "#api/mod.ts";
import { type Infer, schema } from "#api/mod.ts";

const { bool, duration, kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.apiserver.config.v1.${name}`;

const WebhookConnectionInfo = struct(at("WebhookConnectionInfo"), "Where the webhook is.", {
  type: string(0, { doc: "KubeConfigFile or InClusterConfig." }),
  kubeConfigFile: string(0, { pointer: true, doc: "The file's absolute path." }),
});

const WebhookMatchCondition = struct(at("WebhookMatchCondition"), "Whether it is asked at all.", {
  expression: string(0, { doc: "CEL over `request`, the spec of a SubjectAccessReview." }),
});

const WebhookConfiguration = struct(at("WebhookConfiguration"), "A service that is asked.", {
  authorizedTTL: duration(0, { doc: "How long a yes is remembered." }),
  cacheAuthorizedRequests: bool(0, { pointer: true, doc: "Whether it is." }),
  unauthorizedTTL: duration(0, { doc: "How long anything else is remembered." }),
  cacheUnauthorizedRequests: bool(0, { pointer: true, doc: "Whether it is." }),
  timeout: duration(0, { doc: "How long it may take, at most 30s." }),
  subjectAccessReviewVersion: string(0, { doc: "v1 or v1beta1." }),
  matchConditionSubjectAccessReviewVersion: string(0, { doc: "v1." }),
  failurePolicy: string(0, { doc: "NoOpinion or Deny, when there is no answer." }),
  connectionInfo: ref(WebhookConnectionInfo, 0, { doc: "Where it is." }),
  matchConditions: list(WebhookMatchCondition, 0, { doc: "It is asked only when all hold." }),
});

const AuthorizerConfiguration = struct(at("AuthorizerConfiguration"), "One who is asked.", {
  type: string(0, { doc: "Node, RBAC, Webhook, AlwaysAllow or AlwaysDeny." }),
  name: string(0, { doc: "What it is called." }),
  webhook: ref(WebhookConfiguration, 0, { pointer: true, doc: "Of a webhook." }),
});

const AuthorizationConfiguration = kind(at("AuthorizationConfiguration"), "Who is asked whether a request is allowed, in which order.", {
  authorizers: list(AuthorizerConfiguration, 0, { doc: "In order." }),
});

export type WebhookSettings = Infer<typeof WebhookConfiguration>;
export type AuthorizerSettings = Infer<typeof AuthorizerConfiguration>;

export const authorizationConfiguration: ConfigKind<typeof AuthorizationConfiguration> = {
  kind: "AuthorizationConfiguration",
  versions: ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`),
  schema: AuthorizationConfiguration,
};
