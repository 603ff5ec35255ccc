/** Where a pod may run: affinity, tolerations, spreading. */
import { checkDns1123Label, checkDns1123Subdomain, checkLabelValue } from "#codec/mod.ts";
import type { AnyObject } from "../rules.ts";
import { oneOfOrAbsent, positive, qualifiedName, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

export function validateAffinity(affinity: AnyObject | undefined, field: string, problems: Problems): void {
  const node = affinity?.nodeAffinity;
  if (node?.[required]) validateNodeSelector(node[required], `${field}.nodeAffinity.${required}`, problems);
  for (const [i, term] of (node?.[preferred] ?? []).entries()) {
    const at = `${field}.nodeAffinity.${preferred}[${i}]`;
    validateWeight(term.weight, at, problems);
    validateNodeSelectorTerm(term.preference ?? {}, `${at}.preference`, problems, true);
  }
  for (const kind of ["podAffinity", "podAntiAffinity"]) {
    const terms = affinity?.[kind];
    for (const [i, term] of (terms?.[required] ?? []).entries()) validatePodTerm(term, `${field}.${kind}.${required}[${i}]`, problems);
    for (const [i, term] of (terms?.[preferred] ?? []).entries()) {
      const at = `${field}.${kind}.${preferred}[${i}]`;
      validateWeight(term.weight, at, problems);
      validatePodTerm(term.podAffinityTerm ?? {}, `${at}.podAffinityTerm`, problems);
    }
  }
}

function validateWeight(weight: number | undefined, at: string, problems: Problems): void {
  if (!weight || weight < 0 || weight > 100) problems.invalid(`${at}.weight`, weight ?? 0, "must be in the range 1-100");
}

export function validateNodeSelector(selector: AnyObject, field: string, problems: Problems): void {
  const terms: AnyObject[] = selector.nodeSelectorTerms ?? [];
  if (terms.length === 0) return problems.required(`${field}.nodeSelectorTerms`, "must have at least one node selector term");
  for (const [i, term] of terms.entries()) validateNodeSelectorTerm(term, `${field}.nodeSelectorTerms[${i}]`, problems, false);
}

function validateNodeSelectorTerm(term: AnyObject, field: string, problems: Problems, looseValues: boolean): void {
  for (const [i, { key = "", operator = "", values = [] }] of (term.matchExpressions ?? []).entries()) {
    const at = `${field}.matchExpressions[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0) problems.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0) problems.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else if (operator === "Gt" || operator === "Lt") {
      if (values.length !== 1) problems.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    } else problems.invalid(`${at}.operator`, operator, "not a valid selector operator");
    qualifiedName(key, `${at}.key`, problems);
    if (!looseValues) for (const [v, value] of values.entries()) problems.invalids(`${at}.values[${v}]`, value, checkLabelValue(value));
  }
  for (const [i, { key = "", operator = "", values = [] }] of (term.matchFields ?? []).entries()) {
    const at = `${field}.matchFields[${i}]`;
    if (operator === "In" || operator === "NotIn") {
      if (values.length !== 1)
        problems.required(`${at}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    } else problems.invalid(`${at}.operator`, operator, "not a valid selector operator");
    if (key !== "metadata.name") problems.invalid(`${at}.key`, key, "not a valid field selector key");
    else for (const [v, value] of values.entries()) problems.invalids(`${at}.values[${v}]`, value, checkDns1123Subdomain(value));
  }
}

function validatePodTerm(term: AnyObject, field: string, problems: Problems): void {
  validateLabelSelector(term.labelSelector, `${field}.labelSelector`, problems);
  validateLabelSelector(term.namespaceSelector, `${field}.namespaceSelector`, problems);
  for (const name of term.namespaces ?? []) problems.invalids(`${field}.namespace`, name, checkDns1123Label(name));
  validateLabelKeys(term, field, problems);
  if (!term.topologyKey) problems.required(`${field}.topologyKey`, "can not be empty");
  qualifiedName(term.topologyKey ?? "", `${field}.topologyKey`, problems);
}

function validateLabelKeys(term: AnyObject, field: string, problems: Problems): void {
  const mismatch: string[] = term.mismatchLabelKeys ?? [];
  for (const list of ["matchLabelKeys", "mismatchLabelKeys"]) {
    if (!term[list]?.length) continue;
    if (!term.labelSelector) problems.forbidden(`${field}.${list}`, "must not be specified when labelSelector is not set");
    for (const [i, key] of term[list].entries()) {
      qualifiedName(key, `${field}.${list}[${i}]`, problems);
      if (list === "matchLabelKeys" && mismatch.includes(key))
        problems.invalid(`${field}.${list}[${i}]`, key, "exists in both matchLabelKeys and mismatchLabelKeys");
    }
  }
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateTaintEffect(effect: string | undefined, field: string, problems: Problems): void {
  if (!effect) problems.required(field);
  else if (!effects.includes(effect)) problems.notSupported(field, effect, effects);
}

export function validateTolerations(tolerations: AnyObject[] | undefined, field: string, problems: Problems): void {
  for (const [i, { key = "", operator = "", value = "", effect = "", tolerationSeconds }] of (tolerations ?? []).entries()) {
    const at = `${field}[${i}]`;
    if (key) qualifiedName(key, `${at}.key`, problems);
    else if (operator !== "Exists")
      problems.invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      problems.invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (operator === "" || operator === "Equal") {
      const texts = checkLabelValue(value);
      if (texts.length > 0) problems.invalid(`${at}.operator`, value, texts.join(";"));
    } else if (operator === "Exists") {
      if (value) problems.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'");
    } else if (operator === "Lt" || operator === "Gt") problems.notSupported(`${at}.operator`, operator, ["Equal", "Exists", "Lt", "Gt"]);
    else problems.notSupported(`${at}.operator`, operator, ["Equal", "Exists"]);
    if (effect) validateTaintEffect(effect, `${at}.effect`, problems);
  }
}

export function validateTopologySpread(constraints: AnyObject[] | undefined, field: string, problems: Problems): void {
  const list = constraints ?? [];
  for (const [i, constraint] of list.entries()) {
    const at = `${field}[${i}]`;
    const { topologyKey = "", whenUnsatisfiable = "", minDomains } = constraint;
    positive(constraint.maxSkew, `${at}.maxSkew`, problems);
    if (!topologyKey) problems.required(`${at}.topologyKey`, "can not be empty");
    const actions = ["DoNotSchedule", "ScheduleAnyway"];
    if (!actions.includes(whenUnsatisfiable)) problems.notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, actions);
    if (list.slice(i + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable))
      problems.duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`);
    if (minDomains !== undefined) {
      positive(minDomains, `${at}.minDomains`, problems);
      if (whenUnsatisfiable !== "DoNotSchedule")
        problems.invalid(
          `${at}.minDomains`,
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
        );
    }
    for (const key of ["nodeAffinityPolicy", "nodeTaintsPolicy"])
      oneOfOrAbsent(constraint[key], ["Honor", "Ignore"], `${at}.${key}`, problems);
    validateLabelKeys(constraint, at, problems);
    validateLabelSelector(constraint.labelSelector, `${at}.labelSelector`, problems);
  }
}
