/** Bindings of admission policies: which policy, with what parameters, for which requests. */
import { checkPathSegment } from "#codec/mod.ts";
import type { AnyObject } from "../../rules.ts";
import { subdomainName, validateObjectMeta } from "../object-meta.ts";
import { dnsSubdomain, validateLabelSelector } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { mutable, validateMatchResources } from "./policies.ts";

export function validateBinding(kind: "Validating" | "Mutating") {
  return ({ metadata, spec = {} }: AnyObject, problems: Problems): void => {
    validateObjectMeta(metadata, { namespaced: false, name: subdomainName }, problems);
    if (spec.policyName) dnsSubdomain(spec.policyName, "spec.policyName", problems);
    else problems.required("spec.policyName");
    if (spec.paramRef) validateParamRef(spec.paramRef, "spec.paramRef", problems);
    if (spec.matchResources) validateMatchResources(spec.matchResources, "spec.matchResources", problems);
    if (kind === "Validating") validateActions(spec.validationActions ?? [], "spec.validationActions", problems);
    else
      for (const { operations = [] } of spec.matchResources?.resourceRules ?? [])
        for (const operation of operations)
          if (!mutable.includes(operation)) problems.notSupported("spec.matchResources.resourceRules.operations", operation, mutable);
  };
}

function validateParamRef({ name, selector, parameterNotFoundAction: action }: AnyObject, at: string, problems: Problems): void {
  const exclusive = "name and selector are mutually exclusive";
  if (name) {
    problems.invalids(`${at}.name`, name, checkPathSegment(name));
    if (selector) problems.forbidden(`${at}.name`, exclusive);
  }
  validateLabelSelector(selector, `${at}.selector`, problems);
  if (selector && name) problems.forbidden(`${at}.selector`, exclusive);
  if (!name && !selector) problems.required(at, "one of name or selector must be specified");
  if (!action) problems.required(`${at}.parameterNotFoundAction`);
  else if (action !== "Deny" && action !== "Allow") problems.notSupported(`${at}.parameterNotFoundAction`, action, ["Deny", "Allow"]);
}

const actions = ["Audit", "Deny", "Warn"];

function validateActions(given: string[], at: string, problems: Problems): void {
  for (const [i, action] of given.entries()) {
    if (!actions.includes(action)) problems.notSupported(`${at}[${i}]`, action, actions);
    if (given.indexOf(action) < i) problems.duplicate(`${at}[${i}]`, action);
  }
  if (given.includes("Deny") && given.includes("Warn"))
    problems.invalid(
      at,
      given,
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
    );
  if (given.length === 0) problems.required(at, "at least one validation action is required");
}
