/** An answer told again: to another ID, in the letters of who asks, with the time that is left. */
import type { Reply } from "./plugins/plugin.ts";
import { type Layout, layoutOf, withLife } from "./wire.ts";

export interface Kept {
  reply: Reply;
  layout: Layout;
  atMs: number;
  seconds: number;
  hits: number;
  hitAtMs: number;
}

export function asTold({ reply, layout }: Kept, query: Buffer, question: Layout, seconds: number): Buffer {
  const out = Buffer.from(reply.bytes);
  for (const { ttlAt } of withLife(layout)) out.writeUInt32BE(seconds, ttlAt);
  return addressed(out, query, question);
}

/** With this query's ID, and its question as it was written. */
export function addressed(answer: Buffer, query: Buffer, { questionEnd }: Layout): Buffer {
  query.copy(answer, 0, 0, 2);
  if (layoutOf(answer)?.questionEnd === questionEnd) query.copy(answer, 12, 12, questionEnd);
  return answer;
}
