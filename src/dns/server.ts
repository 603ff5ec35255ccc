/** Listens on UDP and TCP port 53 and answers from the zone; other names go to the resolvers that the node has. */
import { createSocket } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { type Clock, familyOf, Lifetime, type Log, messageOf } from "#base/mod.ts";
import { Answerer, failure } from "./answer.ts";
import type { Forwarder } from "./forward.ts";
import type { Zone } from "./zone.ts";

export interface DnsServerOptions {
  zone: Zone;
  forwarder: Forwarder;
  /** Every address to listen on. */
  addresses: string[];
  port?: number;
  clock: Clock;
  log: Log;
}

const serverFailure = 2;
const plainUdpBytes = 512;
const idleMs = 10_000;
const mostConnections = 1024;

/** Resolves when both protocols listen on every address. Two processes of one user may: one hands over to the other. */
export async function serveDns(options: DnsServerOptions): Promise<Lifetime> {
  const lifetime = new Lifetime({ log: options.log });
  const answerer = new Answerer(options.zone);
  const resolve = async (query: Buffer, limit: number | undefined): Promise<Buffer | undefined> => {
    const answer = answerer.answer(query, limit);
    if (answer === "ignore") return undefined;
    if (answer !== "forward") return answer;
    try {
      return await options.forwarder.ask(query, limit === undefined);
    } catch (error) {
      options.log.debug("dns: no resolver answered", { error: messageOf(error) });
      return failure(query, serverFailure);
    }
  };
  try {
    for (const address of options.addresses) {
      await listenUdp(address, options, resolve, lifetime);
      await listenTcp(address, options, resolve, lifetime);
    }
  } catch (error) {
    await lifetime.close();
    throw new Error(`dns: cannot listen on ${options.addresses.join(", ")}`, { cause: error });
  }
  return lifetime;
}

type Resolve = (query: Buffer, limit: number | undefined) => Promise<Buffer | undefined>;

async function listenUdp(address: string, options: DnsServerOptions, resolve: Resolve, lifetime: Lifetime): Promise<void> {
  const socket = createSocket({ type: familyOf(address) === "IPv6" ? "udp6" : "udp4", reusePort: true });
  socket.on("message", (query, peer) => {
    void resolve(query, plainUdpBytes).then((answer) => {
      if (answer && !lifetime.ended) socket.send(answer, peer.port, peer.address, () => {});
    });
  });
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.bind(options.port ?? 53, address, () => {
      socket.off("error", fail);
      socket.on("error", (error) => options.log.warn("dns: udp socket", { error: error.message }));
      done();
    });
  });
  lifetime.add(() => new Promise<void>((done) => socket.close(() => done())));
}

async function listenTcp(address: string, options: DnsServerOptions, resolve: Resolve, lifetime: Lifetime): Promise<void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setTimeout(idleMs, () => socket.destroy());
    let pending: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const query = pending.subarray(2, 2 + pending.readUInt16BE(0));
        pending = pending.subarray(2 + query.length);
        void resolve(Buffer.from(query), undefined).then((answer) => {
          if (!answer || socket.destroyed) return;
          const framed = Buffer.alloc(answer.length + 2);
          framed.writeUInt16BE(answer.length);
          answer.copy(framed, 2);
          socket.write(framed);
        });
      }
    });
  });
  server.maxConnections = mostConnections;
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ port: options.port ?? 53, host: address, reusePort: true }, () => {
      server.off("error", fail);
      done();
    });
  });
  lifetime.add(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  });
}
