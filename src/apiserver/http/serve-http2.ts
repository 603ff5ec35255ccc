/** HTTP/2 streams as requests, without Node's compatibility layer. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { ServerRequest } from "../request/call.ts";
import type { ApiServer } from "../server.ts";
import { clientCertificate } from "./client-certificate.ts";
import { abortOnClose, bodiless, noBody, readBody, run } from "./exchange.ts";
import type { Carrier } from "./respond.ts";

/** Streams of a session that are open. */
const streamsOf = new WeakMap<ServerHttp2Session, number>();
export const openStreams = (session: ServerHttp2Session) => streamsOf.get(session) ?? 0;

export function serveHttp2(server: ApiServer, stream: ServerHttp2Stream, headers: IncomingHttpHeaders, limit: number): void {
  const method = headers[":method"]!;
  stream.on("error", () => {});
  const session = stream.session as ServerHttp2Session | undefined;
  if (session) streamsOf.set(session, openStreams(session) + 1);
  const peer = peerOf(session);
  let body: Promise<Buffer> | undefined;
  const request: ServerRequest = {
    method,
    url: headers[":path"] ?? "/",
    headers,
    ...peer,
    body: () => {
      if (bodiless.has(method)) return noBody;
      body ??= readBody(stream, headers["content-length"] as string | undefined, limit);
      return body;
    },
    gone: () => abortOnClose(stream),
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

type Peer = ReturnType<typeof clientCertificate> & { remoteAddress?: string };
/** The proxy socket of a session is slow to ask: once per session is enough. */
const peers = new WeakMap<ServerHttp2Session, Peer>();

function peerOf(session: ServerHttp2Session | undefined): Peer {
  if (!session) return {};
  let peer = peers.get(session);
  if (!peer) {
    const socket = session.socket as TLSSocket;
    peer = { ...clientCertificate(socket), remoteAddress: socket.remoteAddress };
    peers.set(session, peer);
  }
  return peer;
}

function withoutHopByHop(headers: Record<string, string | string[]>): Record<string, string | string[]> {
  const { connection: _c, "keep-alive": _k, "transfer-encoding": _t, upgrade: _u, "proxy-connection": _p, ...rest } = headers;
  return rest;
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
    get answered() {
      return stream.headersSent;
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
      // A body that nobody read (an early refusal) must not hold the connection's window. A stream without a body is left unread:
      // Node then destroys it after its last write, not before, which would make an error (with its stack) of every answer.
      if (!stream.endAfterHeaders && !stream.readableEnded) stream.resume();
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
