/** One request on its way: to an endpoint, to another one where that is safe, and the answer back. */

import type { Duplex } from "node:stream";
import { hostPort } from "#base/mod.ts";
import type { Call, CallEvents, Failure, Sent } from "../http/call.ts";
import type { BodyEvents, ClientEvents, Exchange } from "../http/exchange.ts";
import type { Fields } from "../http/head.ts";
import type { Response } from "../http/message.ts";
import type { Options } from "../routes/options.ts";
import type { Again } from "./again.ts";
import type { Backend, Member } from "./backends.ts";

/** How it went. */
export interface Outcome {
  /** 499: the client went before it was answered. */
  status: number;
  bytesIn: number;
  bytesOut: number;
  /** `ip:port`, each that was asked. */
  asked: string[];
}

export interface Way {
  exchange: Exchange;
  backend: Backend;
  sent: Sent;
  options: Options;
  /** Who is asked first. */
  first: Member | undefined;
  /** Set where the route wants a request made again that failed. */
  again?: Again | undefined;
  /** What the answer gets besides, by who gave it. */
  more(member: Member): Fields;
  /** The answer's fields as the client is to see them. */
  shape?(fields: Fields): Fields;
  over(outcome: Outcome): void;
  /** Answers in the proxy's own words. */
  refuse(status: number, why: string): void;
  /** Both connections are the host's until they end. */
  join(client: Duplex, backend: Duplex): void;
}

/** So many endpoints are asked at most. */
const mostTries = 3;
/** An endpoint that refuses may be starting; one that is silent is likely to stay so. */
const refusedAsideMs = 1000;
const silentAsideMs = 10_000;
export const repeatable: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]);

export class Passage implements CallEvents, ClientEvents {
  readonly #way: Way;
  readonly #tried: Member[] = [];
  #call: Call | undefined;
  /** Of the answer, once it has begun. */
  #status = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #readsBody = false;
  /** Its connection takes the body. */
  #isReady = false;
  #isOver = false;

  constructor(way: Way) {
    this.#way = way;
  }
  begin(): void {
    this.#way.exchange.listen(this);
    this.#try();
  }

  /** It takes longer than it may. */
  late(): void {
    if (this.#isOver) return;
    this.#call?.abort();
    this.#refuse(504, "the request took longer than its route lets it");
  }

  #try(): void {
    const { backend, sent, options, first, again } = this.#way;
    const other = backend.pick(this.#tried) ?? (again && backend.pick([]));
    const member = first && this.#tried.length === 0 ? first : other;
    if (!member) return this.#refuse(503, backend.problem ?? "no endpoint of the backend is ready");
    this.#tried.push(member);
    this.#isReady = false;
    again?.begins(() => {
      this.#call?.abort();
      this.failed({ why: "late", message: "late", answered: false, reused: false });
    });
    const isRepeatable = sent.length === 0 && repeatable.has(sent.method);
    const call = member.upstream.call(sent, this, options.patience, isRepeatable);
    if (call) this.#call = call;
    else this.#refuse(503, "the backend has as many connections as it may");
  }

  // What the backend tells.

  ready(call: Call): void {
    this.#call = call;
    if (this.#isOver) return;
    this.#isReady = true;
    if (this.#readsBody) {
      this.#way.again?.repeat(call);
      return this.#way.exchange.resumeBody();
    }
    this.#readsBody = true;
    this.#way.exchange.readBody(this.#body);
  }
  informational(status: number, fields: Fields): void {
    if (!this.#isOver) this.#way.exchange.informational(status, fields);
  }
  head({ status, reason, fields, length, declared }: Response): void {
    if (this.#way.again?.isWanted(status)) {
      this.#call?.abort();
      return this.#later();
    }
    this.#status = status;
    fields.push(...this.#way.more(this.#tried.at(-1)!));
    const shaped = this.#way.shape?.(fields) ?? fields;
    this.#way.exchange.respond(status, reason, shaped, length === "close" ? "unknown" : length, declared);
  }
  data(piece: Buffer): boolean {
    this.#bytesOut += piece.length;
    return this.#way.exchange.write(piece);
  }
  flush(): void {
    if (this.#status !== 0 && !this.#isOver) this.#way.exchange.flush();
  }
  end(trailers: Fields): void {
    this.#finish(this.#status);
    this.#way.exchange.end(trailers);
  }
  /**
   * Asked again is only what nobody can have acted upon: no connection was made; or a kept connection ended without a word of
   * answer, as tired servers do, and the request may be made twice.
   */
  failed({ why, message, answered, reused }: Failure): void {
    if (this.#isOver) return;
    this.#call = undefined;
    const member = this.#tried.at(-1);
    if (why === "connect") member?.upstream.putAside(message === "late" ? silentAsideMs : refusedAsideMs);
    if (this.#status !== 0) {
      this.#finish(this.#status);
      return this.#way.exchange.abort();
    }
    if (this.#way.again?.isWanted(why)) return this.#later();
    const { sent, backend } = this.#way;
    const isTired = why === "closed" && reused && !answered && sent.length === 0 && repeatable.has(sent.method);
    const mayTry = (why === "connect" && !this.#readsBody) || isTired;
    if (isTired) this.#tried.pop(); // the endpoint is well
    if (mayTry && this.#asked.length < mostTries && backend.members.length > this.#tried.length) return this.#try();
    this.#refuse(why === "late" ? 504 : 502, `the backend failed: ${message}`);
  }
  /** Once more, after a while. */
  #later(): void {
    this.#call = undefined;
    this.#isReady = false;
    this.#way.again?.later(() => {
      if (!this.#isOver) this.#try();
    });
  }
  drained(): void {
    if (!this.#isOver) this.#way.exchange.resumeBody();
  }
  switched({ status, fields }: Response, connection: Duplex, first: Buffer): void {
    const client = this.#isOver ? undefined : this.#way.exchange.switchProtocols(fields);
    if (!client) return void connection.destroy();
    this.#finish(status);
    if (first.length > 0) connection.unshift(first);
    if (client.first.length > 0) client.connection.unshift(client.first);
    this.#way.join(client.connection, connection);
  }

  // What the client tells.

  readonly #body: BodyEvents = {
    data: (piece) => {
      this.#bytesIn += piece.length;
      const most = this.#way.options.mostBodyBytes;
      if (most > 0 && this.#bytesIn > most) {
        this.#call?.abort();
        this.#refuse(413, "the body is too large");
        return false;
      }
      this.#way.again?.keep(piece);
      // What comes between two attempts waits for the next.
      return this.#isReady && this.#call ? this.#call.write(piece) : !this.#way.again;
    },
    end: (trailers) => {
      this.#way.again?.ended(trailers);
      if (this.#isReady) this.#call?.end(trailers);
    },
  };
  /** The client takes more of the answer. */
  taken(): void {
    this.#call?.resume();
  }
  gone(): void {
    this.#call?.abort();
    this.#finish(this.#status || 499);
  }

  get #asked(): string[] {
    return this.#tried.map(({ endpoint }) => hostPort(endpoint.ip, endpoint.port));
  }
  #refuse(status: number, why: string): void {
    if (this.#isOver) return;
    if (this.#status !== 0) {
      this.#finish(this.#status);
      return this.#way.exchange.abort();
    }
    this.#finish(status);
    this.#way.refuse(status, why);
  }
  #finish(status: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#way.again?.stop();
    this.#call = undefined;
    this.#way.over({ status, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, asked: this.#asked });
  }
}
