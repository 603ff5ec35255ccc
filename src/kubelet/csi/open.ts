/** Opens what CSI drivers of a node are about: who is registered, and what the API has of them. */
import { backoffMs, messageOf } from "#base/mod.ts";
import type { HouseParts } from "../house.ts";
import type { KubeletOptions } from "../options.ts";
import { usualPlace } from "../volumes/places.ts";
import { Drivers } from "./drivers.ts";
import { NodeRecords } from "./node-records.ts";

export interface Csi {
  drivers: Drivers;
  /** The node is registered: it gets its CSINode. Resolves when it has it, or the kubelet ends. */
  registered(): Promise<void>;
}

const recordRetry = { baseMs: 1000, maxMs: 60_000 };

export function openCsi(options: KubeletOptions, { lifetime }: Pick<HouseParts, "lifetime">): Csi {
  const { client, nodeName, clock, log, stateFolder } = options;
  const records = new NodeRecords(client, nodeName, clock);
  const drivers = new Drivers({ records, seenByPods: (path) => usualPlace(path, stateFolder), log });
  lifetime.add(() => drivers.close());
  return {
    drivers,
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
