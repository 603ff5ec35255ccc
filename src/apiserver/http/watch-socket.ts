/** A watch for clients that ask by WebSocket (browsers, fabric8): one message an event, text for JSON, binary for protobuf. */
import { acceptWebSocket, subprotocolsOf, type UpgradeOffer } from "#net/mod.ts";
import type { WatchSource } from "../read/watch.ts";
import { byteSink, type Outlet, type SinkOptions } from "./sinks.ts";

/** Clients have nothing to say on a watch. */
const maxPayload = 64 * 1024;
/** What may wait for a client before the watch waits too. */
const mostWaiting = 256 * 1024;
/** Of a protobuf frame on a plain stream: messages need no length in front. */
const lengthBytes = 4;

export function watchOverWebSocket(upgrade: UpgradeOffer, source: WatchSource, options: SinkOptions): void {
  // Upstream echoes whatever one protocol is offered, and writes JSON as text under any of them.
  const client = acceptWebSocket(upgrade, { protocol: subprotocolsOf(upgrade.request)[0], maxPayload });
  if (!client) return source.close();
  const isText = options.accepted.media !== "protobuf";
  let waiting = 0;
  const outlet: Outlet = {
    write(bytes) {
      const { length } = bytes;
      waiting += length;
      client.send(isText ? bytes.toString() : bytes.subarray(lengthBytes), { binary: !isText }, () => {
        const wasFull = waiting > mostWaiting;
        waiting -= length;
        if (wasFull && waiting <= mostWaiting) source.resume();
      });
      return waiting <= mostWaiting;
    },
    end: () => client.close(1000),
    destroy: () => client.terminate(),
  };
  client.on("close", () => source.close());
  client.on("error", () => client.terminate());
  // Each event is a message of its own.
  source.open({ ...byteSink(outlet, options), batch: undefined });
}
