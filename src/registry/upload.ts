/** One upload: bytes come in order, by one request or many, and are hashed as they are written. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import type { Clock } from "#base/mod.ts";
import { algorithmOf, hasherLike } from "./names.ts";
import { isNoRoom, noRoom, Refusal } from "./refusal.ts";

export interface UploadOptions {
  id: string;
  repo: string;
  path: string;
  clock: Clock;
  /** Rejects when the disk has no room for so many bytes more. */
  room(bytes: number): Promise<void>;
}

/** The disk is looked at so often. */
const lookBytes = 16 * 1024 * 1024;

export class Upload {
  readonly id: string;
  readonly repo: string;
  readonly path: string;
  /** Bytes that are written and hashed. */
  size = 0;
  /** A request writes now. */
  busy = false;
  ended = false;
  /** When it was last used, milliseconds since 1970. */
  touched: number;
  readonly #clock: Clock;
  readonly #room: UploadOptions["room"];
  readonly #hash = createHash("sha256");
  #file: FileHandle | undefined;

  constructor({ id, repo, path, clock, room }: UploadOptions) {
    this.id = id;
    this.repo = repo;
    this.path = path;
    this.#clock = clock;
    this.#room = room;
    this.touched = clock.now();
  }

  async open(): Promise<void> {
    this.#file = await open(this.path, "wx", 0o600);
  }

  /** Writes no faster than the disk takes it. What was written before `body` failed counts: a client may go on from `size`. */
  async append(body: AsyncIterable<Buffer>, expectedBytes = 0): Promise<void> {
    if (this.busy || this.ended || !this.#file)
      throw new Refusal("BLOB_UPLOAD_INVALID", "another request is writing to this upload", { status: 409 });
    this.busy = true;
    try {
      await this.#room(expectedBytes);
      let looked = this.size;
      for await (const chunk of body) {
        if (this.size - looked >= lookBytes) {
          await this.#room(0);
          looked = this.size;
        }
        await this.#write(this.#file, chunk);
      }
    } catch (error) {
      throw isNoRoom(error) ? noRoom(error) : error;
    } finally {
      this.busy = false;
      this.touched = this.#clock.now();
    }
  }

  async #write(file: FileHandle, chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, at, chunk.length - at, this.size + at);
      at += bytesWritten;
    }
    this.#hash.update(chunk);
    this.size += chunk.length;
  }

  /** No more bytes: rejects with DIGEST_INVALID unless they are those of `digest`, and otherwise has them on the disk. */
  async seal(digest: string): Promise<void> {
    if (this.busy || this.ended || !this.#file)
      throw new Refusal("BLOB_UPLOAD_INVALID", "another request is writing to this upload", { status: 409 });
    this.busy = true;
    const found = algorithmOf(digest) === "sha256" ? `sha256:${this.#hash.digest("hex")}` : await this.#digestAnew(digest);
    if (found !== digest) throw new Refusal("DIGEST_INVALID", `what came has the digest ${found}, and not ${digest}`);
    try {
      await this.#file.datasync();
    } catch (error) {
      throw isNoRoom(error) ? noRoom(error) : error;
    }
  }

  /** Which algorithm is meant is told only at the end: the rare one is computed from the file. */
  async #digestAnew(digest: string): Promise<string> {
    const hash = hasherLike(digest);
    for await (const chunk of createReadStream(this.path)) hash.update(chunk);
    return `${algorithmOf(digest)}:${hash.digest("hex")}`;
  }

  /** Closes the file and takes it away, unless it has got its name. */
  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.#file?.close();
    await rm(this.path, { force: true });
  }
}
