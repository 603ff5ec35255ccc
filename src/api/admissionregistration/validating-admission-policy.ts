/** Declarations of Validation, AuditAnnotation, ValidatingAdmissionPolicySpec, ExpressionWarning, TypeChecking, ValidatingAdmissionPolicySt. */

import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, int64, kind, list, ref, string, struct } from "../schema.ts";
import { MatchCondition, MatchResources, ParamKind, Variable } from "./mutating-admission-policy.ts";

export const Validation = struct("io.k8s.api.admissionregistration.v1.Validation", {
  expression: string(1, { always: true, required: true }),
  message: string(2),
  reason: string(3, { pointer: true }),
  messageExpression: string(4),
});
export interface Validation extends Infer<typeof Validation> {}

export const AuditAnnotation = struct("io.k8s.api.admissionregistration.v1.AuditAnnotation", {
  key: string(1, { always: true, required: true }),
  valueExpression: string(2, { always: true, required: true }),
});
export interface AuditAnnotation extends Infer<typeof AuditAnnotation> {}

export const ValidatingAdmissionPolicySpec = struct("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec", {
  paramKind: ref(ParamKind, 1, { pointer: true }),
  matchConstraints: ref(MatchResources, 2, { pointer: true }),
  validations: list(Validation, 3, { listType: "atomic" }),
  failurePolicy: string(4, { pointer: true, enum: ["Fail", "Ignore"] }),
  auditAnnotations: list(AuditAnnotation, 5, { listType: "atomic" }),
  matchConditions: list(MatchCondition, 6, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  variables: list(Variable, 7, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
});
export interface ValidatingAdmissionPolicySpec extends Infer<typeof ValidatingAdmissionPolicySpec> {}

export const ExpressionWarning = struct("io.k8s.api.admissionregistration.v1.ExpressionWarning", {
  fieldRef: string(2, { always: true, required: true }),
  warning: string(3, { always: true, required: true }),
});
export interface ExpressionWarning extends Infer<typeof ExpressionWarning> {}

export const TypeChecking = struct("io.k8s.api.admissionregistration.v1.TypeChecking", {
  expressionWarnings: list(ExpressionWarning, 1, { listType: "atomic" }),
});
export interface TypeChecking extends Infer<typeof TypeChecking> {}

export const ValidatingAdmissionPolicyStatus = struct("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus", {
  observedGeneration: int64(1),
  typeChecking: ref(TypeChecking, 2, { pointer: true }),
  conditions: list(Condition, 3, { listType: "map", listMapKeys: ["type"] }),
});
export interface ValidatingAdmissionPolicyStatus extends Infer<typeof ValidatingAdmissionPolicyStatus> {}

export const ValidatingAdmissionPolicy = kind("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ValidatingAdmissionPolicySpec, 2),
  status: ref(ValidatingAdmissionPolicyStatus, 3),
});
export interface ValidatingAdmissionPolicy extends Infer<typeof ValidatingAdmissionPolicy> {}

export const ValidatingAdmissionPolicyList = kind("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyList", {
  metadata: ref(ListMeta, 1),
  items: list(ValidatingAdmissionPolicy, 2, { always: true, required: true }),
});
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
