/**
 * Blobs as files, one for each digest, however many repositories have it. A file has its name only when its bytes are checked and on
 * the disk, and counts only once the catalog knows it: what a crash leaves behind is taken away at the next start.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, unlinkSync } from "node:fs";
import { type FileHandle, open, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Random } from "#base/mod.ts";
import type { Catalog } from "./catalog.ts";
import { algorithmOf } from "./names.ts";
import { noRoom, Refusal } from "./refusal.ts";
import { Upload } from "./upload.ts";

export interface BlobsOptions {
  folder: string;
  catalog: Catalog;
  clock: Clock;
  random: Random;
  /** So much of the disk stays free: others live on it, too. */
  reserveBytes: number;
}

/** Each holds a file open. */
const mostUploads = 256;
const idleUploadMs = 3_600_000;

export class Blobs {
  readonly #options: BlobsOptions;
  readonly #uploads = new Map<string, Upload>();

  /** Takes away what was under way when the process before ended. */
  constructor(options: BlobsOptions) {
    this.#options = options;
    rmSync(this.#uploadFolder, { recursive: true, force: true });
    mkdirSync(this.#uploadFolder, { recursive: true, mode: 0o700 });
    for (const algorithm of ["sha256", "sha512"]) this.#sweep(algorithm);
  }

  get #uploadFolder(): string {
    return join(this.#options.folder, "uploads");
  }

  #pathOf(digest: string): string {
    const hex = digest.slice(digest.indexOf(":") + 1);
    return join(this.#options.folder, "blobs", algorithmOf(digest), hex.slice(0, 2), hex);
  }

  #sweep(algorithm: string): void {
    const folder = join(this.#options.folder, "blobs", algorithm);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const first of readdirSync(folder))
      for (const hex of readdirSync(join(folder, first)))
        if (!this.#options.catalog.hasBlobFile(`${algorithm}:${hex}`)) unlinkSync(join(folder, first, hex));
  }

  /** An open file of a blob that the repository has; the caller closes it. */
  async read(repo: string, digest: string): Promise<{ file: FileHandle; size: number } | undefined> {
    const { catalog } = this.#options;
    const size = catalog.blobSize(repo, digest);
    if (size === undefined) return undefined;
    try {
      return { file: await open(this.#pathOf(digest), "r"), size };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      catalog.forgetBlob(digest);
      return undefined;
    }
  }

  async begin(repo: string): Promise<Upload> {
    if (this.#uploads.size >= mostUploads)
      throw new Refusal("TOOMANYREQUESTS", `${mostUploads} uploads are under way: finish or cancel some`);
    const { clock, random } = this.#options;
    const id = random.uuid();
    const upload = new Upload({ id, repo, path: join(this.#uploadFolder, id), clock, room: (bytes) => this.#checkRoom(bytes) });
    this.#uploads.set(id, upload);
    try {
      await upload.open();
    } catch (error) {
      this.#uploads.delete(id);
      throw error;
    }
    return upload;
  }

  /** One that is under way in this repository. */
  upload(repo: string, id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload?.repo === repo && !upload.ended) return upload;
    throw new Refusal("BLOB_UPLOAD_UNKNOWN", `there is no upload ${JSON.stringify(id)} in ${repo}: begin anew`);
  }

  /** Makes a blob of it; where its bytes are not those of the digest it is given up, too. */
  async finish(upload: Upload, digest: string): Promise<void> {
    const { catalog, clock } = this.#options;
    try {
      await upload.seal(digest);
      // From here to the end nothing else runs: nobody can collect the file between its name and its row.
      const path = this.#pathOf(digest);
      const known = catalog.hasBlobFile(digest);
      placeFile(upload.path, path);
      try {
        catalog.addBlob(upload.repo, digest, upload.size, clock.now());
      } catch (error) {
        if (!known) unlinkSync(path);
        throw error;
      }
    } finally {
      await this.cancel(upload);
    }
  }

  async cancel(upload: Upload): Promise<void> {
    this.#uploads.delete(upload.id);
    await upload.end();
  }

  /** Files of digests that the catalog has just forgotten. Synchronous: a push that comes next begins with a clean table. */
  remove(digests: readonly string[]): void {
    for (const digest of digests) rmSync(this.#pathOf(digest), { force: true });
  }

  /** Uploads that nobody goes on with. */
  async expire(): Promise<void> {
    const before = this.#options.clock.now() - idleUploadMs;
    for (const upload of this.#uploads.values()) if (!upload.busy && upload.touched < before) await this.cancel(upload);
  }

  async close(): Promise<void> {
    for (const upload of [...this.#uploads.values()]) await this.cancel(upload);
  }

  async #checkRoom(bytes: number): Promise<void> {
    const { folder, reserveBytes } = this.#options;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize - bytes < reserveBytes) throw noRoom();
  }
}

/** Gives a file its name, for good: after a power cut it has it. */
function placeFile(from: string, to: string): void {
  const folder = join(to, "..");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  renameSync(from, to);
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
