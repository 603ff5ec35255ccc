/** What admission policies and their bindings share. */

import type { MatchResources, MutatingAdmissionPolicy } from "../admissionregistration/mutating-admission-policy.ts";
import type { MutatingAdmissionPolicyBinding } from "../admissionregistration/mutating-admission-policy-binding.ts";
import type { ValidatingAdmissionPolicy } from "../admissionregistration/validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "../admissionregistration/validating-admission-policy-binding.ts";

export function defaultAdmissionPolicy({ spec }: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (!spec) return;
  spec.failurePolicy ??= "Fail";
  if (spec.matchConstraints) defaultMatchResources(spec.matchConstraints);
}

export function defaultAdmissionPolicyBinding({ spec }: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): void {
  if (spec?.matchResources) defaultMatchResources(spec.matchResources);
  if (spec?.paramRef) spec.paramRef.parameterNotFoundAction ??= "Deny";
}

export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
}
