/** Which nodes a load balancer address leads to: pure. */
import type { EndpointSlice, Node, Service } from "#api/mod.ts";
import { canonical, type Family, familyOf } from "#base/mod.ts";

export interface Route {
  address: string;
  /** Node addresses, sorted; empty: nobody can answer now. */
  via: string[];
}

/** Services of type LoadBalancer with their addresses, each led to the nodes that may take its traffic. */
export function routesOf(
  services: Iterable<Service>,
  slicesOf: (service: Service) => readonly EndpointSlice[],
  nodes: Iterable<Node>,
  /** Nodes that do not answer are left out, unless none does. */
  reached: (address: string) => boolean = () => true,
): Route[] {
  const able = takers(nodes);
  const hops = new Map<string, Set<string>>();
  for (const service of services) {
    if (!isBalanced(service)) continue;
    const local = service.spec?.externalTrafficPolicy === "Local" ? nodesWithEndpoints(slicesOf(service)) : undefined;
    const nodes = able.filter((node) => !local || local.has(node.metadata.name ?? ""));
    for (const { ip: address } of service.status?.loadBalancer?.ingress ?? []) {
      if (!address) continue;
      // Services that share an address have the same nodes; what a moment makes different is led to all of them.
      const via = hops.get(canonical(address)) ?? new Set();
      for (const hop of nodes.flatMap((node) => addressOf(node, familyOf(address)) ?? [])) via.add(hop);
      hops.set(canonical(address), via);
    }
  }
  const routes = [...hops].map(([address, all]): Route => {
    const via = [...all].toSorted();
    const alive = via.filter(reached);
    return { address, via: alive.length > 0 ? alive : via };
  });
  return routes.sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** A load balancer with a class is somebody else's, who leads packets to it. */
const isBalanced = ({ spec }: Service): boolean => spec?.type === "LoadBalancer" && !spec.loadBalancerClass;

/**
 * The nodes that external traffic may enter by: as upstream's service controller, those that are not leaving and not excluded,
 * Ready or not. Among them the Ready ones are preferred; when none is Ready all stay in, because the proxy's rules on a node
 * lead on although its kubelet is silent, and an address without a route would be asked for elsewhere.
 */
export function takers(nodes: Iterable<Node>): Node[] {
  const members = [...nodes].filter(isMember);
  const ready = members.filter((node) => node.status?.conditions?.some((c) => c.type === "Ready" && c.status === "True"));
  return ready.length > 0 ? ready : members;
}

const excluded = "node.kubernetes.io/exclude-from-external-load-balancers";
const leaving = "ToBeDeletedByClusterAutoscaler";

function isMember({ metadata, spec }: Node): boolean {
  const label = metadata.labels?.[excluded];
  // Upstream reads the label as Go reads a boolean: only a false one excludes nothing.
  const included = label === undefined || /^(0|f|F|false|FALSE|False)$/.test(label);
  return included && !metadata.deletionTimestamp && !spec?.taints?.some((taint) => taint.key === leaving);
}

/** One of each family at most. */
export function internalAddresses(node: Node): string[] {
  return (node.status?.addresses ?? []).flatMap(({ type, address }) => (type === "InternalIP" && address ? [address] : []));
}

const addressOf = (node: Node, family: Family) => internalAddresses(node).find((address) => familyOf(address) === family);

function nodesWithEndpoints(slices: readonly EndpointSlice[]): Set<string> {
  return new Set(
    slices.flatMap((slice) => (slice.endpoints ?? []).filter((e) => e.conditions?.ready !== false).flatMap((e) => e.nodeName ?? [])),
  );
}

export interface HostPort {
  protocol: "TCP" | "UDP";
  /** On the host's loopback. */
  port: number;
  /** Where it leads: a node port of any node, or the Service's external address. */
  target: { kind: "node"; family: Family; port: number } | { kind: "address"; address: string; port: number };
}

/** What the host's localhost should answer: every node port, and every load balancer port under its own number. */
export function hostPortsOf(services: Iterable<Service>): HostPort[] {
  const ports = new Map<string, HostPort>();
  for (const service of services) {
    const { type } = service.spec ?? {};
    if (type !== "NodePort" && type !== "LoadBalancer") continue;
    const family = (service.spec?.ipFamilies?.[0] ?? "IPv4") as Family;
    const address = service.status?.loadBalancer?.ingress?.find((ingress) => ingress.ip)?.ip;
    for (const port of service.spec?.ports ?? []) {
      const protocol = port.protocol ?? "TCP";
      if (protocol !== "TCP" && protocol !== "UDP") continue;
      const add = (number: number, target: HostPort["target"]) => {
        const key = `${protocol}/${number}`;
        if (!ports.has(key)) ports.set(key, { protocol, port: number, target });
      };
      if (port.nodePort) add(port.nodePort, { kind: "node", family, port: port.nodePort });
      if (isBalanced(service) && address && port.port) add(port.port, { kind: "address", address, port: port.port });
    }
  }
  return [...ports.values()];
}
