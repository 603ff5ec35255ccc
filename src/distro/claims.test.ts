import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { dropClaims, othersHere, readClaims, takenSlots, withClaims, writeClaim } from "./claims.ts";
import { cgroupOf, netnsOf, plan, writeCluster } from "./cluster.ts";
import { type Place, placeOf } from "./place.ts";

/** A machine: the folder of the first clusters, with the claims in it, and a second state folder. */
function machine() {
  const root = mkdtempSync(join(tmpdir(), "spoke-claims-"));
  const folder = join(root, "spoke/.slots");
  const at = (state: string, cluster: string): Place => placeOf(cluster, { SPOKE_STATE: join(root, state) });
  return { root, folder, at, end: () => rmSync(root, { recursive: true, force: true }) };
}

async function start(folder: string, place: Place, id: string) {
  const others = othersHere(place, folder);
  const taken = new Set(others.map((claim) => claim.slot));
  const cluster = plan(place.cluster, undefined, {}, taken, {
    id,
    wayOut: false,
    nameTaken: others.some((claim) => claim.cluster === place.cluster),
  });
  writeCluster(place, cluster);
  writeClaim(place, cluster.slot, folder);
  return cluster;
}

test("clusters of different state folders have different slots, namespaces and cgroups, of one name too", async () => {
  const { folder, at, end } = machine();
  const one = await start(folder, at("spoke", "spoke"), "1");
  const two = await start(folder, at("elsewhere", "spoke"), "2");
  const three = await start(folder, at("elsewhere", "third"), "3");
  assert.deepEqual([one.slot, two.slot, three.slot], [0, 1, 2]);
  assert.equal(new Set([one, two, three].map((cluster) => netnsOf(cluster, "node-1"))).size, 3);
  assert.equal(new Set([one, two, three].map((cluster) => cgroupOf(cluster, "node-1"))).size, 3);
  assert.equal(netnsOf(one, "node-1"), "spoke-spoke-node-1");
  assert.deepEqual(plan("spoke", two, {}, new Set()), two, "what was given stays");
  end();
});

test("a slot is free again when its cluster was removed, in whatever way", async () => {
  const { folder, at, end } = machine();
  const [one, two] = [at("spoke", "one"), at("elsewhere", "two")];
  await start(folder, one, "1");
  await start(folder, two, "2");
  dropClaims(one, folder);
  rmSync(one.state, { recursive: true });
  rmSync(two.state, { recursive: true }); // by hand
  assert.deepEqual(readClaims(folder), []);
  assert.equal((await start(folder, at("third", "three"), "3")).slot, 0);
  dropClaims(at("third", "three"), folder);
  assert.ok(!existsSync(join(folder, "1.json")), "void claims are swept");
  end();
});

test("clusters from before there were claims count, and one with a broken description does not stop the others", async () => {
  const { folder, at, end } = machine();
  writeCluster(at("spoke", "old"), plan("old", undefined, {}, new Set()));
  mkdirSync(at("spoke", "broken").state, { recursive: true });
  writeFileSync(join(at("spoke", "broken").state, "cluster.json"), "{");
  assert.deepEqual(
    othersHere(at("elsewhere", "new"), folder).map(({ slot, cluster }) => [slot, cluster]),
    [[0, "old"]],
  );
  end();
});

test("a port in use is passed over, unless it is asked for", async () => {
  const server = createServer();
  const { port } = await new Promise<{ port: number }>((resolve) =>
    server.listen(6443, "127.0.0.1", () => resolve({ port: 6443 })).once("error", () => resolve({ port: 6443 })),
  );
  assert.equal(port, 6443);
  assert.ok((await takenSlots([], undefined)).has(0));
  server.close();
});

test("one at a time, and an empty list leaves no folder", async () => {
  const { root, folder, end } = machine();
  const seen: string[] = [];
  const turn = (name: string) =>
    withClaims(
      systemClock,
      async () => {
        seen.push(`${name} in`);
        await systemClock.sleep(5);
        seen.push(`${name} out`);
      },
      folder,
    );
  await Promise.all([turn("a"), turn("b")]);
  assert.deepEqual(
    seen.map((line) => line.split(" ")[1]),
    ["in", "out", "in", "out"],
  );
  assert.ok(!existsSync(join(root, "spoke")));
  end();
});
