import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { failure } from "../answer.ts";
import { rcodes, types } from "../message.ts";
import { aQuery } from "../testing.ts";
import { loop } from "./loop.ts";
import type { Handler, Reply, Running } from "./plugin.ts";

/** The plugin before something that forwards; `forward` is replaced by the test. */
function stage(forward: Handler) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const ended = new AbortController();
  let next = forward;
  const running = {
    clock,
    random: seededRandom(1),
    log: silentLog,
    signal: ended.signal,
    zone: "",
    ask: async (query: Parameters<Handler>[0]) => handler(query),
    tell: (reason: string) => void told.push(reason),
  } as unknown as Running;
  const handler = loop.read([{ name: "loop", args: [] } as never], {} as never).link!((query) => next(query), running);
  return {
    told,
    handler,
    lead: (to: Handler) => {
      next = to;
    },
    async pass(seconds: number) {
      for (let at = 0; at < seconds * 2; at++) {
        await clock.advance(500);
        await settle(4);
      }
    },
    end: () => ended.abort(),
  };
}
const answered = (query: Parameters<Handler>[0], rcode: number): Reply => ({
  bytes: failure(query.bytes, rcode),
  by: "forward",
  lasting: false,
});
const silent: Handler = (query) => answered(query, rcodes.SERVFAIL!);
const well: Handler = (query) => answered(query, rcodes.NOERROR!);
const asked = {
  ...{ bytes: aQuery("example.org"), name: "example.org", type: types.A!, class: 1 },
  ...{ stream: false, client: "10.0.0.1", clientPort: 1 },
};
const rcodeOf = async (reply: Reply | Promise<Reply>) => (await reply).bytes[3]! & 0x0f;

test("servers that do not answer are no loop, however often they are asked", async () => {
  const { told, handler, pass, lead, end } = stage(silent);
  await pass(60);
  assert.deepEqual(told, []);
  lead(well);
  assert.equal(await rcodeOf(handler(asked)), rcodes.NOERROR);
  end();
});

test("a loop is told once, ends what is forwarded, and is over when the question does not come back", async () => {
  const { told, handler, pass, lead, end } = stage((query) => handler(query));
  await pass(1);
  assert.deepEqual(told, ["Loop"]);
  lead(well);
  assert.equal(await rcodeOf(handler(asked)), rcodes.SERVFAIL);
  lead((query) => handler(query));
  await pass(60);
  assert.deepEqual(told, ["Loop"], "it is the same loop");
  lead(well);
  await pass(31);
  assert.equal(await rcodeOf(handler(asked)), rcodes.NOERROR);
  end();
});
