/** A connection to a backend that speaks HTTP/2 in the clear or by TLS, as gRPC does: many calls at a time. */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { hostPort } from "#base/mod.ts";
import { type Dial, tlsOptions } from "./back1.ts";
import type { Call, CallEvents, Failure, Patience, Sent } from "./call.ts";
import type { Fields } from "./head.ts";
import { responseOfStream } from "./message.ts";

export interface Owner2 {
  gone(connection: Back2): void;
  now(): number;
}

export class Back2 {
  readonly #session: ClientHttp2Session;
  readonly #owner: Owner2;
  readonly #calls = new Set<Call2>();
  readonly #scheme: string;
  #isConnected = false;
  #isClosed = false;
  #served = 0;
  movedAt: number;

  constructor({ host, port, tls }: Dial, owner: Owner2) {
    this.#owner = owner;
    this.movedAt = owner.now();
    this.#scheme = tls ? "https" : "http";
    const session = connect(`${this.#scheme}://${hostPort(host, port)}`, {
      ...(tls ? tlsOptions(tls) : {}),
      settings: { enablePush: false, initialWindowSize: 256 * 1024 },
      maxSessionMemory: 64,
    });
    this.#session = session;
    session.on("connect", () => {
      this.#isConnected = true;
      this.movedAt = owner.now();
      for (const call of [...this.#calls]) call.connected();
    });
    session.on("error", (error) => this.#fail(error.message));
    session.on("goaway", () => this.#leave());
    session.on("close", () => this.#fail("the connection was closed"));
  }
  get usable(): boolean {
    return !this.#isClosed && !this.#session.closed && !this.#session.destroyed;
  }
  get calls(): number {
    return this.#calls.size;
  }
  start(sent: Sent, events: CallEvents, patience: Patience): Call {
    const call = new Call2(this, sent, events, patience);
    this.#calls.add(call);
    this.#served++;
    if (this.#isConnected) call.connected();
    return call;
  }
  look(now: number): void {
    for (const call of [...this.#calls]) {
      const waited = now - call.movedAt;
      if (!this.#isConnected) {
        if (waited > call.patience.connectMs) this.#fail("late");
      } else if (!call.paused && call.sentAll && waited > call.patience.readMs) call.fail("late", "no answer in time");
    }
  }
  /** Those under way end in their own time. */
  retire(): void {
    this.#leave();
  }
  destroy(): void {
    this.#isClosed = true;
    this.#session.destroy();
    this.#owner.gone(this);
  }

  open({ method, target, authority, fields, length }: Sent): ClientHttp2Stream {
    const raw: Fields = [":method", method, ":scheme", this.#scheme, ":authority", authority, ":path", target];
    for (let at = 0; at < fields.length; at += 2) raw.push(fields[at]!.toLowerCase(), fields[at + 1]!);
    if (typeof length === "number" && length > 0) raw.push("content-length", String(length));
    raw.push("te", "trailers");
    return this.#session.request(raw as never, { endStream: length === 0, waitForTrailers: false });
  }
  over(call: Call2): void {
    this.#calls.delete(call);
    this.movedAt = this.#owner.now();
    if (this.#isClosed && this.#calls.size === 0) this.destroy();
  }
  now(): number {
    return this.#owner.now();
  }
  get isReused(): boolean {
    return this.#served > 1;
  }

  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#session.close();
    this.#owner.gone(this);
  }
  #fail(message: string): void {
    const why: Failure["why"] = this.#isConnected ? "closed" : "connect";
    this.#isClosed = true;
    for (const call of [...this.#calls]) call.fail(why, message);
    this.#session.destroy();
    this.#owner.gone(this);
  }
}

class Call2 implements Call {
  readonly #connection: Back2;
  readonly #sent: Sent;
  readonly #events: CallEvents;
  readonly patience: Patience;
  #stream: ClientHttp2Stream | undefined;
  #isOver = false;
  #answered = false;
  sentAll: boolean;
  paused = false;
  movedAt: number;

  constructor(connection: Back2, sent: Sent, events: CallEvents, patience: Patience) {
    this.#connection = connection;
    this.#sent = sent;
    this.#events = events;
    this.patience = patience;
    this.sentAll = sent.length === 0;
    this.movedAt = connection.now();
  }
  connected(): void {
    const stream = this.#connection.open(this.#sent);
    this.#stream = stream;
    this.movedAt = this.#connection.now();
    let trailers: Fields = [];
    const alive = () => {
      this.movedAt = this.#connection.now();
      return !this.#isOver;
    };
    stream.on("headers", (_headers, _flags, raw: string[] = []) => {
      const status = Number(raw[1]);
      if (alive() && status !== 100) this.#events.informational(status, responseOfStream(raw, this.#sent.method).fields);
    });
    stream.on("response", (_headers, flags, raw: string[] = []) => {
      if (!alive()) return;
      this.#answered = true;
      this.#events.head(responseOfStream(raw, this.#sent.method));
      // One that says all is ended at once; any other is told of when its body begins.
      if (!(flags & constants.NGHTTP2_FLAG_END_STREAM)) this.#events.flush();
    });
    stream.on("data", (piece: Buffer) => {
      if (!alive()) return;
      if (!this.#events.data(piece)) this.pause();
      this.#events.flush();
    });
    stream.on("trailers", (_headers, _flags, raw: string[] = []) => {
      trailers = raw;
    });
    stream.on("drain", () => {
      if (alive()) this.#events.drained();
    });
    stream.on("end", () => {
      if (this.#isOver || !this.#answered) return;
      this.#finish();
      this.#events.end(trailers);
    });
    stream.on("error", (error) => this.fail("closed", error.message));
    stream.on("close", () => this.fail("closed", "the backend ended the stream"));
    if (this.#sent.length !== 0) this.#events.ready(this);
  }
  write(piece: Buffer): boolean {
    this.movedAt = this.#connection.now();
    return this.#isOver || (this.#stream?.write(piece) ?? true);
  }
  end(_trailers: Fields): void {
    if (this.sentAll) return;
    this.sentAll = true;
    this.movedAt = this.#connection.now();
    this.#stream?.end();
  }
  pause(): void {
    this.paused = true;
    this.#stream?.pause();
  }
  resume(): void {
    this.paused = false;
    this.movedAt = this.#connection.now();
    this.#stream?.resume();
  }
  abort(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#stream?.close(constants.NGHTTP2_CANCEL);
  }
  fail(why: Failure["why"], message: string): void {
    if (this.#isOver) return;
    this.#finish();
    this.#stream?.close(constants.NGHTTP2_CANCEL);
    this.#events.failed({ why, message, answered: this.#answered, reused: this.#connection.isReused });
  }
  #finish(): void {
    this.#isOver = true;
    this.#connection.over(this);
  }
}
