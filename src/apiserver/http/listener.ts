/** The TLS port: HTTP/2 streams without the compatibility layer, HTTP/1.1 with upgrades, client certificates on both. */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { type Duplex, PassThrough, type Readable } from "node:stream";
import type { PeerCertificate, TLSSocket } from "node:tls";
import { messageOf } from "#base/mod.ts";
import type { Exchange } from "../contract.ts";
import type { ServerRequest } from "../request/call.ts";
import { ApiError, tooLarge } from "../request/errors.ts";
import type { ApiServer } from "../server.ts";
import { type ConnectionLimits, Connections, usualConnectionLimits } from "./connections.ts";
import { type Carrier, respond } from "./respond.ts";

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
}

export interface Listener {
  port: number;
  /** New certificates for new connections. */
  renew(options: Pick<ListenOptions, "cert" | "key" | "clientCa">): void;
  close(): Promise<void>;
}

const defaultBodyLimit = 3 * 1024 * 1024;
const maxSessions = 5000;
/** Megabytes of answers under way on one HTTP/2 connection before Node refuses streams: all that its streams may hold. */
const sessionMegabytes = 512;

export async function listen(server: ApiServer, options: ListenOptions): Promise<Listener> {
  const { bodyLimit = defaultBodyLimit, clientCa, limits = usualConnectionLimits } = options;
  // A body may take as long as its request may: the request's own deadline bounds it.
  const http1Options = { headersTimeout: limits.firstRequestMs, keepAliveTimeout: limits.idleMs, requestTimeout: 0 };
  const http = createSecureServer({
    allowHTTP1: true,
    cert: options.cert,
    key: options.key,
    ca: clientCa,
    requestCert: clientCa !== undefined,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
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
  http.on("clientError", answerUnreadable);
  http.on("request", (request, response) => {
    // Only HTTP/1.1 comes this way: HTTP/2 streams are taken below.
    connections.asked((request as unknown as IncomingMessage).socket);
    serveHttp1(server, request as unknown as IncomingMessage, response as unknown as ServerResponse, bodyLimit);
  });
  // Listening for `request` installs Node's HTTP/2 compatibility layer on `stream`; ours is leaner.
  http.removeAllListeners("stream");
  http.on("stream", (stream, headers) => serveHttp2(server, stream as ServerHttp2Stream, headers, bodyLimit));
  http.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    connections.asked(socket as Socket);
    socket.on("error", quiet);
    serveUpgrade(server, request, socket, head);
  });
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen(options.port, options.host ?? "0.0.0.0", resolve);
  });
  http.on("error", quiet);
  return {
    port: (http.address() as AddressInfo).port,
    renew: ({ cert, key, clientCa: ca }) => http.setSecureContext({ cert, key, ca }),
    close: () => closeAll(http, sessions, sockets),
  };
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

const plainAnswer = (status: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;

function closeAll(http: Http2SecureServer, sessions: Set<ServerHttp2Session>, sockets: Set<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    for (const session of sessions) session.close();
    for (const socket of sockets) socket.destroy();
  });
}

/** One object per connection, so that authenticators can cache by it. */
const certificates = new WeakMap<object, PeerCertificate | null>();

function certificateOf(socket: TLSSocket | undefined): PeerCertificate | undefined {
  if (!socket) return undefined;
  let certificate = certificates.get(socket);
  if (certificate === undefined) {
    certificate = socket.authorized ? socket.getPeerCertificate() : null;
    if (certificate && Object.keys(certificate).length === 0) certificate = null;
    certificates.set(socket, certificate);
  }
  return certificate ?? undefined;
}

interface Peer {
  certificate: PeerCertificate | undefined;
  remoteAddress: string | undefined;
}
/** The proxy socket of a session is slow to ask: once per session is enough. */
const peers = new WeakMap<ServerHttp2Session, Peer>();

function peerOf(session: ServerHttp2Session | undefined): Peer {
  if (!session) return { certificate: undefined, remoteAddress: undefined };
  let peer = peers.get(session);
  if (!peer) {
    const socket = session.socket as TLSSocket;
    const certificate = socket.authorized ? socket.getPeerCertificate() : undefined;
    peer = { certificate: certificate && Object.keys(certificate).length ? certificate : undefined, remoteAddress: socket.remoteAddress };
    peers.set(session, peer);
  }
  return peer;
}

function readBody(stream: Readable, declared: string | undefined, limit: number): Promise<Buffer> {
  if (declared !== undefined && Number(declared) > limit) {
    stream.resume();
    return Promise.reject(tooLarge(`limit is ${limit}`));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks = undefined;
        reject(tooLarge(`limit is ${limit}`));
      } else chunks?.push(chunk);
    });
    stream.on("end", () => {
      if (chunks) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    stream.on("error", reject);
    stream.on("aborted", () => reject(new Error("the client went away")));
  });
}

const noBody = Buffer.alloc(0);
const bodiless = new Set(["GET", "HEAD", "OPTIONS"]);

/** Streams of a session that are open. */
const streamsOf = new WeakMap<ServerHttp2Session, number>();
const openStreams = (session: ServerHttp2Session) => streamsOf.get(session) ?? 0;

function serveHttp2(server: ApiServer, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, limit: number): void {
  const method = headers[":method"]!;
  stream.on("error", () => {});
  const session = stream.session as ServerHttp2Session | undefined;
  if (session) streamsOf.set(session, openStreams(session) + 1);
  const { certificate, remoteAddress } = peerOf(session);
  let body: Promise<Buffer> | undefined;
  const request: ServerRequest = {
    method,
    url: headers[":path"] ?? "/",
    headers,
    certificate,
    remoteAddress,
    body: () => {
      if (bodiless.has(method)) return noBody;
      body ??= readBody(stream, headers["content-length"] as string | undefined, limit);
      return body;
    },
    exchange: (query) => {
      const abort = abortOnClose(stream);
      return {
        method,
        url: headers[":path"]!,
        query,
        headers,
        body: stream,
        hasBody: !stream.endAfterHeaders,
        signal: abort,
        respond: (status, more = {}) => {
          if (stream.destroyed || stream.headersSent) return stream;
          stream.respond({ ":status": status, ...withoutHopByHop(more) });
          return stream;
        },
      };
    },
  };
  run(
    server,
    request,
    http2Carrier(stream, method === "HEAD", () => session && streamsOf.set(session, openStreams(session) - 1)),
  );
}

function run(server: ApiServer, request: ServerRequest, carrier: Carrier): void {
  respond(server, request, carrier).catch((error) => {
    server.log.error("answering a request failed", { url: request.url, error: messageOf(error), stack: (error as Error).stack });
    carrier.end();
  });
}

function withoutHopByHop(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  const { connection: _c, "keep-alive": _k, "transfer-encoding": _t, upgrade: _u, "proxy-connection": _p, ...rest } = headers;
  return rest;
}

function abortOnClose(stream: { once(event: "close", run: () => void): unknown }): AbortSignal {
  const abort = new AbortController();
  stream.once("close", () => abort.abort());
  return abort.signal;
}

function http2Carrier(stream: ServerHttp2Stream, isHead: boolean, closed: () => void): Carrier {
  const onClose = [closed];
  stream.once("close", () => {
    for (const run of onClose) run();
  });
  return {
    get closed() {
      return stream.destroyed || stream.closed;
    },
    head(status, headers) {
      if (stream.destroyed || stream.headersSent) return;
      stream.respond({ [constants.HTTP2_HEADER_STATUS]: status, ...headers });
    },
    send(status, headers, body) {
      if (stream.destroyed || stream.headersSent) return;
      if (status !== 304) headers["content-length"] = body.length;
      if (isHead || body.length === 0) stream.respond({ [constants.HTTP2_HEADER_STATUS]: status, ...headers }, { endStream: true });
      else {
        stream.respond({ [constants.HTTP2_HEADER_STATUS]: status, ...headers });
        stream.end(body);
      }
      // A body that nobody read (an early refusal) must not hold the connection's window.
      if (!stream.readableEnded) stream.resume();
    },
    write: (bytes) => (stream.destroyed || stream.writableEnded ? true : stream.write(bytes)),
    end: () => {
      if (!stream.destroyed && !stream.writableEnded) stream.end();
    },
    destroy: () => stream.destroyed || stream.close(constants.NGHTTP2_CANCEL),
    onRoom: (on) => void stream.on("drain", on),
    onClose: (on) => void onClose.push(on),
  };
}

function serveHttp1(server: ApiServer, message: IncomingMessage, response: ServerResponse, limit: number): void {
  if (message.httpVersionMajor >= 2) {
    // A request line of HTTP/2 in the clothes of HTTP/1.
    message.socket.end(plainAnswer("505 HTTP Version Not Supported: unsupported protocol version"));
    return;
  }
  const method = message.method ?? "GET";
  let body: Promise<Buffer> | undefined;
  const request: ServerRequest = {
    method,
    url: message.url ?? "/",
    headers: message.headers,
    certificate: certificateOf(message.socket as TLSSocket),
    remoteAddress: message.socket.remoteAddress,
    body: () => {
      if (bodiless.has(method)) return noBody;
      body ??= readBody(message, message.headers["content-length"], limit);
      return body;
    },
    exchange: (query) => exchangeHttp1(message, response, query),
  };
  response.on("error", () => {});
  run(server, request, http1Carrier(response));
}

function exchangeHttp1(message: IncomingMessage, response: ServerResponse, query: URLSearchParams): Exchange {
  return {
    method: message.method ?? "GET",
    url: message.url ?? "/",
    query,
    headers: message.headers,
    body: message,
    hasBody: message.headers["transfer-encoding"] !== undefined || Number(message.headers["content-length"] ?? 0) > 0,
    signal: abortOnClose(response),
    respond: (status, headers = {}) => {
      if (!response.headersSent) response.writeHead(status, headers);
      response.flushHeaders();
      return response;
    },
  };
}

function http1Carrier(response: ServerResponse): Carrier {
  return {
    get closed() {
      return response.destroyed || response.writableEnded;
    },
    head(status, headers) {
      if (!response.headersSent) response.writeHead(status, headers);
      response.flushHeaders();
    },
    send(status, headers, body) {
      if (response.headersSent) return;
      if (status !== 304) headers["content-length"] = body.length;
      response.writeHead(status, headers);
      response.end(body);
      if (!response.req.readableEnded) response.req.resume();
    },
    write: (bytes) => (response.destroyed || response.writableEnded ? true : response.write(bytes)),
    end: () => {
      if (!response.writableEnded) response.end();
    },
    destroy: () => void response.destroy(),
    onRoom: (on) => void response.on("drain", on),
    onClose: (on) => void response.once("close", on),
  };
}

/** An upgrade that a connecter takes over. Whatever else the answer is, it is written as a plain HTTP/1.1 response. */
function serveUpgrade(server: ApiServer, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const request: ServerRequest = {
    method: message.method ?? "GET",
    url: message.url ?? "/",
    headers: message.headers,
    certificate: certificateOf(message.socket as TLSSocket),
    remoteAddress: message.socket.remoteAddress,
    body: () => noBody,
    exchange: (query) => ({
      method: message.method ?? "GET",
      url: message.url ?? "/",
      query,
      headers: message.headers,
      body: message,
      hasBody: false,
      signal: abortOnClose(socket),
      upgrade: { request: message, socket, head },
      respond: (status, headers = {}) => {
        writeHead(socket, status, headers);
        const out = new PassThrough();
        out.pipe(socket);
        return out;
      },
    }),
  };
  run(server, request, {
    get closed() {
      return socket.destroyed;
    },
    head: (status, headers) => writeHead(socket, status, headers),
    send: (status, headers, body) => {
      writeHead(socket, status, { ...headers, "content-length": body.length });
      socket.end(body);
    },
    write: (bytes) => socket.write(bytes),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    onRoom: (on) => void socket.on("drain", on),
    onClose: (on) => void socket.once("close", on),
  });
}

function writeHead(socket: Duplex, status: number, headers: Record<string, string | string[] | number>): void {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}`),
  );
  socket.write(
    `HTTP/1.1 ${status} ${status === 101 ? "Switching Protocols" : "Answer"}\r\n${lines.join("\r\n")}\r\nconnection: close\r\n\r\n`,
  );
}

export { ApiError };
