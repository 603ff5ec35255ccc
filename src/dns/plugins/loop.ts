/** `loop`: asks itself a question that only a loop of servers brings back; then nothing is forwarded any more. */
import { failure } from "../answer.ts";
import { classes, flag, rcodes, types, writeMessage } from "../message.ts";
import { type Handler, type Made, noArgs, type Plugin, type Query, type Running } from "./plugin.ts";

const afterMs = 500;
const tries = 10;
const betweenMs = 3000;
const seenInALoop = 2;
/** A loop may end without a change here: the servers of a machine are set anew when it comes to another network. */
const againMs = 30_000;

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
  let looks = false;
  let found = false;
  /** The question that is asked here counts too; before each try it is forgotten: a server that does not answer makes no loop. */
  const comesBack = async (): Promise<boolean> => {
    for (let i = 0; i < tries && !signal.aborted; i++) {
      seen = 0;
      looks = true;
      const { bytes } = await running.ask(probe(name, random.int(65_536)));
      looks = false;
      if (seen > seenInALoop) return true;
      if ((bytes[3]! & 0x0f) !== rcodes.SERVFAIL) return false;
      await clock.sleep(betweenMs, signal);
    }
    return false;
  };
  const look = async () => {
    await clock.sleep(afterMs, signal);
    while ((await comesBack()) && !signal.aborted) await clock.sleep(againMs, signal);
    if (found && !signal.aborted) log.info("dns: the loop is gone; queries are forwarded again", { zone: `${zone}.` });
    found = false;
  };
  void look();
  return (query) => {
    const isOwn = query.type === types.HINFO && query.name === name;
    if (looks && isOwn && ++seen > seenInALoop && !found) {
      found = true;
      log.error("dns: a loop: what is forwarded comes back; nothing is forwarded while it does", { zone: `${zone}.` });
      running.tell(
        "Loop",
        `Loop (${query.client}:${query.clientPort}) detected for zone "${zone}.": forwarded queries come back. Query: "HINFO ${name}."`,
      );
    }
    if (!found || (looks && isOwn && seen <= seenInALoop)) return next(query);
    return { bytes: failure(query.bytes, rcodes.SERVFAIL!), by: "loop", lasting: false, problem: "a loop: what is forwarded comes back" };
  };
}

function probe(name: string, id: number): Query {
  const question = { name, type: types.HINFO!, class: classes.IN! };
  const flags = flag.recursionDesired;
  const bytes = writeMessage({ id, flags, rcode: 0, question, answers: [], authorities: [], additionals: [] });
  return { bytes, ...question, stream: false, client: "127.0.0.1", clientPort: 0 };
}
