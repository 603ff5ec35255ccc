/** Remembers answers about names outside the cluster, as upstream's `cache 30`, so that not each question goes out. */
import type { Clock } from "#base/mod.ts";
import type { Forwarder } from "./forward.ts";
import { type Layout, layoutOf, type Section } from "./wire.ts";

const mostAnswers = 9984;
/** Longer ones are asked for each time: memory has a bound. */
const mostBytes = 4096;
const leastSeconds = 5;
const mostSeconds = 30;

const optType = 41;
const soaType = 6;
const noError = 0;
const serverFailure = 2;
const nameError = 3;

interface Kept {
  answer: Buffer;
  layout: Layout;
  atMs: number;
  seconds: number;
}

/** Questions that are the same while one is under way wait for its answer. */
export function remembering(forwarder: Forwarder, clock: Clock): Forwarder {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Buffer>>();
  const learn = (key: string, answer: Buffer) => {
    const layout = answer.length <= mostBytes ? layoutOf(answer) : undefined;
    const seconds = layout && lifeOf(answer, layout);
    if (!layout || !seconds) return;
    kept.delete(key);
    for (const oldest of kept.keys()) {
      if (kept.size < mostAnswers) break;
      kept.delete(oldest);
    }
    kept.set(key, { answer, layout, atMs: clock.monotonic(), seconds });
  };
  const known = (key: string): Kept | undefined => {
    const found = kept.get(key);
    if (!found || clock.monotonic() - found.atMs < found.seconds * 1000) return found;
    kept.delete(key);
    return undefined;
  };
  return {
    async ask(query, stream) {
      const question = layoutOf(query);
      if (!question) return forwarder.ask(query, stream);
      const key = keyOf(query, question, stream);
      const found = known(key);
      if (found) return aged(found, query, question, Math.floor((clock.monotonic() - found.atMs) / 1000));
      const others = underWay.get(key);
      if (others) return addressed(Buffer.from(await others), query, question);
      const asking = forwarder.ask(query, stream);
      underWay.set(key, asking);
      try {
        const answer = await asking;
        learn(key, answer);
        return answer;
      } finally {
        underWay.delete(key);
      }
    },
  };
}

/** All but the ID, whatever the letters' case: what is asked, how, and what the asker understands. */
function keyOf(query: Buffer, { questionEnd }: Layout, stream: boolean): string {
  const name = query.toString("latin1", 12, questionEnd).toLowerCase();
  return `${stream ? "s" : "d"}${query.toString("latin1", 2, 12)}${name}${query.toString("latin1", questionEnd)}`;
}

/** Undefined: it is not to be remembered. */
function lifeOf(answer: Buffer, layout: Layout): number | undefined {
  const isTruncated = (answer[2]! & 0x02) !== 0;
  const code = answer[3]! & 0x0f;
  if (isTruncated) return undefined;
  if (code === serverFailure) return leastSeconds;
  const isDenial = code === nameError || (code === noError && layout.answers.length === 0);
  // A denial that does not say who denies may be a server that knows nothing.
  if (code !== noError && code !== nameError) return undefined;
  if (isDenial && !layout.authorities.some(({ type }) => type === soaType)) return undefined;
  const lives = withLife(layout).map(({ ttlAt }) => answer.readUInt32BE(ttlAt));
  const soa = isDenial ? layout.authorities.filter(({ type, size }) => type === soaType && size >= 4) : [];
  // The last number of an SOA is how long a denial holds.
  const denied = soa.map(({ dataAt, size }) => answer.readUInt32BE(dataAt + size - 4));
  return Math.min(mostSeconds, Math.max(leastSeconds, Math.min(...lives, ...denied)));
}

/** What OPT has in that place is no time. */
const withLife = ({ answers, authorities, additionals }: Layout): Section[] =>
  [...answers, ...authorities, ...additionals].filter(({ type }) => type !== optType);

function aged({ answer, layout, seconds }: Kept, query: Buffer, question: Layout, ageSeconds: number): Buffer {
  const out = Buffer.from(answer);
  for (const { ttlAt } of withLife(layout))
    out.writeUInt32BE(Math.max(0, Math.min(answer.readUInt32BE(ttlAt), seconds) - ageSeconds), ttlAt);
  return addressed(out, query, question);
}

/** With this query's ID, and its question as it was written. */
function addressed(answer: Buffer, query: Buffer, { questionEnd }: Layout): Buffer {
  query.copy(answer, 0, 0, 2);
  if (layoutOf(answer)?.questionEnd === questionEnd) query.copy(answer, 12, 12, questionEnd);
  return answer;
}
