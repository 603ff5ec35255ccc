/** The control plane of a local cluster in one process: store, API server, controllers, scheduler, balancer, simulated nodes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { services } from "#api/mod.ts";
import { createSecureApiServer, listen } from "#apiserver/mod.ts";
import { startBalancer } from "#balancer/mod.ts";
import { every, Lifetime, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { type Client, createClient, eventRecorder, orUndefined, serviceAccountUser } from "#client/mod.ts";
import { startControllers, withoutController } from "#controllers/mod.ts";
import { ensureDnsService } from "#dns/mod.ts";
import { ip, routeLine } from "#linux/mod.ts";
import { startScheduler } from "#scheduler/mod.ts";
import { createSqliteStore } from "#store/mod.ts";
import { type Identity, identities, readCa, readKey, readPem } from "./certificates.ts";
import { type ClusterConfig, clusterDomain, numbersOf } from "./cluster.ts";
import type { ProcessContext } from "./commands/run.ts";
import { ensureOwnRoles } from "./own-roles.ts";
import { simulate } from "./simulated/simulate.ts";
import { ensureSupervisor } from "./supervisor.ts";

const supervisorLookMs = 2000;

export async function runControlPlane({ place, log, signal }: ProcessContext, cluster: ClusterConfig): Promise<void> {
  const lifetime = new Lifetime({ log });
  const [clock, random] = [systemClock, systemRandom];
  const numbers = numbersOf(cluster.slot);
  mkdirSync(join(place.state, "store"), { recursive: true, mode: 0o700 });
  const store = await createSqliteStore({ file: join(place.state, "store", "state.db"), clock });
  lifetime.add(() => store.close());

  const server = await createSecureApiServer({
    store,
    clock,
    random,
    log: log.with({ component: "apiserver" }),
    serviceAccountKey: { private: readKey(place, "service-account.key"), public: readKey(place, "service-account.pub") },
    issuer: `https://kubernetes.default.svc.${clusterDomain}`,
    serviceRange: numbers.serviceRange,
    apiServiceIp: numbers.apiServiceAddress,
    advertise: { ip: numbers.hostAddress, port: cluster.port },
    withoutController: [...withoutController],
    kubelet: { ...readPem(place, identities.kubeletClient.file), ca: readCa(place) },
    clientCa: readCa(place),
    encryptionKey: Buffer.from(readKey(place, "encryption.key"), "base64"),
  });
  lifetime.add(() => server.close());
  const serving = { ...readPem(place, "apiserver"), clientCa: readCa(place) };
  const hosts = ["127.0.0.1", ...(cluster.nodes.length > 0 ? [numbers.hostAddress] : [])];
  for (const host of hosts) {
    const listener = await listen(server, { host, port: cluster.port, ...serving });
    lifetime.add(() => listener.close());
  }
  log.info("the API server listens", { hosts, port: cluster.port });

  const clientAs = ({ user, groups }: Identity): Client =>
    createClient(server.direct({ name: user, groups: [...groups, "system:authenticated"] }));
  const admin = clientAs(identities.admin);
  await ensureOwnRoles(admin, log);

  const controllers = startControllers({
    client: clientAs(identities.controllers),
    as(account) {
      const { name, groups } = serviceAccountUser("kube-system", account);
      return createClient(server.direct({ name, groups: [...groups, "system:authenticated"] }));
    },
    clock,
    random,
    log: log.with({ component: "controllers" }),
    caCert: readCa(place),
    loadBalancerRange: numbers.balancerRange,
  });
  lifetime.add(() => controllers.close());
  const schedulerClient = clientAs(identities.scheduler);
  const scheduler = startScheduler({
    client: schedulerClient,
    recorder: eventRecorder(schedulerClient, { component: "default-scheduler", clock, log }),
    clock,
    random,
    log: log.with({ component: "scheduler" }),
  });
  lifetime.add(() => scheduler.close());
  const balancer = startBalancer({
    client: clientAs(identities.balancer),
    clock,
    random,
    log: log.with({ component: "balancer" }),
    setRoute: (to, via) => ip(via.length > 0 ? [routeLine(to, via)] : [`route delete ${to}`], { force: via.length === 0 }),
    serviceRange: numbers.serviceRange,
    isHere: (address) => cluster.nodes.some((node) => numbers.nodeAddress(node.index) === address),
    localhost: cluster.nodes.length > 0,
  });
  lifetime.add(() => balancer.close());
  const dnsService = await orUndefined(admin.get(services, { namespace: "kube-system", name: "kube-dns" }));
  if (!dnsService) await ensureDnsService(admin, numbers.dnsAddress, log);
  simulate({ client: admin, count: cluster.simulatedNodes, clock, random, log, lifetime }).catch((error) =>
    log.error("simulated nodes did not start", { error: messageOf(error) }),
  );

  const look = every(clock, supervisorLookMs, async () => {
    try {
      await ensureSupervisor(place, clock);
    } catch (error) {
      log.warn("the supervisor could not be started", { error: messageOf(error) });
    }
  });
  lifetime.add(() => look.cancel());
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}
