/** A whole control plane in this process: memory store, secure API server, controllers, scheduler, simulated nodes. */
import { generateKeyPairSync } from "node:crypto";
import { type ApiServer, createSecureApiServer } from "#apiserver/mod.ts";
import { Lifetime, seededRandom, silentLog, systemClock } from "#base/mod.ts";
import { type Client, createClient, eventRecorder, serviceAccountUser } from "#client/mod.ts";
import { startControllers, withoutController } from "#controllers/mod.ts";
import { startScheduler } from "#scheduler/mod.ts";
import { createEtcdStore, createMemoryStore, type Store } from "#store/mod.ts";
import { simulate } from "../../src/distro/simulated/simulate.ts";
import { findEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

export interface InProcess {
  server: ApiServer;
  /** As cluster administrator. */
  client: Client;
  as(name: string, ...groups: string[]): Client;
  close(): Promise<void>;
}

export async function startInProcess(options: { nodes?: number; seed?: number } = {}): Promise<InProcess> {
  const [clock, log, random] = [systemClock, silentLog, seededRandom(options.seed ?? 1)];
  const lifetime = new Lifetime({ log });
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const server = await createSecureApiServer({
    store: await openStore(lifetime),
    clock,
    random,
    log,
    serviceAccountKey: { private: privateKey, public: publicKey },
    issuer: "https://kubernetes.default.svc.cluster.local",
    serviceRange: "10.96.0.0/16",
    apiServiceIp: "10.96.0.1",
    advertise: { ip: "10.89.0.1", port: 6443 },
    withoutController: [...withoutController],
  });
  lifetime.add(() => server.close());
  const as = (name: string, ...groups: string[]) => createClient(server.direct({ name, groups: [...groups, "system:authenticated"] }));
  const client = as("admin", "system:masters");
  const controllers = startControllers({
    client: as("system:kube-controller-manager", "system:masters"),
    as(account) {
      const { name, groups } = serviceAccountUser("kube-system", account);
      return as(name, ...groups);
    },
    clock,
    random,
    log,
    caCert: "test CA",
    loadBalancerRange: "10.88.0.0/24",
  });
  lifetime.add(() => controllers.close());
  const schedulerClient = as("system:kube-scheduler");
  const recorder = eventRecorder(schedulerClient, { component: "default-scheduler", clock, log });
  const scheduler = startScheduler({ client: schedulerClient, recorder, clock, random, log });
  lifetime.add(() => scheduler.close());
  await simulate({ client, count: options.nodes ?? 3, clock, random, log, lifetime });
  return { server, client, as, close: () => lifetime.close() };
}

/** SPOKE_TEST_STORE=etcd: the same tests over a real etcd. */
async function openStore(lifetime: Lifetime): Promise<Store> {
  let store: Store;
  if (process.env.SPOKE_TEST_STORE === "etcd") {
    const found = findEtcd();
    if ("missing" in found) throw new Error(found.missing);
    const etcd = await startEtcd(found.path);
    lifetime.add(() => etcd.stop());
    store = await createEtcdStore({ endpoints: [etcd.endpoint] });
  } else store = await createMemoryStore({ clock: systemClock });
  lifetime.add(() => store.close());
  return store;
}

/** Looks until `look` does not throw; its last error says why not. */
export async function eventually<T>(look: () => Promise<T> | T, ms = 20_000): Promise<T> {
  const end = systemClock.monotonic() + ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (systemClock.monotonic() > end) throw error;
      await systemClock.sleep(25);
    }
  }
}
