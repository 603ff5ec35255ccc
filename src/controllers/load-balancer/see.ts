/** Gives every Service of type LoadBalancer an address of a pool, at once, and takes it back. */
import { type ConfigMap, configmaps, type Service, services } from "#api/mod.ts";
import { keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { addressesOf, isLeft, isOurs, planAddresses, type SeenServices } from "./plan.ts";
import { type Pools, poolsKey, poolsOf } from "./pools.ts";

/** All Services are one key: two looks at the same time could hand out one address. */
const key = "all";
const concerns = (service: Service | undefined) =>
  service !== undefined && (isOurs(service) || isLeft(service) || addressesOf(service).length > 0);

export function loadBalancers({ loadBalancerRanges: ranges }: { loadBalancerRanges: readonly string[] }): Reconciler {
  let read: { map: ConfigMap | undefined; pools: Pools } = { map: undefined, pools: poolsOf(ranges, undefined) };
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
      via(
        configmaps,
        () => [key],
        ({ object }) => keyOf(object) === poolsKey,
      ),
    ],
    see(_, caches) {
      const map = caches.get(configmaps, poolsKey);
      const isNew = map !== read.map;
      if (isNew) read = { map, pools: poolsOf(ranges, map) };
      return { services: caches.list(services), pools: read.pools, ...(isNew && map ? { untold: map } : {}) };
    },
    plan: planAddresses,
  });
}
