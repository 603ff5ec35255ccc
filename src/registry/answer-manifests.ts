/** `/v2/<name>/manifests/<tag or digest>`, and the lists that are made of them: tags, referrers, repositories. */
import type { StoredManifest } from "./catalog.ts";
import { cut, type Exchange, isHead, nextPage, pageOf, readBody, send, sendJson, unsupported } from "./exchange.ts";
import { indexType, mostManifestBytes, readManifest } from "./manifest.ts";
import { digestOf, isDigest, isTag, readDigest } from "./names.ts";
import { Refusal } from "./refusal.ts";

export const manifestUnknown = (name: string, reference: string): Refusal =>
  new Refusal("MANIFEST_UNKNOWN", `${name} has no manifest ${reference}`);

export async function answerManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, catalog, clock } = exchange;
  if (!isDigest(reference) && !isTag(reference)) {
    if (reference.includes(":")) readDigest(reference);
    throw request.method === "PUT"
      ? new Refusal("MANIFEST_INVALID", `${JSON.stringify(reference)} is neither a tag nor a digest`)
      : manifestUnknown(name, reference);
  }
  switch (request.method) {
    case "GET":
    case "HEAD": {
      const digest = isDigest(reference) ? reference : catalog.tag(name, reference);
      const stored = digest && catalog.manifest(name, digest);
      if (!stored) throw manifestUnknown(name, reference);
      return sendManifest(exchange, stored);
    }
    case "PUT":
      return put(exchange, name, reference);
    case "DELETE": {
      const remove = isDigest(reference) ? catalog.removeManifest : catalog.removeTag;
      if (!remove.call(catalog, name, reference, clock.now())) throw manifestUnknown(name, reference);
      return send(exchange, 202);
    }
    default:
      throw unsupported(exchange);
  }
}

export function sendManifest(exchange: Exchange, { digest, type, bytes }: StoredManifest): void {
  const headers = { "docker-content-digest": digest, etag: `"${digest}"` };
  if (exchange.request.headers["if-none-match"] === headers.etag) return void exchange.response.writeHead(304, headers).end();
  send(exchange, 200, { ...headers, "content-type": type, "content-length": bytes.length }, isHead(exchange) ? undefined : bytes);
}

/** Of one request that names tags besides. */
const mostTags = 100;

async function put(exchange: Exchange, name: string, reference: string): Promise<void> {
  const { request, query, catalog, clock } = exchange;
  const bytes = await readBody(request, mostManifestBytes);
  const manifest = readManifest(bytes, request.headers["content-type"]);
  const digest = digestOf(bytes, isDigest(reference) ? reference : undefined);
  if (isDigest(reference) && digest !== reference)
    throw new Refusal("DIGEST_INVALID", `what came has the digest ${digest}, and not ${reference}`);
  const more = query.getAll("tag");
  if (more.length > mostTags) throw new Refusal("MANIFEST_INVALID", `at most ${mostTags} tags at once`);
  const wrong = more.find((tag) => !isTag(tag));
  if (wrong !== undefined) throw new Refusal("MANIFEST_INVALID", `${JSON.stringify(wrong)} is no tag`);
  const lacking = [
    ...manifest.blobs.filter((blob) => catalog.blobSize(name, blob) === undefined),
    ...manifest.manifests.filter((other) => !catalog.hasManifest(name, other)),
  ];
  if (lacking.length > 0)
    throw new Refusal("MANIFEST_BLOB_UNKNOWN", `${name} does not have ${[...new Set(lacking)].slice(0, 5).join(", ")}`);
  const tags = [...new Set([...(isDigest(reference) ? [] : [reference]), ...more])];
  catalog.putManifest(name, { digest, bytes, manifest }, tags, clock.now());
  if (more.length > 0) exchange.response.setHeader("oci-tag", more);
  send(exchange, 201, {
    location: `/v2/${name}/manifests/${digest}`,
    "docker-content-digest": digest,
    ...(manifest.subject ? { "oci-subject": manifest.subject } : {}),
  });
}

export function answerTags(exchange: Exchange, name: string): void {
  const { catalog, request } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported(exchange);
  if (!catalog.hasRepository(name)) throw new Refusal("NAME_UNKNOWN", `there is no repository ${name}`);
  const { most, last } = pageOf(exchange);
  const { rows: tags, more } = cut(catalog.tags(name, { last, most: most + 1 }), most);
  sendJson(exchange, { name, tags }, more ? nextPage(`/v2/${name}/tags/list`, { most, last: tags.at(-1)! }) : {});
}

/** `but`: not of repositories whose names begin so. */
export function answerCatalog(exchange: Exchange, but: string): void {
  const { catalog, request } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported(exchange);
  const { most, last } = pageOf(exchange);
  const { rows: repositories, more } = cut(catalog.repositories({ last, most: most + 1 }, but), most);
  sendJson(exchange, { repositories }, more ? nextPage("/v2/_catalog", { most, last: repositories.at(-1)! }) : {});
}

export function answerReferrers(exchange: Exchange, name: string, reference: string): void {
  const { catalog, request, query } = exchange;
  if (request.method !== "GET" && request.method !== "HEAD") throw unsupported(exchange);
  const subject = readDigest(reference);
  const artifactType = query.get("artifactType") ?? undefined;
  const { most, last } = pageOf(exchange);
  const found = catalog.referrers(name, subject, { last, most: most + 1, ...(artifactType === undefined ? {} : { artifactType }) });
  const { rows, more } = cut(found, most);
  const also: Record<string, string> = artifactType === undefined ? {} : { artifactType };
  const manifests = rows.map(({ type: mediaType, digest, size, ...others }) => ({ mediaType, digest, size, ...others }));
  sendJson(
    exchange,
    { schemaVersion: 2, mediaType: indexType, manifests },
    {
      "content-type": indexType,
      ...(artifactType === undefined ? {} : { "oci-filters-applied": "artifactType" }),
      ...(more ? nextPage(`/v2/${name}/referrers/${subject}`, { most, last: rows.at(-1)!.digest, also }) : {}),
    },
  );
}
