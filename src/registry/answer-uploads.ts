/** `/v2/<name>/blobs/uploads/`: how blobs come in, at once, in chunks, or from another repository. */
import type { IncomingMessage } from "node:http";
import { type Exchange, send, unsupported } from "./exchange.ts";
import { isName, readDigest } from "./names.ts";
import { Refusal } from "./refusal.ts";
import type { Upload } from "./upload.ts";

const placeOf = ({ repo, id }: Upload) => `/v2/${repo}/blobs/uploads/${id}`;
const blobPlace = (name: string, digest: string) => ({ location: `/v2/${name}/blobs/${digest}`, "docker-content-digest": digest });
const stateOf = (upload: Upload) => ({
  location: placeOf(upload),
  range: `0-${Math.max(0, upload.size - 1)}`,
  "docker-upload-uuid": upload.id,
});

export async function answerUploads(exchange: Exchange, name: string): Promise<void> {
  const { request, query, catalog, blobs, clock } = exchange;
  if (request.method !== "POST") throw unsupported(exchange);
  const mount = query.get("mount");
  if (mount !== null) {
    const digest = readDigest(mount);
    const from = query.get("from") ?? undefined;
    if (from !== undefined && !isName(from))
      throw new Refusal("NAME_INVALID", `from=${JSON.stringify(from)} cannot be the name of a repository`);
    if (catalog.mountBlob(name, digest, from, clock.now())) return send(exchange, 201, blobPlace(name, digest));
  }
  const digest = mount === null && query.has("digest") ? readDigest(query.get("digest")) : undefined;
  const upload = await blobs.begin(name);
  if (digest === undefined) return send(exchange, 202, stateOf(upload));
  try {
    await take(exchange, upload);
    await blobs.finish(upload, digest);
  } catch (error) {
    await blobs.cancel(upload);
    throw error;
  }
  send(exchange, 201, blobPlace(name, digest));
}

export async function answerUpload(exchange: Exchange, { name, id }: { name: string; id: string }): Promise<void> {
  const { request, query, blobs } = exchange;
  const upload = blobs.upload(name, id);
  switch (request.method) {
    case "GET":
      return send(exchange, 204, stateOf(upload));
    case "PATCH":
      await take(exchange, upload);
      return send(exchange, 202, stateOf(upload));
    case "PUT": {
      const digest = readDigest(query.get("digest"));
      await take(exchange, upload);
      await blobs.finish(upload, digest);
      return send(exchange, 201, blobPlace(name, digest));
    }
    case "DELETE":
      await blobs.cancel(upload);
      return send(exchange, 204);
    default:
      throw unsupported(exchange);
  }
}

/** Takes the body in, which must begin where the upload stands. */
async function take({ request, blobs }: Exchange, upload: Upload): Promise<void> {
  const length = request.headers["content-length"];
  checkRange(request, upload);
  try {
    await upload.append(request as AsyncIterable<Buffer>, Number(length ?? 0));
  } catch (error) {
    // Its bytes are given back, so that others find room.
    if (error instanceof Refusal && error.status === 507) await blobs.cancel(upload);
    throw error;
  }
}

function checkRange({ headers }: IncomingMessage, upload: Upload): void {
  const said = headers["content-range"];
  if (said === undefined) return;
  const [, first, last] = /^(?:bytes )?(\d+)-(\d+)(?:\/(?:\d+|\*))?$/.exec(said) ?? [];
  if (first === undefined) throw new Refusal("BLOB_UPLOAD_INVALID", `Content-Range ${said}: FIRST-LAST is needed`);
  if (Number(first) !== upload.size)
    throw new Refusal("BLOB_UPLOAD_INVALID", `Content-Range ${said}: the next byte is ${upload.size}`, {
      status: 416,
      headers: stateOf(upload),
    });
  const length = headers["content-length"];
  if (length !== undefined && Number(length) !== Number(last) - Number(first) + 1)
    throw new Refusal("SIZE_INVALID", `Content-Range ${said} are not the ${length} bytes that Content-Length says`);
}
