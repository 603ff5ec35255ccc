/** What admission policies and their bindings share. */

import { checkDns1035Label, checkDns1123Subdomain, checkPathSegment } from "#codec/mod.ts";
import type { MutatingAdmissionPolicy } from "../../admissionregistration/mutating-admission-policy.ts";
import type { MutatingAdmissionPolicyBinding } from "../../admissionregistration/mutating-admission-policy-binding.ts";
import type { ValidatingAdmissionPolicy } from "../../admissionregistration/validating-admission-policy.ts";
import type { ValidatingAdmissionPolicyBinding } from "../../admissionregistration/validating-admission-policy-binding.ts";
import type { MatchResources } from "../../declarations.ts";
import type { AnyObject } from "../../rules.ts";
import { semanticEqual } from "../../semantic-equal.ts";
import { subdomainName, validateObjectMeta } from "../object-meta.ts";
import { oneOfOrAbsent, validateLabelSelector } from "../primitives.ts";
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
}

export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
}

/** Of what is deleted nothing can be changed. */
export const mutable = ["*", "CONNECT", "CREATE", "UPDATE"];

/** The part that both kinds of policies have, in upstream's order: how to fail, and which requests. */
export function validatePolicy({ metadata, spec = {} }: AnyObject, problems: Problems): void {
  validateObjectMeta(metadata, { namespaced: false, name: subdomainName }, problems);
  const { failurePolicy, paramKind, matchConstraints } = spec;
  if (failurePolicy === undefined) problems.required("spec.failurePolicy");
  else oneOfOrAbsent(failurePolicy, ["Fail", "Ignore"], "spec.failurePolicy", problems);
  if (paramKind) validateParamKind(paramKind, "spec.paramKind", problems);
  if (!matchConstraints) return problems.required("spec.matchConstraints");
  validateMatchResources(matchConstraints, "spec.matchConstraints", problems);
  if (!matchConstraints.resourceRules?.length) problems.required("spec.matchConstraints.resourceRules");
}

export function validateMatchResources(match: AnyObject, at: string, problems: Problems): void {
  if (match.matchPolicy === undefined) problems.required(`${at}.matchPolicy`);
  else oneOfOrAbsent(match.matchPolicy, ["Equivalent", "Exact"], `${at}.matchPolicy`, problems);
  for (const key of ["namespaceSelector", "objectSelector"])
    if (match[key]) validateLabelSelector(match[key], `${at}.${key}`, problems);
    else problems.required(`${at}.${key}`);
  for (const key of ["resourceRules", "excludeResourceRules"])
    for (const [i, rule] of (match[key] ?? []).entries()) {
      const names: string[] = rule.resourceNames ?? [];
      for (const [n, name] of names.entries()) {
        problems.invalids(`${at}.${key}[${i}].resourceNames[${n}]`, name, checkPathSegment(name));
        if (names.indexOf(name) < n) problems.duplicate(`${at}.${key}[${i}].resourceNames[${n}]`, name);
      }
      validateHookRule(rule, `${at}.${key}[${i}]`, problems);
    }
}

function validateParamKind({ apiVersion = "", kind = "" }: AnyObject, at: string, problems: Problems): void {
  const where = `${at}.apiVersion`;
  const parts: string[] = apiVersion === "/" ? ["", ""] : apiVersion.split("/");
  const [group, version] = parts.length > 1 ? parts : ["", parts[0]];
  const told = (value: string, texts: string[]) => texts.length > 0 && problems.invalid(where, value, texts.join(","));
  if (apiVersion === "") problems.required(where);
  else if (parts.length > 2) problems.invalid(where, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    if (group) told(group, checkDns1123Subdomain(group));
    if (version) told(version, checkDns1035Label(version));
    else problems.invalid(where, apiVersion, "version must be specified");
  }
  const texts = checkDns1035Label(kind.toLowerCase());
  if (kind === "") problems.required(`${at}.kind`);
  else if (texts.length > 0) problems.invalid(`${at}.kind`, kind, `may have mixed case, but should otherwise match: ${texts.join(", ")}`);
}

/** Conditions that were let through once stay so while neither they nor the kind of parameters change. */
export function checkConditions(spec: AnyObject, before: AnyObject | undefined, problems: Problems): void {
  const isKept = before && semanticEqual(spec.paramKind, before.paramKind) && semanticEqual(spec.matchConditions, before.matchConditions);
  if (!isKept) checkMatchConditions(spec.matchConditions ?? [], spec.paramKind !== undefined, "spec.matchConditions", problems);
}
