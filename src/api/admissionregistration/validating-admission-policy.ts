/** Declarations of Validation, AuditAnnotation, ValidatingAdmissionPolicySpec, ExpressionWarning, TypeChecking, ValidatingAdmissionPolicySt. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, MatchResources, ParamKind, Variable } from "./mutating-admission-policy.ts";

export const Validation = struct("io.k8s.api.admissionregistration.v1.Validation", "A rule.", {
  expression: string(1, { always: true, required: "expression is not specified", doc: "CEL that must be true." }),
  message: string(2, { doc: "What the user is told when it is not." }),
  reason: string(3, { goType: "v1.StatusReason", pointer: true, doc: "The Status reason of the refusal; Invalid by default." }),
  messageExpression: string(4, { doc: "CEL that makes the message; message is used when it fails." }),
});
export interface Validation extends Infer<typeof Validation> {}

export const AuditAnnotation = struct(
  "io.k8s.api.admissionregistration.v1.AuditAnnotation",
  "A line that a policy adds to the audit log.",
  {
    key: string(1, { always: true, required: true, doc: "The annotation's key, below the policy's name." }),
    valueExpression: string(2, {
      always: true,
      required: "valueExpression is not specified",
      doc: 'CEL that gives the text; nothing is written when it gives null or "".',
    }),
  },
);
export interface AuditAnnotation extends Infer<typeof AuditAnnotation> {}

export const ValidatingAdmissionPolicySpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec",
  "What a policy looks at and does.",
  {
    paramKind: ref(ParamKind, 1, { pointer: true, doc: "The kind of the parameters' object; none when left out." }),
    matchConstraints: ref(MatchResources, 2, { pointer: true, doc: "Which requests it looks at." }),
    validations: list(Validation, 3, { listType: "atomic", doc: "The rules; a request fails when one is false." }),
    failurePolicy: string(4, {
      goType: "v1.FailurePolicyType",
      pointer: true,
      enum: ["Fail", "Ignore"],
      doc: "What an error in an expression means: Fail (the default) refuses, Ignore lets through.",
    }),
    auditAnnotations: list(AuditAnnotation, 5, { listType: "atomic", doc: "What is written into the audit log." }),
    matchConditions: list(MatchCondition, 6, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Further conditions in CEL.",
    }),
    variables: list(Variable, 7, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Named expressions that later ones use as variables.NAME.",
    }),
  },
);
export interface ValidatingAdmissionPolicySpec extends Infer<typeof ValidatingAdmissionPolicySpec> {}

export const ExpressionWarning = struct(
  "io.k8s.api.admissionregistration.v1.ExpressionWarning",
  "What type checking found in an expression.",
  {
    fieldRef: string(2, { always: true, required: true, doc: "The expression's place in the policy." }),
    warning: string(3, { always: true, required: true, doc: "What is wrong with it." }),
  },
);
export interface ExpressionWarning extends Infer<typeof ExpressionWarning> {}

export const TypeChecking = struct("io.k8s.api.admissionregistration.v1.TypeChecking", "What type checking found.", {
  expressionWarnings: list(ExpressionWarning, 1, { listType: "atomic", doc: "For each expression with a problem." }),
});
export interface TypeChecking extends Infer<typeof TypeChecking> {}

export const ValidatingAdmissionPolicyStatus = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  "What was found while the policy was read.",
  {
    observedGeneration: int64(1, { doc: "The generation that this is about." }),
    typeChecking: ref(TypeChecking, 2, { pointer: true, doc: "Problems of types in its expressions." }),
    conditions: list(Condition, 3, { listType: "map", listMapKeys: ["type"], doc: "Statements about it." }),
  },
);
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof ValidatingAdmissionPolicyStatus> {}

export const ValidatingAdmissionPolicy = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  "Rules in CEL that refuse requests.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ValidatingAdmissionPolicySpec, 2, { doc: "What is wanted." }),
    status: ref(ValidatingAdmissionPolicyStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface ValidatingAdmissionPolicy extends Infer<typeof ValidatingAdmissionPolicy> {}

export const ValidatingAdmissionPolicyList = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList",
  "A list of ValidatingAdmissionPolicy objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(ValidatingAdmissionPolicy, 2, { always: true, required: true, doc: "The objects." }),
  },
);
export interface ValidatingAdmissionPolicyList extends Infer<typeof ValidatingAdmissionPolicyList> {}

export const validatingadmissionpolicies = resource<ValidatingAdmissionPolicy>(ValidatingAdmissionPolicy, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingadmissionpolicies",
  singular: "validatingadmissionpolicy",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  subresources: [{ name: "status", kind: "ValidatingAdmissionPolicy", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/validatingadmissionpolicies/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Validations", type: "integer" },
    { name: "ParamKind", type: "string" },
    { name: "Age", type: "string" },
  ],
});
