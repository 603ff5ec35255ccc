/** A node's DNS: as a process of its own that loads only what it answers by, and as the agent's stand-in for that. */
import { Lifetime, type Log, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { createClient } from "#client/client.ts";
import type { Client } from "#client/contract.ts";
import { httpTransport } from "#client/http-transport.ts";
import { type Dns, startDns } from "#dns/mod.ts";
import { identities, readCa } from "../certificates.ts";
import { type ClusterConfig, clusterDomain, type NodeConfig, numbersOf } from "../cluster.ts";
import type { ProcessContext } from "../commands/run.ts";
import { nodePlace } from "../containerd.ts";
import { apiServersOf } from "../machines/api-servers.ts";
import type { Place } from "../place.ts";
import { PemFiles } from "../renewal/pem-files.ts";
import { machineResolvers } from "../resolvers.ts";

/** As long as a plain request may take before its connection counts as cut. */
const answerMs = 10_000;

/** The node's first answerer of DNS, in a process of its own: it does not wait for what the kubelet does, nor end with it. */
export async function runDns({ place, log, signal }: ProcessContext, cluster: ClusterConfig, node: NodeConfig): Promise<void> {
  const lifetime = new Lifetime({ log });
  const servers = apiServersOf({ place, cluster, clock: systemClock, random: systemRandom, log, lifetime, keeps: false });
  const pems = new PemFiles({ place, clock: systemClock, log });
  lifetime.add(() => pems.close());
  const transport = httpTransport({
    server: servers.server,
    ca: readCa(place),
    ...pems.follow(identities.dns.file, (pem) => transport.renew(pem)),
    userAgent: "spoke-dns",
    timeoutMs: answerMs,
  });
  lifetime.add(() => transport.close());
  const client = createClient(transport);
  servers.follow(client);
  const dns = dnsOf({ place, cluster, node, client, log, role: "first" });
  lifetime.add(() => dns.close());
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}

export interface DnsOf {
  place: Place;
  cluster: ClusterConfig;
  node: NodeConfig;
  client: Client;
  log: Log;
  role: "first" | "stand-in";
}

export function dnsOf({ place, cluster, node, client, log, role }: DnsOf): Dns {
  const dnsAddresses = numbersOf(cluster).families.map(({ dnsAddress }) => dnsAddress);
  const own = log.with({ component: "dns" });
  const dns = startDns({
    client,
    clock: systemClock,
    random: systemRandom,
    log: own,
    domain: clusterDomain,
    addresses: dnsAddresses,
    resolvers: cluster.uplink
      ? machineResolvers(
          numbersOf(cluster).families.map(({ family }) => family),
          dnsAddresses,
        )
      : [],
    pair: { role, file: nodePlace(place, node.name).dns },
    // One of the two tells.
    ...(role === "first" ? { nodeName: node.name } : {}),
  });
  dns.ready.catch((error) => own.error("dns does not answer", { error: messageOf(error) }));
  return dns;
}
