/** The audit policy: which requests are recorded, how much of them, and at which stages. */
import { type ConfigKind, type Infer, Problems, readConfig, schema, throwAll } from "#api/mod.ts";
import { checkDns1123Subdomain } from "#codec/mod.ts";
import type { RequestInfo, User } from "../contract.ts";

export type Level = "None" | "Metadata" | "Request" | "RequestResponse";
export type Stage = "RequestReceived" | "ResponseStarted" | "ResponseComplete" | "Panic";

/** What is recorded of one request. */
export interface Ruling {
  level: Level;
  omitStages: ReadonlySet<string>;
  omitManagedFields: boolean;
}

const { bool, kind, list, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.audit.v1.${name}`;

const GroupResources = struct(at("GroupResources"), "Resources of a group.", {
  group: string(0, { doc: "The group; empty for the core group, * for all." }),
  resources: list(string, 0, { doc: "pods, pods/log, pods/*, */scale, *; all when empty." }),
  resourceNames: list(string, 0, { doc: "Names of objects; all when empty." }),
});

const PolicyRule = struct(at("PolicyRule"), "Which requests, and what of them.", {
  level: string(0, { goType: "v1.Level", doc: "None, Metadata, Request or RequestResponse." }),
  users: list(string, 0, { doc: "By whom; anybody when empty." }),
  userGroups: list(string, 0, { doc: "By members of which groups; anybody when empty." }),
  verbs: list(string, 0, { doc: "Any when empty." }),
  resources: list(GroupResources, 0, { doc: "Of which resources; all when empty." }),
  namespaces: list(string, 0, { doc: "In which namespaces; all when empty, and the empty one for what has none." }),
  nonResourceURLs: list(string, 0, { doc: "Paths that are no resources; a * may end them." }),
  omitStages: list(string, 0, { goType: "v1.Stage", doc: "Stages that are not recorded." }),
  omitManagedFields: bool(0, { pointer: true, doc: "Whether objects are recorded without their managed fields." }),
});

const Metadata = struct("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "Its name, for people.", {
  name: string(0, { doc: "The name." }),
  creationTimestamp: string(0, { doc: "As tools write it: null." }),
});

const Policy = kind(at("Policy"), "What is recorded: the first rule that a request matches decides.", {
  metadata: ref(Metadata, 0, { doc: "Its name, for people." }),
  rules: list(PolicyRule, 0, { doc: "In order." }),
  omitStages: list(string, 0, { goType: "v1.Stage", doc: "Stages that no rule records." }),
  omitManagedFields: bool(0, { doc: "Whether objects are recorded without their managed fields, where the rule does not say." }),
});

const policyKind: ConfigKind<typeof Policy> = { kind: "Policy", versions: ["audit.k8s.io/v1"], schema: Policy };
type PolicyRule = Infer<typeof PolicyRule>;

const levels: readonly string[] = ["None", "Metadata", "Request", "RequestResponse"] satisfies Level[];
const stages: readonly string[] = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] satisfies Stage[];

export type Judge = (user: User | undefined, info: RequestInfo) => Ruling;

/** Throws what is wrong with the policy; `lenient` is told of words that mean nothing, which upstream passes over. */
export function readPolicy(text: string, lenient: (problem: string) => void): Judge {
  const policy = readConfig(text, policyKind, lenient);
  const problems = new Problems();
  checkStages(policy.omitStages, "omitStages", problems);
  for (const [i, rule] of (policy.rules ?? []).entries()) checkRule(rule, `rules[${i}]`, problems);
  throwAll(problems);
  if (!policy.rules?.length) throw new Error("loaded illegal policy with 0 rules");
  const { omitStages = [], omitManagedFields = false } = policy;
  const rules = policy.rules.map((rule) => ({
    rule,
    ruling: {
      level: rule.level as Level,
      omitStages: new Set([...omitStages, ...(rule.omitStages ?? [])]),
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
    },
  }));
  const otherwise: Ruling = { level: "None", omitStages: new Set(omitStages), omitManagedFields };
  return (user, info) => rules.find(({ rule }) => matches(rule, user, info))?.ruling ?? otherwise;
}

function checkRule(rule: PolicyRule, here: string, problems: Problems): void {
  const { level = "", nonResourceURLs = [], resources = [], namespaces = [] } = rule;
  if (level === "") problems.required(`${here}.level`);
  else if (!levels.includes(level)) problems.notSupported(`${here}.level`, level, levels);
  for (const [i, url] of nonResourceURLs.entries()) {
    const place = `${here}.nonResourceURLs[${i}]`;
    if (url === "*") continue;
    if (!url.startsWith("/")) problems.invalid(place, url, "non-resource URL rules must begin with a '/' character");
    if (url.slice(0, -1).includes("*"))
      problems.invalid(place, url, "non-resource URL wildcards '*' must be the final character of the rule");
  }
  for (const { group = "", resources: names = [], resourceNames = [] } of resources) {
    const place = `${here}.resources`;
    const wrong = group === "" || group === "*" ? [] : checkDns1123Subdomain(group);
    if (wrong.length > 0) problems.invalid(`${place}.group`, group, wrong.join(","));
    if (resourceNames.length > 0 && names.length === 0)
      problems.invalid(`${place}.resourceNames`, resourceNames, "using resourceNames requires at least one resource");
  }
  checkStages(rule.omitStages, `${here}.omitStages`, problems);
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0))
    problems.invalid(`${here}.nonResourceURLs`, nonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs");
}

function checkStages(given: readonly string[] | undefined, here: string, problems: Problems): void {
  for (const [i, stage] of (given ?? []).entries())
    if (!stages.includes(stage)) problems.invalid(`${here}[${i}]`, stage, `allowed stages are ${stages.join(",")}`);
}

function matches(rule: PolicyRule, user: User | undefined, info: RequestInfo): boolean {
  const { users, userGroups, verbs, namespaces, resources, nonResourceURLs } = rule;
  if (users?.length && !(user && users.includes(user.name))) return false;
  if (userGroups?.length && !user?.groups.some((group) => userGroups.includes(group))) return false;
  if (verbs?.length && !verbs.includes(info.verb)) return false;
  if (namespaces?.length || resources?.length) return matchesResource(rule, info);
  if (nonResourceURLs?.length) return !info.isResource && nonResourceURLs.some((spec) => matchesPath(info.path, spec));
  return true;
}

const matchesPath = (path: string, spec: string): boolean =>
  spec === "*" || spec === path || (spec.endsWith("*") && path.startsWith(spec.replace(/\*+$/, "")));

function matchesResource({ namespaces, resources }: PolicyRule, info: RequestInfo): boolean {
  if (!info.isResource) return false;
  if (namespaces?.length && !namespaces.includes(info.namespace)) return false;
  if (!resources?.length) return true;
  const { resource, subresource, name } = info;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  const isMeant = (one: string) =>
    one === whole ||
    one === "*" ||
    (subresource !== "" && one === `*/${subresource}`) ||
    (one.endsWith("/*") && one.slice(0, -2) === resource);
  return resources.some(
    ({ group = "", resources: names = [], resourceNames = [] }) =>
      (group === info.group || group === "*") &&
      (names.length === 0 || ((resourceNames.length === 0 || resourceNames.includes(name)) && names.some(isMeant))),
  );
}
