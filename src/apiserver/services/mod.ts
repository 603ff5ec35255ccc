/** Addresses and node ports for Services: the hook that gives them, and the repair that runs beside it. */
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Store } from "#store/mod.ts";
import type { Storage, WriteHook } from "../contract.ts";
import { serviceAllocator } from "./allocator.ts";
import { ClusterIps } from "./cluster-ips.ts";
import { NodePorts } from "./node-ports.ts";
import { ServiceRepair } from "./repair.ts";

export interface AllocationOptions {
  store: Store;
  storage: Storage;
  /** `10.96.0.0/16`, and one of the other family where the cluster has two. */
  serviceRanges: readonly string[];
  /** 30000 to 32767 unless told. */
  nodePorts?: { first: number; last: number };
  clock: Clock;
  random: Random;
  log: Log;
}

/** Upstream's default. */
const nodePortRange = { first: 30_000, last: 32_767 };

export async function allocateServices(options: AllocationOptions): Promise<{ hook: WriteHook; stop(): void }> {
  const { store, storage, serviceRanges, clock, random, log } = options;
  const ips = new ClusterIps({ ranges: serviceRanges, storage, random });
  const ports = new NodePorts({ store, random, ...(options.nodePorts ?? nodePortRange) });
  const unsubscribe = ips.open();
  const repair = await new ServiceRepair({ storage, ips, ports, clock, log }).start();
  return {
    hook: serviceAllocator(ips, ports),
    stop() {
      repair.cancel();
      unsubscribe();
    },
  };
}
