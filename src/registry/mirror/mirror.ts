/**
 * Copies of what one other registry has, made when somebody asks. A tag is asked for there first, and answered from the copy when that
 * registry cannot be reached; what is known by its digest is never asked for twice.
 */
import { pipeline } from "node:stream/promises";
import type { Log } from "#base/mod.ts";
import { blobHeaders, blobUnknown, sendBlob } from "../answer-blobs.ts";
import { manifestUnknown, sendManifest } from "../answer-manifests.ts";
import type { StoredManifest } from "../catalog.ts";
import { type Exchange, isHead, type Shelf } from "../exchange.ts";
import { manifestTypes, mostManifestBytes, readManifest } from "../manifest.ts";
import { digestOf, isDigest, isTag, readDigest } from "../names.ts";
import { Refusal } from "../refusal.ts";
import { Download } from "./download.ts";
import { readAtMost, Unreachable, type Upstream } from "./upstream.ts";

export interface MirrorOptions {
  /** `docker.io`. */
  host: string;
  upstream: Upstream;
  shelf: Shelf;
  log: Log;
}

/** Nodes that pull one image at the same time ask once. */
const freshMs = 15_000;
const mostChecks = 1000;
const mostDownloads = 32;
const accept = manifestTypes.join(", ");

/** Before the names of repositories that are copies: no name that is pushed can begin so. */
export const mirrorMark = "mirror:";

export class Mirror {
  readonly #options: MirrorOptions;
  /** Tags that were asked for just now: when, and what came. */
  readonly #checks = new Map<string, { at: number; stored: Promise<StoredManifest> }>();
  readonly #downloads = new Map<string, Promise<Download>>();

  constructor(options: MirrorOptions) {
    this.#options = options;
  }

  #repo(name: string): string {
    return `${mirrorMark}${this.#options.host}/${name}`;
  }

  async answerManifest(exchange: Exchange, name: string, reference: string): Promise<void> {
    const { catalog, clock } = this.#options.shelf;
    if (!isDigest(reference) && !isTag(reference)) throw manifestUnknown(name, reference);
    const known = isDigest(reference) ? catalog.manifest(this.#repo(name), reference) : undefined;
    const stored = known ?? (isDigest(reference) ? await this.#bring(name, reference) : await this.#checked(name, reference));
    catalog.touchManifest(this.#repo(name), stored.digest, clock.now());
    sendManifest(exchange, stored);
  }

  #checked(name: string, tag: string): Promise<StoredManifest> {
    const { clock } = this.#options.shelf;
    const key = `${name}:${tag}`;
    const known = this.#checks.get(key);
    if (known && clock.monotonic() - known.at < freshMs) return known.stored;
    if (this.#checks.size >= mostChecks) this.#checks.delete(this.#checks.keys().next().value!);
    const stored = this.#check(name, tag);
    this.#checks.set(key, { at: clock.monotonic(), stored });
    // A refusal is nothing to keep.
    stored.catch(() => this.#checks.delete(key));
    return stored;
  }

  /** What the tag is now, or was when that could last be asked for. */
  async #check(name: string, tag: string): Promise<StoredManifest> {
    const { upstream, shelf, log, host } = this.#options;
    const { catalog, clock } = shelf;
    const repo = this.#repo(name);
    const before = catalog.tag(repo, tag);
    const copy = before === undefined ? undefined : catalog.manifest(repo, before);
    try {
      const { status, headers } = await upstream.ask("HEAD", { name, path: `manifests/${tag}`, accept });
      if (status !== 200) throw this.#refused(name, tag, status);
      const digest = headers.get("docker-content-digest") ?? "";
      const known = isDigest(digest) ? catalog.manifest(repo, digest) : undefined;
      if (!known) return await this.#bring(name, tag);
      if (before !== digest) catalog.setTag(repo, tag, digest, clock.now());
      return known;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      if (!copy) throw this.#away(error);
      log.info("a tag is answered from the copy", { registry: host, name, tag, error: error.message });
      return copy;
    }
  }

  async #bring(name: string, reference: string): Promise<StoredManifest> {
    const { upstream, shelf } = this.#options;
    const response = await upstream.ask("GET", { name, path: `manifests/${reference}`, accept }).catch((error) => {
      throw isTag(reference) ? error : this.#away(error);
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw this.#refused(name, reference, response.status);
    }
    const bytes = await readAtMost(response, mostManifestBytes);
    const digest = digestOf(bytes, isDigest(reference) ? reference : undefined);
    if (isDigest(reference) && digest !== reference)
      throw new Refusal("MANIFEST_INVALID", `${this.#options.host} answered with ${digest} for ${reference}`, { status: 502 });
    const manifest = readManifest(bytes, response.headers.get("content-type") ?? undefined);
    shelf.catalog.putManifest(this.#repo(name), { digest, bytes, manifest }, isDigest(reference) ? [] : [reference], shelf.clock.now());
    return { digest, type: manifest.type, bytes };
  }

  async answerBlob(exchange: Exchange, name: string, reference: string): Promise<void> {
    const digest = readDigest(reference);
    const repo = this.#repo(name);
    if (await sendBlob(exchange, repo, digest)) return;
    const download = await this.#download(name, digest);
    const file = exchange.request.headers.range === undefined ? await download.open().catch(() => undefined) : undefined;
    if (!file) {
      // A part is served once all of it is here; or all of it is here by now.
      await download.finished;
      if (!(await sendBlob(exchange, repo, digest))) throw blobUnknown(name, digest);
      return;
    }
    try {
      exchange.response.writeHead(200, { ...blobHeaders(digest), "content-length": download.size });
      if (isHead(exchange)) exchange.response.end();
      else await pipeline(download.follow(file), exchange.response);
    } finally {
      await file.close();
    }
  }

  #download(name: string, digest: string): Promise<Download> {
    const key = `${name} ${digest}`;
    const running = this.#downloads.get(key);
    if (running) return running;
    if (this.#downloads.size >= mostDownloads)
      throw new Refusal("TOOMANYREQUESTS", `${mostDownloads} blobs are on their way from ${this.#options.host}`);
    const started = this.#start(name, digest);
    this.#downloads.set(key, started);
    const done = () => this.#downloads.delete(key);
    started.then(({ finished }) => finished).then(done, done);
    return started;
  }

  async #start(name: string, digest: string): Promise<Download> {
    const { upstream, shelf } = this.#options;
    const abort = new AbortController();
    const response = await upstream.ask("GET", { name, path: `blobs/${digest}`, signal: abort.signal }).catch((error) => {
      throw this.#away(error);
    });
    try {
      const size = Number(response.headers.get("content-length") ?? Number.NaN);
      if (response.status !== 200) throw blobUnknown(name, digest);
      if (!Number.isSafeInteger(size))
        throw new Refusal("UNSUPPORTED", `${upstream.url} does not say how long ${digest} is`, { status: 502 });
      const upload = await shelf.blobs.begin(this.#repo(name));
      return new Download({ upload, digest, size, response, abort, blobs: shelf.blobs, clock: shelf.clock });
    } catch (error) {
      abort.abort();
      throw error;
    }
  }

  #refused(name: string, reference: string, status: number): Refusal {
    return new Refusal("MANIFEST_UNKNOWN", `${this.#options.host} answers with ${status} for ${name}:${reference}`);
  }

  #away(cause: Error): Refusal {
    return new Refusal("UNKNOWN", `${this.#options.host} cannot be reached, and there is no copy`, { status: 504, cause });
  }
}
