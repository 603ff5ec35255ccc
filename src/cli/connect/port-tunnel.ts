/** One forwarded connection: the channels of port-forward inside a WebSocket of its own. */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { CliError } from "../failure.ts";
import { openSocket } from "./remote.ts";
import type { Session } from "./session.ts";

/** Joins `local` with a port of the pod until either side ends. Each connection opens its own WebSocket. */
export async function tunnel(session: Session, pod: { namespace: string; name: string }, port: number, local: Socket): Promise<void> {
  local.pause();
  const socket = await openSocket(session, {
    path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/portforward`,
    query: { ports: port },
    protocols: ["v4.channel.k8s.io"],
  });
  return channels(socket, local);
}

const data = 0;
const failure = 1;

/** v4.channel.k8s.io: channel 0 carries bytes, channel 1 an error text; each begins with the port's two bytes. */
function channels(socket: WebSocket, local: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const greeted = new Set<number>();
    socket.on("message", (message) => {
      const bytes = message as Buffer;
      let body = bytes.subarray(1);
      if (!greeted.has(bytes[0])) {
        greeted.add(bytes[0]);
        body = body.subarray(2);
      }
      if (body.length === 0) return;
      if (bytes[0] === data) local.write(body);
      else if (bytes[0] === failure) {
        reject(new CliError(body.toString("utf8")));
        socket.close();
        local.destroy();
      }
    });
    socket.on("close", () => {
      local.end();
      resolve();
    });
    socket.on("error", reject);
    local.on("data", (chunk: Buffer) => {
      local.pause();
      socket.send(Buffer.concat([Buffer.from([data]), chunk]), () => local.resume());
    });
    local.on("close", () => socket.close());
    local.on("error", () => socket.close());
    socket.resume();
    local.resume();
  });
}
