/** Logs for clients that ask by WebSocket: the same stream in frames, binary or as base64 text. */
import { request } from "node:https";
import { acceptWebSocket, pacedSender, subprotocolsOf, textOf, wantsWebSocket } from "#net/mod.ts";
import type { Exchange } from "../contract.ts";
import { failure } from "../request/errors.ts";
import type { Target } from "./relay.ts";

const binary = "binary.k8s.io";
const base64 = "base64.binary.k8s.io";
const maxPayload = 64 * 1024;

export const isWebSocket = ({ upgrade }: Exchange): boolean => upgrade !== undefined && wantsWebSocket(upgrade.request);

/** Rejects before the client is answered when the kubelet refuses. */
export function logOverWebSocket(exchange: Exchange, { host, port, path, tls, refusal }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host, port, path, agent: false, signal: exchange.signal, ...tls });
    const refuse = (message: string) =>
      reject(failure(500, "InternalError", `error dialing backend: ${message}`, { causes: [{ message }] }));
    outgoing.on("error", (error) => refuse(error.message));
    outgoing.once("close", () => resolve());
    outgoing.once("response", (log) => {
      const code = log.statusCode ?? 502;
      if (code !== 200) {
        textOf(log).then((text) => (refusal ? reject(refusal(code, text.trim())) : refuse(`the kubelet answered ${code}`)), reject);
        return;
      }
      const upgrade = exchange.upgrade!;
      const offered = subprotocolsOf(upgrade.request);
      const client = acceptWebSocket(upgrade, { protocol: [binary, base64].find((each) => offered.includes(each)), maxPayload });
      if (!client) return void outgoing.destroy();
      const asText = offered.includes(base64) && !offered.includes(binary);
      const send = pacedSender(client, log);
      log.on("data", (chunk: Buffer) => send(asText ? chunk.toString("base64") : chunk));
      log.once("end", () => client.close(1000));
      log.once("error", () => client.close(1011));
      client.on("error", () => client.terminate());
      client.once("close", () => outgoing.destroy());
    });
    outgoing.end();
  });
}
