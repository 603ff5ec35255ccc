/** Gives every Service of type LoadBalancer an address from the cluster's range, at once, and takes it back. */
import { type Service, services } from "#api/mod.ts";
import { addressAt, canonical, type Family, familyOf, holds, parseAddress, rangeOf } from "#base/mod.ts";
import { lanes, type Reconciler, reconciler, type Step, status, tell, via } from "#client/mod.ts";

interface SeenServices {
  services: readonly Service[];
  /** `10.89.100.0/24`; one of each family at most. */
  ranges: readonly string[];
}

const addressesOf = (service: Service) => (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
const wants = ({ spec }: Service): boolean => spec?.type === "LoadBalancer" && !spec.loadBalancerClass;

export function planAddresses({ services: all, ranges }: SeenServices): Step[] {
  const taken = new Set(all.flatMap(addressesOf).map(canonical));
  const each = all.flatMap((service): Step[][] => {
    if (service.metadata.deletionTimestamp) return [];
    const has = addressesOf(service);
    const wanted = wants(service) ? rangesFor(service, ranges) : [];
    if (has.map(familyOf).join() === wanted.map(familyOf).join()) return [];
    const ingress: { ip: string; ipMode: string }[] = [];
    for (const range of wanted) {
      const ip = has.find((address) => familyOf(address) === familyOf(range)) ?? pickAddress(range, taken, service.spec?.loadBalancerIP);
      if (!ip) return [[tell(service, "Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: no address is left in ${range}`)]];
      taken.add(ip);
      ingress.push({ ip, ipMode: "VIP" });
    }
    const told = { about: service, done: ["EnsuredLoadBalancer", "Ensured load balancer"] } as const;
    const loadBalancer = ingress.length > 0 ? { ingress } : {};
    const next: Service = { ...service, status: { ...service.status, loadBalancer } };
    return [[status(services, next, ingress.length > 0 ? { told } : {})]];
  });
  return each.length > 0 ? [lanes(each)] : [];
}

/** In the order of the Service's families. */
function rangesFor({ spec }: Service, ranges: readonly string[]): string[] {
  const families = (spec?.ipFamilies?.length ? spec.ipFamilies : ranges.slice(0, 1).map(familyOf)) as Family[];
  return families.flatMap((family) => ranges.find((range) => familyOf(range) === family) ?? []);
}

/** Of a range of IPv6 the beginning is enough. */
const mostAddresses = 2n ** 16n;

/** The asked-for address when it is in the range and free, else the lowest free one; network and broadcast are left out. */
export function pickAddress(cidr: string, taken: ReadonlySet<string>, asked?: string): string | undefined {
  const range = rangeOf(cidr);
  const edges = [addressAt(range, 0), addressAt(range, range.size - 1n)];
  const wished = asked ? parseAddress(asked) : undefined;
  const exact = canonical(asked ?? "");
  if (wished && holds(range, wished) && !taken.has(exact) && !edges.includes(exact)) return exact;
  const last = range.size < mostAddresses ? range.size - 1n : mostAddresses;
  for (let offset = 1n; offset < last; offset++) {
    const address = addressAt(range, offset);
    if (!taken.has(address)) return address;
  }
  return undefined;
}

/** All Services are one key: two looks at the same time could hand out one address. */
const key = "all";
const concerns = (service: Service | undefined) => service !== undefined && (wants(service) || addressesOf(service).length > 0);

export function loadBalancers({ loadBalancerRanges: ranges }: { loadBalancerRanges: readonly string[] }): Reconciler {
  return reconciler<never, SeenServices>({
    name: "service-lb-controller",
    account: "service-controller",
    component: "service-controller",
    workers: 1,
    also: [
      via(
        services,
        () => [key],
        ({ object, old }) => concerns(object) || concerns(old),
      ),
    ],
    see: (_, caches) => ({ services: caches.list(services), ranges }),
    plan: planAddresses,
  });
}
