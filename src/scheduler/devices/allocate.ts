/**
 * Finds devices for the claims of one pod on one node: request after request, device after device, and back where that leads nowhere.
 * What a branch took is given back when it is left, so that a way that fails leaves no trace.
 */
import type { AllocationResult, DeviceClass, ResourceV1ResourceClaim } from "#api/mod.ts";
import type { NodeFacts } from "#client/mod.ts";
import { addQuantity, compareQuantity, parseQuantity, type Quantity, subtractQuantity } from "#codec/mod.ts";
import { type Amounts, isLeft, takenBy } from "./capacity.ts";
import { type Constraint, constraintOf } from "./constraints.ts";
import type { Inventory, Offer, Pool, PoolOnNode } from "./pools.ts";
import { resultOf } from "./result.ts";
import type { Taken } from "./taken.ts";
import { type Chosen, everyOffer, isTolerated, nameOf, type Way, waysOf } from "./ways.ts";

export interface Situation {
  claims: readonly ResourceV1ResourceClaim[];
  classNamed(name: string): DeviceClass | undefined;
  inventory: Inventory;
  taken: Taken;
  /** An id for a share of a device. */
  newShare(): string;
}

/** Devices of one claim, at most: upstream's. */
const mostDevices = 32;
/** Devices tried on one node, at most; upstream stops after ten seconds. */
const mostTries = 100_000;

/** Answers for one node after another; `undefined`: not to be had there. Throws what is wrong with a claim, a class or a pool. */
export function allocator(situation: Situation): (node: NodeFacts) => AllocationResult[] | undefined {
  const requests = situation.claims.map((claim) =>
    (claim.spec?.devices?.requests ?? []).map((request) => waysOf(claim, request, situation.classNamed)),
  );
  /** Counters that are left, by pool: the same for all nodes. */
  const left = new Map<Pool, Counters>();
  return (node) => new Search(situation, requests, { node, pools: situation.inventory.on(node), left }).run();
}

type Counters = Map<string, Map<string, Quantity>>;

class Search {
  readonly #situation: Situation;
  readonly #requests: readonly (readonly Way[][])[];
  readonly #node: NodeFacts;
  readonly #pools: readonly PoolOnNode[];
  readonly #offers: readonly Offer[];
  readonly #left: Map<Pool, Counters>;
  readonly #constraints: Constraint[][];
  readonly #chosen: Chosen[][];
  /** Devices that are taken whole in this search, by the claims that take them. */
  readonly #mine = new Map<string, Set<number>>();
  readonly #shares = new Map<string, Amounts[]>();
  readonly #counters = new Map<Pool, Counters>();
  readonly #all = new Map<Way, readonly Offer[]>();
  #tries = 0;

  constructor(
    situation: Situation,
    requests: readonly (readonly Way[][])[],
    { node, pools, left }: { node: NodeFacts; pools: readonly PoolOnNode[]; left: Map<Pool, Counters> },
  ) {
    this.#situation = situation;
    this.#requests = requests;
    this.#node = node;
    this.#pools = pools;
    this.#left = left;
    this.#offers = pools.flatMap(({ pool, offers }) => (pool.isIncomplete || pool.isInvalid ? [] : offers));
    this.#constraints = situation.claims.map((claim) => (claim.spec?.devices?.constraints ?? []).map(constraintOf));
    this.#chosen = situation.claims.map(() => []);
  }

  run(): AllocationResult[] | undefined {
    const { claims } = this.#situation;
    claims.forEach((claim, index) => this.#look(claim, this.#requests[index]!));
    if (!this.#request(0, 0)) {
      if (this.#pools.some(({ pool }) => pool.isInvalid && !pool.isIncomplete)) throw new InvalidPools();
      return undefined;
    }
    return claims.map((claim, index) => resultOf(claim, this.#chosen[index]!, this.#node.name));
  }

  /** Finds out at once what "all" means here, and whether a claim asks for more than one may have. */
  #look(claim: ResourceV1ResourceClaim, requests: readonly Way[][]): void {
    let least = 0;
    for (const ways of requests) {
      const counts = ways.map((way) => {
        if (Number.isFinite(way.count)) return way.count;
        const offers = everyOffer(way, this.#pools, claim).filter(({ device }) => this.#amounts(device, way));
        this.#all.set(way, offers);
        return offers.length;
      });
      least += Math.min(...counts);
    }
    if (least > mostDevices)
      throw new Error(`claim ${nameOf(claim)}: number of requested devices ${least} exceeds the claim limit of ${mostDevices}`);
  }

  #request(claim: number, request: number): boolean {
    if (claim >= this.#requests.length) return true;
    const ways = this.#requests[claim]![request];
    if (!ways) return this.#request(claim + 1, 0);
    return ways.some((way) => {
      const all = this.#all.get(way);
      const wanted = all ? all.length : way.count;
      if (wanted === 0 || this.#chosen[claim]!.length + wanted > mostDevices) return false;
      return this.#devices({ claim, request, way, wanted, offers: all ?? this.#offers, must: all !== undefined }, 0, 0);
    });
  }

  #devices(task: Task, had: number, from: number): boolean {
    if (had === task.wanted) return this.#request(task.claim, task.request + 1);
    const last = task.offers.length - (task.wanted - had);
    for (let at = from; at <= last; at++) {
      if (this.#tries++ > mostTries) throw new Error(`node ${this.#node.name}: timed out trying to allocate devices`);
      const giveBack = this.#take(task, task.offers[at]!);
      if (giveBack) {
        if (this.#devices(task, had + 1, at + 1)) return true;
        giveBack();
      }
      // Of all, none may be left out.
      if (task.must) return false;
    }
    return false;
  }

  /** Returns the way back. */
  #take(task: Task, offer: Offer): (() => void) | undefined {
    const { claim, way, must } = task;
    const { device, key, pool } = offer;
    const isShared = device.allowMultipleAllocations === true;
    if (this.#isInUse(task, key, isShared)) return undefined;
    if (!must && !way.matches(device, pool.driver)) return undefined;
    if (!isTolerated(device, way.tolerations)) return undefined;
    const amounts = this.#amounts(device, way);
    const others = [this.#situation.taken.shares(key), ...(this.#shares.get(key) ?? [])];
    if (!amounts || !isLeft(device, amounts, others)) return undefined;
    // The counters of a shared device were taken with its first share.
    const counts = !(isShared && others.some(Boolean)) && (device.consumesCounters?.length ?? 0) > 0;
    if (counts && !this.#areCountersLeft(offer)) return undefined;
    if (!this.#enter(task, offer)) return undefined;
    if (counts) this.#countOf(offer, addQuantity);
    this.#mark(claim, key, isShared ? amounts : undefined);
    const share = isShared ? { share: { id: this.#situation.newShare(), amounts } } : {};
    this.#chosen[claim]!.push({ way, offer, ...share });
    return () => {
      this.#chosen[claim]!.pop();
      this.#unmark(claim, key, isShared);
      if (counts) this.#countOf(offer, subtractQuantity);
      for (const each of this.#constraints[claim]!.toReversed()) each.leave({ name: way.request, way: way.way }, device, pool.driver);
    };
  }

  #isInUse({ claim, way }: Task, key: string, isShared: boolean): boolean {
    const mine = this.#mine.get(key);
    if (way.adminAccess) return !isShared && mine?.has(claim) === true;
    return this.#situation.taken.has(key) || (mine?.size ?? 0) > 0;
  }

  #amounts(device: Offer["device"], { capacity }: Way): Amounts | undefined {
    return takenBy(device, capacity);
  }

  #enter({ claim, way, must }: Task, { device, key, pool }: Offer): boolean {
    const constraints = this.#constraints[claim]!;
    const request = { name: way.request, way: way.way };
    const broken = constraints.findIndex((each) => !each.enter(request, device, pool.driver));
    if (broken < 0) return true;
    for (const each of constraints.slice(0, broken).reverse()) each.leave(request, device, pool.driver);
    if (!must) return false;
    const words = `claim ${nameOf(this.#situation.claims[claim]!)}, request ${way.way ?? way.request}`;
    throw new Error(`${words}: cannot add device ${key} because a claim constraint would not be satisfied`);
  }

  #mark(claim: number, key: string, amounts: Amounts | undefined): void {
    if (amounts) this.#shares.set(key, [...(this.#shares.get(key) ?? []), amounts]);
    else this.#mine.set(key, (this.#mine.get(key) ?? new Set()).add(claim));
  }

  #unmark(claim: number, key: string, isShared: boolean): void {
    if (isShared) this.#shares.set(key, this.#shares.get(key)!.slice(0, -1));
    else this.#mine.get(key)!.delete(claim);
  }

  #areCountersLeft({ device, pool }: Offer): boolean {
    const left = this.#leftIn(pool);
    const mine = this.#counters.get(pool);
    return (device.consumesCounters ?? []).every(({ counterSet = "", counters = {} }) =>
      Object.entries(counters).every(([name, { value }]) => {
        const sum = addQuantity(parseQuantity(String(value)), mine?.get(counterSet)?.get(name) ?? parseQuantity("0"));
        return compareQuantity(sum, left.get(counterSet)?.get(name) ?? parseQuantity("0")) <= 0;
      }),
    );
  }

  #countOf({ device, pool }: Offer, change: typeof addQuantity): void {
    const mine = this.#counters.get(pool) ?? new Map();
    this.#counters.set(pool, mine);
    apply(mine, device, change);
  }

  /** After what claims have anywhere. */
  #leftIn(pool: Pool): Counters {
    let left = this.#left.get(pool);
    if (left) return left;
    left = new Map([...pool.counters].map(([set, counters]) => [set, new Map(counters)]));
    for (const { device, key } of pool.offers) if (this.#situation.taken.isUsed(key)) apply(left, device, subtractQuantity);
    this.#left.set(pool, left);
    return left;
  }
}

interface Task {
  claim: number;
  request: number;
  way: Way;
  wanted: number;
  offers: readonly Offer[];
  /** Each of the offers has to be taken. */
  must: boolean;
}

function apply(counters: Counters, { consumesCounters = [] }: Offer["device"], change: typeof addQuantity): void {
  for (const { counterSet = "", counters: taken = {} } of consumesCounters) {
    const set = counters.get(counterSet) ?? new Map<string, Quantity>();
    counters.set(counterSet, set);
    for (const [name, { value }] of Object.entries(taken))
      set.set(name, change(set.get(name) ?? parseQuantity("0"), parseQuantity(String(value))));
  }
}

/** No device was found, and some pools of the node could not be used. */
export class InvalidPools extends Error {
  override name = "InvalidPools";
  constructor() {
    super("invalid resource pools were encountered");
  }
}
