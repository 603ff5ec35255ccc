/** Listens on the host's loopback and passes TCP streams and UDP datagrams on to a target that may change. */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";
import { type Clock, familyOf, Lifetime, type Log, type Timer } from "#base/mod.ts";

export interface Destination {
  address: string;
  port: number;
}

export interface ForwardOptions {
  protocol: "TCP" | "UDP";
  port: number;
  /** Asked at each connection; undefined: nobody can take it now. */
  pick(): Destination | undefined;
  clock: Clock;
  log: Log;
}

const loopback = "127.0.0.1";
const connectMs = 5000;
const idleMs = 60_000;
const mostSessions = 4096;

/** Rejects when the port is taken by somebody else. */
export async function forward(options: ForwardOptions): Promise<Lifetime> {
  return options.protocol === "TCP" ? forwardTcp(options) : forwardUdp(options);
}

async function forwardTcp({ port, pick, clock, log }: ForwardOptions): Promise<Lifetime> {
  const lifetime = new Lifetime({ log });
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = pick();
    if (!target) return client.destroy();
    const upstream = connect({ host: target.address, port: target.port, allowHalfOpen: true });
    const timer = clock.after(connectMs, () => upstream.destroy());
    upstream.once("connect", () => timer.cancel());
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        open.delete(socket);
        timer.cancel();
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.maxConnections = mostSessions;
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, loopback, () => {
      server.off("error", fail);
      server.on("error", (error) => log.warn("balancer: host port", { port, error: error.message }));
      done();
    });
  });
  lifetime.add(async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  });
  return lifetime;
}

interface Session {
  socket: DatagramSocket;
  timer: Timer;
}

async function forwardUdp({ port, pick, clock, log }: ForwardOptions): Promise<Lifetime> {
  const lifetime = new Lifetime({ log });
  const front = createSocket("udp4");
  const sessions = new Map<string, Session>();
  const end = (key: string) => {
    const session = sessions.get(key);
    sessions.delete(key);
    session?.timer.cancel();
    session?.socket.close();
  };
  front.on("message", (data, peer) => {
    const key = `${peer.address}:${peer.port}`;
    let session = sessions.get(key);
    if (!session) {
      const target = pick();
      if (!target || sessions.size >= mostSessions) return;
      const socket = createSocket(familyOf(target.address) === "IPv6" ? "udp6" : "udp4");
      socket.on("message", (answer) => front.send(answer, peer.port, peer.address, () => {}));
      socket.on("error", () => end(key));
      socket.connect(target.port, target.address);
      session = { socket, timer: { cancel() {} } };
      sessions.set(key, session);
      socket.once("connect", () => socket.send(data, () => {}));
    } else session.socket.send(data, () => {});
    session.timer.cancel();
    session.timer = clock.after(idleMs, () => end(key), { background: true });
  });
  await new Promise<void>((done, fail) => {
    front.once("error", fail);
    front.bind(port, loopback, () => {
      front.off("error", fail);
      front.on("error", (error) => log.warn("balancer: host port", { port, error: error.message }));
      done();
    });
  });
  lifetime.add(async () => {
    for (const key of [...sessions.keys()]) end(key);
    await new Promise<void>((done) => front.close(() => done()));
  });
  return lifetime;
}
