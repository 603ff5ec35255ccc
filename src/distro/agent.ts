/** One node's agent: kubelet, service proxy and cluster DNS in one process, inside the node's network namespace. */
import { type Clock, Lifetime, type Log, type Random, systemClock, systemRandom } from "#base/mod.ts";
import { type Client, createClient, type HttpTransport, httpTransport } from "#client/mod.ts";
import { deviceFolders, readProviders, settingsOf, startKubelet } from "#kubelet/mod.ts";
import { cgroupTrees, detectCgroups, nft, run as runTool } from "#linux/mod.ts";
import { folders, type LocalPath, startLocalPath } from "#local-path/mod.ts";
import { type Policies, startPolicies } from "#policy/mod.ts";
import { startProxy } from "#proxy/mod.ts";
import { sharedDisk } from "./bring-up/shared-disk.ts";
import { identities, nodeIdentity, type Pem, readCa } from "./certificates.ts";
import { type ClusterConfig, cgroupOf, clusterDomain, type NodeConfig, numbersOf } from "./cluster.ts";
import type { ProcessContext } from "./commands/run.ts";
import { nodePlace, pauseImage } from "./containerd.ts";
import { type DnsOf, dnsOf } from "./dns/dns-process.ts";
import { type ApiServers, apiServersOf } from "./machines/api-servers.ts";
import { startMachineNetwork } from "./machines/network.ts";
import { nodeAddressesOf } from "./machines/seat.ts";
import type { Place } from "./place.ts";
import { PemFiles } from "./renewal/pem-files.ts";
import { resolvConfFile } from "./resolvers.ts";

const dnsPorts = { "udp/dns": 53, "tcp/dns-tcp": 53, "tcp/metrics": 9153 };
/** As long as a plain request may take before its connection counts as cut. */
const answerMs = 10_000;

export async function runAgent({ place, log, signal }: ProcessContext, cluster: ClusterConfig, node: NodeConfig): Promise<void> {
  const lifetime = new Lifetime({ log });
  const clock: Clock = systemClock;
  const random: Random = systemRandom;
  const numbers = numbersOf(cluster);
  const addresses = nodeAddressesOf(cluster, node);
  const dnsAddresses = numbers.families.map(({ dnsAddress }) => dnsAddress);
  const at = nodePlace(place, node.name);
  const cgroups = detectCgroups();
  const servers = apiServersOf({ place, cluster, clock, random, log, lifetime, keeps: true });
  const { clientAs, reset, pems } = clientsOf({ place, log }, servers, lifetime);

  const proxyClient = clientAs(identities.proxy.file, "spoke-proxy");
  servers.follow(proxyClient);
  const proxy = proxyOf({ cluster, node, client: proxyClient, log });
  lifetime.add(() => proxy.close());

  if (cluster.machine) {
    const own = log.with({ component: "network" });
    const network = startMachineNetwork({
      place,
      cluster,
      node,
      client: clientAs(identities.proxy.file, "spoke-network"),
      clock,
      random,
      log: own,
    });
    lifetime.add(() => network.close());
  }

  const policies = policiesOf({ cluster, node, client: clientAs(identities.policy.file, "spoke-policy"), log });
  const dns = dnsOf({ place, cluster, node, client: clientAs(identities.dns.file, "spoke-dns"), log, role: "stand-in" });
  const localPath = localPathOf(node, at.localPath, clientAs(identities.localPath.file, "spoke-local-path"), log);
  for (const each of [policies, dns, localPath]) lifetime.add(() => each.close());

  const kubelet = await startKubelet({
    client: clientAs(nodeIdentity(node.name).file, "spoke-kubelet"),
    connectionLost: reset,
    nodeName: node.name,
    nodeAddresses: addresses,
    // On a machine of its own the cluster gives the range.
    ...(cluster.machine ? {} : { podCidrs: numbers.families.map(({ podCidr }) => podCidr(node.index)) }),
    runtimeSocket: at.socket,
    stateFolder: at.kubelet,
    devices: deviceFolders(at.kubelet),
    cgroupRoot: cgroupOf(cluster, node.name),
    cgroupTrees: cgroupTrees(cgroups),
    cgroupLimits:
      cgroups.mode === "v2"
        ? { version: 2, cpu: cgroups.unified, memory: cgroups.unified, pids: cgroups.unified }
        : { version: 1, ...cgroups.controllers },
    ...(cluster.imageCredentials ? { providers: readProviders(cluster.imageCredentials) } : {}),
    neededImages: [pauseImage],
    settings: settingsOf(cluster.kubeletConfig, { ...sharedDisk, staticPodPath: at.manifests }),
    network: policies,
    resolvConf: resolvConfFile(dnsAddresses),
    clusterDns: dnsAddresses,
    clusterDomain,
    ...(cluster.machine?.labels ? { labels: cluster.machine.labels } : {}),
    server: { address: addresses[0], port: 10250, ...servingFiles(place, node.name, pems) },
    clock,
    random,
    log: log.with({ component: "kubelet" }),
  });
  lifetime.add(() => kubelet.close());

  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}

/** Each part of the agent asks as itself; the connections of all are made anew together. */
function clientsOf({ place, log }: { place: Place; log: Log }, { server }: ApiServers, lifetime: Lifetime) {
  const pems = new PemFiles({ place, clock: systemClock, log });
  lifetime.add(() => pems.close());
  const transports: HttpTransport[] = [];
  return {
    pems,
    reset() {
      for (const transport of transports) transport.reset();
    },
    clientAs(file: string, userAgent: string): Client {
      const transport = httpTransport({
        server,
        ca: readCa(place),
        ...pems.follow(file, (pem) => transport.renew(pem)),
        userAgent,
        timeoutMs: answerMs,
      });
      transports.push(transport);
      lifetime.add(() => transport.close());
      return createClient(transport);
    },
  };
}

function proxyOf({ cluster, node, client, log }: Pick<DnsOf, "cluster" | "node" | "client" | "log">): ReturnType<typeof startProxy> {
  const { families } = numbersOf(cluster);
  return startProxy({
    client,
    nodeName: node.name,
    mode: cluster.proxyMode,
    clock: systemClock,
    random: systemRandom,
    log: log.with({ component: "proxy" }),
    families: families.map(({ podRange, serviceRange, dnsAddress }) => ({ podRange, serviceRange, ownAddresses: [dnsAddress] })),
    run: (command, args, input) => runTool([command, ...args], { input }),
  });
}

function policiesOf({ cluster, node, client, log }: Pick<DnsOf, "cluster" | "node" | "client" | "log">): Policies {
  const { families } = numbersOf(cluster);
  return startPolicies({
    client,
    nodeName: node.name,
    // Cluster DNS answers on the node; to policies it is the pods that answer it elsewhere.
    families: families.map(({ family }) => family),
    standIns: families.map(({ dnsAddress: ip }) => ({ ip, namespace: "kube-system", labels: { "k8s-app": "kube-dns" }, ports: dnsPorts })),
    clock: systemClock,
    random: systemRandom,
    log: log.with({ component: "policy" }),
    nft,
  });
}

/** Volumes of the class local-path lie in a folder of the node's own. */
function localPathOf(node: NodeConfig, root: string, client: Client, log: Log): LocalPath {
  const own = log.with({ component: "local-path" });
  return startLocalPath({ client, nodes: [node.name], root, disk: folders, clock: systemClock, random: systemRandom, log: own });
}

function servingFiles(place: Place, node: string, pems: PemFiles) {
  const file = `kubelet-${node}`;
  const renewals = (renew: (pem: Pem) => void) => void pems.follow(file, renew);
  return { ...pems.follow(file), clientCa: readCa(place), renewals };
}
