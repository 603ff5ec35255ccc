/** Mirrors Endpoints of Services without a selector into EndpointSlices, which is all that the proxy and DNS read. */
import { type EndpointSlice, type Endpoints, endpoints as endpointsKind, endpointslices, services } from "#api/mod.ts";
import { index, keyOf, reconciler, via } from "#client/mod.ts";
import { serviceNameLabel } from "../selected-pods.ts";
import { managedBy, managedByLabel, planMirror, type SeenEndpoints } from "./plan.ts";

const sourceOf = ({ metadata }: EndpointSlice): string[] => {
  const name = metadata.labels?.[serviceNameLabel];
  return name && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${name}`] : [];
};
const bySource = index(endpointslices, sourceOf);

export const endpointSliceMirroring = reconciler<Endpoints, SeenEndpoints>({
  name: "endpointslice-mirroring-controller",
  account: "endpointslicemirroring-controller",
  component: "endpoint-slice-mirroring-controller",
  workers: 5,
  of: endpointsKind,
  also: [
    via(
      services,
      (service) => [keyOf(service)],
      ({ type, object, old }) => type !== "updated" || (old?.spec?.selector === undefined) !== (object.spec?.selector === undefined),
    ),
    via(endpointslices, sourceOf, ({ type }) => type !== "added"),
  ],
  see: (key, caches) => ({
    endpoints: caches.get(endpointsKind, key),
    service: caches.get(services, key),
    slices: caches.by(bySource, key),
  }),
  plan: planMirror,
});
