/** For tests: real backends, a door before them, and ways to ask. */
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, createServer as createRawServer, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { systemClock } from "#base/mod.ts";
import { anIngress, oneClass } from "../routes/builders.ts";
import type { Endpoint } from "../routes/endpoints.ts";
import type { Protocol } from "../routes/options.ts";
import { tableOf } from "../routes/table.ts";
import { Answerer, type Visit } from "./answerer.ts";
import { Backends } from "./backends.ts";
import { Door } from "./door.ts";

export interface Stage {
  backends: Backends;
  answerer: Answerer;
  visits: Visit[];
  /** Of the plain and the TLS door. */
  plain: number;
  secure: number;
  /** From now on the one backend has these endpoints. */
  lead(...endpoints: Endpoint[]): void;
  /** Sends text as it is and resolves with all that is answered until the connection ends. */
  raw(text: string): Promise<string>;
  close(): Promise<void>;
}

export interface StageOptions {
  certificate?: { cert: string; key: string };
  contextFor?(name: string): SecureContext;
  ingress?: Parameters<typeof anIngress>[0];
  protocol?: Protocol;
}

/** Every host and path leads to the Service `s`. */
export async function aStage({ certificate, contextFor, ingress, protocol = "HTTP" }: StageOptions = {}): Promise<Stage> {
  const clock = systemClock;
  const backends = new Backends(clock);
  const visits: Visit[] = [];
  const answerer = new Answerer({ clock, backends, visited: (visit) => void visits.push(visit) });
  const annotations: Record<string, string> = protocol === "HTTP" ? {} : { "nginx.ingress.kubernetes.io/backend-protocol": protocol };
  answerer.table = tableOf(
    [anIngress({ annotations, spec: { defaultBackend: { service: { name: "s", port: { number: 80 } } } }, ...ingress })],
    oneClass,
  );
  const door = new Door({
    clock,
    enter: (exchange) => answerer.answer(exchange),
    certificate: certificate ?? { cert: "", key: "" },
    contextFor: contextFor ?? (() => Promise.reject(new Error("no certificates here"))),
    look: (now) => backends.look(now),
  });
  const { port: plain } = await door.listen({ host: "127.0.0.1", port: 0, secure: false });
  const secure = certificate ? (await door.listen({ host: "127.0.0.1", port: 0, secure: true })).port : 0;
  return {
    backends,
    answerer,
    visits,
    plain,
    secure,
    lead: (...endpoints) => backends.set(new Map([[`default/s:80 ${protocol}`, { protocol, endpoints }]])),
    raw: (text) => say(plain, text),
    async close() {
      await door.close();
      answerer.close();
      backends.close();
    },
  };
}

export interface Served {
  endpoint: Endpoint;
  close(): Promise<void>;
}

export interface Server1 extends Served {
  /** Ends as a pod does that is asked to: what is under way is answered. */
  finish(): Promise<void>;
}

const at = (server: { address(): unknown }): Endpoint => ({ ip: "127.0.0.1", port: (server.address() as { port: number }).port });

/** A backend of Node's own HTTP server. */
export async function serve(answer: RequestListener, prepare?: (server: Server) => void): Promise<Server1> {
  const server = createServer(answer);
  prepare?.(server);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return {
    endpoint: at(server),
    finish: () => new Promise((done) => void server.close(() => done())),
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A backend that says what the test lets it say. */
export async function serveRaw(take: (socket: Socket, said: string) => void): Promise<Served> {
  const open = new Set<Socket>();
  const server = createRawServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes) => take(socket, bytes.toString("latin1")));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return {
    endpoint: at(server),
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

function say(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    let answer = "";
    socket.on("data", (bytes) => {
      answer += bytes.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("end", () => {
      socket.destroy();
      resolve(answer);
    });
    socket.write(text, "latin1");
  });
}
