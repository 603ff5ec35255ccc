/** What the server knows of MutatingAdmissionPolicyBinding: defaults, what a write may set, what is refused, what tables show. */
import { validateBinding } from "../checks/admission/bindings.ts";
import { defaultAdmissionPolicyBinding } from "../checks/admission/policies.ts";
import { always, rules } from "../rules.ts";
import type { MutatingAdmissionPolicyBinding } from "./mutating-admission-policy-binding.ts";
import { policyBindingCells } from "./policy-cells.ts";

export const mutatingAdmissionPolicyBindingRules = rules<MutatingAdmissionPolicyBinding>({
  conditional: true,
  commonMeta: true,
  defaults: defaultAdmissionPolicyBinding,
  check: always(validateBinding("Mutating")),
  cells: policyBindingCells,
});
