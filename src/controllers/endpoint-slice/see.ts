/** Keeps EndpointSlices in step with the pods that each Service selects. */
import { type EndpointSlice, endpointslices, type Node, nodes, type Service, services } from "#api/mod.ts";
import { conditionOf, index, keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { selectedPods, serviceNameLabel, servicesOfPods } from "../selected-pods.ts";
import { triggerTimes } from "../trigger-times.ts";
import { byTopology, zoneLabel, zoneShares } from "./hints.ts";
import { concludeSlices, managedBy, managedByLabel, planSlices, type SeenService } from "./plan.ts";

const serviceOf = ({ metadata }: EndpointSlice): string[] => {
  const name = metadata.labels?.[serviceNameLabel];
  return name && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${name}`] : [];
};
const byService = index(endpointslices, serviceOf);

/** What of a node decides how much of the traffic its zone takes. */
const weightOf = ({ metadata, status }: Node) =>
  JSON.stringify([metadata.labels?.[zoneLabel], status?.allocatable?.cpu, conditionOf(status?.conditions, "Ready")?.status]);

export function endpointSlices({ mostPerSlice }: { mostPerSlice?: number } = {}): Reconciler {
  const times = triggerTimes();
  return reconciler<Service, SeenService>({
    name: "endpointslice-controller",
    component: "endpoint-slice-controller",
    workers: 5,
    of: services,
    also: [
      servicesOfPods,
      // Somebody else changed or removed a slice of ours: put it right.
      via(endpointslices, serviceOf, ({ type }) => type !== "added"),
      via(
        nodes,
        (_, caches) => caches.list(services).filter(byTopology).map(keyOf),
        ({ object, old }) => !old || weightOf(object) !== weightOf(old),
      ),
    ],
    reads: [nodes],
    see(key, caches) {
      const service = caches.get(services, key);
      if (!service) times.forget(key);
      const pods = service && selectedPods(service, caches);
      if (!pods) return undefined;
      const nodeOf = new Map<string, Node>();
      for (const { spec } of pods) {
        const node = spec?.nodeName && !nodeOf.has(spec.nodeName) ? caches.get(nodes, spec.nodeName) : undefined;
        if (node) nodeOf.set(spec!.nodeName!, node);
      }
      const shares = byTopology(service) ? zoneShares(caches.list(nodes)) : undefined;
      return { service, pods, slices: caches.by(byService, key), nodeOf, shares, triggerTime: times.of(key, service, pods), mostPerSlice };
    },
    plan: planSlices,
    conclude: concludeSlices,
  });
}
