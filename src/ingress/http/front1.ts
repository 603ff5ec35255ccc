/** A client's connection that speaks HTTP/1: requests one after another, however they arrive. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { textOf } from "./back1.ts";
import { ChunkedReader } from "./chunked.ts";
import type { BodyEvents, Client, ClientEvents, Exchange, Front, FrontOwner } from "./exchange.ts";
import { BadMessage, type Fields, readHead } from "./head.ts";
import { type Length, type Request, requestOf } from "./message.ts";

const preface = "PRI * HTTP/2.0";
const nothing: Buffer = Buffer.alloc(0);
const idleMs = 75_000;
const headMs = 32_000;
const bodyMs = 60_000;
const takeMs = 60_000;
/** How long what a refused client still sends is thrown away, so that it gets to read the answer. */
const lingerMs = 2000;
/** A body that is this short is written together with the head. */
const joinBytes = 16 * 1024;

/** "wanted": a body that nobody asked for yet; "waiting": the request is whole, its answer is not. */
type State = "head" | "wanted" | "body" | "waiting" | "lingering" | "tunnel" | "closed";

export class Front1 implements Front {
  readonly #socket: Socket;
  readonly #owner: FrontOwner;
  readonly client: Client;
  #state: State = "head";
  #rest: Buffer = nothing;
  #exchange: Exchange1 | undefined;
  #left = 0;
  #chunked: ChunkedReader | undefined;
  #body: BodyEvents | undefined;
  #trailers: Fields | undefined;
  #bodyPaused = false;
  #movedAt: number;
  #taking = false;

  constructor(socket: Socket, client: Client, owner: FrontOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.client = client;
    this.#movedAt = owner.now();
    socket.on("data", this.#data);
    socket.on("drain", this.#drain);
    socket.on("end", this.#ended);
    socket.on("error", this.#close);
    socket.on("close", this.#close);
  }

  look(now: number): void {
    const waited = now - this.#movedAt;
    const stalled = this.#socket.writableLength > 0 && waited > takeMs;
    if (stalled && this.#state !== "tunnel") return this.destroy();
    if (this.#state === "head" && this.#rest.length === 0) {
      if (waited > idleMs || this.#owner.isClosing) this.destroy();
    } else if (this.#state === "head") {
      if (waited > headMs) this.#refuse(new BadMessage(408, "the head did not come in time"));
    } else if (this.#state === "body") {
      if (!this.#bodyPaused && waited > bodyMs) this.#refuse(new BadMessage(408, "the body did not come in time"));
    } else if (this.#state === "lingering" && waited > lingerMs) this.destroy();
  }
  retire(): void {
    if (this.#state === "head" && this.#rest.length === 0) this.destroy();
  }
  destroy(): void {
    this.#close();
  }

  // What the exchange of the moment asks for.

  owns(exchange: Exchange1): boolean {
    return this.#exchange === exchange;
  }
  get isClosing(): boolean {
    return this.#owner.isClosing;
  }
  get bodyIsOpen(): boolean {
    return this.#state === "wanted" || this.#state === "body";
  }
  write(bytes: Buffer | string): boolean {
    this.#movedAt = this.#owner.now();
    return this.#socket.write(bytes as string, "latin1");
  }
  cork(): void {
    this.#socket.cork();
  }
  uncork(): void {
    this.#socket.uncork();
  }
  readBody(events: BodyEvents): void {
    if (this.#state === "waiting") return events.end([]);
    if (this.#state !== "wanted") return;
    this.#state = "body";
    this.#body = events;
    this.#movedAt = this.#owner.now();
    this.#run();
    if (this.#state === "body" && !this.#bodyPaused) this.#socket.resume();
  }
  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    this.#movedAt = this.#owner.now();
    this.#run();
    if (!this.#bodyPaused) this.#socket.resume();
  }
  /** The answer is whole. */
  answered(keep: boolean): void {
    this.#exchange = undefined;
    this.#body = undefined;
    this.#movedAt = this.#owner.now();
    if (!keep || this.bodyIsOpen) return this.#linger();
    this.#state = "head";
    this.#run();
    if (this.#state === "head") this.#socket.resume();
  }
  release(): { connection: Socket; first: Buffer } {
    this.#state = "tunnel";
    this.#exchange = undefined;
    const first = this.#rest;
    this.#rest = nothing;
    this.#socket
      .off("data", this.#data)
      .off("drain", this.#drain)
      .off("end", this.#ended)
      .off("error", this.#close)
      .off("close", this.#close);
    this.#socket.on("error", () => {});
    this.#socket.once("close", () => this.#owner.gone(this));
    this.#socket.pause();
    return { connection: this.#socket, first };
  }

  readonly #data = (bytes: Buffer): void => {
    if (this.#state === "lingering") return;
    if (this.#state !== "head" || this.#rest.length === 0) this.#movedAt = this.#owner.now();
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#run();
  };
  /** Takes of what has arrived what can be taken now; the rest waits, and the client with it. */
  #run(): void {
    if (this.#taking) return; // who called asks again when it is back
    this.#taking = true;
    try {
      while (this.#rest.length > 0 && this.#step());
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#refuse(error);
    } finally {
      this.#taking = false;
    }
    if (this.#rest.length > 0 && this.#state !== "head") this.#socket.pause();
  }
  /** False: nothing more can be taken now. */
  #step(): boolean {
    if (this.#state === "head") return this.#takeHead();
    if (this.#state !== "body" || this.#bodyPaused) return false;
    const bytes = this.#rest;
    this.#rest = nothing;
    if (this.#chunked) {
      const after = this.#chunked.take(bytes);
      if (!after) return false;
      this.#rest = after;
      this.#endBody(this.#trailers ?? []);
    } else {
      const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
      this.#left -= part.length;
      if (part.length < bytes.length) this.#rest = bytes.subarray(part.length);
      this.#tell(part);
      if (this.#left === 0) this.#endBody([]);
    }
    return true;
  }
  #tell(piece: Buffer): void {
    if (this.#body && !this.#body.data(piece)) {
      this.#bodyPaused = true;
      this.#socket.pause();
    }
  }
  #endBody(trailers: Fields): void {
    if (this.#state !== "body") return;
    this.#state = "waiting";
    this.#bodyPaused = false;
    const body = this.#body;
    this.#body = undefined;
    body?.end(trailers);
    if (this.#state === "waiting" && this.#rest.length === 0) this.#socket.resume(); // to hear that the client goes
  }
  #takeHead(): boolean {
    // Some clients send an empty line after a body.
    if (this.#rest[0] === 0x0d && this.#rest[1] === 0x0a) {
      this.#rest = this.#rest.subarray(2);
      return this.#rest.length > 0;
    }
    const head = readHead(this.#rest);
    if (!head) return false;
    if (head.line === preface && !this.client.secure) {
      const { connection, first } = this.release();
      this.#owner.speaks2(this, connection, first);
      return false;
    }
    const request = requestOf(head);
    this.#rest = this.#rest.subarray(head.end);
    this.#left = typeof request.length === "number" ? request.length : 0;
    this.#trailers = undefined;
    this.#chunked =
      request.length === "unknown"
        ? new ChunkedReader({ data: (piece) => this.#tell(piece), end: (trailers) => (this.#trailers = trailers) })
        : undefined;
    this.#state = request.length === 0 ? "waiting" : "wanted";
    const exchange = new Exchange1(this, request);
    this.#exchange = exchange;
    this.#owner.enter(exchange);
    return true;
  }
  #refuse(error: BadMessage): void {
    const exchange = this.#exchange;
    if (exchange?.hasBegun) return this.destroy();
    this.#exchange = undefined;
    exchange?.gone();
    this.#owner.refused(this.client, error);
    const text = `${error.status}: ${error.message}\n`;
    const line = `HTTP/1.1 ${error.status} ${reasons[error.status] ?? "Error"}\r\n`;
    this.write(`${line}Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`);
    this.#linger();
  }
  #linger(): void {
    this.#state = "lingering";
    this.#rest = nothing;
    this.#movedAt = this.#owner.now();
    this.#socket.end();
    this.#socket.resume();
  }
  readonly #drain = (): void => {
    this.#movedAt = this.#owner.now();
    this.#exchange?.taken();
  };
  /** A client that sends nothing more is gone, unless the last answer is still on its way to it. */
  readonly #ended = (): void => {
    if (this.#state !== "lingering") this.#close();
  };
  readonly #close = (): void => {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#rest = nothing;
    this.#socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.gone();
    this.#owner.gone(this);
  };
}

const reasons: Record<number, string> = {
  400: "Bad Request",
  408: "Request Timeout",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  505: "HTTP Version Not Supported",
};

class Exchange1 implements Exchange {
  readonly #front: Front1;
  readonly request: Request;
  #events: ClientEvents | undefined;
  /** A head that waits for the first piece of the body. */
  #held: string | undefined;
  #framing: "counted" | "chunked" | "close" = "counted";
  #keep = false;
  #corked = false;
  hasBegun = false;

  constructor(front: Front1, request: Request) {
    this.#front = front;
    this.request = request;
  }
  get client(): Client {
    return this.#front.client;
  }
  listen(events: ClientEvents): void {
    this.#events = events;
  }
  taken(): void {
    this.#events?.taken();
  }
  gone(): void {
    this.#events?.gone();
  }
  readBody(events: BodyEvents): void {
    if (!this.#front.owns(this)) return;
    if (this.request.expectsContinue && this.#front.bodyIsOpen) this.#front.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#front.readBody(events);
  }
  resumeBody(): void {
    if (this.#front.owns(this)) this.#front.resumeBody();
  }
  informational(status: number, fields: Fields): void {
    if (this.request.version === "1.1" && this.#front.owns(this))
      this.#front.write(`HTTP/1.1 ${status} Information\r\n${textOf(fields)}\r\n`);
  }
  respond(status: number, reason: string, fields: Fields, length: Length, declared?: number): void {
    this.hasBegun = true;
    const { method, version } = this.request;
    const isOld = version === "1.0";
    const hasNone = method === "HEAD" || status === 204 || status === 304;
    this.#framing = length !== "unknown" || hasNone ? "counted" : isOld ? "close" : "chunked";
    this.#keep = this.request.keepAlive && this.#framing !== "close" && !this.#front.isClosing && !this.#front.bodyIsOpen;
    const size = hasNone ? declared : length;
    const framing =
      this.#framing === "chunked"
        ? "Transfer-Encoding: chunked\r\n"
        : typeof size === "number" && status !== 204
          ? `Content-Length: ${size}\r\n`
          : "";
    const connection = this.#keep ? (isOld ? "Connection: keep-alive\r\n" : "") : "Connection: close\r\n";
    this.#held = `HTTP/1.1 ${status} ${reason}\r\n${textOf(fields)}${framing}${connection}\r\n`;
  }
  write(piece: Buffer): boolean {
    if (!this.#front.owns(this)) return true;
    if (this.#framing === "chunked") return this.#writeChunk(piece);
    const head = this.#takeHeld();
    if (head === undefined) return this.#front.write(piece);
    if (piece.length > joinBytes) {
      this.#cork();
      this.#front.write(head);
      return this.#front.write(piece);
    }
    const both = Buffer.allocUnsafe(head.length + piece.length);
    both.write(head, 0, "latin1");
    piece.copy(both, head.length);
    return this.#front.write(both);
  }
  flush(): void {
    if (!this.#front.owns(this)) return;
    const head = this.#takeHeld();
    if (head !== undefined) this.#front.write(head);
    if (this.#corked) this.#front.uncork();
    this.#corked = false;
  }
  end(trailers: Fields): void {
    if (!this.#front.owns(this)) return;
    if (this.#framing === "chunked") {
      this.#cork();
      this.#front.write(`${this.#takeHeld() ?? ""}0\r\n${textOf(trailers)}\r\n`);
    }
    this.flush();
    this.#front.answered(this.#keep);
  }
  abort(): void {
    if (this.#front.owns(this)) this.#front.destroy();
  }
  switchProtocols(fields: Fields): { connection: Duplex; first: Buffer } | undefined {
    if (!this.#front.owns(this)) return undefined;
    this.hasBegun = true;
    const upgrade = this.request.upgrade ?? "";
    this.#front.write(`HTTP/1.1 101 Switching Protocols\r\n${textOf(fields)}Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`);
    return this.#front.release();
  }

  #writeChunk(piece: Buffer): boolean {
    this.#cork();
    this.#front.write(`${this.#takeHeld() ?? ""}${piece.length.toString(16)}\r\n`);
    this.#front.write(piece);
    return this.#front.write("\r\n");
  }
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#front.cork();
  }
  #takeHeld(): string | undefined {
    const head = this.#held;
    this.#held = undefined;
    return head;
  }
}
