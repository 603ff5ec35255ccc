import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Lifetime, silentLog, systemClock } from "#base/mod.ts";
import { answerFirst, standIn } from "./pair.ts";

const clock = systemClock;
const log = silentLog;

/** Listens on one port as the DNS server does, and answers with who it is. */
function answers(who: string, port: number): () => Promise<Lifetime> {
  return async () => {
    const lifetime = new Lifetime({ log });
    const socket = createSocket({ type: "udp4", reusePort: true });
    socket.on("message", (_, peer) => socket.send(who, peer.port, peer.address));
    await new Promise<void>((done) => socket.bind(port, "127.0.0.1", done));
    lifetime.add(() => new Promise<void>((done) => socket.close(() => done())));
    return lifetime;
  };
}

async function ask(port: number, patienceMs = 500): Promise<string> {
  const socket = createSocket("udp4");
  try {
    return await new Promise<string>((done, fail) => {
      const timer = clock.after(patienceMs, () => fail(new Error("silence")));
      socket.once("message", (text) => {
        timer.cancel();
        done(String(text));
      });
      socket.once("error", fail);
      socket.send("?", port, "127.0.0.1");
    });
  } finally {
    socket.close();
  }
}

async function until(port: number, who: string): Promise<number> {
  const start = clock.monotonic();
  while ((await ask(port, 20).catch(() => "nobody")) !== who) {
    assert.ok(clock.monotonic() - start < 3000, `${who} does not answer`);
    await clock.sleep(2);
  }
  return clock.monotonic() - start;
}

test("whichever of the two ends, the other one answers", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-pair-"));
  const file = join(folder, "alive");
  const probe = createSocket("udp4");
  await new Promise<void>((done) => probe.bind(0, "127.0.0.1", done));
  const { port } = probe.address();
  probe.close();

  const second = await standIn(answers("stand-in", port), { file, clock, log });
  assert.equal(await ask(port), "stand-in", "it answers when there is no first");
  let first = await answerFirst(answers("first", port), file, log);
  await until(port, "first");
  await clock.sleep(300); // the stand-in has seen it and let go
  for (let times = 0; times < 20; times++) assert.equal(await ask(port), "first");

  await t.test("the first ends", async () => {
    await first.close();
    assert.ok((await until(port, "stand-in")) < 100);
  });
  await t.test("the first is back, the stand-in ends", async () => {
    first = await answerFirst(answers("first", port), file, log);
    await until(port, "first");
    await second.close();
    for (let times = 0; times < 20; times++) assert.equal(await ask(port), "first");
  });
  await first.close();
  rmSync(folder, { recursive: true });
});
