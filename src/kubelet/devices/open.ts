/** Opens what devices of a node are about: the door for plugins, and the one for those who ask who has what. */
import type { Pod } from "#api/mod.ts";
import type { Informer } from "#client/mod.ts";
import type { HouseParts } from "../house.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { NodeReporter } from "../node/node.ts";
import type { KubeletOptions } from "../options.ts";
import type { PodWorkers } from "../pod/workers.ts";
import { Devices, type NodeDevices } from "./devices.ts";
import { servePodResources } from "./pod-resources.ts";

interface Around {
  reporter: NodeReporter;
  workers: PodWorkers;
  follow: { own: Informer<Pod> };
  metrics: NodeMetrics;
  lifetime: HouseParts["lifetime"];
}

export async function openDevices(options: KubeletOptions, around: Around): Promise<NodeDevices | undefined> {
  if (!options.devices) return undefined;
  const { reporter, workers, follow, metrics, lifetime } = around;
  const { clock, log } = options;
  const devices = new Devices({
    folder: options.devices.plugins,
    metrics,
    onChange() {
      reporter.changed();
      for (const { uid } of devices.allocations.all) workers.get(uid)?.wake();
    },
    clock,
    log,
  });
  const active = () => workers.all().filter((worker) => worker.holds);
  await devices.start(lifetime);
  reporter.devices = () => devices.amounts();
  const answers = await servePodResources({
    folder: options.devices.podResources,
    devices,
    pods: () => active().map((worker) => worker.given),
  });
  lifetime.add(() => answers.close());
  return {
    // Until all pods are known, none of those with devices may be taken for gone.
    admit: (pod) => devices.admit(pod, follow.own.hasSynced() ? new Set(active().map(({ uid }) => uid)) : undefined),
    forContainer: (pod, container) => devices.forContainer(pod, container),
    healthOf: (uid, container) => devices.healthOf(uid, container),
  };
}

/** Under which names pods of this node reach them. */
export const devicePlaces = (at: KubeletOptions["devices"]): Record<string, string> =>
  at ? { "/var/lib/kubelet/device-plugins": at.plugins, "/var/lib/kubelet/pod-resources": at.podResources } : {};
