/** Passes one HTTP exchange on to another server: plain requests by streaming, upgraded connections byte for byte. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "#base/mod.ts";
import type { Exchange } from "../contract.ts";
import { type ApiError, failure, serviceUnavailable } from "../request/errors.ts";
import { type LinkOrigin, ledBack, linkRewriter } from "./html-links.ts";

export interface Target {
  scheme: "http" | "https";
  host: string;
  port: number;
  /** Path with query. */
  path: string;
  tls?: { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean; servername?: string };
  /** How our own path begins: redirects and links of the target are led back under it. */
  prefix?: string;
  /** Makes a Status of the target's refusal; without it refusals go on as they are. */
  refusal?(code: number, text: string): ApiError;
}

const longestRefusal = 64 * 1024;
const connectMs = 30_000;
/** Belong to one connection, or say who the caller is: neither goes on. */
const dropped = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "authorization",
  "http2-settings",
  "te",
  "host",
]);

export async function relay(exchange: Exchange, target: Target, clock: Clock): Promise<void> {
  if (exchange.upgrade) await relayUpgrade(exchange, target, clock);
  else await relayRequest(exchange, target);
}

function headersFor(exchange: Exchange, target: Target): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host: `${target.host}:${target.port}` };
  for (const [name, value] of Object.entries(exchange.headers))
    if (
      value !== undefined &&
      !name.startsWith(":") &&
      !dropped.has(name) &&
      !name.startsWith("impersonate-") &&
      !name.startsWith("x-remote-")
    )
      headers[name] = value;
  // A compressed page could not be rewritten on its way.
  if (target.prefix) headers["accept-encoding"] = "identity";
  return headers;
}

function relayRequest(exchange: Exchange, target: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const send = target.scheme === "https" ? httpsRequest : httpRequest;
    const { host, port, path } = target;
    const outgoing = send({
      host,
      port,
      path,
      method: exchange.method,
      headers: headersFor(exchange, target),
      signal: exchange.signal,
      agent: false,
      ...target.tls,
    });
    outgoing.once("error", (error) => {
      if (exchange.signal.aborted) resolve();
      else reject(unreachable(error));
    });
    outgoing.once("response", (response) => {
      const code = response.statusCode ?? 502;
      if (target.refusal && code >= 400) {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          if (text.length < longestRefusal) text += part;
        });
        response.once("close", () => reject(target.refusal!(code, text.trim())));
        return;
      }
      const body = exchange.respond(code, responseHeaders(response, target));
      if (isPage(response, target)) response.pipe(linkRewriter(originOf(target)!)).pipe(body);
      else response.pipe(body);
      body.once("error", () => response.destroy());
      body.once("close", () => response.destroy());
      response.once("error", () => body.destroy());
      response.once("close", resolve);
    });
    exchange.body.once("error", () => outgoing.destroy());
    exchange.body.pipe(outgoing);
  });
}

/** Links of an uncompressed page are rewritten on their way. */
const isPage = ({ headers }: IncomingMessage, { prefix }: Target): boolean =>
  Boolean(prefix) && (headers["content-type"] ?? "").startsWith("text/html") && (headers["content-encoding"] ?? "identity") === "identity";

const originOf = ({ scheme, host, port, prefix }: Target): LinkOrigin | undefined =>
  prefix ? { own: `${scheme}://${host}:${port}`, prefix } : undefined;

const unreachable = (error: Error) => serviceUnavailable(`error trying to reach service: ${error.message}`);

function responseHeaders(response: IncomingMessage, target: Target): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(response.headers)) if (value !== undefined && !dropped.has(name)) headers[name] = value;
  const origin = originOf(target);
  if (response.headers.location && origin) headers.location = ledBack(response.headers.location, origin);
  if (isPage(response, target)) delete headers["content-length"];
  return headers;
}

/** Sends the upgrade request on and, whatever the answer, joins the two connections. */
function relayUpgrade(exchange: Exchange, target: Target, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const { request, socket: client, head } = exchange.upgrade!;
    const { host, port } = target;
    const upstream: Socket =
      target.scheme === "https" ? connectTls({ host, port, ALPNProtocols: ["http/1.1"], ...target.tls }) : connectPlain({ host, port });
    let joined = false;
    const timer = clock.after(connectMs, () => upstream.destroy(new Error(`no connection to ${host}:${port} within ${connectMs} ms`)));
    const fail = (error: Error) => {
      timer.cancel();
      if (joined) client.destroy();
      else reject(failure(500, "InternalError", `error dialing backend: ${error.message}`, { causes: [{ message: error.message }] }));
    };
    upstream.once("error", fail);
    client.on("error", () => upstream.destroy());
    upstream.once(target.scheme === "https" ? "secureConnect" : "connect", () => {
      timer.cancel();
      joined = true;
      const lines = [`${exchange.method} ${target.path} HTTP/1.1`];
      for (const [name, value] of Object.entries(headersFor(exchange, target)))
        for (const each of [value].flat()) lines.push(`${name}: ${each}`);
      lines.push("connection: Upgrade", `upgrade: ${request.headers.upgrade ?? ""}`);
      upstream.write(`${lines.join("\r\n")}\r\n\r\n`);
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
      // A failed upgrade ends the backend too (CVE-2018-1002105): nothing is read from the client as a new request.
      client.once("close", () => upstream.destroy());
      upstream.once("close", () => {
        client.end();
        resolve();
      });
    });
    upstream.once("close", () => {
      if (!joined) fail(new Error("connection closed"));
    });
  });
}
