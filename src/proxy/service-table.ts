/** What Services mean on one node: every port that must answer, and the endpoints that it may be sent to from here. */
import type { EndpointSlice, Service, ServicePort } from "#api/mod.ts";
import { canonical, type Family, familyOf, hostPort, parseAddress, parseRange } from "#base/mod.ts";

export type Protocol = "tcp" | "udp" | "sctp";

export interface Target {
  ip: string;
  port: number;
}

/** One port of one Service as this node serves it. Targets are sorted, so that equal tables compile to equal rules. */
export interface ServiceEntry {
  /** `namespace/name:port`, unique. */
  key: string;
  protocol: Protocol;
  port: number;
  clusterIps: string[];
  /** External IPs and load balancer addresses. */
  externalIps: string[];
  nodePort: number | undefined;
  /** For traffic that comes from inside the cluster. */
  targets: Target[];
  /** For traffic from outside; differs only with externalTrafficPolicy Local. */
  externalTargets: Target[];
  /** Whatever the policies say: those of the whole cluster, and those of this node. */
  clusterTargets: Target[];
  localTargets: Target[];
  /** Only endpoints on this node may be used: without any, packets are dropped, not refused. */
  internalLocal: boolean;
  externalLocal: boolean;
  /** Seconds that a client stays with its endpoint; 0: no affinity. */
  affinitySeconds: number;
  /** Clients that may use the load balancer addresses; empty: all. */
  sourceRanges: string[];
  loadBalancerIps: string[];
}

export interface HealthCheck {
  namespace: string;
  name: string;
  port: number;
  localEndpoints: number;
}

export interface ServiceTable {
  entries: ServiceEntry[];
  /** Addresses of pods on this node that stand behind a Service: traffic from such a pod to itself is masqueraded. */
  localEndpoints: string[];
  healthChecks: HealthCheck[];
}

export interface NodeView {
  nodeName: string;
  zone?: string;
}

interface Candidate extends Target {
  local: boolean;
  ready: boolean;
  serving: boolean;
  terminating: boolean;
  zones: string[] | undefined;
  nodes: string[] | undefined;
}

const serviceNameLabel = "kubernetes.io/service-name";
const proxyNameLabel = "service.kubernetes.io/service-proxy-name";

export function serviceTable(
  services: Iterable<Service>,
  slices: Iterable<EndpointSlice>,
  node: NodeView,
  family: Family = "IPv4",
): ServiceTable {
  const slicesOf = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.[serviceNameLabel] ?? ""}`;
    const list = slicesOf.get(key);
    if (list) list.push(slice);
    else slicesOf.set(key, [slice]);
  }
  const table: ServiceTable = { entries: [], localEndpoints: [], healthChecks: [] };
  const local = new Set<string>();
  for (const service of services) {
    if (!isProxied(service, family)) continue;
    const own = slicesOf.get(`${service.metadata.namespace}/${service.metadata.name}`) ?? [];
    const candidates = (service.spec?.ports ?? []).map((port) => ({ port, endpoints: endpointsOf(own, port, node) }));
    for (const { port, endpoints } of candidates) {
      table.entries.push(entryOf(service, port, endpoints, node, family));
      for (const endpoint of endpoints) if (endpoint.local) local.add(endpoint.ip);
    }
    const healthPort = service.spec?.healthCheckNodePort;
    if (healthPort && service.spec?.externalTrafficPolicy === "Local") {
      const ips = new Set(candidates.flatMap(({ endpoints }) => endpoints.filter((e) => e.local && e.ready).map((e) => e.ip)));
      table.healthChecks.push({
        namespace: service.metadata.namespace!,
        name: service.metadata.name!,
        port: healthPort,
        localEndpoints: ips.size,
      });
    }
  }
  table.entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  table.localEndpoints = [...local].sort();
  return table;
}

/** A Service without an address of a family is not there in it, its node ports neither. */
function isProxied(service: Service, family: Family): boolean {
  const { clusterIP, type } = service.spec ?? {};
  if (type === "ExternalName" || !clusterIP || clusterIP === "None") return false;
  return service.metadata.labels?.[proxyNameLabel] === undefined && addressesOf(service).some((address) => familyOf(address) === family);
}

function entryOf(service: Service, port: ServicePort, endpoints: Candidate[], node: NodeView, family: Family): ServiceEntry {
  const spec = service.spec!;
  const isOurs = (address: string) => parseAddress(address)?.family === family;
  const internalLocal = spec.internalTrafficPolicy === "Local";
  const externalLocal =
    spec.externalTrafficPolicy === "Local" && (spec.type === "NodePort" || spec.type === "LoadBalancer" || Boolean(spec.externalIPs));
  const all = usable(nearest(endpoints, node));
  const local = usable(endpoints.filter((e) => e.local));
  const loadBalancerIps = (service.status?.loadBalancer?.ingress ?? [])
    .filter((ingress) => ingress.ip && (ingress.ipMode ?? "VIP") === "VIP")
    .map((ingress) => ingress.ip!);
  const affinity = spec.sessionAffinity === "ClientIP" ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0;
  return {
    key: `${service.metadata.namespace}/${service.metadata.name}:${port.name ?? ""}`,
    protocol: (port.protocol ?? "TCP").toLowerCase() as Protocol,
    port: port.port ?? 0,
    clusterIps: addressesOf(service).filter(isOurs).map(canonical),
    externalIps: [...new Set([...(spec.externalIPs ?? []), ...loadBalancerIps].filter(isOurs).map(canonical))].sort(),
    nodePort: port.nodePort || undefined,
    targets: internalLocal ? local : all,
    externalTargets: externalLocal ? local : all,
    clusterTargets: all,
    localTargets: local,
    internalLocal,
    externalLocal,
    affinitySeconds: affinity,
    sourceRanges: (spec.loadBalancerSourceRanges ?? [])
      .map((range) => range.trim())
      .filter((range) => parseRange(range)?.family === family),
    loadBalancerIps: loadBalancerIps.filter(isOurs).map(canonical),
  };
}

/** Endpoints whose hints name this zone or node, when every ready endpoint has hints and some name us; else all. */
function nearest(endpoints: Candidate[], node: NodeView): Candidate[] {
  const ready = endpoints.filter((e) => e.ready);
  if (ready.length === 0) return endpoints;
  const narrowed = (of: (e: Candidate) => string[] | undefined, own: string | undefined) => {
    if (own === undefined || ready.some((e) => !of(e)?.length)) return undefined;
    const near = endpoints.filter((e) => of(e)?.includes(own));
    return near.some((e) => e.ready) ? near : undefined;
  };
  return narrowed((e) => e.nodes, node.nodeName) ?? narrowed((e) => e.zones, node.zone) ?? endpoints;
}

/** Ready endpoints; failing those, the ones that still serve while they terminate. */
function usable(endpoints: Candidate[]): Target[] {
  const ready = endpoints.filter((e) => e.ready);
  const chosen = ready.length > 0 ? ready : endpoints.filter((e) => e.serving && e.terminating);
  const unique = new Map(chosen.map(({ ip, port }) => [textOf({ ip, port }), { ip, port }]));
  return [...unique.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}

function endpointsOf(slices: EndpointSlice[], port: ServicePort, node: NodeView): Candidate[] {
  const out: Candidate[] = [];
  for (const slice of slices) {
    const number = (slice.ports ?? []).find(
      (p) => (p.name ?? "") === (port.name ?? "") && (p.protocol ?? "TCP") === (port.protocol ?? "TCP"),
    )?.port;
    if (!number) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const ip = endpoint.addresses?.[0];
      if (!ip) continue;
      const { ready, serving, terminating } = endpoint.conditions ?? {};
      out.push({
        ip,
        port: number,
        local: endpoint.nodeName === node.nodeName,
        ready: ready !== false,
        serving: serving ?? ready !== false,
        terminating: terminating === true,
        zones: endpoint.hints?.forZones?.map((z) => z.name ?? ""),
        nodes: endpoint.hints?.forNodes?.map((n) => n.name ?? ""),
      });
    }
  }
  return out;
}

const addressesOf = ({ spec }: Service): string[] => (spec?.clusterIPs?.length ? spec.clusterIPs : [spec?.clusterIP ?? ""]);

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export const textOf = ({ ip, port }: Target): string => hostPort(ip, port);
