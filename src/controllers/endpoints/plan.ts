/** The older form of the same facts: one Endpoints object a Service, addresses grouped by equal ports. Pure. */
import {
  type EndpointAddress,
  type EndpointPort,
  type EndpointSubset,
  type Endpoints,
  endpoints,
  type Pod,
  type Service,
} from "#api/mod.ts";
import { familyOf } from "#base/mod.ts";
import { create, remove, type Step, update } from "#client/mod.ts";
import { isReady } from "../pods.ts";
import { hasEndpoint, headlessLabel, hostnameOf, targetPort } from "../selected-pods.ts";
import { withTrigger } from "../trigger-times.ts";

export interface SeenEndpoints {
  /** Undefined: the Service is gone. */
  service: Service | undefined;
  pods: readonly Pod[];
  current: Endpoints | undefined;
  /** When what is written for happened, if that is known. */
  triggerTime?: string | undefined;
}

const managedByLabel = "endpoints.kubernetes.io/managed-by";
const overCapacity = "endpoints.kubernetes.io/over-capacity";
const mostAddresses = 1000;

export function planEndpoints({ service, pods, current, triggerTime }: SeenEndpoints): Step[] {
  if (!service) return current ? [remove(endpoints, current)] : [];
  const { subsets, truncated } = cut(subsetsOf(service, pods));
  const { [overCapacity]: _, ...others } = current?.metadata.annotations ?? {};
  const annotations = withTrigger(truncated ? { ...others, [overCapacity]: "truncated" } : others, triggerTime);
  const { annotations: _before, ...metadata } = current?.metadata ?? { name: service.metadata.name, namespace: service.metadata.namespace };
  const next: Endpoints = {
    apiVersion: endpoints.apiVersion,
    kind: endpoints.kind,
    metadata: {
      ...metadata,
      labels: labelsOf(service),
      ...(annotations ? { annotations } : {}),
    },
    ...(subsets.length > 0 ? { subsets } : {}),
  };
  if (current && comparable(current) === comparable(next)) return [];
  const { namespace, name } = service.metadata;
  const failed = (what: string) => [`FailedTo${what}Endpoint`, `Failed to ${what.toLowerCase()} endpoint ${current ? "" : "for service "}`];
  const told = (what: string) => {
    const [reason = "", text = ""] = failed(what);
    return { told: { about: next, failed: [reason, `${text}${namespace}/${name}: {error}`] as const } };
  };
  return [current ? update(endpoints, next, told("Update")) : create(endpoints, next, told("Create"))];
}

interface Group {
  ports: EndpointPort[];
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}

function subsetsOf(service: Service, pods: readonly Pod[]): Group[] {
  const groups = new Map<string, Group>();
  const all = service.spec?.publishNotReadyAddresses === true;
  for (const pod of pods) {
    const ip = addressOf(service, pod);
    if (!hasEndpoint(pod) || !ip || (pod.metadata.deletionTimestamp && !all)) continue;
    const ports = portsOf(service, pod);
    if (ports.length === 0 && (service.spec?.clusterIP !== "None" || service.spec.ports?.length)) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    const hostname = hostnameOf(pod, service);
    (all || isReady(pod) ? group.ready : group.notReady).push({
      ip,
      ...(hostname ? { hostname } : {}),
      ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: { kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid },
    });
  }
  const byIp = (a: EndpointAddress, b: EndpointAddress) => ((a.ip ?? "") < (b.ip ?? "") ? -1 : 1);
  for (const { ready, notReady } of groups.values()) {
    ready.sort(byIp);
    notReady.sort(byIp);
  }
  return [...groups.values()];
}

/** Of the Service's first family: this older form knows one. */
function addressOf({ spec }: Service, { status }: Pod): string | undefined {
  const all = status?.podIPs?.flatMap(({ ip }) => ip ?? []) ?? [];
  const addresses = all.length > 0 ? all : status?.podIP ? [status.podIP] : [];
  const has = spec?.clusterIP && spec.clusterIP !== "None" ? spec.clusterIP : (addresses[0] ?? "");
  const family = spec?.ipFamilies?.[0] ?? familyOf(has);
  return addresses.find((address) => familyOf(address) === family);
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports = (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { name, protocol = "TCP", appProtocol } = port;
    return { ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) };
  });
  return ports.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** One object must not grow without end: a thousand addresses, those that are ready before those that are not. */
function cut(groups: readonly Group[]): { subsets: EndpointSubset[]; truncated: boolean } {
  let left = mostAddresses;
  let truncated = false;
  const keep = (addresses: EndpointAddress[]) => {
    const kept = addresses.slice(0, left);
    left -= kept.length;
    truncated ||= kept.length < addresses.length;
    return kept;
  };
  const ready = groups.map((group) => keep(group.ready));
  const notReady = groups.map((group) => keep(group.notReady));
  const subsets = groups.map(({ ports }, at) => ({
    ...(ready[at]!.length > 0 ? { addresses: ready[at]! } : {}),
    ...(notReady[at]!.length > 0 ? { notReadyAddresses: notReady[at]! } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
  return { subsets: subsets.filter((each) => each.addresses || each.notReadyAddresses), truncated };
}

function labelsOf({ metadata, spec }: Service): Record<string, string> {
  const labels: Record<string, string> = { ...metadata.labels, [managedByLabel]: "endpoint-controller" };
  if (spec?.clusterIP === "None") labels[headlessLabel] = "";
  else delete labels[headlessLabel];
  return labels;
}

function comparable({ metadata, subsets = [] }: Endpoints): string {
  const pairs = (map: Record<string, string> = {}) => Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([pairs(metadata.labels), metadata.annotations?.[overCapacity], subsets]);
}
