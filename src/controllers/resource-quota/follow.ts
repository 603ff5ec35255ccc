/** Follows the kinds that some quota counts, custom ones as they come and go; kinds that no quota names cost nothing. */
import { type KubeObject, type ResourceQuota, resourcequotas } from "#api/mod.ts";
import { atMost, every, messageOf } from "#base/mod.ts";
import { type Change, type Hub, type Index, type Informer, index, keyOf, type Measure, measuresFor, type Source } from "#client/mod.ts";
import { asResource, type Discovered, discover } from "../discovery.ts";

/** How soon new kinds are known; upstream's period. */
const periodMs = 30_000;
/** Everything is counted anew so often; upstream's period. */
const recountMs = 5 * 60_000;
/** New objects were charged when they were admitted: that the count agrees is looked at when they have stopped coming. */
const settleMs = 1000;
/** A bound on a kind that nobody serves is no reason to ask again each time. */
const askAgainMs = 5000;
/** A kind whose objects do not come must not hold up the count of all others. */
const patienceMs = 30_000;

export interface Counted {
  source: Source;
  /** When the kinds that these bounds are about are followed, as far as there are any. */
  ready(bounds: readonly string[]): Promise<void>;
  /** Undefined: nothing is known of the kind. */
  objects(id: string, namespace: string): KubeObject[] | undefined;
}

interface Followed {
  informer: Informer;
  index: Index;
  stop(): void;
}

export function followCounted(inNamespace: Index<ResourceQuota>): Counted {
  let follower: Follower | undefined;
  return {
    source: {
      follows: [resourcequotas],
      start(hub) {
        follower = new Follower(hub, inNamespace);
        return () => follower?.stop();
      },
    },
    ready: async (bounds) => follower?.ready(bounds),
    objects: (id, namespace) => follower?.objects(id, namespace),
  };
}

class Follower {
  readonly #hub: Hub;
  readonly #inNamespace: Index<ResourceQuota>;
  readonly #followed = new Map<string, Followed>();
  readonly #timer;
  #kinds = new Map<string, Discovered>();
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(hub: Hub, inNamespace: Index<ResourceQuota>) {
    this.#hub = hub;
    this.#inNamespace = inNamespace;
    this.#timer = every(hub.clock, periodMs, () => this.#look());
  }

  async ready(bounds: readonly string[]): Promise<void> {
    const measures = measuresFor(bounds);
    const asks = this.#looking || this.#hub.clock.monotonic() - this.#lookedAtMs >= askAgainMs;
    if (asks && measures.some(({ id }) => !this.#kinds.has(id))) await this.#look();
    const synced = measures.flatMap((measure) => this.#follow(measure)?.informer.synced ?? []);
    await atMost(this.#hub.clock, patienceMs, Promise.all(synced));
  }

  objects(id: string, namespace: string): KubeObject[] | undefined {
    const followed = this.#followed.get(id);
    return followed?.informer.hasSynced() ? followed.informer.by(followed.index, namespace) : undefined;
  }

  stop(): void {
    this.#timer.cancel();
    for (const { stop } of this.#followed.values()) stop();
    this.#followed.clear();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#discover().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #discover(): Promise<void> {
    const { client, log, caches, clock, add } = this.#hub;
    const before = this.#kinds;
    this.#lookedAtMs = clock.monotonic();
    try {
      const { kinds, failures } = await discover(client);
      const found = new Map(kinds.filter(isCounted).map((kind) => [idOf(kind), kind]));
      // A group that does not answer is not gone.
      this.#kinds = failures.length > 0 ? new Map([...before, ...found]) : found;
    } catch (error) {
      log.debug("resource quota: kinds could not be discovered", { error: messageOf(error) });
      return;
    }
    const wanted = new Set<string>();
    for (const quota of caches.list(resourcequotas))
      for (const { id } of measuresFor(Object.keys(quota.spec?.hard ?? {}))) {
        wanted.add(id);
        if (!before.has(id) && this.#kinds.has(id)) add(keyOf(quota));
      }
    for (const [id, { stop }] of this.#followed) {
      if (wanted.has(id) && this.#kinds.has(id)) continue;
      stop();
      this.#followed.delete(id);
    }
  }

  #follow(measure: Measure): Followed | undefined {
    const kind = this.#kinds.get(measure.id);
    if (!kind) return undefined;
    const resource = asResource(kind);
    const informer = this.#hub.informer<KubeObject>(resource);
    const before = this.#followed.get(measure.id);
    // Another one when the kind was gone in between.
    if (before?.informer === informer) return before;
    before?.stop();
    const stop = informer.onChange((change) => this.#changed(measure, change));
    const followed = { informer, index: index(resource, ({ metadata }) => [metadata.namespace ?? ""]), stop };
    this.#followed.set(measure.id, followed);
    return followed;
  }

  #changed(measure: Measure, { type, object, old }: Change<KubeObject>): void {
    const { caches, add, addAfter, clock } = this.#hub;
    const frees = type === "deleted" || (old && measure.frees?.(object, old, clock.now()));
    if (!frees && type !== "added") return;
    for (const quota of caches.by(this.#inNamespace, object.metadata.namespace ?? "")) {
      if (!Object.keys(quota.spec?.hard ?? {}).some((name) => measure.measures(name))) continue;
      if (frees) add(keyOf(quota));
      else addAfter(keyOf(quota), settleMs);
    }
  }
}

const isCounted = ({ namespaced, verbs }: Discovered) =>
  namespaced && ["create", "list", "watch", "delete"].every((verb) => verbs.includes(verb));
const idOf = ({ group, resource }: Discovered) => (group ? `${resource}.${group}` : resource);

export const everyQuota: Source = {
  follows: [resourcequotas],
  start({ add, caches, clock }) {
    const timer = every(clock, recountMs, () => {
      for (const quota of caches.list(resourcequotas)) add(keyOf(quota));
    });
    return () => timer.cancel();
  },
};
