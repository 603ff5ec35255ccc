/** Declarations of ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicyBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { MatchResources } from "./mutating-admission-policy.ts";
import { ParamRef } from "./mutating-admission-policy-binding.ts";

export const ValidatingAdmissionPolicyBindingSpec = struct("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec", {
  policyName: string(1, { required: true }),
  paramRef: ref(ParamRef, 2, { pointer: true }),
  matchResources: ref(MatchResources, 3, { pointer: true }),
  validationActions: list(string, 4, { required: true, enum: ["Audit", "Deny", "Warn"], listType: "set" }),
});
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<typeof ValidatingAdmissionPolicyBindingSpec> {}

export const ValidatingAdmissionPolicyBinding = kind("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ValidatingAdmissionPolicyBindingSpec, 2, { required: true }),
});
export interface ValidatingAdmissionPolicyBinding extends Infer<typeof ValidatingAdmissionPolicyBinding> {}

export const ValidatingAdmissionPolicyBindingList = kind("io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList", {
  metadata: ref(ListMeta, 1),
  items: list(ValidatingAdmissionPolicyBinding, 2, { always: true, required: true }),
});
export interface ValidatingAdmissionPolicyBindingList extends Infer<typeof ValidatingAdmissionPolicyBindingList> {}

export const validatingadmissionpolicybindings = resource<ValidatingAdmissionPolicyBinding>(ValidatingAdmissionPolicyBinding, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingadmissionpolicybindings",
  singular: "validatingadmissionpolicybinding",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  storagePrefix: "/registry/validatingadmissionpolicybindings/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "PolicyName", type: "string" },
    { name: "ParamRef", type: "string" },
    { name: "Age", type: "string" },
  ],
});
