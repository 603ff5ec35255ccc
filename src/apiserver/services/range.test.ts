import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { NodePorts } from "./node-ports.ts";

test("a range of any size gives each of its ports once, none besides, and then says that it is full", async () => {
  for (const size of [1, 2, 10, 16, 17, 18, 40, 600, 5000])
    for (const seed of [1, 2, 3]) {
      const store = await createMemoryStore();
      const ports = new NodePorts({ store, random: seededRandom(seed), first: 31_000, last: 31_000 + size - 1 });
      const claimed = await ports.claim([], size);
      assert.deepEqual(
        typeof claimed === "object" && "drawn" in claimed && claimed.drawn.toSorted((a, b) => a - b),
        Array.from({ length: size }, (_, i) => 31_000 + i),
      );
      assert.equal(await ports.claim([], 1), "full");
      await store.close();
    }
});
