/** What a pod uses of a quota, the scopes it is within, and what it must say when compute resources are bounded. */
import type { Pod, PodAffinityTerm, ScopedResourceSelectorRequirement } from "#api/mod.ts";
import { qosClassOf } from "#api/mod.ts";
import { checkLabelKey, matchesLabels, parseQuantity } from "#codec/mod.ts";
import { type Amounts, podTotals } from "./pod-totals.ts";

const names = new Set(["pods", ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`])]);
const bounded = ["cpu", "memory", "ephemeral-storage"];
/** Upstream calls it a mistake and keeps it: bounds of these make every container say how much it wants. */
const mustBeSaid = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);
const devices = "deviceclass.resource.kubernetes.io/";

export function podMeasures(name: string): boolean {
  if (names.has(name) || name.startsWith("hugepages-") || name.startsWith("requests.hugepages-")) return true;
  return name.startsWith("requests.") && (!isNative(name) || name.startsWith(`requests.${devices}`));
}

const isNative = (name: string) => !name.includes("/") || name.includes("kubernetes.io/");
const isExtended = (name: string) =>
  name.startsWith(devices) || (!isNative(name) && !name.startsWith("requests.") && checkLabelKey(`requests.${name}`).length === 0);

/** Ended pods use nothing, nor do those that should be gone by now: a lost node must not keep their successors out. */
export function isActivePod({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

export function podUsage(pod: Pod): Amounts {
  return named(podTotals(pod, "requests", { inForce: true }), podTotals(pod, "limits", { inForce: true }));
}

function named(requests: Amounts, limits: Amounts): Amounts {
  const usage: Amounts = new Map([["pods", parseQuantity("1")]]);
  for (const name of bounded) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    if (request) usage.set(name, request).set(`requests.${name}`, request);
    if (limit) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (name.startsWith("hugepages-")) usage.set(name, request);
    if (name.startsWith("hugepages-") || isExtended(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

/** In upstream's words; undefined: all is said. */
export function unsaid(required: readonly string[], { spec }: Pod): string | undefined {
  if (Object.keys(spec?.resources?.requests ?? {}).length > 0 || Object.keys(spec?.resources?.limits ?? {}).length > 0) return undefined;
  const wanted = required.filter((name) => mustBeSaid.has(name)).sort();
  const missing = new Map<string, Set<string>>();
  for (const { name: container = "", resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])])
    for (const name of wanted) {
      const [of, what] = name.startsWith("limits.")
        ? (["limits", name.slice(7)] as const)
        : (["requests", name.replace("requests.", "")] as const);
      if (resources?.[of]?.[what] === undefined) missing.set(name, (missing.get(name) ?? new Set()).add(container));
    }
  if (missing.size === 0) return undefined;
  return `must specify ${[...missing].map(([name, containers]) => `${name} for: ${[...containers].sort().join(",")}`).join("; ")}`;
}

export const isTerminating = ({ spec }: Pod): boolean =>
  spec?.activeDeadlineSeconds !== undefined && Number(spec.activeDeadlineSeconds) >= 0;

export function podFits({ scopeName, operator, values }: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass": {
      const name = pod.spec?.priorityClassName ?? "";
      const selector = { requirements: [{ key: scopeName, operator: operator as "In", values: values ?? [] }] };
      return matchesLabels(selector, name === "" ? {} : { PriorityClass: name });
    }
    case "CrossNamespacePodAffinity":
      return reachesOut(pod);
    default:
      return false;
  }
}

const isBestEffort = ({ spec, status }: Pod) => (status?.qosClass || qosClassOf(spec ?? {})) === "BestEffort";

function reachesOut({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  const terms: (PodAffinityTerm | undefined)[] = [podAffinity, podAntiAffinity].flatMap((each) => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some((term) => term && ((term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined));
}
