import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog, VirtualClock } from "#base/mod.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import { bytesToFree, ImageCollection, type ImagePolicy, inOrder, recordsOf } from "./image-collection.ts";

const policy: ImagePolicy = { highPercent: 85, lowPercent: 80, leastAgeMs: 120_000, mostAgeMs: 0 };
const minute = 60_000;

for (const [available, wanted] of [
  [16, undefined],
  [15, 5],
  [0, 20],
] as const)
  test(`a disk with ${available} of 100 left`, () => assert.equal(bytesToFree({ available, capacity: 100 }, policy), wanted));

test("at a hundred percent nothing ever goes", () => {
  assert.equal(bytesToFree({ available: 0, capacity: 100 }, { ...policy, highPercent: 100 }), undefined);
});

const image = (id: string, more: object = {}) => ({
  id,
  repoTags: [`${id}:1`],
  repoDigests: [`${id}@sha256:1`],
  size: 1,
  username: "",
  ...more,
});

test("an image is in use by id, tag or digest, or because the node needs it; what is gone is forgotten", () => {
  const container = (imageRef: string) => ({ imageRef, imageId: "", image: { image: "" } }) as never;
  const first = recordsOf(new Map(), {
    images: ["a", "b", "c", "d", "e"].map((id) => image(id)),
    containers: [container("a"), container("b:1"), container("c@sha256:1")],
    needed: ["d:1"],
    nowMs: 5,
  });
  assert.deepEqual(
    [...first.values()].filter(({ inUse }) => inUse).map(({ id }) => id),
    ["a", "b", "c", "d"],
  );
  const second = recordsOf(first, { images: [image("a"), image("e", { pinned: true })], containers: [], needed: [], nowMs: 9 });
  assert.deepEqual([...second.keys()], ["a", "e"]);
  assert.deepEqual([second.get("a")?.firstSeenMs, second.get("a")?.lastUsedMs], [5, 5]);
  assert.deepEqual(
    inOrder([...second.values()]).map(({ id }) => id),
    ["a"],
  );
});

async function bench(of: Partial<ImagePolicy> = {}) {
  const clock = new VirtualClock();
  const disk = { available: 50, capacity: 1000 };
  const names = ["a", "b", "c"].map((name) => `docker.io/library/${name}:1`);
  const runtime = fakeRuntime({ clock, images: names, imageBytes: 60, pinned: [names[0]!] });
  const told: string[] = [];
  const collection = new ImageCollection({
    runtime,
    policy: { ...policy, ...of },
    fileSystem: async () => ({ device: 1, bytes: disk, inodes: disk }),
    needed: () => [],
    tellNode: (reason, message) => void told.push(`${reason} ${message}`),
    looked: async () => {},
    collected: () => {},
    clock,
    log: silentLog,
  });
  const removed = () => runtime.calls.filter((call) => call.startsWith("removeImage")).map((call) => call.at(-3));
  return { clock, disk, collection, told, removed, runtime };
}

test("a full disk costs unpinned images that are old enough, as many as needed; what does not suffice is told", async () => {
  const { clock, disk, collection, told, removed } = await bench();
  await collection.collect();
  assert.deepEqual(removed(), [], "they may have come a moment ago");
  assert.match(told[0]!, /^FreeDiskSpaceFailed Insufficient free disk space on the node's image filesystem \(95% of 1000 B used\)\./);
  await clock.advance(2 * minute);
  disk.available = 145;
  await collection.collect();
  assert.deepEqual(removed(), ["b"], "55 bytes were wanted");
  disk.available = 50;
  await collection.collect();
  assert.deepEqual(removed(), ["b", "c"]);
  assert.match(told[1]!, /\(freed 60 bytes\)/);
});

test("unused for too long they go on any disk, counted from when the kubelet began", async () => {
  const { clock, disk, collection, removed } = await bench({ mostAgeMs: 10 * minute });
  disk.available = 900;
  await collection.collect();
  await clock.advance(10 * minute);
  await collection.collect();
  assert.deepEqual(removed(), []);
  await clock.advance(minute);
  await collection.collect();
  assert.deepEqual(removed(), ["b", "c"]);
});

test("one image that stays does not keep the others", async () => {
  const { clock, collection, removed, runtime } = await bench();
  await collection.collect();
  await clock.advance(2 * minute);
  runtime.fail("removeImage", new Error("busy"));
  await collection.removeUnused();
  assert.deepEqual(removed(), ["b", "c"]);
});
