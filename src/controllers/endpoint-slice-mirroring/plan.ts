/** Which EndpointSlices mirror an Endpoints object that somebody else than Spoke keeps: pure. */
import { isIP, isIPv6 } from "node:net";
import {
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointAddress,
  type EndpointSlice,
  type Endpoints,
  endpointslices,
  type Service,
} from "#api/mod.ts";
import { controllerReference, create, remove, type Step, tell, update } from "#client/mod.ts";
import { serviceNameLabel } from "../selected-pods.ts";

export const managedBy = "endpointslicemirroring-controller.k8s.io";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const notCopied = new Set(["kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time"]);
const mostPerSubset = 1000;

export interface SeenEndpoints {
  endpoints: Endpoints | undefined;
  service: Service | undefined;
  /** Mirrors that there are. */
  slices: readonly EndpointSlice[];
}

/** A Service with a selector has slices of its own; leader elections of old clients are no endpoints. */
function isMirrored({ endpoints, service }: SeenEndpoints): boolean {
  if (!endpoints || !service || endpoints.metadata.deletionTimestamp) return false;
  if (endpoints.metadata.labels?.[skipLabel] === "true") return false;
  if (endpoints.metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service.spec?.selector === undefined;
}

export function planMirror(seen: SeenEndpoints): Step[] {
  const { endpoints, slices } = seen;
  if (!endpoints || !isMirrored(seen)) return slices.map((slice) => remove(endpointslices, slice));
  const changes: Step[] = skipped(endpoints);
  const known = new Map<string, EndpointSlice>();
  const spare: EndpointSlice[] = [];
  for (const slice of slices) {
    if (known.has(keyOf(slice))) spare.push(slice);
    else known.set(keyOf(slice), slice);
  }
  for (const wanted of slicesOf(endpoints)) {
    const slice = known.get(keyOf(wanted));
    known.delete(keyOf(wanted));
    if (!slice) changes.push(create(endpointslices, wanted));
    else if (contentOf(slice) !== contentOf(wanted)) {
      const { labels, annotations } = wanted.metadata;
      changes.push(update(endpointslices, { ...wanted, metadata: { ...slice.metadata, labels, annotations } }));
    }
  }
  return [...changes, ...[...spare, ...known.values()].map((slice) => remove(endpointslices, slice))];
}

function slicesOf(endpoints: Endpoints): EndpointSlice[] {
  const groups = new Map<string, EndpointSlice>();
  for (const { ports = [], addresses = [], notReadyAddresses = [] } of endpoints.subsets ?? []) {
    const own: DiscoveryV1EndpointPort[] = ports.map(({ name = "", port, protocol = "TCP", appProtocol }) => ({
      name,
      port,
      protocol,
      ...(appProtocol ? { appProtocol } : {}),
    }));
    const all = [
      ...addresses.map((address) => toEndpoint(address, true)),
      ...notReadyAddresses.map((address) => toEndpoint(address, false)),
    ];
    for (const endpoint of all.filter(isAddress).slice(0, mostPerSubset)) {
      const addressType = isIPv6(endpoint.addresses![0]!) ? "IPv6" : "IPv4";
      const key = `${addressType} ${JSON.stringify(own)}`;
      let slice = groups.get(key);
      if (!slice) groups.set(key, (slice = emptySlice(endpoints, addressType, own)));
      slice.endpoints!.push(endpoint);
    }
  }
  return [...groups.values()];
}

const isAddress = ({ addresses = [] }: Endpoint) => isIP(addresses[0] ?? "") !== 0;

/** What is told of addresses that no mirror shows. */
function skipped(endpoints: Endpoints): Step[] {
  let [invalid, beyond] = [0, 0];
  for (const { addresses = [], notReadyAddresses = [] } of endpoints.subsets ?? []) {
    const all = [...addresses, ...notReadyAddresses];
    const valid = all.filter(({ ip = "" }) => isIP(ip) !== 0).length;
    invalid += all.length - valid;
    beyond += Math.max(0, valid - mostPerSubset);
  }
  const steps: Step[] = [];
  if (invalid > 0)
    steps.push(tell(endpoints, "Warning", "InvalidIPAddress", `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`));
  if (beyond > 0) {
    const most = `A max of ${mostPerSubset} addresses can be mirrored to EndpointSlices per Endpoints subset.`;
    steps.push(tell(endpoints, "Warning", "TooManyAddressesToMirror", `${most} ${invalid + beyond} addresses were skipped`));
  }
  return steps;
}

function emptySlice({ metadata }: Endpoints, addressType: string, ports: DiscoveryV1EndpointPort[]): EndpointSlice {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const owner = controllerReference({ apiVersion: "v1", kind: "Endpoints", metadata });
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      generateName: `${metadata.name}-`,
      namespace: metadata.namespace,
      labels: { ...metadata.labels, [serviceNameLabel]: metadata.name!, [managedByLabel]: managedBy },
      ...(annotations.length > 0 ? { annotations: Object.fromEntries(annotations) } : {}),
      ownerReferences: [owner],
    },
    addressType,
    endpoints: [],
    ports,
  };
}

function toEndpoint({ ip = "", hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}

const portOf = ({ name = "", port, protocol = "TCP", appProtocol = "" }: DiscoveryV1EndpointPort) => [name, port, protocol, appProtocol];
const keyOf = ({ addressType, ports }: EndpointSlice) => JSON.stringify([addressType, (ports ?? []).map(portOf)]);

function contentOf({ metadata, endpoints }: EndpointSlice): string {
  const sorted = (map: Record<string, string> = {}) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = (endpoints ?? []).map(({ addresses, conditions, hostname = "", nodeName = "", targetRef }) =>
    JSON.stringify([addresses, conditions?.ready ?? false, hostname, nodeName, targetRef?.uid ?? ""]),
  );
  return JSON.stringify([sorted(metadata.labels), sorted(metadata.annotations), parts.sort()]);
}
