/**
 * Looks at Services, IPAddress objects and node ports now and then, and mends what does not fit: what a Service has but
 * nobody holds for it is written again, what is held for nobody is given back, not before a write under way can have ended.
 */
import { ipaddresses, type KubeObject, type Service, services } from "#api/mod.ts";
import { type Clock, every, familyOf, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Storage } from "../contract.ts";
import { addressesOf, portsOf } from "./allocator.ts";
import type { ClusterIps } from "./cluster-ips.ts";
import type { NodePorts } from "./node-ports.ts";

const lookMs = 3 * 60_000;
/** A Service may be stored this long after its address was taken. */
const graceMs = 60_000;
/** A port that no Service has is given back at this look, counted from the first that saw it. */
const looksBeforeGivenBack = 3;

type IpAddress = KubeObject & { spec?: { parentRef?: { group?: string; resource?: string; namespace?: string; name?: string } } };

export interface AddressRepair {
  /** IPAddress objects to write; `again`: the one that is there is wrong and goes first. */
  write: { address: string; service: Service; again: boolean }[];
  /** Names of IPAddress objects that nobody needs. */
  remove: string[];
  /** Two Services have this address: only people can tell which is to go. */
  shared: { address: string; service: Service }[];
}

const keyOf = ({ namespace, name }: { namespace?: string; name?: string }) => `${namespace}/${name}`;
const managedBy = "ipaddress.kubernetes.io/managed-by";
const family = "ipaddress.kubernetes.io/ip-family";
const manager = "ipallocator.k8s.io";

export function planAddressRepair(all: Service[], held: IpAddress[], nowMs: number): AddressRepair {
  const plan: AddressRepair = { write: [], remove: [], shared: [] };
  const byName = new Map(held.map((object) => [object.metadata.name ?? "", object]));
  const byKey = new Map(all.map((service) => [keyOf(service.metadata), service]));
  for (const service of all) {
    for (const address of addressesOf(service.spec ?? {})) {
      const object = byName.get(address);
      const parent = object?.spec?.parentRef;
      const owner = parent && byKey.get(keyOf(parent));
      if (!object) plan.write.push({ address, service, again: false });
      else if (owner !== service && owner && addressesOf(owner.spec ?? {}).includes(address)) plan.shared.push({ address, service });
      else if (owner !== service || parent?.resource !== "services" || parent.group || !hasLabels(object))
        plan.write.push({ address, service, again: true });
    }
  }
  const written = new Set(plan.write.map(({ address }) => address));
  for (const { metadata, spec } of held) {
    const address = metadata.name ?? "";
    if (metadata.labels?.[managedBy] !== manager || written.has(address)) continue;
    const owner = byKey.get(keyOf(spec?.parentRef ?? {}));
    if (owner && addressesOf(owner.spec ?? {}).includes(address)) continue;
    if (nowMs - Date.parse(metadata.creationTimestamp ?? "") > graceMs) plan.remove.push(address);
  }
  return plan;
}

function hasLabels({ metadata }: IpAddress): boolean {
  const { labels } = metadata;
  return labels?.[managedBy] === manager && labels[family] === familyOf(metadata.name ?? "");
}

/** Which ports are to be taken, and what is known of leaks after this look: the looks left, by port. */
export function planPortRepair(
  all: Service[],
  taken: readonly number[],
  leaks: ReadonlyMap<number, number>,
): { ports: number[]; leaks: Map<number, number> } {
  const needed = new Set(all.flatMap(({ spec = {} }) => portsOf(spec)));
  const left = new Map<number, number>();
  for (const port of taken) {
    if (needed.has(port)) continue;
    const looks = leaks.get(port) ?? looksBeforeGivenBack;
    if (looks > 1) left.set(port, looks - 1);
  }
  return { ports: [...needed, ...left.keys()], leaks: left };
}

export interface RepairOptions {
  storage: Storage;
  ips: ClusterIps;
  ports: NodePorts;
  clock: Clock;
  log: Log;
}

export class ServiceRepair {
  readonly #options: RepairOptions;
  #leaks: ReadonlyMap<number, number> = new Map();

  constructor(options: RepairOptions) {
    this.#options = options;
  }
  /** Now and every three minutes. */
  async start(): Promise<Timer> {
    const { clock, log } = this.#options;
    await this.look();
    return every(clock, lookMs, async () => {
      try {
        await this.look();
      } catch (error) {
        log.warn("addresses and node ports of Services could not be repaired", { error: messageOf(error) });
      }
    });
  }
  async look(): Promise<void> {
    const { storage, ips, ports, clock, log } = this.#options;
    const all = storage.list(services) as Service[];
    const { write, remove, shared } = planAddressRepair(all, storage.list(ipaddresses) as IpAddress[], clock.now());
    for (const { address, service } of shared)
      log.warn("a cluster IP was assigned to several Services; recreate one of them", { address, service: keyOf(service.metadata) });
    for (const address of remove) log.warn("an IPAddress appears to have leaked and is removed", { address });
    await ips.give([...remove, ...write.filter(({ again }) => again).map(({ address }) => address)]);
    for (const { address, service } of write) {
      log.warn("a cluster IP is not allocated and is repaired", { address, service: keyOf(service.metadata) });
      await ips.take(address, service.metadata);
    }
    await ports.repair((taken) => {
      // Read inside, so that the Services are at least as new as what is taken.
      const plan = planPortRepair(storage.list(services) as Service[], taken, this.#leaks);
      this.#leaks = plan.leaks;
      return plan.ports;
    });
  }
}
