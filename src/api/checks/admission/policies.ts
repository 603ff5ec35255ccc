/** What admission policies and their bindings share. */

import type { MutatingAdmissionPolicy } from "../../admissionregistration/mutating-admission-policy.ts";
import type { MutatingAdmissionPolicyBinding } from "../../admissionregistration/mutating-admission-policy-binding.ts";
import type { ValidatingAdmissionPolicy } from "../../admissionregistration/validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "../../admissionregistration/validating-admission-policy-binding.ts";
import { MatchResources } from "../../declarations.ts";
import type { AnyObject } from "../../rules.ts";
import type { Struct } from "../../schema.ts";
import { semanticEqual } from "../../semantic-equal.ts";
import { checkFields } from "../declared.ts";
import type { Problems } from "../problems.ts";
import { validateHookRule } from "../webhooks.ts";
import { checkMatchConditions } from "./expressions.ts";

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

/** The part that both kinds of policies have, in upstream's order: how to fail, and which requests. */
export function validatePolicy(schema: Struct, spec: AnyObject, problems: Problems): void {
  checkFields(schema, spec, "spec", ["failurePolicy", "paramKind"], problems);
  if (!spec.matchConstraints) problems.required("spec.matchConstraints");
  else {
    const { resourceRules = [], excludeResourceRules = [] } = spec.matchConstraints;
    const at = "spec.matchConstraints";
    checkFields(MatchResources, spec.matchConstraints, at, ["matchPolicy", "namespaceSelector", "objectSelector"], problems);
    for (const [i, rule] of resourceRules.entries()) validateHookRule(rule, `${at}.resourceRules[${i}]`, problems);
    for (const [i, rule] of excludeResourceRules.entries()) validateHookRule(rule, `${at}.excludeResourceRules[${i}]`, problems);
    if (resourceRules.length === 0) problems.required(`${at}.resourceRules`);
  }
}

/** Conditions that were let through once stay so while neither they nor the kind of parameters change. */
export function checkConditions(spec: AnyObject, before: AnyObject | undefined, problems: Problems): void {
  const isKept = before && semanticEqual(spec.paramKind, before.paramKind) && semanticEqual(spec.matchConditions, before.matchConditions);
  if (!isKept) checkMatchConditions(spec.matchConditions ?? [], spec.paramKind !== undefined, "spec.matchConditions", problems);
}
