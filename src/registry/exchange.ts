/** One request and what it is answered from; small helpers that every answer uses. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "#base/mod.ts";
import type { Blobs } from "./blobs.ts";
import type { Catalog } from "./catalog.ts";
import { Refusal } from "./refusal.ts";

export interface Shelf {
  catalog: Catalog;
  blobs: Blobs;
  clock: Clock;
}

export interface Exchange extends Shelf {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
}

export const isHead = ({ request }: Exchange): boolean => request.method === "HEAD";

export function send(
  { response }: Pick<Exchange, "response">,
  status: number,
  headers: Record<string, string | number> = {},
  body?: string | Buffer,
): void {
  response.writeHead(status, { "content-length": body === undefined ? 0 : Buffer.byteLength(body), ...headers });
  response.end(body);
}

export const sendJson = (exchange: Exchange, value: unknown, headers: Record<string, string> = {}): void =>
  send(exchange, 200, { "content-type": "application/json", ...headers }, isHead(exchange) ? undefined : JSON.stringify(value));

export const unsupported = ({ request }: Exchange): Refusal => new Refusal("UNSUPPORTED", `${request.method} is not for this path`);

const mostInPage = 1000;

/** `n` and `last` of lists. */
export function pageOf({ query }: Exchange): { most: number; last?: string } {
  const n = query.get("n");
  if (n !== null && !/^\d{1,9}$/.test(n)) throw new Refusal("SIZE_INVALID", `n=${n}: a whole number is needed`);
  const last = query.get("last");
  return { most: n === null ? mostInPage : Math.min(Number(n), mostInPage), ...(last === null ? {} : { last }) };
}

/** Where the next page is, when there may be one; `path` with what else the query said. */
export function nextPage(
  path: string,
  { most, last, also = {} }: { most: number; last: string; also?: Record<string, string> },
): Record<string, string> {
  const query = new URLSearchParams({ ...also, n: String(most), last });
  return { link: `<${path}?${query}>; rel="next"` };
}

/** A page that is full and has something after it. */
export function cut<T>(rows: readonly T[], most: number): { rows: readonly T[]; more: boolean } {
  return { rows: rows.slice(0, most), more: most > 0 && rows.length > most };
}

/** All of a body that must be small. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const refuse = () => new Refusal("SIZE_INVALID", `more than ${mostBytes} bytes`, { status: 413 });
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) throw refuse();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
