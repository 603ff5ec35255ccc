/** Keeps this node's firewall rules equal to what Services and EndpointSlices ask for. */
import { createServer, type Server } from "node:http";
import { endpointslices, nodes, services } from "#api/mod.ts";
import { type Clock, type Family, familyOf, type Log, messageOf, passes, type Random } from "#base/mod.ts";
import { type Client, informer } from "#client/mod.ts";
import { type Backend, backendOf, type ProxyMode, type Run } from "./backend.ts";
import type { CompileOptions } from "./compile.ts";
import { cutStaleFlows } from "./conntrack.ts";
import { type HealthCheck, type ServiceTable, serviceTable } from "./service-table.ts";

export interface ProxyOptions {
  /** What holds for each family that Services have addresses of here. */
  families: readonly CompileOptions[];
  client: Client;
  nodeName: string;
  mode?: ProxyMode;
  clock: Clock;
  random?: Random;
  log: Log;
  run: Run;
  table?: string;
}

export interface Proxy {
  /** Resolves when the first rules stand. */
  ready: Promise<void>;
  close(): Promise<void>;
}

/** The rules of one family. */
interface Side {
  readonly family: Family;
  readonly backend: Backend;
  /** What stands. */
  before?: ServiceTable;
}

const settleMs = 5;
const retry = { baseMs: 200, maxMs: 10_000 };

export function startProxy(options: ProxyOptions): Proxy {
  const { client, clock, log, nodeName, run, mode = "nftables", table = "spoke-proxy" } = options;
  const sides = options.families.map(
    (each): Side => ({ family: familyOf(each.podRange), backend: backendOf(mode, { ...each, run, table }) }),
  );
  const watch = { clock, log, random: options.random };
  const follow = {
    services: informer(client, services, watch),
    slices: informer(client, endpointslices, { ...watch, labelSelector: "!service.kubernetes.io/headless" }),
    node: informer(client, nodes, { ...watch, fieldSelector: `metadata.name=${nodeName}` }),
  };
  const allSynced = () => Object.values(follow).every((each) => each.hasSynced());
  const health = new HealthServers(log);
  const { promise: ready, resolve: stand } = Promise.withResolvers<void>();
  const work = passes({
    clock,
    settleMs,
    retry,
    async pass() {
      const zone = follow.node.list()[0]?.metadata.labels?.["topology.kubernetes.io/zone"];
      const checks: HealthCheck[] = [];
      for (const side of sides) {
        const { family, backend, before } = side;
        const now = serviceTable(follow.services.list(), follow.slices.list(), { nodeName, zone }, family);
        await backend.apply(now);
        if (before) await cutStaleFlows(before, now, { family, run, log });
        side.before = now;
        checks.push(...now.healthChecks);
      }
      health.set(checks);
      stand();
    },
    failed: (error, failures) => log.warn("proxy: rules not applied", { error: messageOf(error), failures }),
  });
  const changed = () => {
    if (allSynced()) work.changed();
  };
  follow.services.onChange(changed);
  follow.slices.onChange(changed);
  follow.node.onChange(({ old, object }) => {
    if (old?.metadata.labels?.["topology.kubernetes.io/zone"] !== object.metadata.labels?.["topology.kubernetes.io/zone"] || !old)
      changed();
  });
  void Promise.all(Object.values(follow).map((each) => each.synced)).then(changed);

  return {
    ready,
    async close() {
      for (const each of Object.values(follow)) each.close();
      await work.close();
      health.close();
    },
  };
}

/** Load balancers ask here whether this node has endpoints of a Service whose traffic must stay local. */
class HealthServers {
  #servers = new Map<number, { server: Server; check: HealthCheck }>();
  readonly #log: Log;
  constructor(log: Log) {
    this.#log = log;
  }
  set(checks: readonly HealthCheck[]): void {
    // Of a Service of two families the first that has endpoints here is enough.
    const wanted = new Map(checks.toSorted((a, b) => a.localEndpoints - b.localEndpoints).map((check) => [check.port, check]));
    for (const [port, { server }] of this.#servers) {
      if (wanted.has(port)) continue;
      server.close();
      this.#servers.delete(port);
    }
    for (const [port, check] of wanted) {
      const known = this.#servers.get(port);
      if (known) known.check = check;
      else this.#open(port, check);
    }
  }
  #open(port: number, check: HealthCheck): void {
    const entry = { check, server: createServer() };
    entry.server.on("request", (_, response) => {
      const { namespace, name, localEndpoints } = entry.check;
      response.writeHead(localEndpoints > 0 ? 200 : 503, { "content-type": "application/json", "x-content-type-options": "nosniff" });
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy: true }));
    });
    entry.server.on("error", (error) => this.#log.warn("proxy: health check port", { port, error: error.message }));
    entry.server.listen(port);
    this.#servers.set(port, entry);
  }
  close(): void {
    for (const { server } of this.#servers.values()) server.close();
    this.#servers.clear();
  }
}
