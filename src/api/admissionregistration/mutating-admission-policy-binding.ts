/** Declarations of ParamRef, MutatingAdmissionPolicyBindingSpec, MutatingAdmissionPolicyBinding. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { MatchResources } from "./mutating-admission-policy.ts";

export const ParamRef = struct("io.k8s.api.admissionregistration.v1.ParamRef", {
  name: string(1),
  namespace: string(2),
  selector: ref(LabelSelector, 3, { pointer: true }),
  parameterNotFoundAction: string(4, { pointer: true }),
});
export interface ParamRef extends Infer<typeof ParamRef> {}

export const MutatingAdmissionPolicyBindingSpec = struct("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec", {
  policyName: string(1),
  paramRef: ref(ParamRef, 2, { pointer: true }),
  matchResources: ref(MatchResources, 3, { pointer: true }),
});
export interface MutatingAdmissionPolicyBindingSpec extends Infer<typeof MutatingAdmissionPolicyBindingSpec> {}

export const MutatingAdmissionPolicyBinding = kind("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(MutatingAdmissionPolicyBindingSpec, 2),
});
export interface MutatingAdmissionPolicyBinding extends Infer<typeof MutatingAdmissionPolicyBinding> {}

export const MutatingAdmissionPolicyBindingList = kind("io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList", {
  metadata: ref(ListMeta, 1),
  items: list(MutatingAdmissionPolicyBinding, 2, { always: true, required: true }),
});
export interface MutatingAdmissionPolicyBindingList extends Infer<typeof MutatingAdmissionPolicyBindingList> {}

export const mutatingadmissionpolicybindings = resource<MutatingAdmissionPolicyBinding>(MutatingAdmissionPolicyBinding, {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "mutatingadmissionpolicybindings",
  singular: "mutatingadmissionpolicybinding",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  categories: ["api-extensions"],
  storagePrefix: "/registry/mutatingadmissionpolicybindings/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "PolicyName", type: "string" },
    { name: "ParamRef", type: "string" },
    { name: "Age", type: "string" },
  ],
});
