/** Which RBAC rules are granted by others already: rules are broken into the smallest ones and compared one by one. */
import type { KObject } from "../../print/values.ts";

export interface PolicyRule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** Single rules of `wanted` that `granted` does not allow. */
export function uncovered(granted: PolicyRule[], wanted: PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(singleRules).filter((single) => !granted.some((rule) => covers(rule, single)));
}

function singleRules(rule: PolicyRule): PolicyRule[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const singles: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const single = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (resourceNames.length === 0) singles.push(single);
        else singles.push(...resourceNames.map((name) => ({ ...single, resourceNames: [name] })));
      }
    }
  }
  for (const url of nonResourceURLs) singles.push(...verbs.map((verb) => ({ verbs: [verb], nonResourceURLs: [url] })));
  return singles;
}

/** `single` has at most one of each. */
function covers(rule: PolicyRule, single: PolicyRule): boolean {
  const all = (owned: string[] | undefined, asked: string[] | undefined, any = true) =>
    (any && owned?.includes("*")) || (asked ?? []).every((item) => owned?.includes(item));
  const names = single.resourceNames?.length
    ? !rule.resourceNames?.length || all(rule.resourceNames, single.resourceNames, false)
    : !rule.resourceNames?.length;
  return Boolean(
    all(rule.verbs, single.verbs) &&
      all(rule.apiGroups, single.apiGroups) &&
      (single.resources ?? []).every((resource) => coversResource(rule.resources ?? [], resource)) &&
      names &&
      (single.nonResourceURLs ?? []).every((url) => (rule.nonResourceURLs ?? []).some((owned) => coversUrl(owned, url))),
  );
}

function coversResource(owned: string[], resource: string): boolean {
  const slash = resource.indexOf("/");
  return owned.includes("*") || owned.includes(resource) || (slash >= 0 && owned.includes(`*/${resource.slice(slash + 1)}`));
}

function coversUrl(owned: string, url: string): boolean {
  return owned === url || (owned.endsWith("*") && url.startsWith(owned.replace(/\*+$/, "")));
}

export interface Subject {
  kind?: string;
  apiGroup?: string;
  name?: string;
  namespace?: string;
}

/** As Go prints such values field by field. */
export function ruleText(rule: PolicyRule): string {
  const list = (items: string[] | undefined) => `[${(items ?? []).join(" ")}]`;
  return `{Verbs:${list(rule.verbs)} APIGroups:${list(rule.apiGroups)} Resources:${list(rule.resources)} ResourceNames:${list(rule.resourceNames)} NonResourceURLs:${list(rule.nonResourceURLs)}}`;
}
export function subjectText(subject: Subject): string {
  const { kind = "", apiGroup = "", name = "", namespace = "" } = subject;
  return `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;
}

/** Subjects of `one` that are not in `other`, each once. */
export function subjectsOnlyIn(one: Subject[], other: Subject[]): Subject[] {
  const there = new Set(other.map(subjectText));
  return one.filter((subject) => !there.has(subjectText(subject)) && there.add(subjectText(subject)));
}

export interface Reconciled {
  object: KObject;
  operation: "none" | "create" | "update" | "recreate";
  /** The live object opted out. */
  protected: boolean;
  missing: string[];
  extra: string[];
}

interface Ways {
  removeExtra: boolean;
}

/** What must be written so that a live role allows what `expected` allows; `live` is undefined when there is none. */
export function reconcileRole(live: KObject | undefined, expected: KObject, { removeExtra }: Ways): Reconciled {
  const wanted = (expected.rules ?? []) as PolicyRule[];
  if (!live) return { object: expected, operation: "create", protected: false, missing: wanted.map(ruleText), extra: [] };
  const { object, changed } = withMetadata(live, expected);
  const had = (live.rules ?? []) as PolicyRule[];
  const bothAggregate = expected.aggregationRule && live.aggregationRule;
  const extra = bothAggregate ? [] : uncovered(wanted, had);
  const missing = uncovered(had, wanted);
  let update = changed;
  if (!removeExtra && missing.length > 0) {
    object.rules = [...had, ...missing];
    update = true;
  } else if (removeExtra && missing.length + extra.length > 0) {
    object.rules = wanted;
    update = true;
  }
  update = reconcileAggregation(object, { live, expected, removeExtra }) || update;
  return {
    object,
    operation: update ? "update" : "none",
    protected: optedOut(live),
    missing: missing.map(ruleText),
    extra: extra.map(ruleText),
  };
}

/** Sets the object's aggregation rule; true when that changed it. */
function reconcileAggregation(object: KObject, at: { live: KObject; expected: KObject } & Ways): boolean {
  const { live, expected, removeExtra } = at;
  if (!expected.aggregationRule) {
    if (!live.aggregationRule) return false;
    delete object.aggregationRule;
    return true;
  }
  const selectors = (rule?: { clusterRoleSelectors?: object[] }) => rule?.clusterRoleSelectors ?? [];
  const key = (selector: object) => JSON.stringify(selector, Object.keys(flatKeys(selector)).sort());
  const only = (one: object[], other: object[]) => one.filter((each) => !other.some((item) => key(item) === key(each)));
  const [wanted, had] = [selectors(expected.aggregationRule), selectors(live.aggregationRule)];
  const missing = live.aggregationRule ? only(wanted, had) : wanted;
  if (!removeExtra && missing.length > 0) object.aggregationRule = { clusterRoleSelectors: [...had, ...missing] };
  else if (removeExtra && (missing.length > 0 || only(had, wanted).length > 0)) object.aggregationRule = expected.aggregationRule;
  else return false;
  return true;
}

/** Every key at any depth, so that two selectors compare whatever the order of their fields. */
function flatKeys(value: unknown, into: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== "object" || value === null) return into;
  for (const [name, item] of Object.entries(value)) {
    into[name] = true;
    flatKeys(item, into);
  }
  return into;
}

export function reconcileBinding(live: KObject | undefined, expected: KObject, { removeExtra }: Ways): Reconciled {
  const wanted = (expected.subjects ?? []) as Subject[];
  if (!live) return { object: expected, operation: "create", protected: false, missing: wanted.map(subjectText), extra: [] };
  const role = (object: KObject) => ["apiGroup", "kind", "name"].map((field) => object.roleRef?.[field] ?? "").join("\n");
  if (role(live) !== role(expected)) return { object: expected, operation: "recreate", protected: optedOut(live), missing: [], extra: [] };
  const { object, changed } = withMetadata(live, expected);
  const had = (live.subjects ?? []) as Subject[];
  const missing = subjectsOnlyIn(wanted, had);
  const extra = subjectsOnlyIn(had, wanted);
  let update = changed;
  if (!removeExtra && missing.length > 0) {
    object.subjects = [...had, ...missing];
    update = true;
  } else if (removeExtra && missing.length + extra.length > 0) {
    object.subjects = wanted;
    update = true;
  }
  return {
    object,
    operation: update ? "update" : "none",
    protected: optedOut(live),
    missing: missing.map(subjectText),
    extra: extra.map(subjectText),
  };
}

const optedOut = (live: KObject) => live.metadata.annotations?.["rbac.authorization.kubernetes.io/autoupdate"] === "false";

/** The live object with the expected labels and annotations; what it has already stays as it is. */
function withMetadata(live: KObject, expected: KObject): { object: KObject; changed: boolean } {
  const metadata = { ...live.metadata };
  let changed = false;
  for (const field of ["annotations", "labels"] as const) {
    const added = Object.keys(expected.metadata[field] ?? {}).filter((key) => live.metadata[field]?.[key] === undefined);
    if (added.length === 0) continue;
    metadata[field] = { ...expected.metadata[field], ...live.metadata[field] };
    changed = true;
  }
  return { object: { ...live, metadata }, changed };
}
