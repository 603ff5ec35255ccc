/** Logs for clients that ask by WebSocket: the same stream in frames, binary or as base64 text. */
import { request } from "node:https";
import { WebSocketServer } from "ws";
import type { Exchange } from "../contract.ts";
import { failure } from "../request/errors.ts";
import type { Target } from "./relay.ts";

const binary = "binary.k8s.io";
const base64 = "base64.binary.k8s.io";
const server = new WebSocketServer({
  noServer: true,
  maxPayload: 64 * 1024,
  handleProtocols: (offered) => [binary, base64].find((each) => offered.has(each)) ?? false,
});

export const isWebSocket = ({ upgrade }: Exchange): boolean => upgrade?.request.headers.upgrade?.toLowerCase() === "websocket";

/** Rejects before the client is answered when the kubelet refuses. */
export function logOverWebSocket(exchange: Exchange, { host, port, path, tls }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, agent: false, ...tls });
    const refuse = (message: string) =>
      reject(failure(500, "InternalError", `error dialing backend: ${message}`, { causes: [{ message }] }));
    outgoing.once("error", (error) => refuse(error.message));
    outgoing.once("response", (log) => {
      if (log.statusCode !== 200) {
        log.resume();
        refuse(`the kubelet answered ${log.statusCode}`);
        return;
      }
      const { request: asked, socket, head } = exchange.upgrade!;
      socket.once("close", () => {
        outgoing.destroy();
        resolve();
      });
      server.handleUpgrade(asked, socket, head, (client) => {
        const asText = client.protocol === base64;
        log.on("data", (chunk: Buffer) => {
          log.pause();
          client.send(asText ? chunk.toString("base64") : chunk, { binary: !asText }, () => log.resume());
        });
        log.once("end", () => client.close(1000));
        log.once("error", () => client.close(1011));
        client.on("error", () => client.terminate());
      });
    });
    outgoing.end();
  });
}
