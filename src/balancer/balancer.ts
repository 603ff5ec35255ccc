/**
 * Makes load balancer addresses and node ports answer on the host of a local cluster: a route per address through every
 * node that can take it, and forwarders on the host's localhost.
 */

import { endpointslices, type Node, nodes, type Service, services } from "#api/mod.ts";
import { type Clock, familyOf, type Lifetime, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Client, index, informer } from "#client/mod.ts";
import { type HostPort, hostPortsOf, internalAddresses, type Route, routesOf, takers } from "./assign.ts";
import { type Destination, forward } from "./forward.ts";
import { answers, Reach } from "./reach.ts";

export interface BalancerOptions {
  client: Client;
  clock: Clock;
  random?: Random;
  log: Log;
  /** Replaces the host's route to an address or range; an empty list removes it. */
  setRoute(to: string, via: readonly string[]): Promise<void>;
  /** Led through all nodes that answer, as ClusterIPs are answered by each. One of each family at most. */
  serviceRanges?: readonly string[];
  /** Whether an address is one that the host has a way to; simulated nodes have none. */
  isHere?(nodeAddress: string): boolean;
  /** Also answer on the host's localhost. */
  localhost: boolean;
}

export interface Balancer {
  close(): Promise<void>;
}

const settleMs = 10;
/** Of one route. */
const mostHops = 16;

const byService = index(endpointslices, ({ metadata }) => [
  `${metadata.namespace}/${metadata.labels?.["kubernetes.io/service-name"] ?? ""}`,
]);

export function startBalancer(options: BalancerOptions): Balancer {
  const { client, clock, log } = options;
  const watch = { clock, log, random: options.random };
  const follow = {
    services: informer(client, services, watch),
    slices: informer(client, endpointslices, watch),
    nodes: informer(client, nodes, watch),
  };
  const routes = new Map<string, string>();
  const ports = new Map<string, { lifetime: Lifetime | undefined; key: string }>();
  let next = 0;
  let dirty = false;
  let closed = false;
  let running: Promise<void> | undefined;

  const slicesOf = (service: Service) => follow.slices.by(byService, `${service.metadata.namespace}/${service.metadata.name}`);
  const reach = new Reach({ clock, probe: (address) => answers(clock, address), changed: () => changed() });
  const isHere = options.isHere ?? (() => true);
  const hereOf = (node: Node) => internalAddresses(node).filter(isHere);
  const ranges = options.serviceRanges ?? [];
  const nodesHere = () => follow.nodes.list().filter((node) => hereOf(node).length > 0);
  const current = (): Route[] => {
    const routes = routesOf(follow.services.list(), slicesOf, nodesHere(), (address) => reach.has(address));
    for (const range of ranges) {
      const all = nodesHere()
        .flatMap(hereOf)
        .filter((address) => familyOf(address) === familyOf(range))
        .sort();
      const alive = all.filter((address) => reach.has(address));
      if (all.length > 0) routes.push({ address: range, via: (alive.length > 0 ? alive : all).slice(0, mostHops) });
    }
    return routes;
  };
  /** Nodes are asked only while there is a choice of them, or a port that leads to them. */
  const followNodes = (hostPorts: HostPort[]) => {
    const all = nodesHere();
    const asked = ranges.length > 0 && all.length > 1 ? all : hostPorts.length > 0 ? takers(all) : [];
    reach.follow(asked.flatMap(hereOf));
  };

  const setRoutes = async (wanted: Route[]) => {
    const keep = new Set(wanted.map((route) => route.address));
    for (const address of [...routes.keys()]) if (!keep.has(address)) wanted.push({ address, via: [] });
    for (const { address, via } of wanted) {
      const text = via.join(" ");
      // While a node is lost the range is set again and again: `up` or the supervisor may have led it through all nodes.
      const again = ranges.includes(address) && reach.someLost;
      if ((routes.get(address) === text && !again) || (text === "" && !routes.has(address))) continue;
      try {
        await options.setRoute(address, via);
        if (keep.has(address)) routes.set(address, text);
        else routes.delete(address);
      } catch (error) {
        log.warn("balancer: route not set", { address, via: text, error: messageOf(error) });
      }
    }
  };

  const destination = (target: HostPort["target"]): Destination | undefined => {
    if (target.kind === "address") return { address: target.address, port: target.port };
    const able = takers(nodesHere())
      .flatMap(hereOf)
      .filter((address) => familyOf(address) === target.family);
    const alive = able.filter((address) => reach.has(address));
    const choice = alive.length > 0 ? alive : able;
    const address = choice[next++ % Math.max(1, choice.length)];
    return address ? { address, port: target.port } : undefined;
  };

  const setPorts = async (wanted: HostPort[]) => {
    const byKey = new Map(wanted.map((port) => [`${port.protocol}/${port.port}`, port]));
    for (const [key, held] of [...ports]) {
      const port = byKey.get(key);
      if (port && JSON.stringify(port.target) === held.key) continue;
      ports.delete(key);
      await held.lifetime?.close();
    }
    for (const [key, port] of byKey) {
      if (ports.has(key)) continue;
      try {
        const lifetime = await forward({ protocol: port.protocol, port: port.port, pick: () => destination(port.target), clock, log });
        ports.set(key, { lifetime, key: JSON.stringify(port.target) });
      } catch (error) {
        // Somebody else on this machine has that port: the Service still answers on its own addresses.
        ports.set(key, { lifetime: undefined, key: JSON.stringify(port.target) });
        log.info("balancer: localhost port is taken", { port: key, error: messageOf(error) });
      }
    }
  };

  const sync = async () => {
    while (dirty && !closed) {
      dirty = false;
      const hostPorts = hostPortsOf(follow.services.list());
      followNodes(hostPorts);
      await setRoutes(current());
      if (options.localhost) await setPorts(hostPorts);
    }
  };
  const changed = () => {
    dirty = true;
    if (running || closed || !Object.values(follow).every((each) => each.hasSynced())) return;
    running = clock
      .sleep(settleMs)
      .then(sync)
      .finally(() => {
        running = undefined;
        if (dirty && !closed) changed();
      });
  };
  follow.services.onChange(changed);
  follow.slices.onChange(changed);
  follow.nodes.onChange(changed);
  void Promise.all(Object.values(follow).map((each) => each.synced)).then(changed);

  return {
    async close() {
      closed = true;
      reach.close();
      for (const each of Object.values(follow)) each.close();
      await running;
      for (const { lifetime } of ports.values()) await lifetime?.close();
    },
  };
}
