/** Which devices which container has been given, and which it may be given. */
import type { Pod } from "#api/mod.ts";
import { isSidecar } from "../pod/containers.ts";
import type { DeviceAnswer } from "./messages.ts";

export interface Allocation {
  uid: string;
  container: string;
  resource: string;
  ids: string[];
  answer: DeviceAnswer;
}

export class AllocationError extends Error {
  override name = "AllocationError";
}

export class Allocations {
  #all: Allocation[];

  constructor(all: readonly Allocation[] = []) {
    this.#all = [...all];
  }

  get all(): readonly Allocation[] {
    return this.#all;
  }

  of(uid: string, container: string): Allocation[] {
    return this.#all.filter((each) => each.uid === uid && each.container === container);
  }

  add(allocation: Allocation): void {
    this.#all.push(allocation);
  }

  /** Pods that are over give back what they had. True: there were some. */
  keep(active: ReadonlySet<string>): boolean {
    const kept = this.#all.filter(({ uid }) => active.has(uid));
    const changed = kept.length < this.#all.length;
    this.#all = kept;
    return changed;
  }

  forget(uid: string): void {
    this.#all = this.#all.filter((each) => each.uid !== uid);
  }

  has(resource: string): boolean {
    return this.#all.some((each) => each.resource === resource);
  }

  inUse(resource: string): Set<string> {
    return new Set(this.#all.flatMap((each) => (each.resource === resource ? each.ids : [])));
  }

  /** What plain init containers had, and no container since: they are over before those begin. */
  reusable(pod: Pod, container: string, resource: string): Set<string> {
    const free = new Set<string>();
    const { initContainers = [], containers = [] } = pod.spec ?? {};
    for (const each of [...initContainers, ...containers]) {
      if (each.name === container) break;
      const ids = this.of(pod.metadata.uid!, each.name ?? "").flatMap((given) => (given.resource === resource ? given.ids : []));
      const gives = initContainers.includes(each) && !isSidecar(each);
      for (const id of ids)
        if (gives) free.add(id);
        else free.delete(id);
    }
    return free;
  }
}

export interface Choice {
  resource: string;
  needed: number;
  isRegistered: boolean;
  healthy: ReadonlySet<string>;
  inUse: ReadonlySet<string>;
  reusable: ReadonlySet<string>;
  /** Asks the plugin which it would take; absent: it has no opinion. */
  preferred?(available: string[], mustInclude: string[], size: number): Promise<string[]>;
}

/** Upstream's words for what cannot be given. */
export async function choose({ resource, needed, isRegistered, healthy, inUse, reusable, preferred }: Choice): Promise<string[]> {
  if (!isRegistered) throw new AllocationError(`cannot allocate unregistered device ${resource}`);
  if (healthy.size === 0) throw new AllocationError(`no healthy devices present; cannot allocate unhealthy devices ${resource}`);
  const chosen = new Set([...reusable].filter((id) => healthy.has(id)).slice(0, needed));
  const missing = () => needed - chosen.size;
  if (missing() === 0) return [...chosen];
  const available = [...healthy].filter((id) => !inUse.has(id) && !chosen.has(id));
  if (available.length < missing())
    throw new AllocationError(
      `requested number of devices unavailable for ${resource}. Requested: ${missing()}, Available: ${available.length}`,
    );
  const wanted = (await preferred?.([...available, ...chosen], [...chosen], needed)) ?? [];
  for (const id of [...wanted.filter((each) => available.includes(each)), ...available]) {
    if (missing() === 0) break;
    chosen.add(id);
  }
  return [...chosen];
}
