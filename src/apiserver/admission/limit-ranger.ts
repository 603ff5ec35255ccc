/** Limits of a namespace: containers without requests and limits get the defaults, and nobody goes beyond the bounds. */
import { type Container, type LimitRange, type LimitRangeItem, limitranges, type PersistentVolumeClaim, type Pod } from "#api/mod.ts";
import { type Amounts, amounts, podTotals } from "#client/mod.ts";
import { canonicalQuantity, compareQuantity, formatQuantity, milliValue, parseQuantity } from "#codec/mod.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

const annotation = "kubernetes.io/limit-ranger";

export function limitRanger(storage: Storage): AdmissionPlugin {
  const rangesFor = ({ namespace, oldObject }: Attributes) =>
    oldObject?.metadata.deletionTimestamp ? [] : (storage.list(limitranges, namespace) as LimitRange[]);
  return {
    name: "LimitRanger",
    matches: [on("", "pods", "CREATE"), on("", "pods/resize", "UPDATE"), on("", "persistentvolumeclaims", "CREATE", "UPDATE")],
    admit(attributes) {
      if (attributes.resource === "pods") for (const range of rangesFor(attributes)) complete(attributes.object as Pod, range);
    },
    validate(attributes) {
      const { resource, object } = attributes;
      const problemsOf = (item: LimitRangeItem) =>
        resource === "pods" ? podProblems(item, object as Pod) : claimProblems(item, object as PersistentVolumeClaim);
      for (const { spec } of rangesFor(attributes)) {
        const problems = [...new Set((spec?.limits ?? []).flatMap(problemsOf))];
        if (problems.length > 0) throw refused(attributes, problems.length === 1 ? problems[0]! : `[${problems.join(", ")}]`);
      }
    },
  };
}

function complete(pod: Pod, { spec }: LimitRange): void {
  const items = (spec?.limits ?? []).filter(({ type }) => type === "Container");
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest)) as Record<string, string>;
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Record<string, string>;
  const said = [
    ...(pod.spec?.containers ?? []).flatMap((container) => completeOne(container, "container", requests, limits)),
    ...(pod.spec?.initContainers ?? []).flatMap((container) => completeOne(container, "init container", requests, limits)),
  ];
  if (said.length > 0)
    pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join("; ")}` };
}

type Texts = Record<string, string>;

function completeOne(container: Container, kind: string, requests: Texts, limits: Texts): string[] {
  const said: string[] = [];
  for (const [of, what, defaults] of [
    ["requests", "request", requests],
    ["limits", "limit", limits],
  ] as const) {
    const own: Texts = container.resources?.[of] ?? {};
    const names = Object.keys(defaults).filter((name) => own[name] === undefined);
    if (names.length === 0) continue;
    container.resources = { ...container.resources, [of]: { ...defaults, ...own } };
    said.push(`${names.sort().join(", ")} ${what} for ${kind} ${container.name}`);
  }
  return said;
}

function podProblems(item: LimitRangeItem, pod: Pod): string[] {
  if (item.type === "Container")
    return [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])].flatMap(({ resources }) =>
      problems(item, amounts(resources?.requests), amounts(resources?.limits)),
    );
  return item.type === "Pod" ? problems(item, podTotals(pod, "requests"), podTotals(pod, "limits")) : [];
}

/** Only requests count: a claim has no limits. */
function claimProblems(item: LimitRangeItem, { spec }: PersistentVolumeClaim): string[] {
  if (item.type !== "PersistentVolumeClaim") return [];
  const requests = amounts(spec?.resources?.requests);
  return [
    ...each(item.min, (name, bound) => tooLittle(item, name, bound, requests, new Map())),
    ...each(item.max, (name, bound) => {
      const request = requests.get(name);
      const rule = `maximum ${name} usage per ${item.type} is ${bound}`;
      if (!request) return `${rule}.  No request is specified`;
      return compareQuantity(request, parseQuantity(bound)) > 0 ? `${rule}, but request is ${formatQuantity(request)}` : undefined;
    }),
  ];
}

function problems(item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [
    ...each(item.min, (name, bound) => tooLittle(item, name, bound, requests, limits)),
    ...each(item.max, (name, bound) => tooMuch(item, name, bound, requests, limits)),
    ...each(item.maxLimitRequestRatio, (name, bound) => tooUneven(item, name, bound, requests, limits)),
  ];
}

function each(bounds: Texts | undefined, problem: (name: string, bound: string) => string | undefined): string[] {
  return Object.entries(bounds ?? {}).flatMap(([name, bound]) => problem(name, canonicalQuantity(bound)) ?? []);
}

function tooLittle({ type }: LimitRangeItem, name: string, bound: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit, least] = [requests.get(name), limits.get(name), parseQuantity(bound)];
  const rule = `minimum ${name} usage per ${type} is ${bound}`;
  if (!request) return `${rule}.  No request is specified`;
  if (compareQuantity(request, least) < 0) return `${rule}, but request is ${formatQuantity(request)}`;
  return limit && compareQuantity(limit, least) < 0 ? `${rule}, but limit is ${formatQuantity(limit)}` : undefined;
}

function tooMuch({ type }: LimitRangeItem, name: string, bound: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit, most] = [requests.get(name), limits.get(name), parseQuantity(bound)];
  const rule = `maximum ${name} usage per ${type} is ${bound}`;
  if (!limit) return `${rule}.  No limit is specified`;
  if (compareQuantity(limit, most) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`;
  return request && compareQuantity(request, most) > 0 ? `${rule}, but request is ${formatQuantity(request)}` : undefined;
}

function tooUneven({ type }: LimitRangeItem, name: string, bound: string, requests: Amounts, limits: Amounts): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const rule = `${name} max limit to request ratio per ${type} is ${bound}`;
  if (!request || request.nanos === 0n) return `${rule}, but no request is specified or request is 0`;
  if (!limit || limit.nanos === 0n) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = milliValue(limit) / milliValue(request);
  return ratio * 1000 > milliValue(parseQuantity(bound)) ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
