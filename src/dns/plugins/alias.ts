/** The question that an alias leads to. */
import { flag, labelsOf, optOf, plainName, readMessage, writeMessage } from "../message.ts";
import type { Query } from "./plugin.ts";

const mostDepth = 8;

/** The same question of another name; undefined: it has been led on too often, or it is no name. */
export function aliasQuery(query: Query, target: string): Query | undefined {
  const depth = (query.depth ?? 0) + 1;
  return depth > mostDepth ? undefined : queryFor({ ...query, depth }, target);
}

export function queryFor(query: Query, name: string): Query | undefined {
  const asked = readMessage(query.bytes);
  if (!asked || !labelsOf(name)) return undefined;
  const opt = optOf(asked);
  const bytes = writeMessage({
    ...asked,
    flags: asked.flags | flag.recursionDesired,
    question: { ...asked.question, name },
    additionals: opt ? [opt] : [],
  });
  return { ...query, bytes, name: plainName(name) };
}
