/** The cluster of the integration tests: everything in this process, on the system's clock. */
import type { Status } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { ApiError, type Client, createClient } from "#client/mod.ts";
import { Cluster, type ClusterOptions, simulated } from "#cluster/mod.ts";
import { createEtcdStore, createMemoryStore, type Store } from "#store/mod.ts";
import { findEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

interface Options {
  nodes?: number;
  seed?: number;
  secrets?: ClusterOptions["secrets"];
  scheduler?: ClusterOptions["scheduler"];
}

export async function startCluster({ nodes = 3, seed = 1, secrets, scheduler }: Options = {}): Promise<Cluster> {
  const { store, end } = await openStore();
  const cluster = new Cluster({ store, seed, nodes: [simulated(nodes)], secrets: { clientCa: "test CA", ...secrets }, scheduler });
  const as = cluster.as.bind(cluster);
  cluster.as = (name, ...groups) => watched(as(name, ...groups), name);
  await cluster.start();
  const close = cluster.close.bind(cluster);
  cluster.close = () => close().finally(end);
  return cluster;
}

/** What controllers asked for and may not: `who: message`. */
export const refused = new Set<string>();

/** Notes every request that is forbidden, but for those into namespaces that are going: their answer is the same to everybody. */
function watched(client: Client, who: string): Client {
  if (!who.startsWith("system:serviceaccount:kube-system:") && who !== "system:kube-controller-manager") return client;
  const { transport } = client;
  const note = (status: Status) => {
    const going = status.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating");
    if (status.code === 403 && !going) refused.add(`${who}: ${status.message}`);
  };
  return createClient({
    ...transport,
    async request(request) {
      const response = await transport.request(request);
      if (response.status === 403) note(response.object as Status);
      return response;
    },
    async watch(request) {
      try {
        return await transport.watch(request);
      } catch (error) {
        if (error instanceof ApiError) note(error.status);
        throw error;
      }
    },
  });
}

/** SPOKE_TEST_STORE=etcd: the same tests over a real etcd. */
async function openStore(): Promise<{ store: Store; end?: () => Promise<void> }> {
  if (process.env.SPOKE_TEST_STORE !== "etcd") return { store: await createMemoryStore({ clock: systemClock }) };
  const found = findEtcd();
  if ("missing" in found) throw new Error(found.missing);
  const etcd = await startEtcd(found.path);
  return { store: await createEtcdStore({ endpoints: [etcd.endpoint] }), end: () => etcd.stop() };
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
