/** What every controller gets: the API, one informer per resource for all of them, time, chance, a log. */

import type { KubeObject, Resource } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import { type Client, type EventRecorder, eventRecorder, type Informer, informer } from "#client/mod.ts";

export interface Context {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** The one informer of a resource; all controllers share it. */
  watch<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  recorder(component: string): EventRecorder;
}

export interface Controller {
  close(): Promise<void> | void;
}

export interface SharedContext extends Context {
  close(): void;
}

export function createContext(options: Pick<Context, "client" | "clock" | "random" | "log">): SharedContext {
  const informers = new Map<string, Informer>();
  const recorders = new Map<string, EventRecorder>();
  const { client, clock, random, log } = options;
  return {
    ...options,
    watch<T extends KubeObject>(resource: Resource<T>): Informer<T> {
      const key = `${resource.apiVersion}/${resource.resource}`;
      let known = informers.get(key);
      if (!known) informers.set(key, (known = informer(client, resource, { clock, random, log }) as unknown as Informer));
      return known as unknown as Informer<T>;
    },
    recorder(component) {
      let known = recorders.get(component);
      if (!known) recorders.set(component, (known = eventRecorder(client, { component, clock, log })));
      return known;
    },
    close() {
      for (const each of informers.values()) each.close();
    },
  };
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function timestamp(clock: Pick<Clock, "now">): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Runs `each` over items, at most `limit` at once; the first failures are returned together. */
export async function inParallel<T>(items: readonly T[], limit: number, each: (item: T) => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const item = items[next++]!;
      try {
        await each(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  return errors;
}

/** Waits for all informers; a controller that looks before it has seen everything would act on half a picture. */
export async function allSynced(...informers: { synced: Promise<void> }[]): Promise<void> {
  await Promise.all(informers.map((each) => each.synced));
}
