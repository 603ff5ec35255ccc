/** What the server knows of ValidatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */

import { defaultAdmissionPolicy, validatePolicy } from "../checks/admission-policies.ts";
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";
import { ValidatingAdmissionPolicySpec } from "./validating-admission-policy.ts";

export const validatingAdmissionPolicyRules = rules<ValidatingAdmissionPolicy>({
  conditional: true,
  status: () => ({}),
  statusKeeps: "all",
  defaults: defaultAdmissionPolicy,
  check: always(validateValidatingAdmissionPolicy),
});

function validateValidatingAdmissionPolicy({ spec = {} }: AnyObject, problems: Problems): void {
  validatePolicy(ValidatingAdmissionPolicySpec, spec, problems);
  if (!spec.validations?.length && !spec.auditAnnotations?.length)
    for (const name of ["validations", "auditAnnotations"])
      problems.required(`spec.${name}`, "validations or auditAnnotations must contain at least one item");
  checkFields(ValidatingAdmissionPolicySpec, spec, "spec", ["validations", "auditAnnotations"], problems);
}
