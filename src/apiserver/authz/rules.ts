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
  return matchesResource(rule.resources ?? [], info.resource, info.subresource) && (names.length === 0 || names.includes(info.name));
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
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

/** What of `wanted` is not covered by `owned`, broken down to single permissions: nobody may hand out what they do not have. */
export function missing(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted
    .flatMap(breakDown)
    .filter((single) => !owned.some((own) => coversSingle(own, single)))
    .map(({ verb, group, resource, name, url }) => ({
      verbs: [verb],
      ...(group === undefined ? {} : { apiGroups: [group] }),
      ...(resource === undefined ? {} : { resources: [resource] }),
      ...(name === undefined ? {} : { resourceNames: [name] }),
      ...(url === undefined ? {} : { nonResourceURLs: [url] }),
    }));
}

/** Rules as upstream prints them: verbs of one resource together, lines sorted. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const together = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([
      rule.apiGroups,
      rule.resources,
      rule.resourceNames,
      rule.nonResourceURLs,
      rule.nonResourceURLs && rule.verbs,
    ]);
    const known = together.get(key);
    if (known) known.verbs = [...(known.verbs ?? []), ...(rule.verbs ?? [])];
    else together.set(key, { ...rule });
  }
  const lines = [...together.values()].map(({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }) => {
    const parts = Object.entries({
      APIGroups: apiGroups,
      Resources: resources,
      NonResourceURLs: nonResourceURLs,
      ResourceNames: resourceNames,
      Verbs: verbs,
    });
    const texts = parts
      .filter(([, list]) => list?.length)
      .map(([name, list]) => `${name}:[${list!.map((item) => JSON.stringify(item)).join(" ")}]`);
    return `{${texts.join(", ")}}`;
  });
  return [...new Set(lines)].sort();
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
  for (const group of rule.apiGroups ?? [])
    for (const resource of rule.resources ?? [])
      for (const verb of rule.verbs ?? [])
        for (const name of rule.resourceNames?.length ? rule.resourceNames : [undefined])
          out.push({ verb, group, resource, ...(name === undefined ? {} : { name }) });
  for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs ?? []) out.push({ verb, url });
  return out;
}

function coversSingle(own: PolicyRule, single: Single): boolean {
  if (!has(own.verbs, single.verb)) return false;
  if (single.url !== undefined)
    return (own.nonResourceURLs ?? []).some((pattern) => pattern === single.url || matchesUrl(pattern, single.url!));
  if (!has(own.apiGroups, single.group!)) return false;
  const wanted = single.resource!;
  const slash = wanted.indexOf("/");
  const [resource, subresource] = slash < 0 ? [wanted, ""] : [wanted.slice(0, slash), wanted.slice(slash + 1)];
  const covered = own.resources?.includes(wanted) || matchesResource(own.resources ?? [], resource, subresource);
  return covered === true && (!own.resourceNames?.length || (single.name !== undefined && own.resourceNames.includes(single.name)));
}
