/** The ports that clients come to: plain and TLS, with a bound on how many may be inside. */
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { createServer as createTlsServer, type SecureContext, type TLSSocket, type Server as TlsServer } from "node:tls";
import { type Clock, every, type Timer } from "#base/mod.ts";
import type { Client, Exchange, Front, FrontOwner } from "../http/exchange.ts";
import { Front1 } from "../http/front1.ts";
import { Front2 } from "../http/front2.ts";
import type { BadMessage } from "../http/head.ts";

export interface DoorOptions {
  clock: Clock;
  enter(exchange: Exchange): void;
  refused?(client: Client, error: BadMessage): void;
  /** For clients that name no host. */
  certificate: { cert: string; key: string; ca?: string | undefined };
  /** For the host that a client names. */
  contextFor(name: string): Promise<SecureContext> | SecureContext;
  /** Called once a second, for whatever else has limits of time. */
  look?(nowMs: number): void;
}

export interface Place {
  host: string;
  port: number;
  secure: boolean;
  /** Who answers there, where it is not the door's own. */
  own?: Pick<DoorOptions, "enter" | "certificate" | "contextFor">;
  /** Clients must show certificates of the authorities that go with those of `own`. */
  needsClients?: boolean;
  /** Takes connections as they come, whatever they speak. */
  raw?(socket: Socket): void;
}

export interface Listening {
  port: number;
  /** From now on clients that name no host get this one. */
  renew(certificate: DoorOptions["certificate"]): void;
  close(): Promise<void>;
}

const minVersion = "TLSv1.2";
const mostConnections = 16_384;
const lookMs = 1000;
const handshakeMs = 15_000;
const drainMs = 10_000;

export class Door {
  readonly #options: DoorOptions;
  readonly #fronts = new Set<Front>();
  readonly #servers = new Set<Server>();
  readonly #looks: Timer;
  readonly #owner: FrontOwner;
  #isClosing = false;

  constructor(options: DoorOptions) {
    this.#options = options;
    const { clock } = options;
    this.#owner = this.#ownerWith(options.enter);
    this.#looks = every(clock, lookMs, () => {
      const now = clock.monotonic();
      for (const front of this.#fronts) front.look(now);
      options.look?.(now);
    });
  }
  get connections(): number {
    return this.#fronts.size;
  }
  /** Resolves with the port; rejects when somebody else has it. */
  async listen({ host, port, secure, own, raw, needsClients = false }: Place): Promise<Listening> {
    const owner = own ? this.#ownerWith(own.enter) : this.#owner;
    const server = raw
      ? createServer({ allowHalfOpen: true }, raw)
      : secure
        ? this.#tlsServer(own ?? this.#options, owner, needsClients)
        : createServer((socket) => this.#take(socket, false, owner));
    server.maxConnections = mostConnections;
    await new Promise<void>((done, fail) => {
      server.once("error", fail);
      server.listen(port, host, () => {
        server.off("error", fail);
        server.on("error", () => {}); // of one connection that could not be accepted
        done();
      });
    });
    this.#servers.add(server);
    const at = server.address();
    return {
      port: typeof at === "object" && at ? at.port : port,
      renew: (certificate) => {
        if ("setSecureContext" in server) (server as TlsServer).setSecureContext({ ...certificate, minVersion });
      },
      close: async () => {
        this.#servers.delete(server);
        await new Promise<void>((done) => void server.close(() => done()));
      },
    };
  }
  /** No new connections; requests under way get their time. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const server of this.#servers) server.close();
    for (const front of this.#fronts) front.retire();
    const end = this.#options.clock.monotonic() + drainMs;
    while (this.#fronts.size > 0 && this.#options.clock.monotonic() < end) await this.#options.clock.sleep(50);
    for (const front of this.#fronts) front.destroy();
    this.#looks.cancel();
  }

  #ownerWith(enter: DoorOptions["enter"]): FrontOwner {
    const isClosing = () => this.#isClosing;
    const owner: FrontOwner = {
      enter,
      refused: (client, error) => this.#options.refused?.(client, error),
      speaks2: (front, connection, first) => {
        this.#fronts.delete(front);
        connection.unshift(first);
        this.#fronts.add(new Front2(connection, clientOf(connection, false), owner));
      },
      gone: (front) => this.#fronts.delete(front),
      now: () => this.#options.clock.monotonic(),
      get isClosing() {
        return isClosing();
      },
    };
    return owner;
  }
  #tlsServer(
    { certificate, contextFor }: Pick<DoorOptions, "certificate" | "contextFor">,
    owner: FrontOwner,
    needsClients: boolean,
  ): Server {
    const server = createTlsServer({
      ...certificate,
      requestCert: needsClients,
      rejectUnauthorized: needsClients,
      ALPNProtocols: ["h2", "http/1.1"],
      minVersion,
      handshakeTimeout: handshakeMs,
      SNICallback: (name, done) => {
        new Promise<SecureContext>((resolve) => resolve(contextFor(name))).then((context) => done(null, context), done);
      },
    });
    server.on("secureConnection", (socket: TLSSocket) => this.#take(socket, true, owner));
    server.on("tlsClientError", (_, socket) => socket.destroy());
    return server;
  }
  #take(socket: Socket, secure: boolean, owner: FrontOwner): void {
    if (socket.remoteAddress === undefined || this.#fronts.size >= mostConnections) return void socket.destroy();
    socket.setNoDelay(true);
    const speaks2 = secure && (socket as TLSSocket).alpnProtocol === "h2";
    this.#fronts.add(new (speaks2 ? Front2 : Front1)(socket, clientOf(socket, secure), owner));
  }
}

function clientOf(socket: Socket, secure: boolean): Client {
  const { remoteAddress = "", localPort = 0 } = socket;
  const address = remoteAddress.startsWith("::ffff:") ? remoteAddress.slice(7) : remoteAddress;
  const named = secure ? (socket as TLSSocket).servername : undefined;
  return { address, port: localPort, secure, ...(named ? { serverName: named.toLowerCase() } : {}) };
}
