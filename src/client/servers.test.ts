import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, silentLog, VirtualClock } from "#base/mod.ts";
import { openServers, preference } from "./servers.ts";

const [a, b, c] = ["https://10.0.0.1:6443", "https://10.0.0.2:6443", "https://10.0.0.3:6443"] as const;

function aClient(options: Partial<Parameters<typeof openServers>[0]> = {}) {
  const clock = new VirtualClock();
  const down = new Set<string>();
  const asked: string[] = [];
  const servers = openServers({
    self: "node",
    first: a,
    own: a,
    clock,
    log: silentLog,
    async probe(server) {
      asked.push(server);
      if (down.has(server)) throw new Error("silent");
    },
    ...options,
  });
  const moves: string[] = [];
  servers.onChange((moved) => moved && moves.push(servers.current));
  return { servers, clock, down, asked, moves };
}

test("where there is one server nobody is probed", async () => {
  const { servers, clock, asked } = aClient();
  servers.learn([a]);
  servers.learn(["https://192.168.0.1:6443"]);
  servers.failed(a);
  await clock.advance(60_000);
  assert.deepEqual([asked, servers.current, servers.all], [[], a, [a]]);
});

test("a silent server is left for one that answers, and gone back to when it has answered for half a minute", async () => {
  const { servers, clock, down, moves } = aClient();
  servers.learn([a, b, c]);
  down.add(a).add(servers.all[1]!);
  await clock.advance(1500);
  assert.deepEqual(moves, [servers.all[2]]);
  down.clear();
  await clock.advance(15_000);
  down.add(a);
  await clock.advance(1500);
  down.clear();
  await clock.advance(25_000);
  assert.equal(moves.length, 1);
  await clock.advance(10_000);
  assert.deepEqual(moves, [servers.all[2], a]);
  servers.close();
});

test("who cannot connect does not wait for the next probe, and stays where nobody else answers", async () => {
  const { servers, down, moves } = aClient();
  servers.learn([a, b]);
  down.add(a).add(b);
  servers.failed(a);
  await settle();
  assert.deepEqual(moves, []);
  down.delete(b);
  servers.failed(c);
  servers.failed(a);
  servers.failed(a);
  await settle();
  assert.deepEqual(moves, [b]);
});

test("a server that has left the cluster is left, an empty list is not believed, and the first one known is kept last", async () => {
  const { servers, moves } = aClient({ own: undefined });
  servers.learn([b, c]);
  assert.equal(servers.all.at(-1), a);
  servers.learn([]);
  assert.deepEqual(servers.all.toSorted(), [a, b, c]);
  servers.learn([c]);
  await settle();
  assert.deepEqual([servers.all, servers.current, moves], [[c, a], a, []], "where it was found it may still be");
});

test("what was known before an end is known after it", () => {
  const { servers } = aClient({ own: undefined, known: { servers: [b, c], current: c } });
  assert.equal(servers.current, c);
  assert.deepEqual(servers.all.toSorted(), [a, b, c]);
});

test("nodes spread over the servers, and few move when one is added", () => {
  const nodes = Array.from({ length: 300 }, (_, at) => `node-${at}`);
  const firsts = (servers: string[]) => nodes.map((node) => preference(servers, node)[0]!);
  const [two, three] = [firsts([a, b]), firsts([a, b, c])];
  for (const server of [a, b, c]) assert.ok(three.filter((each) => each === server).length > 60, server);
  assert.ok(two.every((server, at) => server === three[at] || three[at] === c));
  assert.equal(preference([a, b, c], "x", c)[0], c);
});
