/** HTTP/1.1 requests, and the connections that ask for another protocol. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Duplex, PassThrough } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Exchange } from "../contract.ts";
import type { ServerRequest } from "../request/call.ts";
import type { ApiServer } from "../server.ts";
import { clientCertificate } from "./client-certificate.ts";
import { abortOnClose, bodiless, noBody, readBody, run } from "./exchange.ts";
import type { Carrier } from "./respond.ts";

export function serveHttp1(server: ApiServer, message: IncomingMessage, response: ServerResponse, limit: number): void {
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
    ...clientCertificate(message.socket as TLSSocket),
    remoteAddress: message.socket.remoteAddress,
    body: () => {
      if (bodiless.has(method)) return noBody;
      body ??= readBody(message, message.headers["content-length"], limit);
      return body;
    },
    gone: () => abortOnClose(response),
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
      return response.destroyed || response.writableFinished;
    },
    get answered() {
      return response.headersSent;
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
export function serveUpgrade(server: ApiServer, message: IncomingMessage, socket: Duplex, head: Buffer): void {
  const request: ServerRequest = {
    method: message.method ?? "GET",
    url: message.url ?? "/",
    headers: message.headers,
    ...clientCertificate(message.socket as TLSSocket),
    remoteAddress: message.socket.remoteAddress,
    body: () => noBody,
    upgrade: { request: message, socket, head },
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
  let answered = false;
  run(server, request, {
    get closed() {
      return socket.destroyed;
    },
    get answered() {
      return answered;
    },
    head: (status, headers) => {
      answered = true;
      writeHead(socket, status, headers);
    },
    send: (status, headers, body) => {
      if (answered) return;
      answered = true;
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

/** An answer before there is a request. */
export const plainAnswer = (status: string) =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`;
