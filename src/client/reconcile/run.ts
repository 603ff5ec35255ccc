/**
 * Runs one reconciler: takes keys, looks, plans, carries out. A key is looked at again only when the copies show what was written
 * for it, so that no plan is made from a picture that its own last steps have changed. Waiting for that holds no worker.
 */
import type { KubeObject, Resource } from "#api/mod.ts";
import { assert, type Clock, isAbort, type Log, messageOf } from "#base/mod.ts";
import { ApiError, type Client, type ObjectRef } from "../contract.ts";
import { eventRecorder } from "../event-recorder.ts";
import { type Informer, keyOf } from "../informer.ts";
import { WorkQueue } from "../work-queue.ts";
import type { Informers } from "./informers.ts";
import { type Hands, perform } from "./perform.ts";
import type { Caches, Count, Hub, Reconciler } from "./reconciler.ts";
import type { Failure } from "./step.ts";

export interface RunOptions {
  /** Reads for all; usually an identity that may list and watch everything. */
  informers: Informers;
  /** Writes, and reads what no copy shows, as this controller. */
  client: Client;
  clock: Clock;
  log: Log;
}

export interface RunningReconciler {
  queue: WorkQueue;
  counts(): readonly Count[];
  close(): Promise<void>;
}

/** Upstream's patience with a watch that does not show a write. */
const patienceMs = 5 * 60_000;
/** Keys that never wait for anything must not keep the rest of the process waiting. */
const keysPerTurn = 16;

export function runReconciler(reconciler: Reconciler, { informers, client, clock, log }: RunOptions): RunningReconciler {
  const { name, sources, follows, workers } = reconciler;
  const queue = new WorkQueue({ clock });
  const recorder = eventRecorder(client, { component: reconciler.component, clock, log });
  const followed = new Map(follows.map((resource) => [resource, informers.of<KubeObject>(resource)]));
  const caches = cachesOf(name, followed);
  const looking = { client, clock, log };
  const settling = new Set<Promise<void>>();
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve(), { once: true }));
  const ready = Promise.race([ended, Promise.all([...followed.values()].map((informer) => informer.synced))]);

  const hub: Hub = {
    ...looking,
    caches,
    informer: <T extends KubeObject>(resource: Resource<T>) => informers.of(resource),
    drop: (resource) => informers.drop(resource),
    add: (key) => queue.add(key),
    addAfter: (key, ms) => queue.addAfter(key, ms),
  };
  const stops = sources.map((source) => source.start(hub));

  /** How the key went: failures are left, or undefined when it was not to be looked at. */
  const look = async (key: string, hands: Hands): Promise<Failure[]> => {
    const seen = await reconciler.see(key, caches, looking);
    if (seen === undefined) return [];
    const outcome = await perform(reconciler.plan(seen, clock.now()), hands);
    if (!reconciler.conclude) return outcome.failures;
    const after = await perform(reconciler.conclude(seen, outcome, clock.now()), hands);
    return [...outcome.failures, ...after.failures];
  };
  const retry = (key: string, error: unknown) => {
    queue.addFailed(key);
    if (ending.signal.aborted || isAbort(error)) return;
    // Somebody else wrote first, or the object went: the next look decides.
    const expected = error instanceof ApiError && (error.code === 409 || error.code === 404);
    log[expected ? "debug" : "warn"](`${name}: trying again`, { key, error: messageOf(error), failures: queue.failures(key) });
  };
  const pass = async (key: string) => {
    const written = new Written(followed);
    const hands: Hands = {
      client,
      recorder,
      wrote: (resource, object) => written.wrote(resource, object),
      erased: (resource, ref, uid) => written.erased(resource, ref, uid),
      again: (ms) => queue.addAfter(key, ms),
    };
    try {
      const [failure] = await look(key, hands);
      if (failure) retry(key, failure.error);
      else queue.forget(key);
    } catch (error) {
      retry(key, error);
    }
    if (written.shown()) return queue.done(key);
    const wait: Promise<void> = written.wait().then((shown) => {
      if (!shown && !ending.signal.aborted) log.warn(`${name}: the watch does not show what was written`, { key });
      settling.delete(wait);
      queue.done(key);
    });
    settling.add(wait);
  };
  const work = async () => {
    await ready;
    for (let taken = 1; ; taken++) {
      if (taken % keysPerTurn === 0) await clock.turn();
      const key = await queue.next();
      if (key === undefined) return;
      await pass(key);
    }
  };
  const running = Array.from({ length: workers }, work);
  return {
    queue,
    counts: () => reconciler.counts?.(caches) ?? [],
    async close() {
      ending.abort();
      for (const stop of stops) stop();
      queue.close();
      await Promise.all(running);
    },
  };
}

/** What one look wrote to resources that are followed, until the copies show it. */
class Written {
  #marks = new Map<Informer, { version: number; gone: { key: string; uid: string }[] }>();
  readonly #followed: ReadonlyMap<Resource, Informer>;
  constructor(followed: ReadonlyMap<Resource, Informer>) {
    this.#followed = followed;
  }
  wrote(resource: Resource, { metadata }: KubeObject): void {
    const mark = this.#markOf(resource);
    if (mark && metadata?.resourceVersion) mark.version = Math.max(mark.version, Number(metadata.resourceVersion));
  }
  erased(resource: Resource, ref: ObjectRef, uid: string): void {
    if (uid) this.#markOf(resource)?.gone.push({ key: keyOf({ metadata: ref }), uid });
  }
  shown(): boolean {
    return [...this.#marks.keys()].every((informer) => this.#shownBy(informer));
  }
  async wait(): Promise<boolean> {
    const each = await Promise.all([...this.#marks.keys()].map((informer) => informer.until(() => this.#shownBy(informer), patienceMs)));
    return each.every(Boolean);
  }
  #markOf(resource: Resource): { version: number; gone: { key: string; uid: string }[] } | undefined {
    const informer = this.#followed.get(resource);
    if (!informer) return undefined;
    let mark = this.#marks.get(informer);
    if (!mark) this.#marks.set(informer, (mark = { version: 0, gone: [] }));
    return mark;
  }
  #shownBy(informer: Informer): boolean {
    const { version, gone } = this.#marks.get(informer)!;
    if (Number(informer.version()) < version) return false;
    // What is gone stays gone: it need not be asked for again.
    while (gone.length > 0 && isGoing(informer, gone.at(-1)!)) gone.pop();
    return gone.length === 0;
  }
}

/** Gone, another of its name, or marked: no plan counts it any more. */
function isGoing(informer: Informer, { key, uid }: { key: string; uid: string }): boolean {
  const object = informer.get(key);
  return object?.metadata.uid !== uid || object.metadata.deletionTimestamp !== undefined;
}

function cachesOf(name: string, followed: ReadonlyMap<Resource, Informer>): Caches {
  const of = <T extends KubeObject>(resource: Resource<T>): Informer<T> => {
    const informer = followed.get(resource);
    assert(informer, `${name} looks at ${resource.resource}, which it neither follows nor names in reads`);
    return informer as unknown as Informer<T>;
  };
  return {
    get: (resource, key) => of(resource).get(key),
    list: (resource) => of(resource).list(),
    by: (index, value) => of(index.resource).by(index, value),
  };
}
