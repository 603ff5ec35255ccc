/** The registry of a local cluster, a process of its own: images are many bytes, and nobody else should wait for them. */
import { join } from "node:path";
import { Lifetime, messageOf, systemClock, systemRandom } from "#base/mod.ts";
import { openRegistry } from "#registry/mod.ts";
import type { ClusterConfig } from "../cluster.ts";
import type { ProcessContext } from "../commands/run.ts";
import { hostAddressesOf } from "../machines/seat.ts";
import { serviceNames } from "./places.ts";

export async function runRegistry({ place, log, signal }: ProcessContext, cluster: ClusterConfig): Promise<void> {
  const port = cluster.registry?.port;
  if (port === undefined) throw new Error(`cluster "${cluster.name}" has no registry: spoke up --registry`);
  const lifetime = new Lifetime({ log });
  const registry = openRegistry({
    folder: join(place.state, "registry"),
    clock: systemClock,
    random: systemRandom,
    log: log.with({ component: "registry" }),
  });
  lifetime.add(() => registry.close());
  const names = ["localhost", ...serviceNames];
  await registry.listen({ host: "127.0.0.1", port, push: true, names });
  // The other localhost, where the machine has it: some clients ask there first.
  await registry
    .listen({ host: "::1", port, push: true, names })
    .catch((error) => log.info("no registry on ::1", { error: messageOf(error) }));
  if (cluster.nodes.length > 0) for (const host of hostAddressesOf(cluster)) await registry.listen({ host, port, push: false, names });
  log.info("the registry listens", { port });
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await lifetime.close();
}
