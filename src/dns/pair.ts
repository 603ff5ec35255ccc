/**
 * Two processes for one address, so that the death of either is not the silence of DNS: the first answers and holds a socket
 * file open; the stand-in, which knows all the same, is connected to it, and listens from the moment that connection ends.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { type Clock, type Lifetime, type Log, messageOf } from "#base/mod.ts";

export interface Closable {
  close(): Promise<void>;
}

/** Answers, and then lets others know as long as it lives. */
export async function answerFirst(listen: () => Promise<Lifetime>, file: string, log: Log): Promise<Closable> {
  const answering = await listen();
  const peers = new Set<Socket>();
  const alive = createServer((peer) => {
    peers.add(peer);
    peer.on("error", () => peer.destroy());
    peer.on("close", () => peers.delete(peer));
    peer.resume();
  });
  rmSync(file, { force: true }); // of one that was killed
  await new Promise<void>((done, fail) => {
    alive.once("error", fail);
    alive.listen(file, () => done());
  });
  alive.on("error", (error) => log.warn("dns: the socket for the stand-in", { error: error.message }));
  return {
    async close() {
      for (const peer of peers) peer.destroy();
      await new Promise<void>((done) => alive.close(() => done()));
      await answering.close();
    },
  };
}

const lookMs = 200;

/** Resolves when it is clear who answers: the other one, or this one. */
export async function standIn(
  listen: () => Promise<Lifetime>,
  { file, clock, log }: { file: string; clock: Clock; log: Log },
): Promise<Closable> {
  const end = new AbortController();
  let answering: Lifetime | undefined;
  let peer: Socket | undefined;
  /** One attempt: true while the first answered; returns when its connection has ended. */
  const follow = (clear: () => void) =>
    new Promise<void>((gone) => {
      peer = connect(file);
      peer.once("connect", () => {
        log.info("dns: the other process answers, this one stands by");
        const mine = answering;
        answering = undefined;
        void mine?.close();
        clear();
      });
      peer.on("error", () => {});
      peer.once("close", () => gone());
      peer.resume();
    });
  const take = async () => {
    if (answering || end.signal.aborted) return;
    try {
      answering = await listen();
      log.info("dns: this process answers");
    } catch (error) {
      log.warn("dns: cannot take over", { error: messageOf(error) });
    }
  };
  const clear = Promise.withResolvers<void>();
  const run = (async () => {
    while (!end.signal.aborted) {
      await follow(clear.resolve);
      await take();
      clear.resolve();
      await clock.sleep(lookMs, end.signal);
    }
  })();
  await clear.promise;
  return {
    async close() {
      end.abort();
      peer?.destroy();
      await run;
      await answering?.close();
    },
  };
}
