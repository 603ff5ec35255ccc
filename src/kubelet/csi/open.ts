/** Opens what CSI drivers of a node are about: who is registered, what the API has of them, and their volumes. */
import type { Node } from "#api/mod.ts";
import { backoffMs, type Lifetime, messageOf } from "#base/mod.ts";
import type { EventRecorder, Informer } from "#client/mod.ts";
import type { NodeReporter } from "../node/node.ts";
import type { KubeletOptions, Mounts } from "../options.ts";
import type { PodWorkers } from "../pod/workers.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { usualPlace } from "../volumes/places.ts";
import { Attachments } from "./attachments.ts";
import { Drivers } from "./drivers.ts";
import { NodeRecords } from "./node-records.ts";
import { CsiObjects } from "./objects.ts";
import { Periods } from "./periods.ts";
import { CsiPlaces } from "./places.ts";
import { CsiVolumes } from "./volumes.ts";

export interface Csi {
  drivers: Drivers;
  volumes: CsiVolumes;
  /** Where a driver puts the device of a volume for a pod. */
  device(uid: string, specName: string): string;
  /** The node is registered: it gets its CSINode. Resolves when it has it, or the kubelet ends. */
  registered(): Promise<void>;
}

interface Around {
  lifetime: Lifetime;
  node: Informer<Node>;
  reporter: NodeReporter;
  workers: PodWorkers;
  recorder: EventRecorder;
  mounts: Mounts;
  foreign: FileWork;
}

const recordRetry = { baseMs: 1000, maxMs: 60_000 };

export async function openCsi(options: KubeletOptions, around: Around): Promise<Csi> {
  const { client, nodeName, clock, random, log, stateFolder } = options;
  const { lifetime, node, reporter, workers, recorder, mounts, foreign } = around;
  const records = new NodeRecords(client, nodeName, clock);
  const periods = new Periods({ drivers: () => drivers, objects: () => objects, clock, log });
  const drivers = new Drivers({
    records,
    seenByPods: (path) => usualPlace(path, stateFolder),
    onChange(name) {
      // What the driver's object says of it counts from now on.
      objects.follow();
      periods.follow(name);
      for (const uid of volumes.usersOfDriver(name)) workers.get(uid)?.objectsChanged();
      void volumes.sweep();
    },
    log,
  });
  const objects = new CsiObjects({
    client,
    clock,
    random,
    log,
    lifetime,
    onChange(name) {
      periods.follow(name);
      reporter.changed();
    },
  });
  const wake = (uid: string) => workers.get(uid)?.objectsChanged();
  const attachments = new Attachments({ client, nodeName, objects, report: () => reporter.report(), wake });
  const places = new CsiPlaces(stateFolder);
  const volumes = new CsiVolumes({
    ...{ client, nodeName, drivers, objects, places, attachments, clock, log },
    files: foreign,
    isMounted: mounts.isMounted,
    mount: mounts.mount,
    unmountUnder: mounts.unmountUnder,
    tell: (...what) => recorder.event(...what),
    changed: () => reporter.changed(),
  });
  reporter.volumes = { inUse: () => volumes.inUse(), written: (names) => attachments.written(names) };
  await volumes.load();
  lifetime.add(node.onChange(({ object }) => attachments.attached((object.status?.volumesAttached ?? []).map(({ name = "" }) => name))));
  lifetime.add(() => {
    periods.close();
    drivers.close();
  });
  return {
    drivers,
    volumes,
    device: places.publishedDevice,
    async registered() {
      for (let failures = 1; options.devices && !lifetime.signal.aborted; failures++) {
        try {
          return await records.begin();
        } catch (error) {
          log.warn("kubelet: the node has no CSINode yet", { error: messageOf(error) });
        }
        await clock.sleep(backoffMs(failures, recordRetry), lifetime.signal);
      }
    },
  };
}
