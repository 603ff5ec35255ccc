/** Listens on UDP and TCP for what is in force, at every address; another configuration may come at any time. */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { familyOf, Lifetime, type Log } from "#base/mod.ts";
import { plainPort } from "./corefile/zones.ts";
import type { Peer } from "./serving.ts";

export interface DnsServerOptions {
  respond(port: number, query: Buffer, peer: Peer): Buffer | Promise<Buffer> | undefined;
  /** Every address to listen on. */
  addresses: readonly string[];
  /** What stands for port 53. */
  port?: number | undefined;
  log: Log;
}

const idleMs = 10_000;
const mostConnections = 1024;

/** The listeners of the ports that are wanted. */
export class DnsListeners {
  readonly #options: DnsServerOptions;
  readonly #open = new Map<number, Lifetime>();

  constructor(options: DnsServerOptions) {
    this.#options = options;
  }
  /** Opens what is not open yet: nothing when it rejects. Two processes of one user may: one hands over to the other. */
  async open(ports: readonly number[]): Promise<void> {
    const fresh: number[] = [];
    try {
      for (const port of ports) {
        if (this.#open.has(port)) continue;
        const lifetime = new Lifetime({ log: this.#options.log });
        this.#open.set(port, lifetime);
        fresh.push(port);
        await listen(port, this.#options, lifetime);
      }
    } catch (error) {
      for (const port of fresh) await this.#close(port);
      throw new Error(`dns: cannot listen on ${this.#options.addresses.join(", ")}`, { cause: error });
    }
  }
  async keepOnly(ports: readonly number[]): Promise<void> {
    for (const port of [...this.#open.keys()]) if (!ports.includes(port)) await this.#close(port);
  }
  async #close(port: number): Promise<void> {
    const lifetime = this.#open.get(port);
    this.#open.delete(port);
    await lifetime?.close();
  }
}

async function listen(port: number, options: DnsServerOptions, lifetime: Lifetime): Promise<void> {
  for (const address of options.addresses) {
    const place = { port, real: port === plainPort ? (options.port ?? port) : port, address };
    await listenUdp(place, options, lifetime);
    await listenTcp(place, options, lifetime);
  }
}

interface Where {
  /** As the configuration has it. */
  port: number;
  real: number;
  address: string;
}

async function listenUdp({ port, real, address }: Where, { respond, log }: DnsServerOptions, lifetime: Lifetime): Promise<void> {
  const socket = createSocket({ type: familyOf(address) === "IPv6" ? "udp6" : "udp4", reusePort: true });
  socket.on("message", (query, peer) => {
    const send = (answer: Buffer) => {
      if (!lifetime.ended) socket.send(answer, peer.port, peer.address, () => {});
    };
    const answer = respond(port, query, { address: peer.address, port: peer.port, stream: false, local: address });
    if (answer instanceof Promise) void answer.then(send);
    else if (answer) send(answer);
  });
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.bind(real, address, () => {
      socket.off("error", fail);
      socket.on("error", (error) => log.warn("dns: udp socket", { error: error.message }));
      done();
    });
  });
  lifetime.add(() => new Promise<void>((done) => socket.close(() => done())));
}

async function listenTcp({ port, real, address }: Where, { respond }: DnsServerOptions, lifetime: Lifetime): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(idleMs, () => socket.destroy());
    const peer: Peer = { address: socket.remoteAddress ?? address, port: socket.remotePort ?? 0, stream: true, local: address };
    const send = (answer: Buffer) => {
      if (socket.destroyed) return;
      const framed = Buffer.alloc(answer.length + 2);
      framed.writeUInt16BE(answer.length);
      answer.copy(framed, 2);
      socket.write(framed);
    };
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const query = Buffer.from(pending.subarray(2, 2 + pending.readUInt16BE(0)));
        pending = pending.subarray(2 + query.length);
        const answer = respond(port, query, peer);
        if (answer instanceof Promise) void answer.then(send);
        else if (answer) send(answer);
      }
    });
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ port: real, host: address, reusePort: true }, () => {
      server.off("error", fail);
      done();
    });
  });
  lifetime.add(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  });
}
