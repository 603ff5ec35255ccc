/** A reconciler on the fake API under a clock that stands still: for tests of what it sees and what it writes. */
import type { KubeObject, Resource } from "#api/mod.ts";
import { settle, silentLog, VirtualClock } from "#base/mod.ts";
import { type FakeApi, fakeApi } from "../fake-api.ts";
import { informers } from "./informers.ts";
import type { Reconciler } from "./reconciler.ts";
import { type RunningReconciler, runReconciler } from "./run.ts";

export interface Trial {
  api: FakeApi;
  clock: VirtualClock;
  run: RunningReconciler;
  put<T extends KubeObject>(resource: Resource<T>, object: T): T;
  get<T extends KubeObject>(resource: Resource<T>, key: string): T | undefined;
  /** Of one resource, in the order of their creation. */
  all<T extends KubeObject>(resource: Resource<T>): Promise<T[]>;
  /** `Normal Reason message` of every event so far. */
  told(): Promise<string[]>;
  /** Until the queue is empty and the copies show everything. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const mostTurns = 200;

/** `answers`: what fixed paths answer, such as discovery's. */
export async function trial(
  reconciler: Reconciler,
  objects: readonly [Resource, KubeObject][] = [],
  answers: Readonly<Record<string, object>> = {},
): Promise<Trial> {
  const api = fakeApi();
  for (const [path, answer] of Object.entries(answers)) api.answers.set(path, answer);
  const clock = new VirtualClock();
  for (const [resource, object] of objects) api.put(resource.resource, object);
  const options = { clock, log: silentLog };
  const shared = informers(api.client, options);
  const run = runReconciler(reconciler, { informers: shared, client: api.client, ...options });
  const settled = async () => {
    await settle(8);
    for (let turn = 0; turn < mostTurns && !run.queue.quiet; turn++) await settle(2);
    await settle(4);
  };
  await settled();
  return {
    api,
    clock,
    run,
    put: <T extends KubeObject>({ resource }: Resource<T>, object: T) => api.put(resource, object) as T,
    get: <T extends KubeObject>({ resource }: Resource<T>, key: string) => api.get(`${resource}/${key}`) as T | undefined,
    all: async <T extends KubeObject>(resource: Resource<T>) => (await api.client.list(resource)).items,
    async told() {
      await settled();
      const { items } = (await api.client.transport.request({ method: "GET", path: "/api/v1/events" })).object as { items: Told[] };
      return items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
    },
    settled,
    async close() {
      await run.close();
      shared.close();
    },
  };
}

interface Told {
  type: string;
  reason: string;
  message: string;
}
