/** Follows Services, EndpointSlices and namespaces, and answers for them on this node's cluster DNS address. */

import { endpointslices, namespaces, type Service, services } from "#api/mod.ts";
import { type Clock, familyOf, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Client, index, informer, isAlreadyExists, keyOf } from "#client/mod.ts";
import { remembering } from "./cache.ts";
import { createForwarder } from "./forward.ts";
import { answerFirst, type Closable, standIn } from "./pair.ts";
import { serveDns } from "./server.ts";
import { Zone } from "./zone.ts";

export interface DnsOptions {
  client: Client;
  clock: Clock;
  random?: Random;
  log: Log;
  /** `cluster.local`. */
  domain: string;
  /** Addresses to listen on; they must be on an interface of this node already. */
  addresses: string[];
  port?: number;
  /** Who is asked about names outside the cluster. */
  resolvers: string[];
  /** Of two that answer on one address: which one this is, and the socket file by which they know of each other. */
  pair?: { role: "first" | "stand-in"; file: string };
}

export interface Dns {
  /** Resolves when it knows what there is, and answers unless it stands in for one that does. */
  ready: Promise<void>;
  close(): Promise<void>;
}

const byService = index(endpointslices, ({ metadata }) => {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name ? [`${metadata.namespace}/${name}`] : [];
});

export function startDns(options: DnsOptions): Dns {
  const { client, clock, log, domain } = options;
  const zone = new Zone(domain, options.addresses);
  const watch = { clock, log, random: options.random };
  const follow = {
    services: informer(client, services, watch),
    slices: informer(client, endpointslices, watch),
    namespaces: informer(client, namespaces, watch),
  };
  const update = (key: string) => zone.setService(key, follow.services.get(key), follow.slices.by(byService, key));
  follow.services.onChange(({ object }) => update(keyOf(object)));
  follow.slices.onChange(({ object, old }) => {
    for (const key of new Set([...byService.of(object), ...(old ? byService.of(old) : [])])) update(key);
  });
  follow.namespaces.onChange(({ type, object }) => zone.setNamespace(object.metadata.name ?? "", type !== "deleted"));
  let server: Closable | undefined;
  let closed = false;
  const ready = (async () => {
    await Promise.all(Object.values(follow).map((each) => each.synced));
    if (closed) return;
    const forwarder = remembering(createForwarder(options.resolvers, clock), clock);
    const { addresses, port, pair } = options;
    const listen = () => serveDns({ zone, forwarder, addresses, clock, log, ...(port ? { port } : {}) });
    if (!pair) server = await listen();
    else server = await (pair.role === "first" ? answerFirst(listen, pair.file, log) : standIn(listen, { file: pair.file, clock, log }));
  })();
  return {
    ready,
    async close() {
      closed = true;
      for (const each of Object.values(follow)) each.close();
      await ready.catch(() => {});
      await server?.close();
    },
  };
}

/**
 * The Service that reserves the cluster DNS address and names it. Every node answers on that address itself, so it has no
 * endpoints; the proxy leaves it alone.
 */
export async function ensureDnsService(client: Client, clusterIPs: readonly string[], log: Log): Promise<void> {
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kube-dns",
      namespace: "kube-system",
      labels: { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
    },
    spec: {
      clusterIP: clusterIPs[0],
      clusterIPs: [...clusterIPs],
      ipFamilies: clusterIPs.map(familyOf),
      ipFamilyPolicy: clusterIPs.length > 1 ? "RequireDualStack" : "SingleStack",
      ports: [
        { name: "dns", port: 53, protocol: "UDP", targetPort: 53 },
        { name: "dns-tcp", port: 53, protocol: "TCP", targetPort: 53 },
      ],
    },
  };
  try {
    await client.create(services, service);
  } catch (error) {
    if (!isAlreadyExists(error)) log.warn("dns: the kube-dns Service could not be made", { error: messageOf(error) });
  }
}
