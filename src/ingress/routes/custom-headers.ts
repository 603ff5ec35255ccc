/** Fields that every answer of a route has, from a ConfigMap. Pure. */
import type { ConfigMap } from "#api/mod.ts";
import { type Fields, isToken } from "../http/head.ts";

export interface CustomHeaders {
  fields: Fields;
  /** What cannot be; then there are none, and no request is led. */
  problem?: string;
}

/** Those that frame an answer, and those of a connection, are the proxy's own. */
const own = new Set(["connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"]);

export function customHeadersOf(map: Pick<ConfigMap, "data"> | undefined): CustomHeaders {
  if (!map) return { fields: [], problem: "there is none" };
  const fields: Fields = [];
  for (const [name, value] of Object.entries(map.data ?? {})) {
    if (!isToken(name)) return { fields: [], problem: `${name} is no name of a header` };
    if (own.has(name.toLowerCase())) return { fields: [], problem: `${name} is the proxy's own` };
    if (!/^[\x20-\x7e]*$/.test(value)) return { fields: [], problem: `${name} has characters that no header may have` };
    fields.push(name, value);
  }
  return { fields };
}

/** The answer's fields with these in the place of what the backend said by their names. */
export function withHeaders(fields: Fields, { fields: more }: CustomHeaders): Fields {
  const names = new Set(more.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  const kept = fields.filter((_, at) => !names.has(fields[at - (at % 2)]!.toLowerCase()));
  return [...kept, ...more];
}
