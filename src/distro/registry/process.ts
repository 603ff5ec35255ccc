/** The registry of a local cluster, a process of its own: images are many bytes, and nobody else should wait for them. */
import { join } from "node:path";
import { Lifetime, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { openRegistry } from "#registry/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { ProcessContext } from "../commands/run.ts";
import { hostAddressesOf, nodeAddressesOf } from "../machines/seat.ts";
import { credentialsIn } from "./credentials.ts";
import { serviceNames } from "./places.ts";

export async function runRegistry({ place, log, signal }: ProcessContext, cluster: ClusterConfig): Promise<void> {
  if (!cluster.registry) throw new Error(`cluster "${cluster.name}" has no registry: spoke up --registry`);
  const { port, mirrors, credentials } = cluster.registry;
  const lifetime = new Lifetime({ log });
  const registry = openRegistry({
    folder: join(place.state, "registry"),
    clock: systemClock,
    random: systemRandom,
    log: log.with({ component: "registry" }),
    ...(mirrors ? { mirrors } : {}),
    ...(credentials ? { credentials: (host) => credentialsIn(credentials, host) } : {}),
  });
  lifetime.add(() => registry.close());
  const names = ["localhost", ...serviceNames];
  await registry.listen({ host: "127.0.0.1", port, push: true, names });
  // The other localhost, where the machine has it: some clients ask there first.
  await registry
    .listen({ host: "::1", port, push: true, names })
    .catch((error) => log.info("no registry on ::1", { error: messageOf(error) }));
  // Copies were made with the machine's credentials: containerd of the nodes may have them, and no pod.
  const nodes = new Set(cluster.nodes.flatMap((node) => nodeAddressesOf(cluster, node)));
  const copies = (address: string) => nodes.has(address);
  if (cluster.nodes.length > 0)
    for (const host of hostAddressesOf(cluster)) await registry.listen({ host, port, push: false, names, mirrors: copies });
  log.info("the registry listens", { port, mirrors: mirrors?.map(({ host }) => host) ?? [] });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}
