/** The control plane of a local cluster in one process: store, API server, controllers, scheduler, balancer, simulated nodes. */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { listen, portTls } from "#apiserver/mod.ts";
import { startBalancer } from "#balancer/mod.ts";
import { every, Lifetime, type Log, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { Cluster, type ClusterOptions, ensureOwnRoles, type Network, type NodeSet, type OwnRole, simulated } from "#cluster/mod.ts";
import { ensureDnsObjects } from "#dns/mod.ts";
import { ensureIngressClass, ingressLease } from "#ingress/mod.ts";
import { ip, routeLine } from "#linux/mod.ts";
import { ensureLocalPathClass } from "#local-path/mod.ts";
import { readSchedulerConfiguration } from "#scheduler/mod.ts";
import { createEtcdStore, createSqliteStore, type Store } from "#store/mod.ts";
import { identities, readCa, readKey } from "./certificates.ts";
import { type ClusterConfig, clusterDomain, numbersOf } from "./cluster.ts";
import type { ProcessContext } from "./commands/run.ts";
import { etcdOptionsOf } from "./etcd/given.ts";
import { writeKnownServers } from "./etcd/member.ts";
import { joinsOf } from "./join/provide.ts";
import { isBeingChanged } from "./lock.ts";
import { hostAddressesOf, hostAddressOf, nodeAddressesOf } from "./machines/seat.ts";
import type { Place } from "./place.ts";
import { openComponentPorts } from "./ports/component-ports.ts";
import { type AccountKeys, followAccountKeys } from "./renewal/account-keys.ts";
import { PemFiles } from "./renewal/pem-files.ts";
import { ensureSupervisor } from "./supervisor.ts";

const supervisorLookMs = 2000;
/** Less than who stops this process waits before it kills it. */
const lastRequestsMs = 6000;
/** EX_IOERR of sysexits. */
const ioErrorExitCode = 74;

const follow = ["get", "list", "watch"];

const configurationOf = ({ apiserverFlags, schedulerConfig }: ClusterConfig) => ({
  ...(apiserverFlags ? { apiserverFlags } : {}),
  ...(schedulerConfig ? { scheduler: readSchedulerConfiguration(schedulerConfig) } : {}),
});

const gatewayRoutes = ["httproutes", "grpcroutes", "tlsroutes", "tcproutes", "udproutes"];
const gatewayKinds = ["gatewayclasses", "gateways", "listenersets", "backendtlspolicies", ...gatewayRoutes];
/** What Spoke's own parts may do, beyond upstream's bootstrap policy. */
const own: OwnRole[] = [
  {
    name: "spoke:dns",
    user: identities.dns.user,
    rules: [
      { apiGroups: [""], resources: ["services", "namespaces", "nodes"], verbs: follow },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: follow },
      // Whose address asks, where the Corefile has `pods verified`; as upstream's system:coredns.
      { apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["coredns"], verbs: follow },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
    ],
  },
  {
    name: "spoke:policy",
    user: identities.policy.user,
    rules: [
      { apiGroups: [""], resources: ["pods", "namespaces"], verbs: follow },
      { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: follow },
    ],
  },
  {
    name: "spoke:balancer",
    user: identities.balancer.user,
    rules: [
      { apiGroups: [""], resources: ["services", "nodes"], verbs: follow },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: follow },
    ],
  },
  {
    name: "spoke:local-path",
    user: identities.localPath.user,
    rules: [
      { apiGroups: [""], resources: ["persistentvolumes"], verbs: [...follow, "create", "update", "delete"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: [...follow, "update"] },
      { apiGroups: [""], resources: ["persistentvolumeclaims/status"], verbs: ["update"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      { apiGroups: ["storage.k8s.io"], resources: ["storageclasses"], verbs: follow },
    ],
  },
  {
    name: "spoke:ingress",
    user: identities.ingress.user,
    rules: [
      { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: follow },
      { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["patch"] },
      // A Gateway's address is that of a Service which leads to this process.
      { apiGroups: [""], resources: ["services"], verbs: [...follow, "create", "patch", "delete"] },
      { apiGroups: [""], resources: ["namespaces"], verbs: follow },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: [...follow, "create", "patch"] },
      { apiGroups: ["gateway.networking.k8s.io"], resources: [...gatewayKinds, "referencegrants"], verbs: follow },
      { apiGroups: ["gateway.networking.k8s.io"], resources: gatewayKinds.map((kind) => `${kind}/status`), verbs: ["patch"] },
      // Authorities of clients and backends of Gateways.
      { apiGroups: [""], resources: ["configmaps"], verbs: follow },
      // Whoever names an owner must be let to hold it.
      { apiGroups: ["gateway.networking.k8s.io"], resources: ["gateways/finalizers"], verbs: ["update"] },
      // It asks for those of type kubernetes.io/tls, and those that Ingresses name for their users; RBAC knows no types.
      { apiGroups: [""], resources: ["secrets"], verbs: ["list", "watch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
      // One of several writes the status. What is made has no name yet that RBAC could know.
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [ingressLease], verbs: ["get", "update"] },
      { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
    ],
  },
  { name: "spoke:kubelet-api", user: identities.kubeletClient.user, role: "system:kubelet-api-admin" },
  {
    // Upstream's role lacks them; kubeadm's API server may do everything on a kubelet. Who asks through it must be allowed `nodes/proxy`.
    name: "spoke:kubelet-pages",
    user: identities.kubeletClient.user,
    rules: [{ apiGroups: [""], resources: ["nodes/checkpoint", "nodes/statusz"], verbs: ["*"] }],
  },
  // The proxy reads EndpointSlices and Services by upstream's role; its node's topology labels too.
  { name: "spoke:proxy", user: identities.proxy.user, role: "system:node-proxier" },
];

export async function runControlPlane({ place, log, signal }: ProcessContext, cluster: ClusterConfig): Promise<void> {
  const lifetime = new Lifetime({ log });
  const [clock, random] = [systemClock, systemRandom];
  const numbers = numbersOf(cluster);
  const { etcd } = cluster;
  const store = await openStore(place, cluster, log);

  const pems = new PemFiles({ place, clock, log });
  lifetime.add(() => pems.close());
  const accountKeys = followAccountKeys({ place, clock, log });
  lifetime.add(() => accountKeys.close());
  const controlPlane = new Cluster({
    store,
    clock,
    log,
    nodes: [simulatedAside(cluster.simulatedNodes)],
    // As upstream's: who is started again is another.
    ...(etcd ? { leaderElection: { identity: `${hostname()}_${random.uuid()}` } } : {}),
    ...configurationOf(cluster),
    network: networkOf(cluster),
    secrets: secretsOf(place, pems, accountKeys.keys),
  });
  lifetime.add(() => controlPlane.close());
  const { server, client: admin } = await controlPlane.open();
  const clientCa = readCa(place) + readKey(place, frontProxyCaFile);
  const serving = { ...pems.follow("apiserver"), clientCa };
  const hosts = ["127.0.0.1", ...(cluster.nodes.length > 0 ? hostAddressesOf(cluster) : [])];
  for (const host of hosts) {
    const goawayChance = (cluster.goawayPerMille ?? 0) / 1000;
    const listener = await listen(server, { host, port: cluster.port, ...serving, goawayChance, tls: portTls(cluster.apiserverFlags) });
    pems.follow("apiserver", (pem) => listener.renew({ ...pem, clientCa }));
    lifetime.add(() => listener.close());
  }
  log.info("the API server listens", { hosts, port: cluster.port });

  await ensureOwnRoles(admin, own, log);
  await ensureLocalPathClass(admin);
  await controlPlane.start();
  await openComponentPorts({
    cluster: controlPlane,
    slot: cluster.slot,
    leaderElect: etcd !== undefined,
    serving: { ...serving, renewals: (renew) => void pems.follow("apiserver", renew) },
    clock,
    log,
    lifetime,
  });

  const balancer = startBalancer({
    client: controlPlane.as(identities.balancer.user, ...identities.balancer.groups),
    clock,
    random,
    log: log.with({ component: "balancer" }),
    // On a machine of its own the node is here: its proxy answers by itself.
    setRoute: cluster.machine
      ? async () => {}
      : (to, via) => ip(via.length > 0 ? [routeLine(to, via)] : [`route delete ${to}`], { force: via.length === 0 }),
    serviceRanges: numbers.families.map(({ serviceRange }) => serviceRange),
    isHere: (address) => cluster.nodes.some((node) => nodeAddressesOf(cluster, node).includes(address)),
    localhost: cluster.nodes.length > 0,
  });
  lifetime.add(() => balancer.close());
  await ensureDns(admin, cluster, log);
  if (cluster.nodes.length > 0) await ensureIngressClass(admin, log);
  if (cluster.machine) lifetime.add(await joinsOf({ place, cluster, controlPlane, clock, random, log }));

  const look = every(clock, supervisorLookMs, async () => {
    // Who ended it starts it again, maybe as another version.
    if (isBeingChanged(place)) return;
    try {
      await ensureSupervisor(place, clock);
    } catch (error) {
      log.warn("the supervisor could not be started", { error: messageOf(error) });
    }
  });
  lifetime.add(() => look.cancel());
  await asked(signal);
  await server.ending.begin({ delayMs: (cluster.shutdownDelaySeconds ?? 0) * 1000, mostMs: lastRequestsMs });
  await lifetime.close();
}

const frontProxyCaFile = "front-proxy-ca.crt";

/** Who it is to kubelets and to extension servers is read at each call. */
const secretsOf = (place: Place, pems: PemFiles, accountKeys: AccountKeys): ClusterOptions["secrets"] => ({
  serviceAccountKey: accountKeys,
  kubelet: Object.assign(pems.follow(identities.kubeletClient.file), { ca: readCa(place) }),
  clientCa: readCa(place),
  clientCaKey: readKey(place, "ca.key"),
  frontProxyCa: readKey(place, frontProxyCaFile),
  frontProxy: pems.follow(identities.frontProxy.file),
  encryptionKey: Buffer.from(readKey(place, "encryption.key"), "base64"),
});

function networkOf(cluster: ClusterConfig): Network {
  const numbers = numbersOf(cluster);
  return {
    domain: clusterDomain,
    serviceRanges: numbers.families.map(({ serviceRange }) => serviceRange),
    loadBalancerRanges: numbers.families.map(({ balancerRange }) => balancerRange),
    advertise: { ip: hostAddressOf(cluster), port: cluster.port },
    // Nodes of one machine bring their own ranges.
    ...(cluster.machine ? { podRange: numbers.podRange } : {}),
  };
}

async function ensureDns(admin: Client, cluster: ClusterConfig, log: Log): Promise<void> {
  const addresses = numbersOf(cluster).families.map(({ dnsAddress }) => dnsAddress);
  await ensureDnsObjects(admin, { clusterIPs: addresses, domain: clusterDomain, log });
}

/** Resolves when this process is asked to end. */
const asked = (signal: AbortSignal) => new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** They take a while to register, and whatever is wrong with them is not wrong with the control plane. */
function simulatedAside(count: number): NodeSet {
  return async (world) => {
    simulated(count)(world).catch((error) => world.log.error("simulated nodes did not start", { error: messageOf(error) }));
  };
}

/** A store whose disk fails is of no use: the process says so and ends, and the supervisor starts it again. */
async function openStore(place: Place, cluster: ClusterConfig, log: Log): Promise<Store> {
  if (cluster.etcd) return openEtcd(place, cluster, log);
  const folder = join(place.state, "store");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return createSqliteStore({
    file: join(folder, "state.db"),
    clock: systemClock,
    onFailure(error) {
      log.error("this process ends: its store cannot be written", { error: error.message });
      process.exit(ioErrorExitCode);
    },
  });
}

const etcdPatienceMs = 60_000;
const etcdAgainMs = 100;

/** A member that Spoke runs is started together with this process, and may be electing a leader. */
async function openEtcd(place: Place, cluster: ClusterConfig, log: Log): Promise<Store> {
  const own = cluster.etcd?.member ? { learned: (servers: readonly string[]) => writeKnownServers(place, servers) } : undefined;
  const end = systemClock.monotonic() + (own ? etcdPatienceMs : 0);
  for (;;) {
    try {
      return await createEtcdStore({ ...etcdOptionsOf(place, cluster), ...own, log });
    } catch (error) {
      if (systemClock.monotonic() > end) throw error;
      await systemClock.sleep(etcdAgainMs);
    }
  }
}
