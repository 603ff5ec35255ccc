/** What roles share with cluster roles, and their bindings with each other. */
import { checkPathSegment } from "#codec/mod.ts";
import type { ClusterRoleBinding } from "../rbac/cluster-role-binding.ts";
import type { RoleBinding } from "../rbac/role-binding.ts";
import type { AnyObject, Check } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { pathSegmentName, subdomainName, validateObjectMeta } from "./object-meta.ts";
import { selects, validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";

export const group = "rbac.authorization.k8s.io";

export function validateRules(rules: AnyObject[] | undefined, namespaced: boolean, problems: Problems): void {
  for (const [i, rule] of (rules ?? []).entries()) {
    const at = `rules[${i}]`;
    if (!rule.verbs?.length) problems.required(`${at}.verbs`, "verbs must contain at least one value");
    if (rule.nonResourceURLs?.length > 0) {
      if (namespaced) problems.invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
      if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length)
        problems.invalid(
          `${at}.nonResourceURLs`,
          rule.nonResourceURLs,
          "rules cannot apply to both regular resources and non-resource URLs",
        );
      continue;
    }
    if (!rule.apiGroups?.length) problems.required(`${at}.apiGroups`, "resource rules must supply at least one api group");
    if (!rule.resources?.length) problems.required(`${at}.resources`, "resource rules must supply at least one resource");
  }
}

export function roleChecks(namespaced: boolean): Check<AnyObject> {
  const validate = (role: AnyObject, problems: Problems) => {
    validateRules(role.rules, namespaced, problems);
    const selectors: AnyObject[] | undefined = role.aggregationRule?.clusterRoleSelectors;
    if (role.aggregationRule && !selectors?.length)
      problems.required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
    for (const [i, selector] of (selectors ?? []).entries()) {
      const at = `aggregationRule.clusterRoleSelectors[${i}]`;
      validateLabelSelector(selector, at, problems);
      if (selects(selector, {}) === undefined) problems.invalid(at, null, "invalid label selector.");
    }
  };
  return {
    create: validate,
    update(role, _old, problems) {
      validateObjectMeta(role.metadata, { namespaced, name: pathSegmentName, ofKind: true }, problems);
      validate(role, problems);
    },
  };
}

export function bindingChecks(namespaced: boolean): Check<AnyObject> {
  const validate = ({ roleRef = {}, subjects = [] }: AnyObject, problems: Problems) => {
    if (roleRef.apiGroup !== group) problems.notSupported("roleRef.apiGroup", roleRef.apiGroup ?? "", [group]);
    const kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
    if (!kinds.includes(roleRef.kind)) problems.notSupported("roleRef.kind", roleRef.kind ?? "", kinds);
    if (!roleRef.name) problems.required("roleRef.name");
    else problems.invalids("roleRef.name", roleRef.name, checkPathSegment(roleRef.name));
    for (const [i, subject] of subjects.entries()) validateSubject(subject, `subjects[${i}]`, namespaced, problems);
  };
  return {
    create: validate,
    update(binding, old, problems) {
      validateObjectMeta(binding.metadata, { namespaced, name: pathSegmentName, ofKind: true }, problems);
      validate(binding, problems);
      if (!semanticEqual(binding.roleRef, old.roleRef)) {
        const { apiGroup = "", kind = "", name = "" } = binding.roleRef ?? {};
        // As upstream prints its internal type.
        problems.invalid("roleRef", { APIGroup: apiGroup, Kind: kind, Name: name }, "cannot change roleRef");
      }
    },
  };
}

export function validateSubject(subject: AnyObject, at: string, namespaced: boolean, problems: Problems): void {
  const { name = "", kind = "", apiGroup = "", namespace = "" } = subject;
  if (!name) problems.required(`${at}.name`);
  if (kind === "ServiceAccount") {
    if (name) problems.invalids(`${at}.name`, name, subdomainName(name, false));
    if (apiGroup) problems.notSupported(`${at}.apiGroup`, apiGroup, [""]);
    if (!namespaced && !namespace) problems.required(`${at}.namespace`);
  } else if (kind === "User" || kind === "Group") {
    if (apiGroup !== group) problems.notSupported(`${at}.apiGroup`, apiGroup, [group]);
  } else problems.notSupported(`${at}.kind`, kind, ["ServiceAccount", "User", "Group"]);
}

export const rbacApiGroup = "rbac.authorization.k8s.io";

export function defaultBinding({ roleRef, subjects }: RoleBinding | ClusterRoleBinding): void {
  if (roleRef) roleRef.apiGroup ||= rbacApiGroup;
  for (const subject of subjects ?? [])
    if (!subject.apiGroup && (subject.kind === "User" || subject.kind === "Group")) subject.apiGroup = rbacApiGroup;
}
