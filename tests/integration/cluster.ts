/** The cluster of the integration tests: everything in this process, on the system's clock. */
import { systemClock } from "#base/mod.ts";
import { Cluster, simulated } from "#cluster/mod.ts";
import { createEtcdStore, createMemoryStore, type Store } from "#store/mod.ts";
import { findEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";

export async function startCluster({ nodes = 3, seed = 1 }: { nodes?: number; seed?: number } = {}): Promise<Cluster> {
  const { store, end } = await openStore();
  const cluster = new Cluster({ store, seed, nodes: [simulated(nodes)], secrets: { clientCa: "test CA" } });
  await cluster.start();
  const close = cluster.close.bind(cluster);
  cluster.close = () => close().finally(end);
  return cluster;
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
