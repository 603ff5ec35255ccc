/** What the server knows of MutatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */

import { defaultAdmissionPolicy, validatePolicy } from "../checks/admission-policies.ts";
import { checkFields } from "../checks/declared.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, always, rules } from "../rules.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";
import { MutatingAdmissionPolicySpec } from "./mutating-admission-policy.ts";

export const mutatingAdmissionPolicyRules = rules<MutatingAdmissionPolicy>({
  conditional: true,
  defaults: defaultAdmissionPolicy,
  check: always(validateMutatingAdmissionPolicy),
});

function validateMutatingAdmissionPolicy({ spec = {} }: AnyObject, problems: Problems): void {
  validatePolicy(MutatingAdmissionPolicySpec, spec, problems);
  if (!spec.mutations?.length) problems.required("spec.mutations", "mutations must contain at least one item");
  checkFields(MutatingAdmissionPolicySpec, spec, "spec", ["mutations"], problems);
  if (!spec.reinvocationPolicy) problems.required("spec.reinvocationPolicy");
  checkFields(MutatingAdmissionPolicySpec, spec, "spec", ["reinvocationPolicy"], problems);
}
