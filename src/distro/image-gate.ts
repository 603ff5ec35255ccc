/**
 * How containerd reaches registries from inside a node: an HTTP proxy (CONNECT only) on the host's end of the bridge, open
 * to node addresses and to nobody else, so that images can be pulled without changing the host's network or firewall.
 */
import { createServer } from "node:http";
import { connect, isIP, type Socket } from "node:net";
import type { Clock, Log } from "#base/mod.ts";
import { type ClusterConfig, numbersOf } from "./cluster.ts";

export const imageGatePort = 6440;
const mostConnections = 256;
const connectMs = 15_000;

export interface ImageGate {
  /** Opens the gate when the bridge is there. */
  update(): void;
  close(): Promise<void>;
}

export async function startImageGate(options: { cluster: () => ClusterConfig | undefined; clock: Clock; log: Log }): Promise<ImageGate> {
  const { clock, log } = options;
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => response.writeHead(405).end("this proxy takes CONNECT only\n"));
  server.maxConnections = mostConnections;
  server.on("connection", (socket) => {
    const cluster = options.cluster();
    if (!cluster || !isNode(cluster, socket.remoteAddress)) socket.destroy();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("connect", (request, client: Socket, head: Buffer) => {
    const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(request.url ?? "") ?? [];
    if (!host || isPrivate(host)) return void client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = connect({ host, port: Number(port) });
    sockets.add(upstream);
    const timer = clock.after(connectMs, () => upstream.destroy());
    upstream.once("connect", () => {
      timer.cancel();
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on("error", () => client.destroy());
    upstream.on("close", () => {
      sockets.delete(upstream);
      timer.cancel();
      client.destroy();
    });
    client.on("error", () => upstream.destroy());
    client.on("close", () => upstream.destroy());
  });
  let open = false;
  server.on("error", (error) => {
    open = false;
    log.warn("image gate cannot listen: registries are out of reach for nodes", { error: error.message });
  });
  const update = () => {
    const cluster = options.cluster();
    if (open || !cluster || cluster.nodes.length === 0 || cluster.machine) return;
    open = true;
    server.listen(imageGatePort, numbersOf(cluster).hostAddress);
  };
  return {
    update,
    async close() {
      for (const socket of sockets) socket.destroy();
      if (open) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function isNode(cluster: ClusterConfig, address: string | undefined): boolean {
  const { nodeAddress } = numbersOf(cluster);
  return cluster.nodes.some((node) => nodeAddress(node.index) === address?.replace("::ffff:", ""));
}

/** Loopback and link-local addresses of the host are nobody's registry. Names that lead there are the operator's to give. */
function isPrivate(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && /^(127\.|169\.254\.|::1$|fe80:)/.test(host));
}
