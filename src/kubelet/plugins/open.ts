/** Opens the door for plugins of a node, with a handler for each of their types, and the one for those who ask who has which devices. */
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import type { Informer } from "#client/mod.ts";
import type { NodeClaims } from "../claims/claims.ts";
import { driverPlaces, openClaims } from "../claims/open.ts";
import type { Drivers } from "../csi/drivers.ts";
import { Devices, type NodeDevices } from "../devices/devices.ts";
import { servePodResources } from "../devices/pod-resources.ts";
import type { HouseParts } from "../house.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { NodeReporter } from "../node/node.ts";
import type { DeviceFolders, KubeletOptions } from "../options.ts";
import type { PodWorkers } from "../pod/workers.ts";
import { onMachine, usualFolder } from "../volumes/places.ts";
import { PluginRegistry } from "./registry.ts";

interface Around {
  reporter: NodeReporter;
  workers: PodWorkers;
  follow: { own: Informer<Pod> };
  metrics: NodeMetrics;
  runtime: HouseParts["runtime"];
  lifetime: HouseParts["lifetime"];
  csi: Drivers;
}

export async function openPlugins(options: KubeletOptions, around: Around): Promise<{ devices?: NodeDevices; claims?: NodeClaims }> {
  if (!options.devices) return {};
  const { reporter, workers, follow, metrics, lifetime, csi } = around;
  const { clock, log, devices: folders } = options;
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
  const claims = await openClaims(options, options.devices, around);
  const active = () => workers.all().filter((worker) => worker.holds);
  await devices.start(lifetime);
  reporter.devices = () => devices.amounts();
  const answers = await servePodResources({
    folder: options.devices.podResources,
    devices,
    claimed: (pod, container) => claims.resourcesOf(pod, container),
    pods: () => active().map((worker) => worker.given),
  });
  lifetime.add(() => answers.close());
  const handlers = { CSIPlugin: csi, DevicePlugin: devices.handler, DRAPlugin: claims };
  await new PluginRegistry({
    folder: folders.registry,
    handlers,
    onMachine: (path) => onMachine(path, { ...driverPlaces(folders), [usualFolder]: options.stateFolder }),
    clock,
    log,
  }).start(lifetime);
  return {
    devices: {
      // Until all pods are known, none of those with devices may be taken for gone.
      admit: (pod) => devices.admit(pod, follow.own.hasSynced() ? new Set(active().map(({ uid }) => uid)) : undefined),
      forContainer: (pod, container) => devices.forContainer(pod, container),
      healthOf: (uid, container) => devices.healthOf(uid, container),
    },
    claims,
  };
}

/** Upstream's names, below the kubelet's own folder. */
export const deviceFolders = (kubelet: string): DeviceFolders => ({
  plugins: join(kubelet, "device-plugins"),
  podResources: join(kubelet, "pod-resources"),
  registry: join(kubelet, "plugins_registry"),
  sockets: join(kubelet, "plugins"),
});

/** Under which names pods of this node reach them, and all else of the kubelet's folder: drivers mount volumes of pods there. */
export const pluginPlaces = ({ devices: at, stateFolder }: Pick<KubeletOptions, "devices" | "stateFolder">): Record<string, string> =>
  at
    ? {
        "/var/lib/kubelet/device-plugins": at.plugins,
        "/var/lib/kubelet/pod-resources": at.podResources,
        ...driverPlaces(at),
        [usualFolder]: stateFolder,
      }
    : {};
