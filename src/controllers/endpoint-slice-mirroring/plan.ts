/** Which EndpointSlices mirror an Endpoints object that somebody else than Spoke keeps: pure. */
import { isIPv6 } from "node:net";
import type { DiscoveryV1EndpointPort, Endpoint, EndpointAddress, EndpointSlice, Endpoints, Service } from "#api/mod.ts";

export const managedBy = "endpointslicemirroring-controller.k8s.io";
const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const serviceNameLabel = "kubernetes.io/service-name";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
const notCopied = new Set(["kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time"]);
const mostPerSubset = 1000;

export interface MirrorPlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

/** A Service with a selector has slices of its own; leader elections of old clients are no endpoints. */
export function isMirrored(endpoints: Endpoints | undefined, service: Service | undefined): boolean {
  if (!endpoints || !service || endpoints.metadata.deletionTimestamp) return false;
  if (endpoints.metadata.labels?.[skipLabel] === "true") return false;
  if (endpoints.metadata.annotations?.[leaderAnnotation] !== undefined) return false;
  return service.spec?.selector === undefined;
}

export function planMirror(endpoints: Endpoints, existing: readonly EndpointSlice[]): MirrorPlan {
  const plan: MirrorPlan = { create: [], update: [], delete: [] };
  const known = new Map<string, EndpointSlice>();
  for (const slice of existing) {
    const key = keyOf(slice);
    if (known.has(key)) plan.delete.push(slice);
    else known.set(key, slice);
  }
  for (const wanted of slicesOf(endpoints)) {
    const key = keyOf(wanted);
    const slice = known.get(key);
    known.delete(key);
    if (!slice) plan.create.push(wanted);
    else if (contentOf(slice) !== contentOf(wanted)) {
      const { labels, annotations } = wanted.metadata;
      plan.update.push({ ...wanted, metadata: { ...slice.metadata, labels, annotations } });
    }
  }
  plan.delete.push(...known.values());
  return plan;
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
    for (const endpoint of all.slice(0, mostPerSubset)) {
      const addressType = isIPv6(endpoint.addresses![0]!) ? "IPv6" : "IPv4";
      const key = `${addressType} ${JSON.stringify(own)}`;
      let slice = groups.get(key);
      if (!slice) groups.set(key, (slice = emptySlice(endpoints, addressType, own)));
      slice.endpoints!.push(endpoint);
    }
  }
  return [...groups.values()];
}

function emptySlice({ metadata }: Endpoints, addressType: string, ports: DiscoveryV1EndpointPort[]): EndpointSlice {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  const owner = {
    apiVersion: "v1",
    kind: "Endpoints",
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
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
