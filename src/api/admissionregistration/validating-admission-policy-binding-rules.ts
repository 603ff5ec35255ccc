/** What the server knows of ValidatingAdmissionPolicyBinding: defaults, what a write may set, what is refused, what tables show. */
import { defaultAdmissionPolicyBinding } from "../checks/admission/policies.ts";
import { rules } from "../rules.ts";
import type { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";

export const validatingAdmissionPolicyBindingRules = rules<ValidatingAdmissionPolicyBinding>({
  conditional: true,
  defaults: defaultAdmissionPolicyBinding,
});
