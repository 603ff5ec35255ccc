/** Ranges of Service addresses: said to be ready, and kept while addresses would be left without a range. */
import { BlockList, isIP } from "node:net";
import { type IPAddress, ipaddresses, type ServiceCIDR, servicecidrs } from "#api/mod.ts";
import { again, conditionOf, patch, reconciler, type Step, status, timeOf, via, withCondition } from "#client/mod.ts";

const finalizer = "networking.k8s.io/service-cidr-finalizer";
const managedBy = "ipaddress.kubernetes.io/managed-by";
const allocator = "ipallocator.k8s.io";
/** Until every allocator has heard of the deletion. */
const graceMs = 10_000;

export interface SeenRange {
  range: ServiceCIDR;
  all: readonly ServiceCIDR[];
  addresses: readonly IPAddress[];
}

export function planRange({ range, all, addresses }: SeenRange, nowMs: number): Step[] {
  const finalizers = range.metadata.finalizers ?? [];
  if (!range.metadata.deletionTimestamp) {
    const guarded = finalizers.includes(finalizer);
    const ready = { type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" };
    return [
      ...(guarded ? [] : [patch(servicecidrs, range, { metadata: { finalizers: [...finalizers, finalizer] } })]),
      ...said(range, ready, nowMs),
    ];
  }
  if (!finalizers.includes(finalizer)) return [];
  if (!mayGo(range, all, addresses)) {
    const message = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    return said(range, { type: "Ready", status: "False", reason: "Terminating", message }, nowMs);
  }
  const waitMs = (timeOf(range.metadata.deletionTimestamp) ?? 0) + graceMs - nowMs;
  if (waitMs > 0) return [again(waitMs)];
  return [patch(servicecidrs, range, { metadata: { finalizers: finalizers.filter((each) => each !== finalizer) } }, { type: "merge" })];
}

function said(range: ServiceCIDR, condition: { type: string; status: string; reason: string; message: string }, nowMs: number): Step[] {
  const before = conditionOf(range.status?.conditions, condition.type);
  if (before && before.status === condition.status && before.message === condition.message) return [];
  const conditions = withCondition(range.status?.conditions, condition, nowMs);
  const failed = ["KubernetesServiceCIDRError", "The ServiceCIDR Status can not be set to Ready=True"] as const;
  const next = { ...range, status: { ...range.status, conditions } as ServiceCIDR["status"] };
  return [status(servicecidrs, next, condition.status === "True" ? { told: { about: range, failed } } : {})];
}

/** Another range holds all of it, or nothing is in it that no other range holds. */
export function mayGo(range: ServiceCIDR, all: readonly ServiceCIDR[], addresses: readonly IPAddress[]): boolean {
  const others = all.filter(({ metadata }) => metadata.name !== range.metadata.name).flatMap(cidrsOf);
  const own = cidrsOf(range);
  if (own.every((cidr) => others.some((other) => holdsRange(other, cidr)))) return true;
  return !addresses
    .filter(({ metadata }) => metadata.labels?.[managedBy] === allocator)
    .map(({ metadata }) => metadata.name ?? "")
    .some((address) => own.some((cidr) => holds(cidr, address)) && !others.some((cidr) => holds(cidr, address)));
}

const cidrsOf = ({ spec }: ServiceCIDR): string[] => spec?.cidrs ?? [];
const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

function holds(cidr: string, address: string): boolean {
  const [base = "", bits = ""] = cidr.split("/");
  if (isIP(base) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), familyOf(base));
  return list.check(address, familyOf(address));
}

function holdsRange(outer: string, inner: string): boolean {
  const [base = "", bits = ""] = inner.split("/");
  return Number(outer.split("/")[1]) <= Number(bits) && holds(outer, base);
}

export const serviceRanges = reconciler<ServiceCIDR, SeenRange>({
  name: "service-cidr-controller",
  account: "service-cidrs-controller",
  component: "service-cidrs-controller",
  workers: 5,
  of: servicecidrs,
  when: ({ type }) => type !== "deleted",
  also: [
    // What another range holds, or no address needs any more, need not be kept.
    via(servicecidrs, (_, caches) => leaving(caches.list(servicecidrs))),
    via(
      ipaddresses,
      (_, caches) => leaving(caches.list(servicecidrs)),
      ({ type }) => type === "deleted",
    ),
  ],
  see(key, caches) {
    const range = caches.get(servicecidrs, key);
    return range && { range, all: caches.list(servicecidrs), addresses: caches.list(ipaddresses) };
  },
  plan: planRange,
});

const leaving = (all: readonly ServiceCIDR[]): string[] =>
  all.filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name ?? "");
