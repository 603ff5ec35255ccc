/** The connections of a transport: given up together, or left to end while new ones show another certificate. */
import { Pool } from "undici";

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

export class Connections {
  readonly #origin: string;
  #options: ConnectionOptions;
  #plain: Pool;
  #streams: Pool;
  /** They take nothing new and end with their last answer. */
  readonly #leaving = new Set<Pool>();

  constructor(origin: string, options: ConnectionOptions) {
    this.#origin = origin;
    this.#options = options;
    [this.#plain, this.#streams] = this.#make();
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
    await Promise.all([this.#plain, this.#streams, ...this.#leaving].map((pool) => pool.destroy()));
  }
  #replace(): [Pool, Pool] {
    const old: [Pool, Pool] = [this.#plain, this.#streams];
    [this.#plain, this.#streams] = this.#make();
    return old;
  }
  #make(): [Pool, Pool] {
    const { ca, cert, key, insecureSkipTlsVerify, tlsServerName, connections = 16 } = this.#options;
    const connect = { ca, cert, key, rejectUnauthorized: !insecureSkipTlsVerify, ...(tlsServerName ? { servername: tlsServerName } : {}) };
    return [
      new Pool(this.#origin, { connections, pipelining: 1, connect, keepAliveTimeout: 30_000 }),
      new Pool(this.#origin, { connections: null, pipelining: 1, connect, keepAliveTimeout: 1000 }),
    ];
  }
}
