/** A client's request and the answer to it, whatever protocol the client speaks. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { BadMessage, Fields } from "./head.ts";
import type { Length, Request } from "./message.ts";

export interface Client {
  address: string;
  /** The port that it came to. */
  port: number;
  /** By TLS. */
  secure: boolean;
  /** The host that TLS began with, if it named one. */
  serverName?: string;
}

export interface BodyEvents {
  /** False: wait for `resumeBody`. */
  data(piece: Buffer): boolean;
  end(trailers: Fields): void;
}

/** A client's connection. */
export interface Front {
  /** Called now and then: nobody holds a connection for ever without using it. */
  look(nowMs: number): void;
  /** Ends it as soon as nothing is under way. */
  retire(): void;
  destroy(): void;
}

/** Who lets clients in. */
export interface FrontOwner {
  /** A request has come. */
  enter(exchange: Exchange): void;
  /** A request that cannot be understood is answered, and that is told of. */
  refused(client: Client, error: BadMessage): void;
  /** A connection in the clear begins with the words of HTTP/2. */
  speaks2(front: Front, connection: Socket, first: Buffer): void;
  gone(front: Front): void;
  now(): number;
  /** No connection is kept after its present request. */
  readonly isClosing: boolean;
}

/** What the one that answers hears from the client; set once, before anything else is done. */
export interface ClientEvents {
  /** The answer may go on. */
  taken(): void;
  /** Nothing can be answered any more, and nothing is told any more. */
  gone(): void;
}

export interface Exchange {
  readonly request: Request;
  readonly client: Client;
  listen(events: ClientEvents): void;
  /** The body is read from now on; a client that waits to be told so is told. */
  readBody(events: BodyEvents): void;
  resumeBody(): void;

  informational(status: number, fields: Fields): void;
  /** Fields without those of framing. `declared`: the length that a HEAD asks about. */
  respond(status: number, reason: string, fields: Fields, length: Length, declared?: number): void;
  /** False: wait for `taken`. */
  write(piece: Buffer): boolean;
  flush(): void;
  end(trailers: Fields): void;
  /** The answer cannot be finished: the client must not take it for whole. */
  abort(): void;
  /** Answers 101; the connection and what it had said already are the caller's. Undefined: the protocol knows no such thing. */
  switchProtocols(fields: Fields): { connection: Duplex; first: Buffer } | undefined;
}
