/** The TLS port: HTTP/2 streams without the compatibility layer, HTTP/1.1 with upgrades, client certificates on both. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { messageOf } from "#base/mod.ts";
import type { ApiServer } from "../server.ts";
import type { PortTls } from "../settings/port-tls.ts";
import { type ConnectionLimits, Connections, usualConnectionLimits } from "./connections.ts";
import { plainAnswer, serveHttp1, serveUpgrade } from "./serve-http1.ts";
import { openStreams, serveHttp2 } from "./serve-http2.ts";
import { ShownCertificates } from "./shown-certificates.ts";

export interface ListenOptions {
  host?: string;
  port: number;
  cert: string | Buffer;
  key: string | Buffer;
  /** Client certificates signed by these are believed. */
  clientCa?: string | Buffer | (string | Buffer)[];
  /** Largest body of a request. */
  bodyLimit?: number;
  limits?: ConnectionLimits;
  /** The chance, at most 0.02, that a request over HTTP/2 asks its client to connect anew, so that clients spread over servers. */
  goawayChance?: number;
  /** Else TLS 1.2 and newer with Node's suites, and one certificate for all. */
  tls?: PortTls;
}

export interface Listener {
  port: number;
  /** New certificates for new connections. */
  renew(options: Pick<ListenOptions, "cert" | "key" | "clientCa">): void;
  close(): Promise<void>;
}

const defaultBodyLimit = 3 * 1024 * 1024;
const plainTls: PortTls = { handshake: { minVersion: "TLSv1.2" }, named: [] };
const maxSessions = 5000;
const mostGoaway = 0.02;
/** Megabytes of answers under way on one HTTP/2 connection before Node refuses streams: all that its streams may hold. */
const sessionMegabytes = 512;

export async function listen(server: ApiServer, options: ListenOptions): Promise<Listener> {
  const { bodyLimit = defaultBodyLimit, clientCa, limits = usualConnectionLimits, goawayChance = 0 } = options;
  checkGoaway(goawayChance);
  const { tls = plainTls } = options;
  const shown = new ShownCertificates(tls, server, clientCa);
  // A body may take as long as its request may: the request's own deadline bounds it.
  const http1Options = { headersTimeout: limits.firstRequestMs, keepAliveTimeout: limits.idleMs, requestTimeout: 0 };
  const http = createSecureServer({
    allowHTTP1: true,
    cert: options.cert,
    key: options.key,
    ca: clientCa,
    requestCert: clientCa !== undefined,
    rejectUnauthorized: false,
    ...tls.handshake,
    // Who is asked for each handshake costs a turn.
    ...(tls.named.length > 0 ? { SNICallback: shown.choose } : {}),
    settings: { maxConcurrentStreams: 1000, initialWindowSize: 1024 * 1024, maxFrameSize: 64 * 1024 },
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxSessionMemory: sessionMegabytes,
    unknownProtocolTimeout: 5000,
    http1Options,
  });
  const connections = new Connections(limits, server.clock);
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Duplex>();
  const quiet = (error: unknown) => server.log.debug("a connection failed", { error: messageOf(error) });
  http.on("connection", (socket: Socket) => {
    connections.accept(socket);
    socket.on("error", quiet);
  });
  http.on("session", (session) => {
    if (sessions.size >= maxSessions) return session.destroy();
    sessions.add(session);
    session.once("stream", () => connections.asked(session.socket as Socket));
    session.on("close", () => sessions.delete(session));
    session.on("error", quiet);
    // Ends after the streams that are open, and takes no more: what is never idle notices nothing.
    session.setTimeout(limits.idleMs, () => openStreams(session) === 0 && session.close());
  });
  http.on("sessionError", quiet);
  http.on("tlsClientError", quiet);
  http.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", quiet);
  });
  takeRequests(http, server, { connections, bodyLimit, goawayChance, quiet });
  await opened(http, options);
  http.on("error", quiet);
  return {
    port: (http.address() as AddressInfo).port,
    renew({ cert, key, clientCa: ca }) {
      http.setSecureContext({ cert, key, ca, ...tls.handshake });
      shown.trust(ca);
    },
    close() {
      shown.close();
      return closeAll(http, sessions, sockets);
    },
  };
}

interface Taking {
  connections: Connections;
  bodyLimit: number;
  goawayChance: number;
  quiet(error: unknown): void;
}

function takeRequests(http: Http2SecureServer, server: ApiServer, { connections, bodyLimit, goawayChance, quiet }: Taking): void {
  http.on("clientError", answerUnreadable);
  http.on("request", (request, response) => {
    // Only HTTP/1.1 comes this way: HTTP/2 streams are taken below.
    connections.asked((request as unknown as IncomingMessage).socket);
    serveHttp1(server, request as unknown as IncomingMessage, response as unknown as ServerResponse, bodyLimit);
  });
  // Listening for `request` installs Node's HTTP/2 compatibility layer on `stream`; ours is leaner.
  http.removeAllListeners("stream");
  http.on("stream", (stream, headers) => {
    // The session ends after the streams that are open: nothing is cut.
    if (goawayChance > 0 && server.random.next() < goawayChance) stream.session?.close();
    serveHttp2(server, stream as ServerHttp2Stream, headers, bodyLimit);
  });
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    connections.asked(socket as Socket);
    socket.on("error", quiet);
    serveUpgrade(server, request, socket, head);
  });
}

function opened(http: Http2SecureServer, { port, host = "0.0.0.0" }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once("error", reject);
    http.listen(port, host, resolve);
  });
}

function checkGoaway(chance: number): void {
  if (!(chance >= 0 && chance <= mostGoaway)) throw new Error(`--goaway-chance can not be less than 0 or greater than ${mostGoaway}`);
}

function answerUnreadable({ code = "" }: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.writable) socket.end(badRequestLine(code));
  else socket.destroy();
}

/** What Go's server says to requests that it cannot read: clients and probes match on it. */
function badRequestLine(code: string): string {
  if (code === "ERR_SSL_HTTP_REQUEST") return "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
  if (code === "HPE_HEADER_OVERFLOW") return plainAnswer("431 Request Header Fields Too Large");
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return plainAnswer("408 Request Timeout");
  return plainAnswer("400 Bad Request");
}

function closeAll(http: Http2SecureServer, sessions: Set<ServerHttp2Session>, sockets: Set<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    for (const session of sessions) session.close();
    for (const socket of sockets) socket.destroy();
  });
}
