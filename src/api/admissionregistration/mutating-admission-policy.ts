/** Declarations of ParamKind, Rule, RuleWithOperations, NamedRuleWithOperations, MatchResources, Variable, ApplyConfiguration, JSONPatch, M. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { embed, type Infer, kind, list, ref, string, struct } from "../schema.ts";

export const ParamKind = struct("io.k8s.api.admissionregistration.v1.ParamKind", "A kind of parameters.", {
  apiVersion: string(1, { doc: "Its group and version." }),
  kind: string(2, { doc: "Its kind." }),
});
export interface ParamKind extends Infer<typeof ParamKind> {}

export const Rule = struct("io.k8s.api.admissionregistration.v1.Rule", "Resources.", {
  apiGroups: list(string, 1, { listType: "atomic", doc: 'API groups; "" is the core group, * all.' }),
  apiVersions: list(string, 2, { listType: "atomic", doc: "Versions; * all." }),
  resources: list(string, 3, { listType: "atomic", doc: "Resources and subresources: pods, pods/status, pods/*, */scale, */*." }),
  scope: string(4, {
    goType: "v1.ScopeType",
    pointer: true,
    enum: ["*", "Cluster", "Namespaced"],
    doc: "Cluster, Namespaced or * (the default).",
  }),
});
export interface Rule extends Infer<typeof Rule> {}

export const RuleWithOperations = struct("io.k8s.api.admissionregistration.v1.RuleWithOperations", "Operations on resources.", {
  operations: list(string, 1, {
    goType: "v1.OperationType",
    enum: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"],
    listType: "atomic",
    doc: "CREATE, UPDATE, DELETE, CONNECT or * for all.",
  }),
  "...Rule": embed(Rule, 2),
});
export interface RuleWithOperations extends Infer<typeof RuleWithOperations> {}

export const NamedRuleWithOperations = struct(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  "Operations on resources, some by name.",
  {
    resourceNames: list(string, 1, { listType: "atomic", doc: "Only objects with these names; all when empty." }),
    "...RuleWithOperations": embed(RuleWithOperations, 2),
  },
);
export interface NamedRuleWithOperations extends Infer<typeof NamedRuleWithOperations> {}

export const MatchResources = struct("io.k8s.api.admissionregistration.v1.MatchResources", "Which requests are meant.", {
  namespaceSelector: ref(LabelSelector, 1, { pointer: true, doc: "Labels of the namespaces whose objects are meant; all when empty." }),
  objectSelector: ref(LabelSelector, 2, {
    pointer: true,
    doc: "Labels of the objects that are meant, before or after the change; users can set labels, so do not count on it for protection.",
  }),
  resourceRules: list(NamedRuleWithOperations, 3, {
    listType: "atomic",
    doc: "Operations and resources that are meant; one match is enough.",
  }),
  excludeResourceRules: list(NamedRuleWithOperations, 4, {
    listType: "atomic",
    doc: "Operations and resources that are not, whatever resourceRules say.",
  }),
  matchPolicy: string(7, {
    goType: "v1.MatchPolicyType",
    pointer: true,
    enum: ["Equivalent", "Exact"],
    doc: "Equivalent (the default) also matches requests for other versions of a resource; Exact only those that the rules name.",
  }),
});
export interface MatchResources extends Infer<typeof MatchResources> {}

export const Variable = struct("io.k8s.api.admissionregistration.v1.Variable", "A named expression.", {
  name: string(1, { always: true, required: "name is not specified", doc: "Its name: an identifier of CEL." }),
  expression: string(2, { always: true, required: "expression is not specified", doc: "Its value in CEL." }),
});
export interface Variable extends Infer<typeof Variable> {}

export const ApplyConfiguration = struct(
  "io.k8s.api.admissionregistration.v1.ApplyConfiguration",
  "A change written as an apply configuration.",
  {
    expression: string(1, { doc: "CEL that gives an Object with the fields to set; they are merged as by server-side apply." }),
  },
);
export interface ApplyConfiguration extends Infer<typeof ApplyConfiguration> {}

export const JSONPatch = struct("io.k8s.api.admissionregistration.v1.JSONPatch", "A change written as a JSON patch.", {
  expression: string(1, { doc: "CEL that gives a list of JSONPatch values." }),
});
export interface JSONPatch extends Infer<typeof JSONPatch> {}

export const Mutation = struct("io.k8s.api.admissionregistration.v1.Mutation", "One change.", {
  patchType: string(2, {
    goType: "v1.PatchType",
    always: true,
    required: true,
    enum: ["ApplyConfiguration", "JSONPatch"],
    doc: "ApplyConfiguration or JSONPatch.",
  }),
  applyConfiguration: ref(ApplyConfiguration, 3, { pointer: true, doc: "For the type ApplyConfiguration." }),
  jsonPatch: ref(JSONPatch, 4, { pointer: true, doc: "For the type JSONPatch." }),
});
export interface Mutation extends Infer<typeof Mutation> {}

export const MatchCondition = struct(
  "io.k8s.api.admissionregistration.v1.MatchCondition",
  "A question in CEL that decides whether a request is looked at.",
  {
    name: string(1, { always: true, required: true, doc: "Its name, unique in the list, for logs and messages." }),
    expression: string(2, {
      always: true,
      required: true,
      doc: "CEL over object, oldObject, request and authorizer; the request is looked at when all conditions are true.",
    }),
  },
);
export interface MatchCondition extends Infer<typeof MatchCondition> {}

export const MutatingAdmissionPolicySpec = struct(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec",
  "What a policy looks at and does.",
  {
    paramKind: ref(ParamKind, 1, { pointer: true, doc: "The kind of the parameters' object; none when left out." }),
    matchConstraints: ref(MatchResources, 2, { pointer: true, doc: "Which requests it looks at." }),
    variables: list(Variable, 3, { listType: "atomic", doc: "Named expressions that later ones use as variables.NAME." }),
    mutations: list(Mutation, 4, { listType: "atomic", doc: "The changes, carried out in order." }),
    failurePolicy: string(5, {
      goType: "v1.FailurePolicyType",
      pointer: true,
      enum: ["Fail", "Ignore"],
      doc: "What an error in an expression means: Fail (the default) refuses, Ignore lets through.",
    }),
    matchConditions: list(MatchCondition, 6, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Further conditions in CEL.",
    }),
    reinvocationPolicy: string(7, {
      goType: "v1.ReinvocationPolicyType",
      enum: ["IfNeeded", "Never"],
      doc: "Whether it runs again when a later plugin changed the object: Never or IfNeeded.",
    }),
  },
);
export interface MutatingAdmissionPolicySpec extends Infer<typeof MutatingAdmissionPolicySpec> {}

export const MutatingAdmissionPolicy = kind(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  "Rules in CEL that change objects before they are stored.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(MutatingAdmissionPolicySpec, 2, { doc: "What is wanted." }),
  },
);
export interface MutatingAdmissionPolicy extends Infer<typeof MutatingAdmissionPolicy> {}

export const MutatingAdmissionPolicyList = kind(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyList",
  "A list of MutatingAdmissionPolicy objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(MutatingAdmissionPolicy, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
