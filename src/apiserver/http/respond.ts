/** Sends an answer over whatever carries it: picks the form, adds the headers that every answer has, streams what is long. */
import { createGzip, gzipSync } from "node:zlib";
import type { Clock, Random, Timer } from "#base/mod.ts";
import { wantsWebSocket } from "#net/mod.ts";
import type { Answer, ServerRequest, WatchAnswer } from "../request/call.ts";
import { Deadlines } from "../request/deadline.ts";
import { ApiError, failure, serviceUnavailable, timeout } from "../request/errors.ts";
import { isTrue } from "../request/request-info.ts";
import type { ApiServer } from "../server.ts";
import { type Encoded, encode } from "./encode.ts";
import { type Accepted, contentTypeOf, negotiate } from "./negotiate.ts";
import { byteSink, type Outlet } from "./sinks.ts";
import { offerOf } from "./views.ts";
import { watchOverWebSocket } from "./watch-socket.ts";

/** One HTTP response, whatever the protocol version. */
export interface Carrier {
  head(status: number, headers: Record<string, string | string[] | number>): void;
  /** Head and body at once. */
  send(status: number, headers: Record<string, string | string[] | number>, body: Buffer): void;
  write(bytes: Buffer): boolean;
  end(): void;
  /** Closes it, whatever is on its way. */
  destroy(): void;
  onRoom(run: () => void): void;
  onClose(run: () => void): void;
  readonly closed: boolean;
  /** The head is sent. */
  readonly answered: boolean;
}

const deadlines = new Deadlines();
const plainJson: Accepted = { media: "json", view: "object", pretty: false };
const gzipFrom = 128 * 1024;
/** How long the end of an answer may take to reach a client that reads slowly. */
const lingerMs = 10_000;

export async function respond(server: ApiServer, request: ServerRequest, carrier: Carrier): Promise<void> {
  const { ending } = server;
  if (ending.refusing) return refuseLate(carrier);
  const left = ending.enter();
  let deadline: Timer | undefined;
  request.begun = (longRunning, mostMs) => {
    if (longRunning) left();
    else deadline = deadlines.add(server.clock, mostMs, () => giveUp(carrier, server.clock));
  };
  let answer = await server.handle(request);
  const { sent, measured } = answer;
  const over = () => {
    left();
    deadline?.cancel();
    sent?.();
  };
  if (carrier.closed || answer.kind === "taken") over();
  else carrier.onClose(over);
  if (answer.kind === "taken") return;
  const headers: Record<string, string | string[] | number> = {
    "audit-id": (request.headers["audit-id"] as string | undefined) ?? nextAuditId(server.random),
    "cache-control": "no-cache, private",
    ...answer.headers,
  };
  if (answer.warnings) headers.warning = warningHeaders(answer.warnings);
  if (answer.kind === "bytes") {
    if (answer.contentType) headers["content-type"] = answer.contentType;
    return carrier.send(answer.status, headers, zipped(request, answer.bytes, headers));
  }
  let accepted: Accepted;
  try {
    accepted = negotiate(request.headers.accept as string | undefined, offerOf(answer));
  } catch (error) {
    accepted = plainJson;
    // A refusal is worth more than its form.
    if (!(answer.kind === "object" && answer.object.kind === "Status" && answer.status >= 400)) {
      const { status } = error instanceof ApiError ? error : failure(406, "NotAcceptable", String(error));
      answer = { kind: "object", status: status.code!, object: status as never };
    }
  }
  const includeObject = paramOf(request.url, "includeObject") ?? "Metadata";
  const now = () => server.clock.now();
  if (answer.kind === "watch") {
    openWatch(server, request, carrier, { answer, accepted, includeObject, headers });
    return;
  }
  let encoded: Encoded;
  try {
    encoded = encode(answer, { accepted, pretty: accepted.pretty || isPretty(request), includeObject, now: now() });
  } catch (error) {
    const { status } =
      error instanceof ApiError ? error : failure(500, "InternalError", `Internal error occurred: ${(error as Error).message}`);
    if (!(error instanceof ApiError)) server.log.error("an answer could not be encoded", { url: request.url, error: String(error) });
    encoded = encode(
      { kind: "object", status: status.code!, object: status as never },
      { accepted: plainJson, pretty: false, includeObject, now: 0 },
    );
  }
  headers["content-type"] = encoded.contentType;
  await sendBody(request, carrier, encoded, headers, measured);
}

/** What a server that is about to end tells those who come: another one, or the next start of this one, serves them soon. */
function refuseLate(carrier: Carrier): void {
  const { status } = serviceUnavailable("apiserver is shutting down");
  const headers = { "content-type": "application/json", "retry-after": "1", "x-content-type-options": "nosniff" };
  carrier.send(503, headers, Buffer.from(`${JSON.stringify(status)}\n`));
}

const zippedPages = new WeakMap<Buffer, Buffer>();

/** Long pages are the same bytes for everybody: compressed once. */
function zipped(request: ServerRequest, bytes: Buffer, headers: Record<string, string | string[] | number>): Buffer {
  if (bytes.length <= gzipFrom || !wantsGzip(request)) return bytes;
  let known = zippedPages.get(bytes);
  if (!known) zippedPages.set(bytes, (known = gzipSync(bytes, { level: 1 })));
  headers["content-encoding"] = "gzip";
  headers.vary = headers.vary ? `${headers.vary}, Accept-Encoding` : "Accept-Encoding";
  return known;
}

let auditPrefix: string | undefined;
let auditCount = 0;

/** In the form of a UUID: a part drawn once, and a number. Unique is enough; nobody is kept from guessing it. */
function nextAuditId(random: Random): string {
  auditPrefix ??= random.uuid().slice(0, 24);
  return auditPrefix + (++auditCount).toString(16).padStart(12, "0");
}

interface OpenedWatch {
  answer: WatchAnswer;
  accepted: Accepted;
  includeObject: string;
  headers: Record<string, string | string[] | number>;
}

function openWatch(server: ApiServer, request: ServerRequest, carrier: Carrier, opened: OpenedWatch): void {
  const { accepted, includeObject, headers } = opened;
  const { source, definition } = opened.answer;
  const options = { cache: source.cache, definition, accepted, includeObject, now: () => server.clock.now() };
  if (request.upgrade && wantsWebSocket(request.upgrade.request)) return watchOverWebSocket(request.upgrade, source, options);
  carrier.onClose(server.ending.watch(() => source.stop()));
  headers["content-type"] = contentTypeOf(accepted, true);
  carrier.head(200, headers);
  const outlet: Outlet = {
    write: (bytes) => carrier.write(bytes),
    end: () => {
      carrier.end();
      const timer = server.clock.after(lingerMs, () => carrier.destroy(), { background: true });
      carrier.onClose(() => timer.cancel());
    },
    destroy: () => carrier.destroy(),
  };
  carrier.onRoom(() => source.resume());
  carrier.onClose(() => source.close());
  if (!carrier.closed) source.open(byteSink(outlet, options));
}

/** The time of a request is up: who has heard nothing yet is told, who has heard a part hears no more. */
function giveUp(carrier: Carrier, clock: Clock): void {
  if (carrier.answered) return carrier.destroy();
  clock.after(lingerMs, () => carrier.destroy(), { background: true });
  const { status, code } = timeout("request did not complete within the allotted timeout");
  carrier.send(code, { "content-type": "application/json" }, Buffer.from(JSON.stringify(status)));
}

async function sendBody(
  request: ServerRequest,
  carrier: Carrier,
  { status, body }: Encoded,
  headers: Record<string, string | string[] | number>,
  measured: Answer["measured"],
): Promise<void> {
  const zip = wantsGzip(request);
  if (Buffer.isBuffer(body)) {
    measured?.size(body.length);
    if (zip && body.length > gzipFrom) {
      headers["content-encoding"] = "gzip";
      headers.vary = "Accept-Encoding";
      return carrier.send(status, headers, gzipSync(body, { level: 1 }));
    }
    return carrier.send(status, headers, body);
  }
  const chunks = counted(body, measured);
  const first = chunks.next();
  let next = chunks.next();
  if (next.done) {
    const only = first.value as Buffer;
    if (!zip || only.length <= gzipFrom) return carrier.send(status, headers, only);
  }
  if (zip) {
    headers["content-encoding"] = "gzip";
    headers.vary = "Accept-Encoding";
  }
  carrier.head(status, headers);
  let wake: (() => void) | undefined;
  carrier.onRoom(() => wake?.());
  carrier.onClose(() => wake?.());
  const room = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  if (!zip) {
    if (!carrier.write(first.value as Buffer)) await room();
    for (; !next.done && !carrier.closed; next = chunks.next()) if (!carrier.write(next.value)) await room();
    return carrier.end();
  }
  const gzip = createGzip({ level: 1 });
  gzip.on("data", (bytes: Buffer) => {
    if (!carrier.write(bytes)) {
      gzip.pause();
      void room().then(() => gzip.resume());
    }
  });
  gzip.on("end", () => carrier.end());
  gzip.write(first.value as Buffer);
  for (; !next.done && !carrier.closed; next = chunks.next())
    if (!gzip.write(next.value)) await new Promise((resolve) => gzip.once("drain", resolve));
  gzip.end();
}

/** Tells how large it was when it is over. */
function* counted(parts: Iterable<Buffer>, measured: Answer["measured"]): Generator<Buffer> {
  let size = 0;
  for (const part of parts) {
    size += part.length;
    yield part;
  }
  measured?.size(size);
}

/** Compressing for a client on the same machine costs both sides more than it saves. */
function wantsGzip({ headers, remoteAddress = "" }: ServerRequest): boolean {
  const accept = headers["accept-encoding"] as string | undefined;
  if (!accept?.includes("gzip")) return false;
  return !(remoteAddress.startsWith("127.") || remoteAddress === "::1" || remoteAddress.startsWith("::ffff:127."));
}

function paramOf(url: string, name: string): string | undefined {
  if (!url.includes(`${name}=`)) return undefined;
  return new URLSearchParams(url.slice(url.indexOf("?") + 1)).get(name) ?? undefined;
}

/** Asked for, or a person with curl or a browser. */
function isPretty({ url, headers }: ServerRequest): boolean {
  const asked = paramOf(url, "pretty");
  if (asked !== undefined) return isTrue(asked);
  const agent = headers["user-agent"] as string | undefined;
  return agent !== undefined && (agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0"));
}

const [roomForWarnings, longestWhenShort] = [4096, 256];

/** Each text once; when all of them together are long, each is cut short, and what is too much even so is left out. */
function warningHeaders(texts: readonly string[]): string[] {
  const all = [...new Set(texts)].map((text) => [...text]);
  const fits = all.reduce((sum, { length }) => sum + length, 0) <= roomForWarnings;
  const kept: string[] = [];
  let written = 0;
  for (const text of all) {
    if (written >= roomForWarnings) break;
    const short = fits ? text : text.slice(0, longestWhenShort);
    written += short.length;
    kept.push(`299 - ${JSON.stringify(short.join(""))}`);
  }
  return kept;
}
