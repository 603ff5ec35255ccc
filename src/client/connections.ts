/** The connections of a transport: given up together, or left to end while new ones show another certificate. */
import { Pool } from "undici";
import type { Servers } from "./servers.ts";

export interface Identity {
  /** PEM. */
  cert: string;
  key: string;
}

export interface ConnectionOptions extends Partial<Identity> {
  ca?: string;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  connections?: number;
}

const connectMs = 3000;

export class Connections {
  readonly #server: string | Servers;
  #options: ConnectionOptions;
  #stopFollowing: (() => void) | undefined;
  #plain: Pool;
  #streams: Pool;
  /** They take nothing new and end with their last answer. */
  readonly #leaving = new Set<Pool>();

  constructor(server: string | Servers, options: ConnectionOptions) {
    this.#server = server;
    this.#options = options;
    [this.#plain, this.#streams] = this.#make();
    if (typeof server !== "string") this.#stopFollowing = server.onChange((moved) => moved && this.reset());
  }
  /** Of the server that is asked now. */
  get origin(): string {
    return new URL(typeof this.#server === "string" ? this.#server : this.#server.current).origin;
  }
  get plain(): Pool {
    return this.#plain;
  }
  /** A watch holds its connection: it must never make plain requests wait. */
  get streams(): Pool {
    return this.#streams;
  }
  renew(identity: Identity): void {
    this.#options = { ...this.#options, ...identity };
    for (const pool of this.#replace()) {
      this.#leaving.add(pool);
      void pool
        .close()
        .catch(() => {})
        .finally(() => this.#leaving.delete(pool));
    }
  }
  reset(): void {
    const why = new Error("the connection was given up");
    for (const pool of [...this.#replace(), ...this.#leaving]) void pool.destroy(why).catch(() => {});
  }
  async close(): Promise<void> {
    this.#stopFollowing?.();
    await Promise.all([this.#plain, this.#streams, ...this.#leaving].map((pool) => pool.destroy()));
  }
  #replace(): [Pool, Pool] {
    const old: [Pool, Pool] = [this.#plain, this.#streams];
    [this.#plain, this.#streams] = this.#make();
    return old;
  }
  #make(): [Pool, Pool] {
    const { ca, cert, key, insecureSkipTlsVerify, tlsServerName, connections = 16 } = this.#options;
    const { origin } = this;
    const connect = {
      ca,
      // As Go: the server's own certificate may be what is trusted.
      allowPartialTrustChain: true,
      cert,
      key,
      rejectUnauthorized: !insecureSkipTlsVerify,
      ...(tlsServerName ? { servername: tlsServerName } : {}),
      // Where there is another one, a machine that is gone is not waited for.
      ...(typeof this.#server === "string" ? {} : { timeout: connectMs }),
    };
    return [
      new Pool(origin, { connections, pipelining: 1, connect, keepAliveTimeout: 30_000 }),
      new Pool(origin, { connections: null, pipelining: 1, connect, keepAliveTimeout: 1000 }),
    ];
  }
}
