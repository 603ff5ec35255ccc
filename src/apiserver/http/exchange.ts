/** What the two protocols have in common: bodies, the end of a client, an answer that went wrong. */
import type { Readable } from "node:stream";
import { messageOf } from "#base/mod.ts";
import type { ServerRequest } from "../request/call.ts";
import { tooLarge } from "../request/errors.ts";
import type { ApiServer } from "../server.ts";
import { type Carrier, respond } from "./respond.ts";

export const noBody = Buffer.alloc(0);
export const bodiless = new Set(["GET", "HEAD", "OPTIONS"]);

export function run(server: ApiServer, request: ServerRequest, carrier: Carrier): void {
  respond(server, request, carrier).catch((error) => {
    server.log.error("answering a request failed", { url: request.url, error: messageOf(error), stack: (error as Error).stack });
    carrier.end();
  });
}

export function readBody(stream: Readable, declared: string | undefined, limit: number): Promise<Buffer> {
  if (declared !== undefined && Number(declared) > limit) {
    stream.resume();
    return Promise.reject(tooLarge(`limit is ${limit}`));
  }
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] | undefined = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        chunks = undefined;
        reject(tooLarge(`limit is ${limit}`));
      } else chunks?.push(chunk);
    });
    stream.on("end", () => {
      if (chunks) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    stream.on("error", reject);
    stream.on("aborted", () => reject(new Error("the client went away")));
  });
}

export function abortOnClose(stream: { once(event: "close", run: () => void): unknown }): AbortSignal {
  const abort = new AbortController();
  stream.once("close", () => abort.abort());
  return abort.signal;
}
