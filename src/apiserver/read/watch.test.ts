import assert from "node:assert/strict";
import { test } from "node:test";
import { configmaps } from "#api/mod.ts";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { openRegistry, serve } from "../mod.ts";
import type { WatchSink, WatchSource } from "./watch.ts";

interface Watched extends WatchSink {
  events: string[];
  abandoned: boolean;
  ended: boolean;
  /** What `event` answers. */
  room: boolean;
}

function aSink(): Watched {
  const sink: Watched = {
    events: [],
    abandoned: false,
    ended: false,
    room: true,
    event: (type, record) => {
      sink.events.push(`${type} ${record.object.metadata.name}`);
      return sink.room;
    },
    bookmark: () => sink.room,
    error: (status) => void sink.events.push(`ERROR ${(status as { code: number }).code}`),
    end: () => {
      sink.ended = true;
    },
    abandon: () => {
      sink.abandoned = true;
    },
  };
  return sink;
}

interface World {
  clock: VirtualClock;
  watch(path?: string): Promise<WatchSource>;
  /** Makes or changes so many ConfigMaps. */
  write(count: number, text?: string): Promise<void>;
}

async function withServer(run: (world: World) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const server = serve(await openRegistry({ store, clock, random: seededRandom(1), log: silentLog }));
  let made = 0;
  try {
    await run({
      clock,
      async watch(path = "/api/v1/configmaps?watch=true") {
        const answer = await server.handle({ method: "GET", url: path, headers: {}, body: () => Buffer.alloc(0) });
        assert.equal(answer.kind, "watch");
        return (answer as { source: WatchSource }).source;
      },
      async write(count, text = "") {
        const writes = Array.from({ length: count }, () => {
          const metadata = { name: `m${made++}`, namespace: "default" };
          return server.storage.create(configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { text } } as never);
        });
        await Promise.all(writes);
        await settle();
      },
    });
  } finally {
    await server.close();
    await store.close();
  }
}

test("a watcher that reads nothing is cut when what it would read next is gone", () =>
  withServer(async ({ watch, write }) => {
    const stuck = [aSink(), aSink()];
    for (const path of ["/api/v1/configmaps?watch=true", "/api/v1/namespaces/default/configmaps?watch=true&labelSelector=!x"]) {
      const sink = stuck[path.includes("labelSelector") ? 1 : 0]!;
      sink.room = false;
      (await watch(path)).open(sink);
    }
    const reading = aSink();
    (await watch()).open(reading);
    // More than the ring holds.
    const text = "x".repeat(200_000);
    for (let i = 0; i < 10; i++) await write(20, text);
    assert.equal(reading.events.length, 200, "the others see everything");
    for (const sink of stuck) assert.deepEqual([sink.events.length, sink.abandoned], [1, true]);
  }));

test("a watcher that reads nothing for a minute is cut at the next change; one that reads slowly stays", () =>
  withServer(async ({ clock, watch, write }) => {
    const [stuck, slow] = [aSink(), aSink()];
    const source = await watch();
    for (const sink of [stuck, slow]) sink.room = false;
    (await watch()).open(stuck);
    source.open(slow);
    for (let i = 0; i < 10; i++) {
      await write(2);
      await clock.advance(20_000);
      source.resume();
    }
    assert.deepEqual([stuck.events.length, stuck.abandoned], [1, true]);
    assert.deepEqual([slow.events.length, slow.abandoned], [11, false]);
  }));

test("a batch of changes is bounded, and watchers that are at the same place share it", () =>
  withServer(async ({ watch, write }) => {
    const batches: [number, number][] = [];
    const sink = aSink();
    sink.batch = (_cache, first, end) => {
      batches.push([first, end]);
      return batches.length !== 1;
    };
    const source = await watch();
    source.open(sink);
    await write(1);
    await write(300, "x".repeat(20_000));
    source.resume();
    assert.equal(batches[0]![1], 1);
    assert.equal(batches.at(-1)![1], 301, "all of them, in order");
    assert.ok(
      batches.every(([first, end], i) => end - first <= 14 && (i === 0 || first === batches[i - 1]![1])),
      JSON.stringify(batches),
    );
  }));
