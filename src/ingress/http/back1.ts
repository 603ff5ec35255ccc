/** A connection to a backend that speaks HTTP/1: one call at a time, many in turn. */
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type PeerCertificate } from "node:tls";
import type { Call, CallEvents, Failure, Patience, Sent } from "./call.ts";
import { ChunkedReader } from "./chunked.ts";
import { BadMessage, type Fields, readHead } from "./head.ts";
import { type Response, responseOf } from "./message.ts";

export interface Dial {
  host: string;
  port: number;
  tls?: BackendTls | undefined;
}

export interface BackendTls {
  /** The name that is asked for. */
  servername: string;
  /** Undefined: certificates are not checked, as those of pods are nobody's that could be known here. */
  trust?: Trust;
  /** What is shown to a backend that asks for it: PEM. */
  client?: { cert: string; key: string };
}

interface Trust {
  /** PEM; undefined: those that Node knows. */
  ca: string | undefined;
  /** `DNS:name` or `URI:uri`, one of which the certificate must have; empty: it must be the servername's. */
  names: readonly string[];
}

export function tlsOptions({ servername, trust, client }: BackendTls): ConnectionOptions {
  if (!trust) return { servername, rejectUnauthorized: false, ...client };
  return {
    servername,
    ...(trust.ca === undefined ? {} : { ca: trust.ca }),
    ...client,
    checkServerIdentity: (_, certificate) => identityProblem(trust, servername, certificate),
  };
}

function identityProblem({ names }: Trust, servername: string, certificate: PeerCertificate): Error | undefined {
  if (names.length === 0) return checkServerIdentity(servername, certificate);
  const has = (certificate.subjectaltname ?? "").split(", ");
  const isOne = (name: string) => has.includes(name) || (/^DNS:[^*]/.test(name) && !checkServerIdentity(name.slice(4), certificate));
  return names.some(isOne) ? undefined : new Error(`the certificate has none of ${names.join(", ")}`);
}

export interface Owner {
  /** It can be used again. */
  free(connection: Back1): void;
  gone(connection: Back1): void;
  now(): number;
}

type Reading = "head" | "counted" | "chunked" | "close" | "tunnel";

const nothing: Buffer = Buffer.alloc(0);

export class Back1 {
  readonly #socket: Socket;
  readonly #owner: Owner;
  #connected = false;
  #closed = false;
  #call: Call1 | undefined;
  #reading: Reading = "head";
  #rest: Buffer = nothing;
  #left = 0;
  #chunked: ChunkedReader | undefined;
  #response: Response | undefined;
  #calls = 0;
  /** When it was last free, or something last moved. */
  movedAt: number;
  /** How long its server keeps an idle connection, as it says itself. */
  idleSeconds: number | undefined;

  constructor({ host, port, tls }: Dial, owner: Owner) {
    this.#owner = owner;
    this.movedAt = owner.now();
    const socket = tls
      ? connectTls({ host, port, ...tlsOptions(tls), ALPNProtocols: ["http/1.1"] })
      : connectTcp({ host, port, noDelay: true });
    if (tls) socket.setNoDelay(true);
    this.#socket = socket;
    socket.once(tls ? "secureConnect" : "connect", () => this.#connect());
    socket.on("data", (bytes: Buffer) => this.#data(bytes));
    socket.on("drain", () => this.#drain());
    socket.on("end", () => this.#ended());
    socket.on("error", (error) => this.#fail(this.#connected ? "closed" : "connect", error.message));
    socket.on("close", () => this.#fail(this.#connected ? "closed" : "connect", "the connection was closed"));
  }

  get usable(): boolean {
    return !this.#closed && !this.#call;
  }
  start(sent: Sent, events: CallEvents, patience: Patience): Call {
    const call = new Call1(this, sent, events, patience);
    this.#call = call;
    this.#reading = "head";
    this.#response = undefined;
    this.#calls++;
    this.movedAt = this.#owner.now();
    if (sent.length !== 0) this.#socket.cork();
    this.#socket.write(requestText(sent), "latin1");
    if (sent.length !== 0) process.nextTick(() => this.#socket.uncork());
    if (sent.length !== 0 && this.#connected) events.ready(call);
    return call;
  }
  /** Called now and then: a call that waits longer than it may fails. */
  look(now: number): void {
    const call = this.#call;
    if (!call || call.paused || this.#reading === "tunnel") return;
    const waited = now - this.movedAt;
    if (!this.#connected) {
      if (waited > call.patience.connectMs) this.#fail("connect", "no connection in time");
    } else if (this.#socket.writableLength > 0) {
      if (waited > call.patience.sendMs) this.#fail("late", "the backend takes nothing more");
    } else if (call.sentAll && waited > call.patience.readMs) this.#fail("late", "no answer in time");
  }
  destroy(): void {
    this.#closed = true;
    this.#call = undefined;
    this.#socket.destroy();
    this.#owner.gone(this);
  }

  // What a call asks for.

  write(bytes: Buffer | string): boolean {
    this.movedAt = this.#owner.now();
    return this.#socket.write(bytes as string, "latin1");
  }
  writeChunk(piece: Buffer): boolean {
    this.#socket.cork();
    this.#socket.write(`${piece.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(piece);
    const goesOn = this.write("\r\n");
    this.#socket.uncork();
    return goesOn;
  }
  pause(): void {
    this.#socket.pause();
  }
  resume(): void {
    this.movedAt = this.#owner.now();
    this.#socket.resume();
  }
  owns(call: Call1): boolean {
    return this.#call === call;
  }

  #connect(): void {
    this.#connected = true;
    this.movedAt = this.#owner.now();
    if (this.#call && this.#call.sent.length !== 0) this.#call.events.ready(this.#call);
  }
  #drain(): void {
    this.movedAt = this.#owner.now();
    this.#call?.events.drained();
  }
  #data(bytes: Buffer): void {
    const call = this.#call;
    // Whoever speaks without being asked would answer the next one's question.
    if (!call) return this.destroy();
    this.movedAt = this.#owner.now();
    try {
      this.#take(call, this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes);
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.#fail("bad", error.message);
    }
    if (this.#call === call && this.#reading !== "tunnel") call.events.flush();
  }
  #take(call: Call1, bytes: Buffer): void {
    this.#rest = nothing;
    switch (this.#reading) {
      case "head":
        return this.#takeHead(call, bytes);
      case "counted": {
        const part = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
        this.#left -= part.length;
        this.#tell(call, part);
        if (this.#left === 0) this.#finish(call, [], bytes.length > part.length);
        return;
      }
      case "chunked": {
        const after = this.#chunked!.take(bytes);
        if (after) this.#finish(call, call.trailers, after.length > 0);
        return;
      }
      case "close":
        return this.#tell(call, bytes);
    }
  }
  #takeHead(call: Call1, bytes: Buffer): void {
    const head = readHead(bytes);
    call.answered = true;
    if (!head) {
      this.#rest = bytes;
      return;
    }
    const response = responseOf(head, call.sent.method);
    const after = bytes.subarray(head.end);
    if (response.status === 101) return this.#switch(call, response, after);
    if (response.status < 200) {
      if (response.status !== 100) call.events.informational(response.status, response.fields);
      if (after.length > 0 && this.#call === call) this.#takeHead(call, after);
      return;
    }
    this.#response = response;
    const { length } = response;
    this.#reading = length === "unknown" ? "chunked" : length === "close" ? "close" : "counted";
    this.#left = typeof length === "number" ? length : 0;
    if (length === "unknown")
      this.#chunked = new ChunkedReader({ data: (piece) => this.#tell(call, piece), end: (trailers) => (call.trailers = trailers) });
    call.events.head(response);
    if (this.#call !== call) return;
    if (length === 0) this.#finish(call, [], after.length > 0);
    else if (after.length > 0) this.#take(call, after);
  }
  #tell(call: Call1, piece: Buffer): void {
    if (piece.length > 0 && this.#call === call && !call.events.data(piece)) call.pause();
  }
  #switch(call: Call1, response: Response, first: Buffer): void {
    if (!call.sent.upgrade) throw new BadMessage(502, "the backend goes over to a protocol that nobody asked for");
    this.#reading = "tunnel";
    this.#call = undefined;
    this.#closed = true;
    for (const name of ["data", "drain", "end", "error", "close"]) this.#socket.removeAllListeners(name);
    this.#socket.on("error", () => {});
    this.#socket.pause();
    this.#socket.once("close", () => this.#owner.gone(this));
    call.events.switched(response, this.#socket, first);
  }
  /** The connection goes back first: who hears of the end may ask for the next thing at once. */
  #finish(call: Call1, trailers: Fields, more: boolean): void {
    const { keepAlive = false, idleSeconds } = this.#response ?? {};
    this.#call = undefined;
    if (call.paused) this.#socket.resume();
    if (keepAlive && call.sentAll && !more && this.#socket.writableLength === 0) {
      this.idleSeconds = idleSeconds;
      this.movedAt = this.#owner.now();
      this.#owner.free(this);
    } else this.destroy();
    call.events.end(trailers);
  }
  #ended(): void {
    const call = this.#call;
    if (call && this.#reading === "close") {
      this.destroy();
      call.events.end([]);
    } else this.#fail("closed", "the backend closed the connection");
  }
  #fail(why: Failure["why"], message: string): void {
    const call = this.#call;
    if (this.#closed) return;
    this.destroy();
    call?.events.failed({ why, message, answered: call.answered, reused: this.#calls > 1 });
  }
}

class Call1 implements Call {
  readonly #connection: Back1;
  readonly sent: Sent;
  readonly events: CallEvents;
  readonly patience: Patience;
  sentAll: boolean;
  paused = false;
  answered = false;
  trailers: Fields = [];

  constructor(connection: Back1, sent: Sent, events: CallEvents, patience: Patience) {
    this.#connection = connection;
    this.sent = sent;
    this.events = events;
    this.patience = patience;
    this.sentAll = sent.length === 0;
  }
  write(piece: Buffer): boolean {
    if (!this.#connection.owns(this)) return true;
    return this.sent.length === "unknown" ? this.#connection.writeChunk(piece) : this.#connection.write(piece);
  }
  end(trailers: Fields): void {
    if (this.sentAll || !this.#connection.owns(this)) return;
    this.sentAll = true;
    if (this.sent.length === "unknown") this.#connection.write(`0\r\n${textOf(trailers)}\r\n`);
  }
  pause(): void {
    if (!this.#connection.owns(this)) return;
    this.paused = true;
    this.#connection.pause();
  }
  resume(): void {
    if (!this.paused || !this.#connection.owns(this)) return;
    this.paused = false;
    this.#connection.resume();
  }
  abort(): void {
    if (this.#connection.owns(this)) this.#connection.destroy();
  }
}

function requestText({ method, target, authority, fields, length, upgrade }: Sent): string {
  const framing =
    length === "unknown" ? "Transfer-Encoding: chunked\r\n" : length > 0 || needsLength(method) ? `Content-Length: ${length}\r\n` : "";
  const switching = upgrade ? `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n` : "";
  return `${method} ${target} HTTP/1.1\r\nHost: ${authority}\r\n${textOf(fields)}${framing}${switching}\r\n`;
}

const needsLength = (method: string) => method === "POST" || method === "PUT" || method === "PATCH";

/** Each field on a line of its own. */
export function textOf(fields: Fields): string {
  let text = "";
  for (let at = 0; at < fields.length; at += 2) text += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return text;
}
