/** The server's end of a WebSocket: accepted with a subprotocol of our choice, written no faster than it is read. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";

export type { WebSocket } from "ws";

/** A connection whose client asks for another protocol. */
export interface UpgradeOffer {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

export const wantsWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === "websocket";

/** The subprotocols that a client can speak, best first. */
export const subprotocolsOf = ({ headers }: IncomingMessage): string[] =>
  (headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

/**
 * Undefined: the handshake was not one (it has been answered), or the client has gone. Subprotocols are chosen before `ws` sees
 * them: Kubernetes has names with a slash (`SPDY/3.1+portforward.k8s.io`), which RFC 6455 does not know and `ws` refuses.
 */
export function acceptWebSocket(
  { request, socket, head }: UpgradeOffer,
  { protocol, maxPayload }: { protocol?: string; maxPayload: number },
): WebSocket | undefined {
  const server = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload });
  if (protocol) server.on("headers", (lines: string[]) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  const { "sec-websocket-protocol": _chosen, ...headers } = request.headers;
  const asked = Object.create(request, { headers: { value: headers } }) as IncomingMessage;
  let accepted: WebSocket | undefined;
  server.handleUpgrade(asked, socket, head, (one) => {
    accepted = one;
  });
  return accepted;
}

/** The bytes of a WebSocket's binary messages, both ways. */
export const bytesOf = (socket: WebSocket): Duplex => createWebSocketStream(socket, { highWaterMark: 64 * 1024 });

/** What may wait for a client before its source is paused, and how little must be left before it goes on. */
const mostWaiting = 256 * 1024;
const leastWaiting = 64 * 1024;

/** Sends for a source that can be paused: no more than a bound (and what the source had read already) waits for the client. */
export function pacedSender(socket: WebSocket, source: { pause(): void; resume(): void }): (data: Uint8Array | string) => void {
  let waiting = 0;
  let paused = false;
  return (data) => {
    const { length } = data;
    waiting += length;
    socket.send(data, { binary: typeof data !== "string" }, () => {
      waiting -= length;
      if (!paused || waiting > leastWaiting) return;
      paused = false;
      source.resume();
    });
    if (paused || waiting <= mostWaiting) return;
    paused = true;
    source.pause();
  };
}
