/**
 * Speaks WebSocket with the client and SPDY with the runtime, whose own WebSocket knows no half-close: without it a command that
 * reads its input to the end would wait for ever. What waits between the two is bounded, and each ends with the other.
 */
import type { IncomingMessage } from "node:http";
import type { Clock } from "#base/mod.ts";
import {
  acceptWebSocket,
  askUpgrade,
  bytesOf,
  connectSpdy,
  join,
  pacedSender,
  type SpdyConnection,
  type SpdyStream,
  type SpdyStreamEvents,
  subprotocolsOf,
  textOf,
  type UpgradeOffer,
  type WebSocket,
  wantsWebSocket,
} from "#net/mod.ts";

const channels = ["stdin", "stdout", "stderr", "error", "resize"] as const;
type Channel = (typeof channels)[number];
const closeChannel = 255;
const v5 = "v5.channel.k8s.io";
const v4 = "v4.channel.k8s.io";
const tunnel = "SPDY/3.1+portforward.k8s.io";
/** One message becomes one frame, whose length has 24 bits. */
const largestMessage = 2 ** 24 - 1;

export interface Streams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** True when the client speaks WebSocket in a form that we translate. */
export function translates(request: IncomingMessage, what: string): boolean {
  if (!wantsWebSocket(request)) return false;
  const offered = subprotocolsOf(request);
  return what === "portForward" ? offered.includes(tunnel) : offered.includes(v5) || offered.includes(v4);
}

/** Rejects before the client is answered when the runtime refuses. Resolves when the stream stands. */
export async function translate(client: UpgradeOffer, target: URL, what: string, streams: Streams, clock: Clock): Promise<void> {
  if (what === "portForward") return tunnelThrough(client, target, clock);
  const session = new Session();
  const runtime = await connectSpdy(target, v4, { clock, onClose: () => session.end() });
  client.socket.once("close", () => runtime.close());
  if (client.socket.destroyed) return runtime.close();
  try {
    await session.open(runtime, streams);
  } catch (error) {
    runtime.close();
    throw error;
  }
  const protocol = subprotocolsOf(client.request).includes(v5) ? v5 : v4;
  const socket = acceptWebSocket(client, { protocol, maxPayload: largestMessage });
  if (socket) session.start(socket, runtime);
  else runtime.close();
}

/** One exec or attach. Until the client is accepted nothing is read from the runtime; afterwards no more than the client takes. */
class Session {
  #input = new Map<number, SpdyStream>();
  #early: [number, Buffer][] = [];
  #send: ((data: Uint8Array) => void) | undefined;
  #socket: WebSocket | undefined;
  /** Output streams that have not ended. */
  #reading = 0;
  #ended = false;

  async open(runtime: SpdyConnection, streams: Streams): Promise<void> {
    const wanted: Record<Channel, boolean> = { ...streams, stderr: streams.stderr && !streams.tty, error: true, resize: streams.tty };
    const names = (["error", "stdin", "stdout", "stderr", "resize"] as const).filter((name) => wanted[name]);
    await Promise.all(
      names.map(async (name) => {
        const channel = channels.indexOf(name);
        this.#input.set(channel, await runtime.open({ streamType: name }, this.#events(name, channel)));
      }),
    );
    runtime.pause();
  }
  start(socket: WebSocket, runtime: SpdyConnection): void {
    this.#socket = socket;
    this.#send = pacedSender(socket, runtime);
    socket.on("message", (message: Buffer) => this.#message(message, socket, runtime));
    socket.on("close", () => runtime.close());
    socket.on("error", () => runtime.close());
    for (const [channel, data] of this.#early.splice(0)) this.#output(channel, data);
    if (this.#ended) socket.close(1000);
    else runtime.resume();
  }
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket?.close(1000);
  }
  #events(name: Channel, channel: number): SpdyStreamEvents {
    const reads = name === "error" || name === "stdout" || name === "stderr";
    if (reads) this.#reading++;
    return {
      onData: (data) => this.#output(channel, data),
      onEnd: () => {
        if (reads && --this.#reading === 0) this.end();
      },
    };
  }
  #output(channel: number, data: Buffer): void {
    if (!this.#send) this.#early.push([channel, data]);
    else this.#send(Buffer.concat([Buffer.from([channel]), data]));
  }
  #message(message: Buffer, socket: WebSocket, runtime: SpdyConnection): void {
    const channel = message[0];
    if (channel === closeChannel) this.#input.get(message[1] ?? -1)?.end();
    else if ((channel === 0 || channel === 4) && this.#input.get(channel)?.write(message.subarray(1)) === false) {
      if (socket.isPaused) return;
      socket.pause();
      runtime.onRoom(() => socket.resume());
    }
  }
}

/** Port forwarding by tunnel: each message carries bytes of a SPDY connection, which the runtime speaks. */
async function tunnelThrough(client: UpgradeOffer, target: URL, clock: Clock): Promise<void> {
  const runtime = await askUpgrade(
    {
      scheme: "http",
      host: target.hostname,
      port: Number(target.port),
      path: `${target.pathname}${target.search}`,
      method: "POST",
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": "portforward.k8s.io" },
    },
    clock,
  );
  if (!runtime.switched)
    throw new Error(`port-forward: the runtime answered ${runtime.answer.statusCode}: ${(await textOf(runtime.answer)).trim()}`);
  const socket = acceptWebSocket(client, { protocol: tunnel, maxPayload: largestMessage });
  if (!socket) return void runtime.socket.destroy();
  const bytes = bytesOf(socket);
  if (runtime.head.length > 0) bytes.write(runtime.head);
  void join(bytes, runtime.socket, clock);
}
