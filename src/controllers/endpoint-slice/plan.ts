/** Which EndpointSlices a Service should have, changing as few as possible: pure. */
import type { DiscoveryV1EndpointPort, Endpoint, EndpointSlice, Node, Pod, Service, ServicePort } from "#api/mod.ts";
import { isFinished, isReady } from "../pods.ts";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
export const headlessLabel = "service.kubernetes.io/headless";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const mostPerSlice = 100;

export interface PlanInput {
  service: Service;
  pods: readonly Pod[];
  slices: readonly EndpointSlice[];
  nodeOf(name: string): Node | undefined;
}

export interface SlicePlan {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
}

interface Group {
  ports: DiscoveryV1EndpointPort[];
  endpoints: Map<string, Endpoint>;
}

export function planSlices({ service, pods, slices, nodeOf }: PlanInput): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], delete: [] };
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    if (!hasEndpoint(pod)) continue;
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    group.endpoints.set(pod.metadata.uid ?? "", endpointOf(service, pod, nodeOf(pod.spec?.nodeName ?? "")));
  }
  const existing = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const key = JSON.stringify((slice.ports ?? []).map(normalPort));
    existing.set(key, [...(existing.get(key) ?? []), slice]);
  }
  // A Service without endpoints keeps one empty slice, so that everybody can see that there are none.
  if (groups.size === 0) groups.set("[]", { ports: [], endpoints: new Map() });
  for (const [key, group] of groups) {
    fill(plan, service, group, existing.get(key) ?? [], groups.size === 1 && group.endpoints.size === 0);
    existing.delete(key);
  }
  for (const stale of existing.values()) plan.delete.push(...stale);
  return plan;
}

function fill(plan: SlicePlan, service: Service, group: Group, slices: readonly EndpointSlice[], keepEmpty: boolean): void {
  const missing = new Map(group.endpoints);
  const drafts = slices.map((slice) => {
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints ?? []) {
      const uid = endpoint.targetRef?.uid ?? "";
      const wanted = missing.get(uid);
      if (!wanted) continue;
      kept.push(wanted);
      missing.delete(uid);
    }
    return { slice, endpoints: kept };
  });
  const waiting = [...missing.values()];
  // Slices that change anyway take new endpoints first, then the fullest of the others.
  const order = drafts.toSorted(
    (a, b) =>
      Number(b.endpoints.length !== (b.slice.endpoints?.length ?? 0)) - Number(a.endpoints.length !== (a.slice.endpoints?.length ?? 0)) ||
      b.endpoints.length - a.endpoints.length,
  );
  for (const draft of order) while (waiting.length > 0 && draft.endpoints.length < mostPerSlice) draft.endpoints.push(waiting.shift()!);
  let keep = keepEmpty;
  for (const { slice, endpoints } of drafts) {
    if (endpoints.length === 0 && !keep) {
      plan.delete.push(slice);
      continue;
    }
    if (endpoints.length === 0) keep = false;
    const next = sliceOf(service, group.ports, endpoints, slice);
    if (differs(slice, next)) plan.update.push(next);
  }
  while (waiting.length > 0) plan.create.push(sliceOf(service, group.ports, waiting.splice(0, mostPerSlice)));
  if (keep && drafts.length === 0) plan.create.push(sliceOf(service, group.ports, []));
}

function sliceOf(service: Service, ports: DiscoveryV1EndpointPort[], endpoints: Endpoint[], from?: EndpointSlice): EndpointSlice {
  const labels: Record<string, string> = {
    ...service.metadata.labels,
    [serviceNameLabel]: service.metadata.name!,
    [managedByLabel]: managedBy,
  };
  if (service.spec?.clusterIP === "None") labels[headlessLabel] = "";
  else delete labels[headlessLabel];
  delete labels[skipLabel];
  const owner = {
    apiVersion: "v1",
    kind: "Service",
    name: service.metadata.name,
    uid: service.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: from
      ? { ...from.metadata, labels }
      : { generateName: `${service.metadata.name}-`, namespace: service.metadata.namespace, labels, ownerReferences: [owner] },
    addressType: "IPv4",
    endpoints,
    ports,
  };
}

function differs(a: EndpointSlice, b: EndpointSlice): boolean {
  const of = (slice: EndpointSlice) =>
    JSON.stringify([
      Object.entries(slice.metadata.labels ?? {}).sort(),
      (slice.endpoints ?? []).map(comparable),
      (slice.ports ?? []).map(normalPort),
    ]);
  return of(a) !== of(b);
}

function comparable(endpoint: Endpoint): unknown {
  const { addresses, conditions, hostname, nodeName, targetRef, zone } = endpoint;
  return [
    addresses,
    conditions?.ready,
    conditions?.serving,
    conditions?.terminating,
    hostname ?? "",
    nodeName ?? "",
    targetRef?.uid,
    zone ?? "",
  ];
}

function normalPort(port: DiscoveryV1EndpointPort): DiscoveryV1EndpointPort {
  return {
    name: port.name ?? "",
    protocol: port.protocol ?? "TCP",
    ...(port.port === undefined ? {} : { port: port.port }),
    ...(port.appProtocol ? { appProtocol: port.appProtocol } : {}),
  };
}

/** A pod counts while it has an address and has not finished; one that is leaving stays until it is gone. */
export function hasEndpoint(pod: Pod): boolean {
  return Boolean(pod.status?.podIP) && !isFinished(pod);
}

function portsOf(service: Service, pod: Pod): DiscoveryV1EndpointPort[] {
  const out: DiscoveryV1EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPort(port, pod);
    if (number === undefined) continue;
    out.push(normalPort({ name: port.name ?? "", protocol: port.protocol, port: number, appProtocol: port.appProtocol }));
  }
  return out;
}

/** A number, or the container port of that name and protocol. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const wanted = port.targetPort;
  if (typeof wanted === "number" && wanted !== 0) return wanted;
  if (typeof wanted !== "string" || wanted === "") return port.port;
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === "Always");
  for (const container of [...(pod.spec?.containers ?? []), ...sidecars])
    for (const each of container.ports ?? [])
      if (each.name === wanted && (each.protocol ?? "TCP") === (port.protocol ?? "TCP")) return each.containerPort;
  return undefined;
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const zone = node?.metadata.labels?.["topology.kubernetes.io/zone"];
  const hostname = pod.spec?.hostname && pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [pod.status!.podIP!],
    conditions: { ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}
