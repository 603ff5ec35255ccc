/** The certificates that go by name on a TLS port, as their files are now. */
import type { SecureContext, SecureContextOptions } from "node:tls";
import { messageOf } from "#base/mod.ts";
import type { ApiServer } from "../server.ts";
import { followFile } from "../settings/follow-file.ts";
import { type ContextOf, namedContexts, type PortTls } from "../settings/port-tls.ts";

type Trusted = SecureContextOptions["ca"];
type Answer = (error: Error | null, context?: SecureContext) => void;

export class ShownCertificates {
  readonly #tls: PortTls;
  readonly #server: ApiServer;
  readonly #stops: (() => void)[];
  #contextOf: ContextOf;
  #clientCa: Trusted;

  constructor(tls: PortTls, server: ApiServer, clientCa: Trusted) {
    this.#tls = tls;
    this.#server = server;
    this.#clientCa = clientCa;
    this.#contextOf = namedContexts(tls, clientCa);
    const files = new Set(tls.named.flatMap(({ cert, key }) => [cert, key]));
    this.#stops = [...files].map((file) => followFile(file, server.clock, () => this.#read()));
  }

  /** For `createSecureServer`: without a context the port's own is taken. */
  readonly choose = (servername: string, answer: Answer): void => answer(null, this.#contextOf(servername));

  /** Other authorities of clients. */
  trust(clientCa: Trusted): void {
    this.#clientCa = clientCa;
    this.#read();
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #read(): void {
    try {
      this.#contextOf = namedContexts(this.#tls, this.#clientCa);
    } catch (error) {
      this.#server.log.warn("the certificates that go by name stay as they were", { error: messageOf(error) });
    }
  }
}
