/** A copy of a request to another backend, whose answer nobody waits for: it never slows or fails the request itself. */
import type { Duplex } from "node:stream";
import type { Call, CallEvents, Patience, Sent } from "../http/call.ts";
import type { BodyEvents, Client, ClientEvents, Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import type { Length, Request, Response } from "../http/message.ts";
import type { Backend } from "../proxy/backends.ts";

/** Of a body that the mirror has not taken yet; one that is slower gets no more. */
const mostHeldBytes = 1024 * 1024;

export class Mirror implements CallEvents {
  #call: Call | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #trailers: Fields | undefined;
  #isReady = false;
  #isBlocked = false;
  #isOver = false;

  begin(backend: Backend, sent: Sent, patience: Patience): void {
    const call = backend.pick([])?.upstream.call(sent, this, patience, false);
    if (!call) return void (this.#isOver = true);
    this.#call ??= call;
  }
  feed(piece: Buffer): void {
    if (this.#isOver) return;
    this.#heldBytes += piece.length;
    if (this.#heldBytes > mostHeldBytes) return this.abort();
    this.#held.push(piece);
    this.#flush();
  }
  finish(trailers: Fields): void {
    this.#trailers = trailers;
    this.#flush();
  }
  /** The client has gone before all was said. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = [];
    this.#call?.abort();
  }
  get isWhole(): boolean {
    return this.#trailers !== undefined;
  }

  #flush(): void {
    if (!this.#isReady || this.#isBlocked || this.#isOver) return;
    for (let piece = this.#held.shift(); piece; piece = this.#held.shift()) {
      this.#heldBytes -= piece.length;
      if (this.#call?.write(piece) === false) {
        this.#isBlocked = true;
        return;
      }
    }
    if (this.#trailers) this.#call?.end(this.#trailers);
  }

  ready(call: Call): void {
    this.#call = call;
    if (this.#isOver) return call.abort();
    this.#isReady = true;
    this.#flush();
  }
  drained(): void {
    this.#isBlocked = false;
    this.#flush();
  }
  data(): boolean {
    return true;
  }
  end(): void {
    this.#isOver = true;
  }
  failed(): void {
    this.#isOver = true;
  }
  switched(_response: Response, connection: Duplex): void {
    this.#isOver = true;
    connection.destroy();
  }
  informational(): void {}
  head(): void {}
  flush(): void {}
}

/** The client's exchange, with what it says told to mirrors too. */
export class Mirrored implements Exchange {
  readonly #inner: Exchange;
  readonly #mirrors: readonly Mirror[];

  constructor(inner: Exchange, mirrors: readonly Mirror[]) {
    this.#inner = inner;
    this.#mirrors = mirrors;
  }
  get request(): Request {
    return this.#inner.request;
  }
  get client(): Client {
    return this.#inner.client;
  }
  listen(events: ClientEvents): void {
    this.#inner.listen({
      taken: () => events.taken(),
      gone: () => {
        this.leave();
        events.gone();
      },
    });
  }
  /** No more of the body comes: mirrors that have not all of it must not take it for whole. */
  leave(): void {
    if (this.request.length === 0) return;
    for (const mirror of this.#mirrors) if (!mirror.isWhole) mirror.abort();
  }
  readBody(events: BodyEvents): void {
    this.#inner.readBody({
      data: (piece) => {
        for (const mirror of this.#mirrors) mirror.feed(piece);
        return events.data(piece);
      },
      end: (trailers) => {
        for (const mirror of this.#mirrors) mirror.finish(trailers);
        events.end(trailers);
      },
    });
  }
  resumeBody(): void {
    this.#inner.resumeBody();
  }
  informational(status: number, fields: Fields): void {
    this.#inner.informational(status, fields);
  }
  respond(status: number, reason: string, fields: Fields, length: Length, declared?: number): void {
    this.#inner.respond(status, reason, fields, length, declared);
  }
  write(piece: Buffer): boolean {
    return this.#inner.write(piece);
  }
  flush(): void {
    this.#inner.flush();
  }
  end(trailers: Fields): void {
    this.#inner.end(trailers);
  }
  abort(): void {
    this.#inner.abort();
  }
  switchProtocols(fields: Fields): { connection: Duplex; first: Buffer } | undefined {
    return this.#inner.switchProtocols(fields);
  }
}
