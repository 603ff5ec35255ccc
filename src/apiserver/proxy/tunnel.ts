/**
 * Port forwarding for clients that cannot speak SPDY through what stands between (proxies, load balancers): the bytes of their
 * SPDY connection come in WebSocket messages. Unwrapped here, so that a kubelet sees what it always saw.
 */
import type { Clock } from "#base/mod.ts";
import { acceptWebSocket, bytesOf, join, subprotocolsOf, wantsWebSocket } from "#net/mod.ts";
import type { Exchange } from "../contract.ts";
import { dial, refuseUpgrade, type Target } from "./relay.ts";

const wrapped = /^SPDY\/3\.1\+(.+)$/;
const largestMessage = 2 ** 24;

const tunnelOf = ({ upgrade }: Exchange): string | undefined =>
  upgrade && wantsWebSocket(upgrade.request) ? subprotocolsOf(upgrade.request).find((each) => wrapped.test(each)) : undefined;

export const isTunnel = (exchange: Exchange): boolean => tunnelOf(exchange) !== undefined;

/** Rejects before the client is answered when the kubelet refuses. */
export async function tunnel(exchange: Exchange, target: Target, clock: Clock): Promise<void> {
  const protocol = tunnelOf(exchange)!;
  const headers = { connection: "Upgrade", upgrade: "SPDY/3.1", "x-stream-protocol-version": wrapped.exec(protocol)![1]! };
  const asked = await dial({ ...target, method: exchange.method, headers, signal: exchange.signal }, clock);
  const client = exchange.upgrade!;
  if (!asked.switched) return refuseUpgrade(client.socket, asked.answer, clock);
  const socket = acceptWebSocket(client, { protocol, maxPayload: largestMessage });
  if (!socket) return void asked.socket.destroy();
  const bytes = bytesOf(socket);
  if (asked.head.length > 0) bytes.write(asked.head);
  await join(bytes, asked.socket, clock);
}
