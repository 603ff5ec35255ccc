/** `loop`: asks itself a question that only a loop of servers brings back; then nothing is forwarded any more. */
import { failure } from "../answer.ts";
import { classes, flag, rcodes, types, writeMessage } from "../message.ts";
import { type Handler, type Made, noArgs, type Plugin, type Query, type Running } from "./plugin.ts";

const afterMs = 500;
const tries = 10;
const betweenMs = 3000;
const seenInALoop = 2;

export const loop: Plugin = {
  name: "loop",
  read(lines): Made {
    noArgs(lines[0]!);
    return { link: (next, running) => watchFor(next, running) };
  },
};

function watchFor(next: Handler, running: Running): Handler {
  const { clock, random, signal, zone, log } = running;
  const label = () => String(random.int(2 ** 31)) + String(random.int(2 ** 31));
  const name = [label(), label(), zone].filter(Boolean).join(".");
  let seen = 0;
  let looks = true;
  let found = false;
  const look = async () => {
    await clock.sleep(afterMs, signal);
    for (let i = 0; i < tries && !signal.aborted && !found; i++) {
      const { bytes } = await running.ask(probe(name, random.int(65_536)));
      if ((bytes[3]! & 0x0f) !== rcodes.SERVFAIL) break;
      await clock.sleep(betweenMs, signal);
    }
    looks = false;
  };
  void look();
  return (query) => {
    if (looks && query.type === types.HINFO && query.name === name && ++seen > seenInALoop && !found) {
      found = true;
      log.error("dns: a loop: what is forwarded comes back; nothing is forwarded until the configuration changes", { zone: `${zone}.` });
      running.tell(
        "Loop",
        `Loop (${query.client}:${query.clientPort}) detected for zone "${zone}.": forwarded queries come back. Query: "HINFO ${name}."`,
      );
    }
    if (!found) return next(query);
    return { bytes: failure(query.bytes, rcodes.SERVFAIL!), by: "loop", lasting: false, problem: "a loop: what is forwarded comes back" };
  };
}

function probe(name: string, id: number): Query {
  const question = { name, type: types.HINFO!, class: classes.IN! };
  const flags = flag.recursionDesired;
  const bytes = writeMessage({ id, flags, rcode: 0, question, answers: [], authorities: [], additionals: [] });
  return { bytes, ...question, stream: false, client: "127.0.0.1", clientPort: 0 };
}
