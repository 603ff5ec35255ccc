/** Declarations of ParamKind, Rule, RuleWithOperations, NamedRuleWithOperations, MatchResources, Variable, ApplyConfiguration, JSONPatch, M. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ParamKind = struct("io.k8s.api.admissionregistration.v1.ParamKind", {
  apiVersion: string(1),
  kind: string(2),
});
export interface ParamKind extends Infer<typeof ParamKind> {}

export const Rule = struct("io.k8s.api.admissionregistration.v1.Rule", {
  apiGroups: list(string, 1, { listType: "atomic" }),
  apiVersions: list(string, 2, { listType: "atomic" }),
  resources: list(string, 3, { listType: "atomic" }),
  scope: string(4, { pointer: true, enum: ["*", "Cluster", "Namespaced"] }),
});
export interface Rule extends Infer<typeof Rule> {}

export const RuleWithOperations = struct("io.k8s.api.admissionregistration.v1.RuleWithOperations", {
  operations: list(string, 1, { enum: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"], listType: "atomic" }),
  "...Rule": embed(Rule, 2),
});
export interface RuleWithOperations extends Infer<typeof RuleWithOperations> {}

export const NamedRuleWithOperations = struct("io.k8s.api.admissionregistration.v1.NamedRuleWithOperations", {
  resourceNames: list(string, 1, { listType: "atomic" }),
  "...RuleWithOperations": embed(RuleWithOperations, 2),
});
export interface NamedRuleWithOperations extends Infer<typeof NamedRuleWithOperations> {}

export const MatchResources = struct("io.k8s.api.admissionregistration.v1.MatchResources", {
  namespaceSelector: ref(LabelSelector, 1, { pointer: true }),
  objectSelector: ref(LabelSelector, 2, { pointer: true }),
  resourceRules: list(NamedRuleWithOperations, 3, { listType: "atomic" }),
  excludeResourceRules: list(NamedRuleWithOperations, 4, { listType: "atomic" }),
  matchPolicy: string(7, { pointer: true, enum: ["Equivalent", "Exact"] }),
});
export interface MatchResources extends Infer<typeof MatchResources> {}

export const Variable = struct("io.k8s.api.admissionregistration.v1.Variable", {
  name: string(1, { always: true, required: true }),
  expression: string(2, { always: true, required: true }),
});
export interface Variable extends Infer<typeof Variable> {}

export const ApplyConfiguration = struct("io.k8s.api.admissionregistration.v1.ApplyConfiguration", {
  expression: string(1),
});
export interface ApplyConfiguration extends Infer<typeof ApplyConfiguration> {}

export const JSONPatch = struct("io.k8s.api.admissionregistration.v1.JSONPatch", {
  expression: string(1),
});
export interface JSONPatch extends Infer<typeof JSONPatch> {}

export const Mutation = struct("io.k8s.api.admissionregistration.v1.Mutation", {
  patchType: string(2, { always: true, required: true, enum: ["ApplyConfiguration", "JSONPatch"] }),
  applyConfiguration: ref(ApplyConfiguration, 3, { pointer: true }),
  jsonPatch: ref(JSONPatch, 4, { pointer: true }),
});
export interface Mutation extends Infer<typeof Mutation> {}

export const MatchCondition = struct("io.k8s.api.admissionregistration.v1.MatchCondition", {
  name: string(1, { always: true, required: true }),
  expression: string(2, { always: true, required: true }),
});
export interface MatchCondition extends Infer<typeof MatchCondition> {}

export const MutatingAdmissionPolicySpec = struct("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec", {
  paramKind: ref(ParamKind, 1, { pointer: true }),
  matchConstraints: ref(MatchResources, 2, { pointer: true }),
  variables: list(Variable, 3, { listType: "atomic" }),
  mutations: list(Mutation, 4, { listType: "atomic" }),
  failurePolicy: string(5, { pointer: true, enum: ["Fail", "Ignore"] }),
  matchConditions: list(MatchCondition, 6, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  reinvocationPolicy: string(7, { enum: ["IfNeeded", "Never"] }),
});
export interface MutatingAdmissionPolicySpec extends Infer<typeof MutatingAdmissionPolicySpec> {}

export const MutatingAdmissionPolicy = kind("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(MutatingAdmissionPolicySpec, 2),
});
export interface MutatingAdmissionPolicy extends Infer<typeof MutatingAdmissionPolicy> {}

export const MutatingAdmissionPolicyList = kind("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList", {
  metadata: ref(ListMeta, 1),
  items: list(MutatingAdmissionPolicy, 2, { always: true, required: true }),
});
export interface MutatingAdmissionPolicyList extends Infer<typeof MutatingAdmissionPolicyList> {}

export const mutatingadmissionpolicies = resource<MutatingAdmissionPolicy>(MutatingAdmissionPolicy, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingadmissionpolicies",
  singular: "mutatingadmissionpolicy",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  storagePrefix: "/registry/mutatingadmissionpolicies/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Mutations", type: "integer" },
    { name: "ParamKind", type: "string" },
    { name: "Age", type: "string" },
  ],
});
