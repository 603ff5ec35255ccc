/** `/v2/<name>/blobs/<digest>`: whole or in part. */
import { pipeline } from "node:stream/promises";
import { type Exchange, isHead, send, unsupported } from "./exchange.ts";
import { readDigest } from "./names.ts";
import { Refusal } from "./refusal.ts";
import { readRange } from "./route.ts";

export const blobUnknown = (name: string, digest: string): Refusal => new Refusal("BLOB_UNKNOWN", `${name} has no blob ${digest}`);

export async function answerBlob(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, catalog } = exchange;
  const digest = readDigest(reference);
  if (request.method === "DELETE") {
    if (!catalog.removeBlob(name, digest)) throw blobUnknown(name, digest);
    return send(exchange, 202);
  }
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported(exchange);
  if (!(await sendBlob(exchange, name, digest))) throw blobUnknown(name, digest);
}

/** False: the repository does not have it, and nothing was sent. */
export async function sendBlob(exchange: Exchange, repo: string, digest: string): Promise<boolean> {
  const { request, response, blobs, catalog, clock } = exchange;
  const found = await blobs.read(repo, digest);
  if (!found) return false;
  const { file, size } = found;
  try {
    // Who pushes asks first whether it is there, and leaves it out if so.
    if (isHead(exchange)) catalog.touchBlob(repo, digest, clock.now());
    const headers = blobHeaders(digest);
    if (request.headers["if-none-match"] === headers.etag) {
      response.writeHead(304, headers).end();
      return true;
    }
    const range = readRange(request.headers.range, size);
    const { first, last } = range ?? { first: 0, last: size - 1 };
    response.writeHead(range ? 206 : 200, {
      ...headers,
      "content-length": last - first + 1,
      ...(range ? { "content-range": `bytes ${first}-${last}/${size}` } : {}),
    });
    if (isHead(exchange) || size === 0) response.end();
    else await pipeline(file.createReadStream({ start: first, end: last, autoClose: false }), response);
    return true;
  } finally {
    await file.close();
  }
}

export const blobHeaders = (digest: string) => ({
  "content-type": "application/octet-stream",
  "docker-content-digest": digest,
  "accept-ranges": "bytes",
  etag: `"${digest}"`,
});
