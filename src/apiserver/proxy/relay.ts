/** Passes one HTTP exchange on to another server: plain requests by streaming, upgraded connections byte for byte. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Writable } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import { type Clock, hostPort } from "#base/mod.ts";
import { askUpgrade, join, textOf, type UpgradeAnswer } from "#net/mod.ts";
import type { Exchange } from "../contract.ts";
import { type ApiError, failure, serviceUnavailable } from "../request/errors.ts";
import { type LinkOrigin, ledBack, linkRewriter } from "./html-links.ts";

export interface Target {
  scheme: "http" | "https";
  host: string;
  port: number;
  /** Path with query. */
  path: string;
  tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "checkServerIdentity">;
  /** How our own path begins: redirects and links of the target are led back under it. */
  prefix?: string;
  /** Said to the target besides what the client said. */
  headers?: Headers;
  /** Makes a Status of the target's refusal; without it refusals go on as they are. */
  refusal?(code: number, text: string): ApiError;
}

/** How long an answer that is no upgrade may take to pass. */
const refusalMs = 10_000;
/** Belong to one connection, or say who the caller is: neither goes on. */
const dropped = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "trailer",
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

type Headers = Record<string, string | string[]>;

/** `connection` may name more headers that belong to the connection alone. */
function passing(headers: Record<string, string | string[] | undefined>): Headers {
  const named = [headers.connection ?? []]
    .flat()
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase());
  const out: Headers = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !name.startsWith(":") && !dropped.has(name) && !named.includes(name)) out[name] = value;
  return out;
}

function headersFor(exchange: Exchange, target: Target): Headers {
  const headers: Headers = { host: hostPort(target.host, target.port) };
  for (const [name, value] of Object.entries(passing(exchange.headers)))
    if (!name.startsWith("impersonate-") && !name.startsWith("x-remote-")) headers[name] = value;
  // A compressed page could not be rewritten on its way.
  if (target.prefix) headers["accept-encoding"] = "identity";
  return { ...headers, ...target.headers };
}

/** A body whose length is not known is framed again: without a frame its bytes would be read as the next request. */
function bodyHeaders({ headers, hasBody }: Exchange): Headers {
  return hasBody && headers["content-length"] === undefined ? { "transfer-encoding": "chunked" } : {};
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
      headers: { ...headersFor(exchange, target), ...bodyHeaders(exchange) },
      signal: exchange.signal,
      agent: false,
      ...target.tls,
    });
    outgoing.on("error", (error) => {
      if (exchange.signal.aborted) resolve();
      else reject(unreachable(error));
    });
    let answered = false;
    // Also when it switched protocols without having been asked.
    outgoing.once("close", () => answered || reject(unreachable(new Error("connection closed"))));
    outgoing.once("response", (response) => {
      answered = true;
      const code = response.statusCode ?? 502;
      if (target.refusal && code >= 400) textOf(response).then((text) => reject(target.refusal!(code, text.trim())), reject);
      else {
        response.once("close", resolve);
        passBody(response, exchange.respond(code, responseHeaders(response, target)), target);
      }
    });
    if (!exchange.hasBody) return void outgoing.end();
    exchange.body.once("error", () => outgoing.destroy());
    exchange.body.pipe(outgoing);
  });
}

/** No faster than the client reads; a body that is cut is cut for the client too, never ended. */
function passBody(response: IncomingMessage, body: Writable, target: Target): void {
  if (isPage(response, target)) response.pipe(linkRewriter(originOf(target)!)).pipe(body);
  else response.pipe(body);
  body.once("error", () => response.destroy());
  body.once("close", () => response.destroy());
  response.once("error", () => body.destroy());
  if (body.destroyed) response.destroy();
}

/** Links of an uncompressed page are rewritten on their way. */
const isPage = ({ headers }: IncomingMessage, { prefix }: Target): boolean =>
  Boolean(prefix) && (headers["content-type"] ?? "").startsWith("text/html") && (headers["content-encoding"] ?? "identity") === "identity";

const originOf = ({ scheme, host, port, prefix }: Target): LinkOrigin | undefined =>
  prefix ? { own: `${scheme}://${hostPort(host, port)}`, prefix } : undefined;

const unreachable = (error: Error) => serviceUnavailable(`error trying to reach service: ${error.message}`);

function responseHeaders(response: IncomingMessage, target: Target): Headers {
  const headers = passing(response.headers);
  const origin = originOf(target);
  if (response.headers.location && origin) headers.location = ledBack(response.headers.location, origin);
  if (isPage(response, target)) delete headers["content-length"];
  return headers;
}

/**
 * Joins the two connections once the target has switched protocols. Whatever else it answers, no byte of the client reaches it
 * as a further request (CVE-2018-1002105): refusals are passed on and end both connections, other answers are errors.
 */
async function relayUpgrade(exchange: Exchange, target: Target, clock: Clock): Promise<void> {
  const { request, socket: client, head } = exchange.upgrade!;
  const headers = { ...headersFor(exchange, target), connection: "Upgrade", upgrade: request.headers.upgrade ?? "" };
  const asked = await dial({ ...target, method: exchange.method, headers, signal: exchange.signal }, clock);
  if (!asked.switched) return refuseUpgrade(client, asked.answer, clock);
  const { answer, socket: backend } = asked;
  writeHead(client, answer);
  if (asked.head.length > 0) client.write(asked.head);
  if (head.length > 0) backend.write(head);
  await join(client, backend, clock);
}

type Asked = Parameters<typeof askUpgrade>[0];

export async function dial(asked: Asked, clock: Clock): Promise<UpgradeAnswer> {
  try {
    return await askUpgrade(asked, clock);
  } catch (error) {
    const { message } = error as Error;
    throw failure(500, "InternalError", `error dialing backend: ${message}`, { causes: [{ message }] });
  }
}

/** Throws what the client is told, or passes the target's own words on. */
export async function refuseUpgrade(client: Writable, answer: IncomingMessage, clock: Clock): Promise<void> {
  const code = answer.statusCode ?? 502;
  if (code < 400) {
    answer.destroy();
    const message = `invalid upgrade response: status code ${code}`;
    throw failure(500, "InternalError", message, { causes: [{ message }] });
  }
  const timer = clock.after(refusalMs, () => client.destroy());
  client.once("close", () => {
    timer.cancel();
    answer.destroy();
  });
  writeHead(client, answer);
  answer.once("error", () => client.destroy());
  answer.pipe(client);
  client.once("finish", () => client.destroy());
}

/** The answer's own head, name by name as it came; after anything but a switch the connection ends. */
function writeHead(client: Writable, { statusCode, statusMessage, rawHeaders }: IncomingMessage): void {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage ?? ""}`];
  const switched = statusCode === 101;
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (switched || !["connection", "transfer-encoding", "keep-alive"].includes(rawHeaders[i]!.toLowerCase()))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
  if (!switched) lines.push("connection: close");
  client.write(`${lines.join("\r\n")}\r\n\r\n`);
}
