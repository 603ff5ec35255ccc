/** Declarations of ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicyBinding. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { MatchResources } from "./mutating-admission-policy.ts";
import { ParamRef } from "./mutating-admission-policy-binding.ts";

export const ValidatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  "Which policy, for what, with which parameters.",
  {
    policyName: string(1, { required: true, doc: "The policy." }),
    paramRef: ref(ParamRef, 2, { pointer: true, doc: "The object with the policy's parameters." }),
    matchResources: ref(MatchResources, 3, { pointer: true, doc: "Narrows the policy further: requests must match both." }),
    validationActions: list(string, 4, {
      goType: "v1.ValidationAction",
      required: "at least one validation action is required",
      enum: ["Audit", "Deny", "Warn"],
      listType: "set",
      doc: "What a failed rule does: Deny, Warn, Audit; Deny and Warn exclude one another.",
    }),
  },
);
export interface ValidatingAdmissionPolicyBindingSpec extends Infer<typeof ValidatingAdmissionPolicyBindingSpec> {}

export const ValidatingAdmissionPolicyBinding = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  "Puts a ValidatingAdmissionPolicy into force, with its parameters.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(ValidatingAdmissionPolicyBindingSpec, 2, { required: true, doc: "What is wanted." }),
  },
);
export interface ValidatingAdmissionPolicyBinding extends Infer<typeof ValidatingAdmissionPolicyBinding> {}

export const ValidatingAdmissionPolicyBindingList = kind(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingList",
  "A list of ValidatingAdmissionPolicyBinding objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(ValidatingAdmissionPolicyBinding, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
