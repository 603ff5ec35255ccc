/** What a request to a backend is to the one that makes it, whatever protocol the backend speaks. */
import type { Duplex } from "node:stream";
import type { Fields } from "./head.ts";
import type { Length, Response } from "./message.ts";

/** As it is sent: all fields that the backend is to see, but not those of framing. */
export interface Sent {
  method: string;
  target: string;
  authority: string;
  fields: Fields;
  length: Length;
  upgrade: string | undefined;
}

export interface Failure {
  /** "connect": nothing was sent ("late" in its message: nobody said a word); "closed": it ended before its answer did; "late": a time limit; "bad": no HTTP, or too much of it. */
  why: "connect" | "closed" | "late" | "bad";
  message: string;
  /** The first byte of the answer had come. */
  answered: boolean;
  /** The connection had served others: its server may just have grown tired of it. */
  reused: boolean;
}

export interface CallEvents {
  /** The body may come: there is a connection. Not told when there is no body. */
  ready(call: Call): void;
  informational(status: number, fields: Fields): void;
  head(response: Response): void;
  /** False: wait for `resume`. */
  data(piece: Buffer): boolean;
  /** All that has arrived by now was told. */
  flush(): void;
  /** The last that is told, unless `failed` is. */
  end(trailers: Fields): void;
  failed(failure: Failure): void;
  /** The body may go on. */
  drained(): void;
  /** The connection is the caller's from now on. */
  switched(response: Response, connection: Duplex, first: Buffer): void;
}

export interface Call {
  /** False: wait for `drained`. */
  write(piece: Buffer): boolean;
  end(trailers: Fields): void;
  pause(): void;
  resume(): void;
  /** Nothing is told any more. */
  abort(): void;
}

/** Of one route. Milliseconds. */
export interface Patience {
  connectMs: number;
  /** Between two pieces of the answer. */
  readMs: number;
  /** Between two pieces that the backend takes. */
  sendMs: number;
}
