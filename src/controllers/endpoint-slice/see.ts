/** Keeps EndpointSlices in step with the pods that each Service selects. */
import { type EndpointSlice, endpointslices, type Node, nodes, type Service, services } from "#api/mod.ts";
import { index, reconciler, via } from "#client/mod.ts";
import { selectedPods, serviceNameLabel, servicesOfPods } from "../selected-pods.ts";
import { concludeSlices, managedBy, managedByLabel, planSlices, type SeenService } from "./plan.ts";

const serviceOf = ({ metadata }: EndpointSlice): string[] => {
  const name = metadata.labels?.[serviceNameLabel];
  return name && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${name}`] : [];
};
const byService = index(endpointslices, serviceOf);

export const endpointSlices = reconciler<Service, SeenService>({
  name: "endpointslice-controller",
  component: "endpoint-slice-controller",
  workers: 5,
  of: services,
  also: [
    servicesOfPods,
    // Somebody else changed or removed a slice of ours: put it right.
    via(endpointslices, serviceOf, ({ type }) => type !== "added"),
  ],
  reads: [nodes],
  see(key, caches) {
    const service = caches.get(services, key);
    const pods = service && selectedPods(service, caches);
    if (!pods) return undefined;
    const nodeOf = new Map<string, Node>();
    for (const { spec } of pods) {
      const node = spec?.nodeName && !nodeOf.has(spec.nodeName) ? caches.get(nodes, spec.nodeName) : undefined;
      if (node) nodeOf.set(spec!.nodeName!, node);
    }
    return { service, pods, slices: caches.by(byService, key), nodeOf };
  },
  plan: planSlices,
  conclude: concludeSlices,
});
