/** What the server knows of FlowSchema: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1123Label } from "#codec/mod.ts";
import { checkFields } from "../checks/declared.ts";
import { conditionTypes } from "../checks/kinds/statuses.ts";
import { dnsLabel, dnsSubdomain, internalOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { always, rules } from "../rules.ts";
import { ageOf, nameOf, none } from "../tables/cells.ts";
import type { FlowSchema } from "./flow-schema.ts";
import { FlowSchemaSpec } from "./flow-schema.ts";

export const flowSchemaRules = rules<FlowSchema>({
  ownMeta: "asNew",
  status: () => ({}),
  statusKeeps: "all",
  defaults: ({ spec }: FlowSchema) => {
    if (spec) spec.matchingPrecedence ||= 1000;
  },
  check: {
    ...always(validateFlowSchema),
    sub: { status: ({ status }, _old, problems) => conditionTypes(status?.conditions, "status.conditions", problems) },
  },
  cells: (o, now) => {
    const dangling = (o.status?.conditions ?? []).find((condition: AnyObject) => condition.type === "Dangling");
    return [
      nameOf(o),
      o.spec?.priorityLevelConfiguration?.name ?? "",
      o.spec?.matchingPrecedence ?? 0,
      o.spec?.distinguisherMethod?.type ?? none,
      ageOf(o, now),
      dangling?.status ?? "?",
    ];
  },
});

function validateFlowSchema({ metadata, spec = {} }: AnyObject, problems: Problems): void {
  checkFields(FlowSchemaSpec, spec, "spec", ["matchingPrecedence"], problems);
  if (spec.matchingPrecedence === 1 && metadata.name !== "exempt")
    problems.invalid("spec.matchingPrecedence", 1, "only the schema named 'exempt' may have matchingPrecedence 1");
  const method = spec.distinguisherMethod;
  if (method && !["ByNamespace", "ByUser"].includes(method.type))
    problems.notSupported("spec.distinguisherMethod.type", internalOf({ type: "", ...method }, ["Type"]), ["ByNamespace", "ByUser"]);
  checkFields(FlowSchemaSpec, spec, "spec", ["priorityLevelConfiguration"], problems);
  for (const [i, rule] of (spec.rules ?? []).entries()) {
    const at = `spec.rules[${i}]`;
    const [subjects, resourceRules, nonResourceRules] = ["subjects", "resourceRules", "nonResourceRules"].map((name) => rule[name] ?? []);
    if (subjects.length === 0) problems.required(`${at}.subjects`, "subjects must contain at least one value");
    for (const [s, subject] of subjects.entries()) validateSubject(subject, `${at}.subjects[${s}]`, problems);
    if (resourceRules.length + nonResourceRules.length === 0)
      problems.required(at, "at least one of resourceRules and nonResourceRules has to be non-empty");
    for (const [r, one] of resourceRules.entries()) validateResourceRule(one, `${at}.resourceRules[${r}]`, problems);
    for (const [r, one] of nonResourceRules.entries()) validatePathRule(one, `${at}.nonResourceRules[${r}]`, problems);
  }
}

/** Who is meant stands in the member that the kind names, and in no other. */
const memberOf: Readonly<Record<string, string>> = { Group: "group", ServiceAccount: "serviceAccount", User: "user" };

function validateSubject(subject: AnyObject, at: string, problems: Problems): void {
  const own = memberOf[subject.kind];
  if (!own) return problems.notSupported(`${at}.kind`, subject.kind ?? "", Object.keys(memberOf));
  const named = subject[own];
  const where = `${at}.${own}`;
  if (!named) problems.required(where, `${own} is required when subject kind is '${subject.kind}'`);
  else {
    if (!named.name) problems.required(`${where}.name`);
    else if (own === "serviceAccount" && named.name !== "*") dnsSubdomain(named.name, `${where}.name`, problems);
    if (own === "serviceAccount") {
      if (named.namespace) dnsLabel(named.namespace, `${where}.namespace`, problems);
      else problems.required(`${where}.namespace`, "must specify namespace for service account");
    }
  }
  for (const [kind, member] of [...Object.entries(memberOf)].sort(([a], [b]) => rankOf(a) - rankOf(b)))
    if (member !== own && subject[member])
      problems.forbidden(`${at}.${member}`, `${member} is forbidden when subject kind is not '${kind}'`);
}

/** In which order upstream looks at the members that must not be there. */
const rankOf = (kind: string) => ["ServiceAccount", "User", "Group"].indexOf(kind);

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

function validateVerbs(verbsGiven: string[] | null | undefined, at: string, problems: Problems): void {
  const given = verbsGiven ?? [];
  if (given.length === 0) problems.required(at, "verbs must contain at least one value");
  else if (given.includes("*")) {
    if (given.length > 1) problems.invalid(at, given, "if '*' is present, must not specify other verbs");
  } else if (given.some((verb) => !verbs.includes(verb))) problems.notSupported(at, given, verbs);
}

function validateResourceRule(rule: AnyObject, at: string, problems: Problems): void {
  validateVerbs(rule.verbs, `${at}.verbs`, problems);
  for (const [name, one, many] of [
    ["apiGroups", "api group", "api groups"],
    ["resources", "resource", "resources"],
  ] as const) {
    const given: string[] = rule[name] ?? [];
    if (given.length === 0) problems.required(`${at}.${name}`, `resource rules must supply at least one ${one}`);
    else if (given.length > 1 && given.includes("*"))
      problems.invalid(`${at}.${name}`, given, `if '*' is present, must not specify other ${many}`);
  }
  const namespaces: string[] = rule.namespaces ?? [];
  const where = `${at}.namespaces`;
  if (namespaces.length === 0 && !rule.clusterScope)
    problems.required(where, "resource rules that are not cluster scoped must supply at least one namespace");
  else if (namespaces.includes("*")) {
    if (namespaces.length > 1) problems.invalid(where, namespaces, "if '*' is present, must not specify other namespaces");
  } else
    for (const [i, name] of namespaces.entries())
      for (const text of checkDns1123Label(name))
        problems.invalid(`${where}[${i}]`, name, `each member of this list must be '*' or a DNS-1123 label; ${text}`);
}

function validatePathRule(rule: AnyObject, at: string, problems: Problems): void {
  validateVerbs(rule.verbs, `${at}.verbs`, problems);
  const paths: string[] = rule.nonResourceURLs ?? [];
  const where = `${at}.nonResourceURLs`;
  if (paths.length === 0) problems.required(where, "nonResourceURLs must contain at least one value");
  else if (paths.includes("*")) {
    if (paths.length > 1) problems.invalid(where, paths, "if '*' is present, must not specify other non-resource URLs");
  } else for (const [i, path] of paths.entries()) validatePath(path, `${where}[${i}]`, problems);
}

/** The first thing that is wrong with it. */
function validatePath(path: string, at: string, problems: Problems): void {
  const wrong =
    path === ""
      ? "must not be empty"
      : path === "/"
        ? undefined
        : !path.startsWith("/")
          ? "must start with slash"
          : path.includes(" ")
            ? "must not contain white-space"
            : path.includes("//")
              ? "must not contain double slash"
              : path.includes("*") && (path.indexOf("*") !== path.length - 1 || !path.endsWith("/*"))
                ? "wildcard can only do suffix matching"
                : undefined;
  if (wrong) problems.invalid(at, path, wrong);
}
