/** Gives every Service of type LoadBalancer an address from the cluster's range, at once, and takes it back. */
import { type Service, services } from "#api/mod.ts";
import { lanes, type Reconciler, reconciler, type Step, status, tell, via } from "#client/mod.ts";
import { addressOf, numberOf, rangeOf } from "../ranges.ts";

interface SeenServices {
  services: readonly Service[];
  /** An IPv4 range such as `10.89.100.0/24`. */
  range: string;
}

const addressesOf = (service: Service) => (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
const wants = ({ spec }: Service): boolean => spec?.type === "LoadBalancer" && !spec.loadBalancerClass;

export function planAddresses({ services: all, range }: SeenServices): Step[] {
  const taken = new Set(all.flatMap(addressesOf));
  const each = all.flatMap((service): Step[][] => {
    const has = addressesOf(service).length > 0;
    if (service.metadata.deletionTimestamp || wants(service) === has) return [];
    if (!wants(service)) return [[status(services, { ...service, status: { ...service.status, loadBalancer: {} } })]];
    const ip = pickAddress(range, taken, service.spec?.loadBalancerIP);
    if (!ip) return [[tell(service, "Warning", "SyncLoadBalancerFailed", `Error syncing load balancer: no address is left in ${range}`)]];
    taken.add(ip);
    const loadBalancer = { ingress: [{ ip, ipMode: "VIP" }] };
    const told = { about: service, done: ["EnsuredLoadBalancer", "Ensured load balancer"] } as const;
    return [[status(services, { ...service, status: { ...service.status, loadBalancer } }, { told })]];
  });
  return each.length > 0 ? [lanes(each)] : [];
}

/** The asked-for address when it is in the range and free, else the lowest free one; network and broadcast are left out. */
export function pickAddress(cidr: string, taken: ReadonlySet<string>, asked?: string): string | undefined {
  const { first, size } = rangeOf(cidr);
  if (asked && !taken.has(asked) && numberOf(asked) > first && numberOf(asked) < first + size - 1) return asked;
  for (let offset = 1; offset < size - 1; offset++) if (!taken.has(addressOf(first + offset))) return addressOf(first + offset);
  return undefined;
}

/** All Services are one key: two looks at the same time could hand out one address. */
const key = "all";
const concerns = (service: Service | undefined) => service !== undefined && (wants(service) || addressesOf(service).length > 0);

export function loadBalancers({ loadBalancerRange: range }: { loadBalancerRange: string }): Reconciler {
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
    see: (_, caches) => ({ services: caches.list(services), range }),
    plan: planAddresses,
  });
}
