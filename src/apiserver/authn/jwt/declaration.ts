/** AuthenticationConfiguration: whose JWTs are believed, what is made of them, and where callers may be nobody. */

import type { ConfigKind } from "#api/mod.ts";
import { type Infer, schema } from "#api/mod.ts";

const { bool, kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.apiserver.config.v1.${name}`;

const Issuer = struct(at("Issuer"), "Who signs.", {
  url: string(0, { doc: "What `iss` must be, and where discovery begins." }),
  discoveryURL: string(0, { doc: "Where discovery begins instead." }),
  certificateAuthority: string(0, { doc: "PEM: whom to trust there; the system's authorities when empty." }),
  audiences: list(string, 0, { doc: "One of them must be in `aud`." }),
  audienceMatchPolicy: string(0, { goType: "v1.AudienceMatchPolicyType", doc: "MatchAny." }),
  egressSelectorType: string(0, { goType: "v1.EgressSelectorType", doc: "Which egress is used." }),
});

const ClaimValidationRule = struct(at("ClaimValidationRule"), "What must hold for the claims.", {
  claim: string(0, { doc: "A claim that must be there." }),
  requiredValue: string(0, { doc: "What it must be." }),
  expression: string(0, { doc: "CEL over `claims`, true when all is well." }),
  message: string(0, { doc: "What is said otherwise." }),
});

const PrefixedClaimOrExpression = struct(at("PrefixedClaimOrExpression"), "A claim with a prefix, or an expression.", {
  claim: string(0, { doc: "The claim." }),
  prefix: string(0, { pointer: true, doc: "What is put before it." }),
  expression: string(0, { doc: "CEL over `claims`." }),
});

const ClaimOrExpression = struct(at("ClaimOrExpression"), "A claim, or an expression.", {
  claim: string(0, { doc: "The claim." }),
  expression: string(0, { doc: "CEL over `claims`." }),
});

const ExtraMapping = struct(at("ExtraMapping"), "A further fact about the user.", {
  key: string(0, { doc: "What it is called." }),
  valueExpression: string(0, { doc: "CEL over `claims`: a text or a list of texts." }),
});

const ClaimMappings = struct(at("ClaimMappings"), "What claims make of the user.", {
  username: ref(PrefixedClaimOrExpression, 0, { doc: "The name." }),
  groups: ref(PrefixedClaimOrExpression, 0, { doc: "The groups." }),
  uid: ref(ClaimOrExpression, 0, { doc: "The uid." }),
  extra: list(ExtraMapping, 0, { doc: "Further facts." }),
});

const UserValidationRule = struct(at("UserValidationRule"), "What must hold for the user.", {
  expression: string(0, { doc: "CEL over `user`, true when all is well." }),
  message: string(0, { doc: "What is said otherwise." }),
});

const JWTAuthenticator = struct(at("JWTAuthenticator"), "One issuer and what its tokens say.", {
  issuer: ref(Issuer, 0, { doc: "Who signs." }),
  claimValidationRules: list(ClaimValidationRule, 0, { doc: "What must hold for the claims." }),
  claimMappings: ref(ClaimMappings, 0, { doc: "What claims make of the user." }),
  userValidationRules: list(UserValidationRule, 0, { doc: "What must hold for the user." }),
});

const AnonymousAuthCondition = struct(at("AnonymousAuthCondition"), "Where callers may be nobody.", {
  path: string(0, { doc: "The whole path." }),
});

const AnonymousAuthConfig = struct(at("AnonymousAuthConfig"), "Whether callers may be nobody.", {
  enabled: bool(0, { doc: "Whether they may at all." }),
  conditions: list(AnonymousAuthCondition, 0, { doc: "If there are any: where only." }),
});

const AuthenticationConfiguration = kind(at("AuthenticationConfiguration"), "Whose JWTs are believed, and where callers may be nobody.", {
  jwt: list(JWTAuthenticator, 0, { doc: "Issuers." }),
  anonymous: ref(AnonymousAuthConfig, 0, { pointer: true, doc: "Whether callers may be nobody; absent: as flags say." }),
});

export type JwtSettings = Infer<typeof JWTAuthenticator>;
export type Anonymous = Infer<typeof AnonymousAuthConfig>;
export interface AuthenticationSettings {
  jwt: readonly JwtSettings[];
  anonymous?: Anonymous;
}

export const authenticationConfiguration: ConfigKind<typeof AuthenticationConfiguration> = {
  kind: "AuthenticationConfiguration",
  versions: ["v1", "v1beta1", "v1alpha1"].map((version) => `apiserver.config.k8s.io/${version}`),
  schema: AuthenticationConfiguration,
};
