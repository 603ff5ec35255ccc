/**
 * Devices as the scheduler knows them: claims, classes and slices of the API, and over them what it has decided and the API does not
 * show yet. Writes allocations and reservations down before a pod is bound.
 */
import {
  type AllocationResult,
  type DeviceClass,
  deviceclasses,
  type Pod,
  type ResourceSlice,
  type ResourceV1ResourceClaim,
  resourceclaims,
  resourceslices,
} from "#api/mod.ts";
import type { Random } from "#base/mod.ts";
import {
  type Change,
  type Client,
  claimKeysOfPod,
  claimWords,
  type Informer,
  type InformerOptions,
  informer,
  isConflict,
  isReservedFor,
  keyOf,
  refOf,
  reservedFor,
  timestamp,
} from "#client/mod.ts";
import type { ClaimWork } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";
import { isReadyToBind, mustWait, usualBindingTimeoutMs } from "./binding.ts";
import { Inventory } from "./pools.ts";
import { Taken } from "./taken.ts";

type Claim = ResourceV1ResourceClaim;

/** What the rule asks. */
export interface Devices {
  claim(namespace: string, name: string): Claim | undefined;
  class(name: string): DeviceClass | undefined;
  /** Decided for another pod, and not written yet. */
  isPending(claim: Claim): boolean;
  readonly inventory: Inventory;
  readonly taken: Taken;
  newShare(): string;
  now(): number;
}

/** A decision, and the version of the claim that holds it: none until it is written. */
interface Pending {
  allocation: AllocationResult;
  version: number;
}

type Watch = InformerOptions & { random: Random };

/** Something changed; the second tells which pods it may concern. */
export type DevicesChanged = (concerns: (pod: PodInfo) => boolean, claim?: Claim) => void;

export const usesClaims = ({ pod }: PodInfo) => (pod.spec?.resourceClaims?.length ?? 0) > 0;
const mostTries = 5;

export class DeviceBook implements Devices {
  readonly synced: Promise<unknown>;
  readonly taken = new Taken();
  readonly #claims: Informer<Claim>;
  readonly #classes: Informer<DeviceClass>;
  readonly #slices: Informer<ResourceSlice>;
  readonly #client: Client;
  readonly #watch: Watch;
  readonly #changed: DevicesChanged;
  readonly #pending = new Map<string, Pending>();
  /** What is counted as taken, by the claim's uid. */
  readonly #counted = new Map<string, AllocationResult>();
  readonly #waiting = new Set<() => void>();
  #inventory: Inventory | undefined;

  constructor(client: Client, watch: Watch, changed: DevicesChanged) {
    this.#client = client;
    this.#watch = watch;
    this.#changed = changed;
    this.#claims = informer(client, resourceclaims, watch);
    this.#classes = informer(client, deviceclasses, watch);
    this.#slices = informer(client, resourceslices, watch);
    this.synced = Promise.all([this.#claims.synced, this.#classes.synced, this.#slices.synced]);
    this.#claims.onChange((change) => this.#onClaim(change));
    this.#classes.onChange(({ type }) => type !== "deleted" && changed(usesClaims));
    this.#slices.onChange(() => {
      this.#inventory = undefined;
      changed(usesClaims);
    });
  }

  claim(namespace: string, name: string): Claim | undefined {
    return this.#claims.get(`${namespace}/${name}`);
  }
  class(name: string): DeviceClass | undefined {
    return this.#classes.get(name);
  }
  isPending({ metadata }: Claim): boolean {
    return this.#pending.has(metadata.uid ?? "");
  }
  get inventory(): Inventory {
    this.#inventory ??= new Inventory(this.#slices.list());
    return this.#inventory;
  }
  newShare(): string {
    return this.#watch.random.uuid();
  }
  now(): number {
    return this.#watch.clock.now();
  }

  /** Counts the work as done: no other pod gets these devices. */
  assume({ allocate }: ClaimWork): void {
    for (const { claim, allocation } of allocate) {
      this.#pending.set(claim.metadata.uid ?? "", { allocation, version: Number.POSITIVE_INFINITY });
      this.#count(claim.metadata.uid ?? "", allocation);
    }
  }

  /** Rejects when it cannot be done: the pod is to be scheduled anew. */
  async carryOut({ allocate, reserve }: ClaimWork, { pod, isWanted }: { pod: Pod; isWanted(): boolean }): Promise<void> {
    const client = this.#client;
    const written: Claim[] = [];
    for (const { claim, allocation } of allocate) {
      const given = { ...allocation, allocationTimestamp: timestamp(this.now()) };
      const made = await write(client, claim, (now) => allocateIn(client, now, given, pod));
      written.push(made);
      const mine = this.#pending.get(made.metadata.uid ?? "");
      if (mine) mine.version = Number(made.metadata.resourceVersion);
      this.#recount(this.#claims.get(keyOf(made)));
    }
    for (const claim of reserve) written.push(await write(client, claim, (now) => reserveIn(client, now, pod)));
    await this.#made(written.filter(mustWait), () => {
      if (!isWanted()) throw new Error(`pod does not exist any more: pod "${pod.metadata.name}" not found`);
    });
  }

  /** Takes back what was assumed, and the pod's reservations. */
  async revert({ allocate, reserve }: ClaimWork, pod: Pod): Promise<void> {
    for (const { claim, allocation } of allocate) {
      const uid = claim.metadata.uid ?? "";
      if (this.#pending.get(uid)?.allocation !== allocation) continue;
      this.#pending.delete(uid);
      this.#count(uid, this.#claims.get(keyOf(claim))?.status?.allocation);
    }
    this.#changed(usesClaims);
    for (const claim of [...allocate.map((each) => each.claim), ...reserve]) {
      const now = await this.#client.get(resourceclaims, refOf(claim));
      await write(this.#client, now, (each) => releaseIn(this.#client, each, pod));
    }
  }

  /** Takes the devices from a claim that nobody uses, so that they can be chosen anew. */
  async deallocate(claim: Claim): Promise<void> {
    const { allocation: _allocation, reservedFor: _users, devices: _devices, ...rest } = claim.status ?? {};
    await this.#client.updateStatus(resourceclaims, { ...claim, status: rest });
  }

  close(): void {
    for (const each of [this.#claims, this.#classes, this.#slices]) each.close();
  }

  #onClaim({ type, object, old }: Change<Claim>): void {
    const uid = object.metadata.uid ?? "";
    if (old && old.metadata.uid !== uid) this.#drop(old.metadata.uid ?? "");
    if (type === "deleted") this.#drop(uid);
    else this.#recount(object);
    for (const look of this.#waiting) look();
    const before = type === "deleted" ? object : old;
    const isFreed = before?.status?.allocation && (type === "deleted" || !object.status?.allocation);
    const key = keyOf(object);
    this.#changed(isFreed ? usesClaims : ({ pod }) => claimKeysOfPod(pod).includes(key), object);
  }

  #drop(uid: string): void {
    this.#pending.delete(uid);
    this.#count(uid, undefined);
  }

  /** A decision counts until the copy shows the version that holds it. */
  #recount(claim: Claim | undefined): void {
    const uid = claim?.metadata.uid ?? "";
    const mine = this.#pending.get(uid);
    if (mine && Number(claim!.metadata.resourceVersion) >= mine.version) this.#pending.delete(uid);
    if (claim) this.#count(uid, this.#pending.get(uid)?.allocation ?? claim.status?.allocation);
  }

  #count(uid: string, allocation: AllocationResult | undefined): void {
    const before = this.#counted.get(uid);
    if (before === allocation) return;
    if (before) this.taken.count(before, -1);
    if (allocation) this.taken.count(allocation, 1);
    if (allocation) this.#counted.set(uid, allocation);
    else this.#counted.delete(uid);
  }

  /** Until the drivers say that the devices are ready; after each change `check` may throw. */
  #made(claims: readonly Claim[], check: () => void): Promise<void> {
    if (claims.length === 0) return Promise.resolve();
    const isMade = (claim: Claim) => {
      const seen = this.#claims.get(keyOf(claim));
      return Number(seen?.metadata.resourceVersion ?? 0) >= Number(claim.metadata.resourceVersion) && isReadyToBind(seen!);
    };
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        this.#waiting.delete(look);
        timer.cancel();
        act();
      };
      const look = () => {
        try {
          check();
          if (claims.every(isMade)) end(resolve);
        } catch (error) {
          end(() => reject(error));
        }
      };
      const late = () => end(() => reject(new Error("device binding timeout")));
      const timer = this.#watch.clock.after(usualBindingTimeoutMs, late, { background: true });
      this.#waiting.add(look);
      look();
    });
  }
}

/** Of what the claim is now; somebody else may write it at the same time. */
async function write(client: Client, claim: Claim, next: (now: Claim) => Promise<Claim>): Promise<Claim> {
  let now = claim;
  for (let tries = 1; ; tries++) {
    try {
      return await next(now);
    } catch (error) {
      if (!isConflict(error) || tries === mostTries) throw error;
      now = await client.get(resourceclaims, refOf(claim));
    }
  }
}

/** The finalizer comes first: an allocated claim must not vanish. */
async function allocateIn(client: Client, claim: Claim, allocation: AllocationResult, pod: Pod): Promise<Claim> {
  const words = `claim ${keyOf(claim)}`;
  if (claim.metadata.deletionTimestamp) throw new Error(`${words} got deleted in the meantime`);
  if (claim.status?.allocation) throw new Error(`${words} got allocated elsewhere in the meantime`);
  const finalizers = claim.metadata.finalizers ?? [];
  const held = finalizers.includes(claimWords.finalizer)
    ? claim
    : await client.update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, claimWords.finalizer] } });
  return client.updateStatus(resourceclaims, reservedFor({ ...held, status: { ...held.status, allocation } }, pod));
}

async function reserveIn(client: Client, claim: Claim, pod: Pod): Promise<Claim> {
  const words = `claim ${keyOf(claim)}`;
  if (claim.metadata.deletionTimestamp) throw new Error(`${words} got deleted in the meantime`);
  if (!claim.status?.allocation) throw new Error(`${words} got deallocated elsewhere in the meantime`);
  return isReservedFor(claim, pod) ? claim : client.updateStatus(resourceclaims, reservedFor(claim, pod));
}

async function releaseIn(client: Client, claim: Claim, pod: Pod): Promise<Claim> {
  if (!isReservedFor(claim, pod)) return claim;
  const left = claim.status?.reservedFor?.filter(({ uid }) => uid !== pod.metadata.uid);
  return client.updateStatus(resourceclaims, { ...claim, status: { ...claim.status, reservedFor: left } });
}
