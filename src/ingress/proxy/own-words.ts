/** Answers in the proxy's own words. */
import type { Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";

export function say(exchange: Exchange, status: number, why: string, more: Fields = []): void {
  const body = status === 204 ? nothing : Buffer.from(`${status}: ${why}\n`);
  const hasNone = exchange.request.method === "HEAD" || status === 204;
  const kind = status === 204 ? [] : ["Content-Type", "text/plain; charset=utf-8"];
  exchange.respond(status, reasons[status] ?? "Error", [...kind, ...more], hasNone ? 0 : body.length, body.length);
  if (!hasNone) exchange.write(body);
  exchange.end([]);
}

const nothing = Buffer.alloc(0);
const reasons: Record<number, string> = {
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  413: "Content Too Large",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
