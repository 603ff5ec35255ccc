/**
 * Asks a server to speak another protocol on the connection (HTTP/1.1 Upgrade). Whatever it answers is parsed: only after a 101
 * is the connection a stream of bytes; after any other answer it is an HTTP response and nothing more may be sent.
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type { Clock } from "#base/mod.ts";

export interface UpgradeRequest {
  scheme: "http" | "https";
  host: string;
  port: number;
  /** Path with query. */
  path: string;
  method: string;
  /** With `connection` and `upgrade`. */
  headers: Record<string, string | string[]>;
  tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "rejectUnauthorized" | "servername" | "checkServerIdentity">;
  signal?: AbortSignal;
}

export type UpgradeAnswer =
  | { switched: true; answer: IncomingMessage; socket: Duplex; head: Buffer }
  /** Its body is there to be read; the connection ends with it. */
  | { switched: false; answer: IncomingMessage };

const connectMs = 30_000;

/** Rejects when there is no answer. */
export function askUpgrade({ scheme, tls, ...asked }: UpgradeRequest, clock: Clock): Promise<UpgradeAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port } = asked;
    const send = scheme === "https" ? httpsRequest : httpRequest;
    const outgoing = send({ ...asked, agent: false, ...(scheme === "https" ? { ALPNProtocols: ["http/1.1"], ...tls } : {}) });
    const timer = clock.after(connectMs, () => outgoing.destroy(new Error(`no connection to ${host}:${port} within ${connectMs} ms`)));
    outgoing.once("socket", (socket) => socket.once(scheme === "https" ? "secureConnect" : "connect", () => timer.cancel()));
    outgoing.once("upgrade", (answer, socket, head) => {
      // Errors of the connection are its new owner's: they come with "close".
      socket.on("error", () => {});
      resolve({ switched: true, answer, socket, head });
    });
    outgoing.once("response", (answer) => resolve({ switched: false, answer }));
    outgoing.on("error", reject);
    outgoing.once("close", () => {
      timer.cancel();
      reject(new Error("connection closed"));
    });
    outgoing.end();
  });
}

/** Reads a text of at most `limit` bytes; the rest is not read. */
export async function textOf(answer: IncomingMessage, limit = 64 * 1024): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of answer as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, limit - size));
      size += part.length;
      if (size >= limit) break;
    }
  } catch {
    // A cut text is better than none.
  }
  return Buffer.concat(parts).toString();
}
