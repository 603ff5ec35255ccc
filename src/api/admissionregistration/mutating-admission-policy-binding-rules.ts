/** What the server knows of MutatingAdmissionPolicyBinding: defaults, what a write may set, what is refused, what tables show. */
import { defaultAdmissionPolicyBinding } from "../checks/admission/policies.ts";
import { rules } from "../rules.ts";
import type { MutatingAdmissionPolicyBinding } from "./mutating-admission-policy-binding.ts";

export const mutatingAdmissionPolicyBindingRules = rules<MutatingAdmissionPolicyBinding>({
  conditional: true,
  defaults: defaultAdmissionPolicyBinding,
});
