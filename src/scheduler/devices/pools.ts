/** What drivers offer: the slices of all pools, sorted so that the devices of a node are found without looking at all others. */
import type { Device, NodeSelector, ResourceSlice } from "#api/mod.ts";
import { matchesNodeTerm, type NodeFacts } from "#client/mod.ts";
import { parseQuantity, type Quantity } from "#codec/mod.ts";

export interface Offer {
  /** `driver/pool/device`. */
  key: string;
  device: Device;
  slice: ResourceSlice;
  pool: Pool;
  /** Its place in the pool. */
  order: number;
}

export interface Pool {
  driver: string;
  name: string;
  /** Slices of its newest state are missing. */
  isIncomplete: boolean;
  /** Its slices contradict one another. */
  isInvalid: boolean;
  /** Some devices must be made ready first: others are preferred. */
  isSlow: boolean;
  offers: Offer[];
  /** Shared counters by set and name. */
  counters: ReadonlyMap<string, ReadonlyMap<string, Quantity>>;
}

export interface PoolOnNode {
  pool: Pool;
  offers: readonly Offer[];
}

export class Inventory {
  /** By the one node that reaches them. */
  readonly #named = new Map<string, Map<Pool, Offer[]>>();
  /** Those that have to be asked for each node. */
  readonly #others = new Map<Pool, Offer[]>();

  constructor(slices: readonly ResourceSlice[]) {
    for (const pool of poolsOf(slices))
      for (const offer of pool.offers) {
        const { nodeName } = placeOf(offer);
        const group = nodeName ? (this.#named.get(nodeName) ?? new Map<Pool, Offer[]>()) : this.#others;
        if (nodeName) this.#named.set(nodeName, group);
        const offers = group.get(pool);
        if (offers) offers.push(offer);
        else group.set(pool, [offer]);
      }
  }

  /** Pools with devices that the node reaches, in upstream's order. */
  on(node: NodeFacts): PoolOnNode[] {
    const here = new Map<Pool, Offer[]>(this.#named.get(node.name));
    for (const [pool, offers] of this.#others) {
      const reached = offers.filter((offer) => isReached(placeOf(offer), node));
      if (reached.length > 0)
        here.set(
          pool,
          [...(here.get(pool) ?? []), ...reached].sort((a, b) => a.order - b.order),
        );
    }
    return [...here].map(([pool, offers]) => ({ pool, offers })).sort((a, b) => inOrder(a.pool, b.pool));
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (a: Pool, b: Pool) => Number(a.isSlow) - Number(b.isSlow) || compare(a.driver, b.driver) || compare(a.name, b.name);

interface Place {
  nodeName?: string | undefined;
  nodeSelector?: NodeSelector | undefined;
  allNodes?: boolean | undefined;
}

/** Which nodes reach a device: the slice says it for all of its own, or each for itself. */
export const placeOf = ({ slice: { spec }, device }: Pick<Offer, "slice" | "device">): Place =>
  spec?.perDeviceNodeSelection ? device : (spec ?? {});

const isReached = ({ allNodes, nodeSelector }: Place, node: NodeFacts): boolean =>
  allNodes === true || nodeSelector?.nodeSelectorTerms?.some((term) => matchesNodeTerm(term, node)) === true;

function poolsOf(slices: readonly ResourceSlice[]): Pool[] {
  const newest = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver = "", pool } = slice.spec ?? {};
    const key = `${driver}/${pool?.name}`;
    const others = newest.get(key);
    const ahead = others ? generationOf(slice) - generationOf(others[0]!) : 1;
    if (ahead > 0) newest.set(key, [slice]);
    else if (ahead === 0) others!.push(slice);
  }
  return [...newest.values()].map(poolOf);
}

const generationOf = ({ spec }: ResourceSlice) => Number(spec?.pool?.generation ?? 0);

function poolOf(slices: ResourceSlice[]): Pool {
  slices.sort((a, b) => compare(a.metadata.name ?? "", b.metadata.name ?? ""));
  const { driver = "", pool: { name = "", resourceSliceCount } = {} } = slices[0]!.spec ?? {};
  const counters = new Map<string, Map<string, Quantity>>();
  const offers: Offer[] = [];
  const isIncomplete = slices.length !== Number(resourceSliceCount ?? 0);
  const pool = { driver, name, isIncomplete, isInvalid: false, isSlow: false, offers, counters };
  for (const slice of slices) {
    for (const set of slice.spec?.sharedCounters ?? []) {
      if (counters.has(set.name ?? "")) pool.isInvalid = true;
      const named = Object.entries(set.counters ?? {}).map(([counter, { value }]) => [counter, parseQuantity(String(value))] as const);
      counters.set(set.name ?? "", new Map(named));
    }
    for (const device of slice.spec?.devices ?? [])
      offers.push({ key: `${driver}/${name}/${device.name}`, device, slice, pool, order: offers.length });
  }
  if (isIncomplete) return pool;
  pool.isSlow = offers.some(({ device }) => device.bindingConditions?.length);
  const isKnown = ({ device }: Offer) =>
    (device.consumesCounters ?? []).every(({ counterSet = "", counters: taken = {} }) =>
      Object.keys(taken).every((counter) => counters.get(counterSet)?.has(counter)),
    );
  pool.isInvalid ||= new Set(offers.map(({ key }) => key)).size < offers.length || !offers.every(isKnown);
  return pool;
}
