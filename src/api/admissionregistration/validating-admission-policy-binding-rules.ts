/** What the server knows of ValidatingAdmissionPolicyBinding: defaults, what a write may set, what is refused, what tables show. */
import { validateBinding } from "../checks/admission/bindings.ts";
import { defaultAdmissionPolicyBinding } from "../checks/admission/policies.ts";
import { always, rules } from "../rules.ts";
import { policyBindingCells } from "./policy-cells.ts";
import type { ValidatingAdmissionPolicyBinding } from "./validating-admission-policy-binding.ts";

export const validatingAdmissionPolicyBindingRules = rules<ValidatingAdmissionPolicyBinding>({
  conditional: true,
  commonMeta: true,
  defaults: defaultAdmissionPolicyBinding,
  check: always(validateBinding("Validating")),
  cells: policyBindingCells,
});
