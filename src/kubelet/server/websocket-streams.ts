/**
 * Speaks WebSocket with the client and SPDY with the runtime, whose own WebSocket knows no half-close: without it a command that
 * reads its input to the end would wait for ever.
 */
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Clock, messageOf } from "#base/mod.ts";
import { connectSpdy, type SpdyStream } from "#net/mod.ts";

const channels = ["stdin", "stdout", "stderr", "error", "resize"] as const;
const closeChannel = 255;
const v5 = "v5.channel.k8s.io";
const v4 = "v4.channel.k8s.io";
const tunnel = "SPDY/3.1+portforward.k8s.io";

export interface Streams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

const protocolsOf = (request: IncomingMessage) => (request.headers["sec-websocket-protocol"] ?? "").split(",").map((each) => each.trim());

/** True when the client speaks WebSocket in a form that we translate. */
export function translates(request: IncomingMessage, what: string): boolean {
  if (request.headers.upgrade?.toLowerCase() !== "websocket") return false;
  const offered = protocolsOf(request);
  return what === "portForward" ? offered.includes(tunnel) : offered.includes(v5) || offered.includes(v4);
}

const server = new WebSocketServer({
  noServer: true,
  maxPayload: 32 * 1024 * 1024,
  handleProtocols: (offered) => [v5, v4, tunnel].find((each) => offered.has(each)) ?? false,
});

/** Rejects before the client is answered when the runtime refuses. */
export async function translate(
  client: { request: IncomingMessage; socket: Duplex; head: Buffer },
  target: URL,
  what: string,
  streams: Streams,
  clock: Clock,
): Promise<void> {
  if (what === "portForward") return tunnelThrough(client, target);
  let socket: WebSocket | undefined;
  let ended = false;
  const runtime = await connectSpdy(target, v4, { clock, onClose: () => finish() });
  const finish = () => {
    ended = true;
    socket?.close(1000);
  };
  const open = new Map<number, SpdyStream>();
  let waiting = 0;
  const output = (channel: number, data: Buffer) => socket?.send(Buffer.concat([Buffer.from([channel]), data]), { binary: true });
  server.handleUpgrade(client.request, client.socket, client.head, (accepted) => {
    socket = accepted;
    const wanted = {
      stdin: streams.stdin,
      stdout: streams.stdout,
      stderr: streams.stderr && !streams.tty,
      error: true,
      resize: streams.tty,
    };
    for (const name of ["error", "stdin", "stdout", "stderr", "resize"] as const) {
      if (!wanted[name]) continue;
      const channel = channels.indexOf(name);
      const reads = name === "error" || name === "stdout" || name === "stderr";
      if (reads) waiting++;
      open.set(
        channel,
        runtime.open(
          { streamType: name },
          {
            onData: (data) => output(channel, data),
            onEnd: () => {
              if (reads && --waiting === 0) finish();
            },
          },
        ),
      );
    }
    accepted.on("message", (message: Buffer) => {
      const channel = message[0]!;
      if (channel === closeChannel) open.get(message[1]!)?.end();
      else if ((channel === 0 || channel === 4) && !open.get(channel)?.write(message.subarray(1))) pause(accepted, runtime.socket);
    });
    accepted.on("close", () => runtime.close());
    accepted.on("error", () => runtime.close());
    if (ended) accepted.close(1000);
  });
}

/** No faster than the runtime takes it. */
function pause(from: WebSocket, to: { once(event: "drain", run: () => void): unknown }): void {
  from.pause();
  to.once("drain", () => from.resume());
}

/** Port forwarding by tunnel: each message carries bytes of a SPDY connection, which the runtime speaks. */
function tunnelThrough(client: { request: IncomingMessage; socket: Duplex; head: Buffer }, target: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) });
    upstream.once("error", (error) => reject(new Error(`port-forward: ${messageOf(error)}`)));
    upstream.once("connect", () =>
      upstream.write(
        `POST ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-stream-protocol-version: portforward.k8s.io\r\ncontent-length: 0\r\n\r\n`,
      ),
    );
    let head: Buffer = Buffer.alloc(0);
    const onHead = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      upstream.off("data", onHead);
      if (!head.toString("latin1", 0, 12).startsWith("HTTP/1.1 101")) {
        upstream.destroy();
        return reject(new Error(`port-forward: the runtime answered ${head.toString("latin1", 9, head.indexOf("\r\n"))}`));
      }
      server.handleUpgrade(client.request, client.socket, client.head, (socket) => {
        const rest = head.subarray(end + 4);
        if (rest.length > 0) socket.send(rest, { binary: true });
        upstream.on("data", (data) => {
          socket.send(data, { binary: true }, () => upstream.resume());
          upstream.pause();
        });
        socket.on("message", (message: Buffer) => {
          if (!upstream.write(message)) pause(socket, upstream);
        });
        socket.on("close", () => upstream.end());
        socket.on("error", () => upstream.destroy());
        upstream.on("close", () => socket.close(1000));
        upstream.on("error", () => socket.close(1011));
        resolve();
      });
    };
    upstream.on("data", onHead);
  });
}
