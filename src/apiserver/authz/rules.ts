/** Whether RBAC rules allow a request: pure. */
import type { PolicyRule } from "#api/mod.ts";
import type { RequestInfo } from "../contract.ts";

export function rulesAllow(rules: readonly PolicyRule[], info: RequestInfo): boolean {
  return rules.some((rule) => ruleAllows(rule, info));
}

export function ruleAllows(rule: PolicyRule, info: RequestInfo): boolean {
  if (!has(rule.verbs, info.verb)) return false;
  if (!info.isResource) return (rule.nonResourceURLs ?? []).some((pattern) => matchesUrl(pattern, info.path));
  if (!has(rule.apiGroups, info.group)) return false;
  const names = rule.resourceNames ?? [];
  return (
    matchesResource(rule.resources ?? [], info.resource, info.subresource) &&
    (names.length === 0 || (info.name !== "" && names.includes(info.name)))
  );
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes("*"));
}

function matchesResource(resources: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource ? `${resource}/${subresource}` : resource;
  return resources.some((each) => each === "*" || each === full || (subresource !== "" && each === `*/${subresource}`));
}

function matchesUrl(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.slice(0, -1));
}

/** True when `owned` covers every single permission of `wanted`: nobody may hand out what they do not have. */
export function covers(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): boolean {
  return wanted.every((rule) => breakDown(rule).every((single) => owned.some((own) => coversSingle(own, single))));
}

interface Single {
  verb: string;
  group?: string;
  resource?: string;
  name?: string;
  url?: string;
}

function breakDown(rule: PolicyRule): Single[] {
  const out: Single[] = [];
  for (const verb of rule.verbs ?? []) {
    for (const url of rule.nonResourceURLs ?? []) out.push({ verb, url });
    for (const group of rule.apiGroups ?? [])
      for (const resource of rule.resources ?? [])
        for (const name of rule.resourceNames?.length ? rule.resourceNames : [undefined])
          out.push({ verb, group, resource, ...(name === undefined ? {} : { name }) });
  }
  return out;
}

function coversSingle(own: PolicyRule, single: Single): boolean {
  if (!has(own.verbs, single.verb)) return false;
  if (single.url !== undefined)
    return (own.nonResourceURLs ?? []).some((pattern) => pattern === single.url || matchesUrl(pattern, single.url!));
  if (!has(own.apiGroups, single.group!)) return false;
  const [resource = "", subresource = ""] = single.resource!.split("/");
  const covered = own.resources?.includes(single.resource!) || matchesResource(own.resources ?? [], resource, subresource);
  return covered === true && (!own.resourceNames?.length || (single.name !== undefined && own.resourceNames.includes(single.name)));
}
