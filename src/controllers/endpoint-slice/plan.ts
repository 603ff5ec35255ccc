/** Which EndpointSlices a Service should have, changing as few as possible: pure. */
import { isIPv6 } from "node:net";
import {
  type DiscoveryV1EndpointPort,
  type Endpoint,
  type EndpointSlice,
  endpointslices,
  type Node,
  type Pod,
  type Service,
  services,
} from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { again, controllerReference, create, isConflict, type Outcome, remove, type Step, tell, update } from "#client/mod.ts";
import { isReady } from "../pods.ts";
import { hasEndpoint, headlessLabel, hostnameOf, serviceNameLabel, targetPort } from "../selected-pods.ts";
import { withTrigger } from "../trigger-times.ts";
import { byTopology, hintsByField, zoneLabel, zonesOf } from "./hints.ts";

export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const managedBy = "endpointslice-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
/** Upstream's. */
const usualMostPerSlice = 100;
/** A pod may be bound to a node that is too new to be known. */
const missingNodeMs = 5000;

export interface SeenService {
  service: Service;
  pods: readonly Pod[];
  slices: readonly EndpointSlice[];
  nodeOf: ReadonlyMap<string, Node>;
  /** Of each zone its part of the CPU: for a Service that asks for hints by topology. */
  shares?: ReadonlyMap<string, number> | undefined;
  /** When what is written for happened, if that is known. */
  triggerTime?: string | undefined;
  /** Endpoints that a slice takes; absent: 100. What has more already keeps them. */
  mostPerSlice?: number | undefined;
}

interface Draft {
  create: EndpointSlice[];
  update: EndpointSlice[];
  delete: EndpointSlice[];
  events: Step[];
}

export function planSlices(seen: SeenService): Step[] {
  const { service } = seen;
  const slices = seen.slices.filter((slice) => !slice.metadata.deletionTimestamp);
  const publishAll = service.spec?.publishNotReadyAddresses === true;
  // A pod of a node that is gone would lead nowhere; its garbage is collected in time.
  const lost = (pod: Pod) => Boolean(pod.spec?.nodeName) && !seen.nodeOf.has(pod.spec!.nodeName!) && !publishAll;
  const pods = seen.pods.filter(hasEndpoint);
  const draft: Draft = { create: [], update: [], delete: [], events: [] };
  const types = addressTypesOf(service);
  for (const type of types) {
    const own = slices.filter((slice) => slice.addressType === type);
    planFamily(draft, { ...seen, slices: own, pods: pods.filter((pod) => !lost(pod)) }, type);
  }
  draft.delete.push(...slices.filter((slice) => !types.includes(slice.addressType ?? "")));
  recycle(draft, service);
  return [
    // A Service that is going takes its slices along: new ones would race with the garbage collector.
    ...(service.metadata.deletionTimestamp ? [] : draft.create.map((slice) => create(endpointslices, triggered(slice, seen)))),
    ...draft.update.map((slice) => update(endpointslices, triggered(slice, seen))),
    ...draft.delete.map((slice) => remove(endpointslices, slice)),
    ...draft.events,
    ...(pods.some(lost) ? [again(missingNodeMs)] : []),
  ];
}

function triggered(slice: EndpointSlice, { triggerTime }: SeenService): EndpointSlice {
  const { annotations: before, ...metadata } = slice.metadata;
  const annotations = withTrigger(before, triggerTime);
  return { ...slice, metadata: { ...metadata, ...(annotations ? { annotations } : {}) } };
}

export function concludeSlices({ service }: SeenService, { failures }: Outcome): Step[] {
  const [failure] = failures;
  if (!failure || isConflict(failure.error)) return [];
  const { namespace, name } = service.metadata;
  const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${messageOf(failure.error)}`;
  return [tell(service, "Warning", "FailedToUpdateEndpointSlices", message)];
}

function addressTypesOf({ spec }: Service): string[] {
  return spec?.ipFamilies?.length ? spec.ipFamilies : ["IPv4"];
}

interface Group {
  ports: DiscoveryV1EndpointPort[];
  endpoints: Map<string, Endpoint>;
}

function planFamily(draft: Draft, seen: SeenService, type: string): void {
  const { service, pods, slices, nodeOf, shares, mostPerSlice = usualMostPerSlice } = seen;
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const ports = portsOf(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: new Map<string, Endpoint>() };
    groups.set(key, group);
    const endpoint = endpointOf(service, pod, nodeOf.get(pod.spec?.nodeName ?? ""), type);
    if (endpoint.addresses!.length > 0) group.endpoints.set(keyOf(endpoint), endpoint);
  }
  const endpoints = new Map([...groups.values()].flatMap((group) => [...group.endpoints]));
  const own: Draft = { create: [], update: [], delete: [], events: hint({ service, endpoints, slices, shares }, type) };
  const existing = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    if (!isOwnedBy(slice, service)) own.delete.push(slice);
    else {
      const key = JSON.stringify((slice.ports ?? []).map(normalPort));
      existing.set(key, [...(existing.get(key) ?? []), slice]);
    }
  }
  for (const [key, group] of groups) fill(own, { service, group, slices: existing.get(key) ?? [], type, mostPerSlice });
  for (const [key, stale] of existing) if (!groups.has(key)) own.delete.push(...stale);
  if (own.delete.length === slices.length && own.create.length === 0) keepPlaceholder(own, service, type);
  for (const kind of ["create", "update", "delete"] as const) draft[kind].push(...own[kind]);
  draft.events.push(...own.events);
}

interface Hinting extends Pick<SeenService, "service" | "slices" | "shares"> {
  endpoints: ReadonlyMap<string, Endpoint>;
}

/** Says of each endpoint who should use it first; what has changed about that is told. */
function hint({ service, endpoints, slices, shares }: Hinting, type: string): Step[] {
  const current = new Map(
    slices
      .flatMap((slice) => slice.endpoints ?? [])
      .flatMap((each) => (each.hints ? [[keyOf(each), each.hints.forZones?.[0]?.name ?? ""]] : [])),
  );
  const told = (kind: "Normal" | "Warning", what: "Enabled" | "Disabled", message: string) => [
    tell(service, kind, `TopologyAwareHints${what}`, `${message}, addressType: ${type}`),
  ];
  if (!byTopology(service)) {
    let any = false;
    for (const endpoint of endpoints.values()) {
      const hints = hintsByField(service, endpoint);
      if (hints) endpoint.hints = hints;
      any ||= hints !== undefined;
    }
    const ended = current.size > 0 && !any && service.spec?.trafficDistribution === undefined;
    return ended ? told("Warning", "Disabled", "Topology Aware Hints has been disabled") : [];
  }
  const topology = zonesOf(endpoints, shares, current);
  if ("disabled" in topology) return told("Warning", "Disabled", topology.disabled);
  for (const [key, name] of topology.zones) endpoints.get(key)!.hints = { forZones: [{ name }] };
  return current.size === 0 && topology.zones.size > 0 ? told("Normal", "Enabled", "Topology Aware Hints has been enabled") : [];
}

/** A Service without endpoints keeps one empty slice, so that everybody can see that there are none. */
function keepPlaceholder(draft: Draft, service: Service, type: string): void {
  const placeholder = newSlice(service, [], type);
  const [only, ...others] = draft.delete;
  const is = only && others.length === 0 && isOwnedBy(only, service) && (only.endpoints ?? []).length + (only.ports ?? []).length === 0;
  if (is && sameLabels(only, placeholder.metadata.labels ?? {})) draft.delete.pop();
  else draft.create.push(placeholder);
}

interface FillInput {
  service: Service;
  group: Group;
  slices: readonly EndpointSlice[];
  type: string;
  mostPerSlice: number;
}

/**
 * Slices that change anyway take new endpoints, the fullest first; then one slice that can take all that are left; then new ones.
 * Every slice that changes is sent to every node: few full writes beat many small ones.
 */
function fill(draft: Draft, { service, group, slices, type, mostPerSlice }: FillInput): void {
  const missing = new Map(group.endpoints);
  const labels = labelsOf(service);
  const changed: EndpointSlice[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const before = slice.endpoints ?? [];
    const kept = before.flatMap((endpoint) => missing.get(keyOf(endpoint)) ?? []);
    for (const endpoint of before) missing.delete(keyOf(endpoint));
    const differs = kept.length !== before.length || kept.some((endpoint, at) => comparable(endpoint) !== comparable(before[at]!));
    if (!differs && sameLabels(slice, labels)) unchanged.push(slice);
    else if (kept.length === 0) draft.delete.push(slice);
    else changed.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept });
  }
  const waiting = [...missing.values()];
  const take = (slice: EndpointSlice): EndpointSlice => {
    const endpoints = [...(slice.endpoints ?? []), ...waiting.splice(0, Math.max(0, mostPerSlice - (slice.endpoints?.length ?? 0)))];
    return { ...slice, endpoints };
  };
  draft.update.push(...changed.toSorted((a, b) => b.endpoints!.length - a.endpoints!.length).map(take));
  while (waiting.length > 0) {
    const roomy = roomiest(unchanged, waiting.length, mostPerSlice);
    if (roomy) draft.update.push(take(roomy));
    else draft.create.push(take(newSlice(service, group.ports, type)));
  }
}

/** The slice that `count` endpoints fill best. */
function roomiest(slices: readonly EndpointSlice[], count: number, mostPerSlice: number): EndpointSlice | undefined {
  const sizeOf = (slice: EndpointSlice) => slice.endpoints?.length ?? 0;
  const fitting = slices.filter((slice) => count < mostPerSlice && sizeOf(slice) + count <= mostPerSlice);
  return fitting.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
}

/** One update is cheaper for everybody than a deletion and a creation. */
function recycle(draft: Draft, service: Service): void {
  draft.delete = draft.delete.filter((old) => {
    const next = draft.create.at(-1);
    if (!next || old.addressType !== next.addressType || !isOwnedBy(old, service)) return true;
    draft.create.pop();
    draft.update.push({ ...next, metadata: { ...old.metadata, labels: next.metadata.labels } });
    return false;
  });
}

function isOwnedBy(slice: EndpointSlice, service: Service): boolean {
  return (slice.metadata.ownerReferences ?? []).some(
    ({ uid, kind, apiVersion }) => uid === service.metadata.uid && kind === "Service" && apiVersion === "v1",
  );
}

function newSlice(service: Service, ports: DiscoveryV1EndpointPort[], addressType: string): EndpointSlice {
  return {
    apiVersion: endpointslices.apiVersion,
    kind: endpointslices.kind,
    metadata: {
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace,
      labels: labelsOf(service),
      ownerReferences: [controllerReference({ ...service, apiVersion: services.apiVersion, kind: services.kind })],
    },
    addressType,
    endpoints: [],
    ports,
  };
}

/** The Service's, except those that say what a slice is. */
function labelsOf({ metadata, spec }: Service): Record<string, string> {
  const labels: Record<string, string> = { ...metadata.labels, [serviceNameLabel]: metadata.name!, [managedByLabel]: managedBy };
  if (spec?.clusterIP === "None") labels[headlessLabel] = "";
  else delete labels[headlessLabel];
  delete labels[skipLabel];
  return labels;
}

function sameLabels({ metadata: { labels = {} } }: EndpointSlice, wanted: Record<string, string>): boolean {
  const keys = Object.keys(wanted);
  return keys.length === Object.keys(labels).length && keys.every((key) => labels[key] === wanted[key]);
}

const keyOf = ({ addresses, targetRef }: Endpoint): string => `${targetRef?.uid ?? ""} ${addresses?.join()}`;

function comparable({ addresses, conditions, hostname = "", nodeName = "", targetRef, zone = "", hints }: Endpoint): string {
  const { ready, serving, terminating } = conditions ?? {};
  const { forZones = [], forNodes = [] } = hints ?? {};
  const hinted = [forZones, forNodes].map((list) => list.map(({ name }) => name));
  return JSON.stringify([addresses, ready, serving, terminating, hostname, nodeName, targetRef?.uid, zone, hinted]);
}

function normalPort({ name = "", protocol = "TCP", port, appProtocol }: DiscoveryV1EndpointPort): DiscoveryV1EndpointPort {
  return { name, protocol, ...(port === undefined ? {} : { port }), ...(appProtocol ? { appProtocol } : {}) };
}

function portsOf(service: Service, pod: Pod): DiscoveryV1EndpointPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    return normalPort({ name: port.name ?? "", protocol: port.protocol, port: number, appProtocol: port.appProtocol });
  });
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined, type: string): Endpoint {
  const serving = isReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const zone = node?.metadata.labels?.[zoneLabel];
  const hostname = hostnameOf(pod, service);
  const ips = pod.status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [];
  return {
    addresses: (ips.length > 0 ? ips : [pod.status!.podIP!]).filter((ip) => isIPv6(ip) === (type === "IPv6")),
    conditions: { ready: service.spec?.publishNotReadyAddresses === true || (serving && !terminating), serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}
