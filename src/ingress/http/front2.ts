/** A client's connection that speaks HTTP/2: many exchanges at a time. */
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { BodyEvents, Client, ClientEvents, Exchange, Front, FrontOwner } from "./exchange.ts";
import { BadMessage, type Fields } from "./head.ts";
import { type Length, type Request, requestOfStream } from "./message.ts";

const mostStreams = 128;
const idleMs = 75_000;
/** Of one stream. */
const windowBytes = 256 * 1024;
const bodyMs = 60_000;
const takeMs = 60_000;

export class Front2 implements Front {
  readonly client: Client;
  readonly #session: ServerHttp2Session;
  readonly #owner: FrontOwner;
  readonly #exchanges = new Set<Exchange2>();
  #movedAt: number;
  #isGone = false;

  constructor(socket: Socket, client: Client, owner: FrontOwner) {
    this.client = client;
    this.#owner = owner;
    this.#movedAt = owner.now();
    const session = performServerHandshake(socket, {
      settings: { maxConcurrentStreams: mostStreams, initialWindowSize: windowBytes, enableConnectProtocol: false },
      maxSessionMemory: 32,
      maxHeaderListPairs: 256,
      maxOutstandingPings: 10,
      // Whoever opens streams only to reset them is cut off (CVE-2023-44487).
      streamResetBurst: 200,
      streamResetRate: 33,
    });
    this.#session = session;
    session.on("stream", (stream, _headers, _flags, raw) => this.#take(stream, raw));
    session.on("error", () => this.destroy());
    session.on("close", () => this.#gone());
    socket.on("error", () => this.destroy());
  }
  look(now: number): void {
    for (const exchange of this.#exchanges) exchange.look(now);
    if (this.#exchanges.size === 0 && (now - this.#movedAt > idleMs || this.#owner.isClosing)) this.#session.close();
  }
  /** Tells the client to take its next requests elsewhere. */
  retire(): void {
    this.#session.close();
  }
  destroy(): void {
    this.#session.destroy();
    this.#gone();
  }
  over(exchange: Exchange2): void {
    this.#exchanges.delete(exchange);
    this.#movedAt = this.#owner.now();
  }
  now(): number {
    return this.#owner.now();
  }

  #take(stream: ServerHttp2Stream, raw: string[]): void {
    stream.on("error", () => {}); // "close" follows
    try {
      const exchange = new Exchange2(this, stream, requestOfStream(raw, stream.endAfterHeaders));
      this.#exchanges.add(exchange);
      this.#owner.enter(exchange);
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#owner.refused(this.client, error);
      if (!stream.destroyed) stream.respond({ ":status": error.status }, { endStream: true });
    }
  }
  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const exchange of [...this.#exchanges]) exchange.close();
    this.#owner.gone(this);
  }
}

class Exchange2 implements Exchange {
  readonly #front: Front2;
  readonly #stream: ServerHttp2Stream;
  readonly request: Request;
  #events: ClientEvents | undefined;
  #held: Fields | undefined;
  #trailers: Fields | undefined;
  #isOver = false;
  /** The answer is whole, though the client may not have all of it yet. */
  #isAnswered = false;
  #readsBody = false;
  #bodyPaused = false;
  #movedAt: number;

  constructor(front: Front2, stream: ServerHttp2Stream, request: Request) {
    this.#front = front;
    this.#stream = stream;
    this.request = request;
    this.#movedAt = front.now();
    stream.on("drain", () => {
      this.#movedAt = this.#front.now();
      if (!this.#isOver) this.#events?.taken();
    });
    stream.on("close", () => this.close());
  }
  get client(): Client {
    return this.#front.client;
  }
  listen(events: ClientEvents): void {
    this.#events = events;
  }
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#front.over(this);
    if (!this.#isAnswered) this.#events?.gone();
  }
  look(now: number): void {
    const waited = now - this.#movedAt;
    const stalled = this.#stream.writableLength > 0 && waited > takeMs;
    const silent = this.#readsBody && !this.#bodyPaused && waited > bodyMs;
    if (stalled || silent) this.#stream.close(constants.NGHTTP2_CANCEL);
  }
  readBody(events: BodyEvents): void {
    if (this.request.length === 0) return events.end([]);
    if (this.request.expectsContinue) this.#stream.additionalHeaders({ ":status": 100 });
    this.#readsBody = true;
    this.#movedAt = this.#front.now();
    let trailers: Fields = [];
    this.#stream.on("trailers", (_headers, _flags, raw: string[] = []) => {
      trailers = raw;
    });
    this.#stream.on("data", (piece: Buffer) => {
      this.#movedAt = this.#front.now();
      if (this.#isOver || events.data(piece)) return;
      this.#bodyPaused = true;
      this.#stream.pause();
    });
    this.#stream.on("end", () => {
      this.#readsBody = false;
      if (!this.#isOver && !this.#stream.aborted) events.end(trailers);
    });
  }
  resumeBody(): void {
    this.#bodyPaused = false;
    this.#movedAt = this.#front.now();
    this.#stream.resume();
  }
  informational(status: number, fields: Fields): void {
    if (this.#isOver || this.#stream.headersSent) return;
    this.#stream.additionalHeaders({ ...objectOf(fields), ":status": status });
  }
  respond(status: number, _reason: string, fields: Fields, length: Length, declared?: number): void {
    if (this.#isOver) return;
    const hasNone = this.request.method === "HEAD" || status === 204 || status === 304;
    const size = hasNone ? declared : length;
    this.#held = [":status", String(status)];
    for (let at = 0; at < fields.length; at += 2) this.#held.push(fields[at]!.toLowerCase(), fields[at + 1]!);
    if (typeof size === "number" && status !== 204) this.#held.push("content-length", String(size));
  }
  write(piece: Buffer): boolean {
    if (this.#isOver) return true;
    this.flush();
    this.#movedAt = this.#front.now();
    return this.#stream.write(piece);
  }
  flush(): void {
    if (this.#isOver || !this.#held) return;
    const head = this.#held;
    this.#held = undefined;
    // Whether there are trailers is known only at the end.
    this.#stream.respond(head as never, { waitForTrailers: true });
    this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(objectOf(this.#trailers ?? [])));
  }
  end(trailers: Fields): void {
    if (this.#isOver) return;
    this.#isAnswered = true;
    // A head alone says all: gRPC has its trailers in it then.
    if (this.#held && trailers.length === 0) this.#stream.respond(this.#held as never, { endStream: true });
    else {
      this.flush();
      this.#trailers = trailers;
      this.#stream.end();
    }
    this.#held = undefined;
  }
  abort(): void {
    if (!this.#isOver) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
  switchProtocols(): { connection: Duplex; first: Buffer } | undefined {
    return undefined;
  }
}

/** One name may have several values. */
function objectOf(fields: Fields): Record<string, string[]> {
  const object: Record<string, string[]> = {};
  for (let at = 0; at < fields.length; at += 2) (object[fields[at]!.toLowerCase()] ??= []).push(fields[at + 1]!);
  return object;
}
