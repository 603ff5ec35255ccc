/** Holds pods to the security level that the labels of their namespace ask for: refuses, warns, or notes it for the audit. */
import { type Namespace, namespaces, type ObjectMeta, type Pod, type PodSpec, pods } from "#api/mod.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { type FieldProblem, forbidden, invalid } from "../request/errors.ts";
import { type Level, newestMinor, violations } from "./pod-security-checks.ts";

interface Standard {
  level: Level;
  /** A minor version, or undefined for the latest. */
  minor: number | undefined;
}

interface Policy {
  enforce: Standard;
  audit: Standard;
  warn: Standard;
}

export interface PodSecurityConfig {
  /** Where the labels of a namespace say nothing. */
  defaults: Policy;
  /** Who is not held to anything. */
  exempt: Readonly<Record<"users" | "namespaces" | "runtimeClasses", ReadonlySet<string>>>;
}

const privileged: Standard = { level: "privileged", minor: undefined };
const usual: PodSecurityConfig = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exempt: { users: new Set(), namespaces: new Set(), runtimeClasses: new Set() },
};

const prefix = "pod-security.kubernetes.io/";
const levels: Level[] = ["privileged", "baseline", "restricted"];
const mostPods = 3000;
const ignored = new Set(["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"]);
/** Where each kind of controller keeps the template of its pods. */
const templates: Record<string, (spec: Record<string, unknown>) => unknown> = {
  podtemplates: (object) => object.template,
  replicationcontrollers: templateOf,
  "daemonsets.apps": templateOf,
  "deployments.apps": templateOf,
  "replicasets.apps": templateOf,
  "statefulsets.apps": templateOf,
  "jobs.batch": templateOf,
  "cronjobs.batch": (object) => templateOf((object.spec as { jobTemplate?: Record<string, unknown> })?.jobTemplate ?? {}),
};

function templateOf(object: Record<string, unknown>): unknown {
  return (object.spec as { template?: unknown } | undefined)?.template;
}

const keyOf = ({ group, resource }: Attributes) => (group ? `${resource}.${group}` : resource);
const textOf = ({ level, minor }: Standard) => `${level}:${minor === undefined ? "latest" : `v1.${minor}`}`;

export function podSecurity(storage: Storage, config: PodSecurityConfig = usual): AdmissionPlugin {
  const policyIn = (namespace: string) =>
    policyOf(storage.get(namespaces, { name: namespace })?.metadata.labels ?? {}, config.defaults).policy;
  const isExempt = ({ namespace, user, annotate }: Attributes, { runtimeClassName = "" }: PodSpec): boolean => {
    const { users, namespaces: spaces, runtimeClasses } = config.exempt;
    const by = spaces.has(namespace)
      ? "namespace"
      : users.has(user.name)
        ? "user"
        : runtimeClasses.has(runtimeClassName)
          ? "runtimeClass"
          : "";
    if (by !== "") annotate("pod-security.kubernetes.io/exempt", by);
    return by !== "";
  };
  return {
    name: "PodSecurity",
    matches: [
      { apiGroups: [""], resources: ["namespaces", "pods/*", "replicationcontrollers", "podtemplates"], operations: ["CREATE", "UPDATE"] },
      { apiGroups: ["apps", "batch"], resources: ["*"], operations: ["CREATE", "UPDATE"] },
    ],
    validate(attributes) {
      const { group, resource, subresource, object, oldObject, operation, namespace } = attributes;
      if (resource === "namespaces" && group === "") {
        return checkNamespace(attributes, storage, config);
      }
      if (resource === "pods" && group === "") {
        if (ignored.has(subresource)) return;
        if (operation === "UPDATE" && !isSignificant(object as Pod, oldObject as Pod)) return;
        const pod = object as Pod;
        if (isExempt(attributes, pod.spec ?? {})) return;
        return evaluate(attributes, policyIn(namespace), pod.metadata, pod.spec ?? {}, true);
      }
      if (!(keyOf(attributes) in templates)) return;
      const policy = policyIn(namespace);
      if (policy.warn.level === "privileged" && policy.audit.level === "privileged") return;
      const template = templates[keyOf(attributes)]?.(object as unknown as Record<string, unknown>) as
        | { metadata?: ObjectMeta; spec?: PodSpec }
        | undefined;
      if (template?.spec && !isExempt(attributes, template.spec))
        evaluate(attributes, policy, template.metadata ?? {}, template.spec, false);
    },
  };
}

function evaluate(attributes: Attributes, policy: Policy, metadata: ObjectMeta, spec: PodSpec, enforce: boolean): void {
  const detailOf = (standard: Standard) => describe(standard, metadata, spec);
  if (enforce) attributes.annotate("pod-security.kubernetes.io/enforce-policy", textOf(policy.enforce));
  const audited = detailOf(policy.audit);
  if (audited)
    attributes.annotate("pod-security.kubernetes.io/audit-violations", `would violate PodSecurity "${textOf(policy.audit)}": ${audited}`);
  const violated = enforce && detailOf(policy.enforce);
  if (violated) {
    const { group, resource } = attributes;
    const name = attributes.name || (attributes.object?.metadata.name ?? "");
    throw forbidden({ group, resource }, name, `violates PodSecurity "${textOf(policy.enforce)}": ${violated}`);
  }
  const warned = detailOf(policy.warn);
  if (warned) attributes.warn(`would violate PodSecurity "${textOf(policy.warn)}": ${warned}`);
}

function describe({ level, minor }: Standard, metadata: ObjectMeta, spec: PodSpec): string {
  return violations(level, minor ?? newestMinor, metadata, spec)
    .map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason))
    .join(", ");
}

/** Only images may change in a way that matters: everything else that the checks read is immutable. */
function isSignificant(pod: Pod, before: Pod): boolean {
  for (const field of ["containers", "initContainers"] as const) {
    const [now, then] = [pod.spec?.[field] ?? [], before.spec?.[field] ?? []];
    if (now.length !== then.length || now.some(({ image }, i) => image !== then[i]?.image)) return true;
  }
  const then = new Map((before.spec?.ephemeralContainers ?? []).map(({ name, image }) => [name, image]));
  return (pod.spec?.ephemeralContainers ?? []).some(({ name, image }) => then.get(name) !== image);
}

/** The level, or what is wrong with it. */
export const readLevel = (text: string): Level | { why: string } =>
  levels.includes(text as Level) ? (text as Level) : { why: `must be one of ${levels.join(", ")}` };

/** The minor version, undefined for the latest, or what is wrong with it. */
export function readMinor(text: string): number | undefined | { why: string } {
  if (text === "latest") return undefined;
  const minor = /^v1\.(\d|[1-9]\d*)$/.exec(text)?.[1];
  return minor === undefined ? { why: 'must be "latest" or "v1.x"' } : Number(minor);
}

export function policyOf(labels: Record<string, string>, defaults: Policy = usual.defaults): { policy: Policy; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const refuse = (label: string, value: string, why: string) => {
    const field = `metadata.labels[${label}]`;
    const body = `Invalid value: ${JSON.stringify(value)}: ${why}`;
    problems.push({ type: "FieldValueInvalid", field, message: `${field}: ${body}`, body });
  };
  const read = (mode: "enforce" | "audit" | "warn"): Standard => {
    const standard: Standard = { ...defaults[mode] };
    const level = labels[prefix + mode];
    if (level !== undefined) {
      const found = readLevel(level);
      // What enforces nothing closes, what only tells opens.
      standard.level = typeof found === "string" ? found : mode === "enforce" ? "restricted" : "privileged";
      if (typeof found === "object") refuse(prefix + mode, level, found.why);
    }
    const version = labels[`${prefix}${mode}-version`];
    if (version !== undefined) {
      const found = readMinor(version);
      standard.minor = typeof found === "object" ? undefined : found;
      if (typeof found === "object") refuse(`${prefix}${mode}-version`, version, found.why);
    }
    return standard;
  };
  const [enforce, audit, warn] = [read("enforce"), read("audit"), read("warn")];
  const isStricter = levels.indexOf(enforce.level) > levels.indexOf(warn.level);
  if (labels[`${prefix}warn`] === undefined && levels.includes(labels[`${prefix}enforce`] as Level) && isStricter) {
    warn.level = enforce.level;
    if (labels[`${prefix}warn-version`] === undefined) warn.minor = enforce.minor;
  }
  return { policy: { enforce, audit, warn }, problems };
}

function checkNamespace(
  { object, oldObject, operation, warn }: Attributes,
  storage: Storage,
  { defaults, exempt }: PodSecurityConfig,
): void {
  const namespace = object as Namespace;
  const name = namespace.metadata.name ?? "";
  const next = policyOf(namespace.metadata.labels ?? {}, defaults);
  const before = policyOf((oldObject as Namespace | undefined)?.metadata.labels ?? {}, defaults);
  if (next.problems.length && (operation === "CREATE" || JSON.stringify(next.problems) !== JSON.stringify(before.problems)))
    throw invalid({ group: "", resource: "Namespace" }, name, next.problems);
  const ignored = exempt.namespaces.has(name) ? ignoredWarning(name, next.policy, namespace.metadata.labels ?? {}, defaults) : undefined;
  if (operation === "CREATE") {
    if (ignored) warn(ignored);
    return;
  }
  const [to, from] = [next.policy.enforce, before.policy.enforce];
  if (textOf(to) === textOf(from) || to.level === "privileged") return;
  if (to.minor === from.minor && levels.indexOf(to.level) <= levels.indexOf(from.level)) return;
  if (exempt.namespaces.has(name)) {
    if (ignored) warn(ignored);
    return;
  }
  for (const text of warningsFor(name, to, storage.list(pods, name) as Pod[])) warn(text);
}

const modes = ["enforce", "audit", "warn"] as const;

/** What labels of an exempt namespace say in vain. */
function ignoredWarning(name: string, policy: Policy, labels: Record<string, string>, defaults: Policy): string | undefined {
  const isUsual = modes.every((mode) => textOf(policy[mode]) === textOf(defaults[mode]));
  if (isUsual || modes.every((mode) => policy[mode].level === "privileged")) return undefined;
  const said = modes
    .filter((mode) => policy[mode].level !== "privileged" && (labels[prefix + mode] ?? labels[`${prefix}${mode}-version`]) !== undefined)
    .map((mode) => `${mode}=${textOf(policy[mode])}`);
  return `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${said.join(", ")}) will be ignored`;
}

function warningsFor(namespace: string, standard: Standard, all: Pod[]): string[] {
  const found = new Map<string, string[]>();
  for (const pod of oneOfEachOwnerFirst(all).slice(0, mostPods)) {
    const reasons = violations(standard.level, standard.minor ?? newestMinor, pod.metadata, pod.spec ?? {}).map(({ reason }) => reason);
    if (reasons.length === 0) continue;
    const reason = reasons.join(", ");
    found.set(reason, [...(found.get(reason) ?? []), pod.metadata.name ?? ""].sort());
  }
  const out: string[] = [];
  if (all.length > mostPods)
    out.push(`new PodSecurity enforce level only checked against the first ${mostPods} of ${all.length} existing pods`);
  if (found.size === 0) return out;
  out.push(`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${textOf(standard)}"`);
  const lines = [...found].map(([reason, [first, ...others]]) => {
    if (others.length === 0) return `${first}: ${reason}`;
    return `${first} (and ${others.length} other ${others.length === 1 ? "pod" : "pods"}): ${reason}`;
  });
  return [...out, ...lines.sort()];
}

function oneOfEachOwnerFirst(all: Pod[]): Pod[] {
  const seen = new Set<string>();
  const [first, later]: [Pod[], Pod[]] = [[], []];
  for (const pod of all) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid;
    if (owner !== undefined && seen.has(owner)) later.push(pod);
    else first.push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...later];
}
