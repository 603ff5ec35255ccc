/** What a backend is told of the client: fields that only this proxy may set. Pure. */
import type { Client } from "../http/exchange.ts";
import { type Fields, isToken } from "../http/head.ts";

const own = new Set([
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-scheme",
  "x-forwarded-prefix",
  "x-original-forwarded-for",
  "x-original-uri",
  "x-real-ip",
  "x-request-id",
  "x-scheme",
]);

/**
 * A client's own word about where it comes from is kept apart as X-Original-Forwarded-For. Names with underscores, which some
 * servers take for the same, go the same way.
 */
export function forwardedFields(fields: Fields, client: Client, authority: string, newId: () => string): { fields: Fields; id: string } {
  const kept: Fields = [];
  let id: string | undefined;
  let before: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    const first = name.charCodeAt(0) | 0x20;
    if (first === x || first === f) {
      const lower = name.toLowerCase();
      const plain = lower.replaceAll("_", "-");
      if (own.has(plain)) {
        if (lower === "x-request-id") id = fields[at + 1]!;
        else if (lower === "x-forwarded-for") before = fields[at + 1]!;
        continue;
      }
    }
    kept.push(name, fields[at + 1]!);
  }
  if (id === undefined || id.length > 128 || !isToken(id)) id = newId();
  const scheme = client.secure ? "https" : "http";
  kept.push("X-Request-ID", id, "X-Real-IP", client.address, "X-Forwarded-For", client.address, "X-Forwarded-Host", authority);
  kept.push("X-Forwarded-Port", String(client.port), "X-Forwarded-Proto", scheme, "X-Forwarded-Scheme", scheme, "X-Scheme", scheme);
  if (before !== undefined) kept.push("X-Original-Forwarded-For", before);
  return { fields: kept, id };
}

const x = 0x78;
const f = 0x66;
