/** Declarations of ParamRef, MutatingAdmissionPolicyBindingSpec, MutatingAdmissionPolicyBinding. */

import { LabelSelector, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { type Infer, kind, list, ref, string, struct } from "../schema.ts";
import { MatchResources } from "./mutating-admission-policy.ts";

export const ParamRef = struct("io.k8s.api.admissionregistration.v1.ParamRef", "The objects with parameters: by name or by labels.", {
  name: string(1, { doc: "One object." }),
  namespace: string(2, { doc: "Its namespace; that of the request when left out." }),
  selector: ref(LabelSelector, 3, { pointer: true, doc: "All objects with these labels; the policy is asked once for each." }),
  parameterNotFoundAction: string(4, {
    goType: "v1.ParameterNotFoundActionType",
    pointer: true,
    doc: "What it means when there is none: Allow or Deny.",
  }),
});
export interface ParamRef extends Infer<typeof ParamRef> {}

export const MutatingAdmissionPolicyBindingSpec = struct(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  "Which policy, for what, with which parameters.",
  {
    policyName: string(1, { doc: "The policy." }),
    paramRef: ref(ParamRef, 2, { pointer: true, doc: "The object with the policy's parameters." }),
    matchResources: ref(MatchResources, 3, { pointer: true, doc: "Narrows the policy further: requests must match both." }),
  },
);
export interface MutatingAdmissionPolicyBindingSpec extends Infer<typeof MutatingAdmissionPolicyBindingSpec> {}

export const MutatingAdmissionPolicyBinding = kind(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  "Puts a MutatingAdmissionPolicy into force, with its parameters.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(MutatingAdmissionPolicyBindingSpec, 2, { doc: "What is wanted." }),
  },
);
export interface MutatingAdmissionPolicyBinding extends Infer<typeof MutatingAdmissionPolicyBinding> {}

export const MutatingAdmissionPolicyBindingList = kind(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingList",
  "A list of MutatingAdmissionPolicyBinding objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(MutatingAdmissionPolicyBinding, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
