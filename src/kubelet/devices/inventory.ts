/** Which devices the node has, by resource, as plugins told last. Pure. */
import type { Device } from "./messages.ts";

/** A plugin that went may come back, as when it is updated: until then its devices stay in the capacity. */
export const stoppedGraceMs = 5 * 60_000;
const healthy = "Healthy";

interface Resource {
  devices: Map<string, Device>;
  /** When its plugin went; absent: it is there. */
  stoppedAtMs?: number;
}

export class DeviceInventory {
  readonly #resources = new Map<string, Resource>();
  /** Were there once: the node goes on to say that it has none. */
  readonly #gone = new Set<string>();

  /** Of the time before a restart: none until its plugin comes back. */
  remember(resource: string, nowMs: number): void {
    this.#resources.set(resource, { devices: new Map(), stoppedAtMs: nowMs });
  }

  connected(resource: string): void {
    const { devices = new Map<string, Device>() } = this.#resources.get(resource) ?? {};
    this.#resources.set(resource, { devices });
    this.#gone.delete(resource);
  }

  tell(resource: string, devices: readonly Device[]): void {
    const known = this.#resources.get(resource);
    if (known) known.devices = new Map(devices.map((device) => [device.ID, device]));
  }

  /** Its plugin does not answer any more: nobody can say that a device is well. */
  stopped(resource: string, nowMs: number): void {
    const known = this.#resources.get(resource);
    if (!known) return;
    for (const [id, device] of known.devices) known.devices.set(id, { ...device, health: "Unhealthy" });
    known.stoppedAtMs ??= nowMs;
  }

  /** Whether its plugin is, or was a short while ago. */
  has(resource: string): boolean {
    return this.#resources.has(resource);
  }

  get resources(): string[] {
    return [...this.#resources.keys()].sort();
  }

  devices(resource: string): Device[] {
    return [...(this.#resources.get(resource)?.devices.values() ?? [])];
  }

  healthy(resource: string): Set<string> {
    return new Set(this.devices(resource).flatMap((device) => (device.health === healthy ? [device.ID] : [])));
  }

  /** Unknown ones count as well: nobody said otherwise. */
  isHealthy(resource: string, id: string): boolean {
    return (this.#resources.get(resource)?.devices.get(id)?.health ?? healthy) === healthy;
  }

  numaNodes(resource: string, id: string): number[] {
    return (this.#resources.get(resource)?.devices.get(id)?.topology?.nodes ?? []).map((node) => node.ID);
  }

  /** For the node's status; what has been gone for too long is 0 from then on. */
  amounts(nowMs: number): { capacity: Record<string, string>; allocatable: Record<string, string> } {
    for (const [resource, { stoppedAtMs }] of this.#resources)
      if (stoppedAtMs !== undefined && nowMs - stoppedAtMs > stoppedGraceMs) {
        this.#resources.delete(resource);
        this.#gone.add(resource);
      }
    const none = [...this.#gone].map((resource): [string, string] => [resource, "0"]);
    const counted = (count: (resource: string) => number) =>
      Object.fromEntries([...none, ...this.resources.map((resource): [string, string] => [resource, String(count(resource))])]);
    return {
      capacity: counted((resource) => this.devices(resource).length),
      allocatable: counted((resource) => this.healthy(resource).size),
    };
  }
}
