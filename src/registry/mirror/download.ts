/** A blob on its way from another registry: kept once, and read by all who want it while it comes. */
import { type FileHandle, open } from "node:fs/promises";
import type { Clock } from "#base/mod.ts";
import type { Blobs } from "../blobs.ts";
import { Refusal } from "../refusal.ts";
import type { Upload } from "../upload.ts";

const chunkBytes = 64 * 1024;
/** Nothing came for so long. */
const stallMs = 60_000;

export class Download {
  readonly digest: string;
  readonly size: number;
  /** Resolves when it is a blob; rejects when it will be none. */
  readonly finished: Promise<void>;
  readonly #upload: Upload;
  #state: "comes" | "whole" | "failed" = "comes";
  #moved = Promise.withResolvers<void>();

  constructor({ upload, digest, size, response, abort, blobs, clock }: Start) {
    this.digest = digest;
    this.size = size;
    this.#upload = upload;
    this.finished = this.#run(response, { abort, blobs, clock });
    this.finished.catch(() => {}); // those who wait hear of it
  }

  async #run(response: Response, { abort, blobs, clock }: Pick<Start, "abort" | "blobs" | "clock">): Promise<void> {
    const { size } = this;
    const step = () => {
      this.#moved.resolve();
      this.#moved = Promise.withResolvers();
    };
    async function* chunks(): AsyncGenerator<Buffer> {
      let sum = 0;
      let timer = clock.after(stallMs, () => abort.abort(), { background: true });
      try {
        for await (const chunk of response.body ?? []) {
          timer.cancel();
          sum += chunk.length;
          if (sum > size) throw new Refusal("SIZE_INVALID", `more than the ${size} bytes that were announced`, { status: 502 });
          yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
          step();
          timer = clock.after(stallMs, () => abort.abort(), { background: true });
        }
      } finally {
        timer.cancel();
      }
    }
    try {
      await this.#upload.append(chunks(), size);
      await blobs.finish(this.#upload, this.digest);
      this.#state = "whole";
    } catch (error) {
      this.#state = "failed";
      abort.abort();
      await blobs.cancel(this.#upload);
      throw error;
    } finally {
      step();
    }
  }

  /** The file, to be read by `follow`; the caller closes it. */
  open(): Promise<FileHandle> {
    return open(this.#upload.path, "r");
  }

  /** The bytes as they come. The last one is held back until all of them are known to be right. */
  async *follow(file: FileHandle): AsyncGenerator<Buffer> {
    let at = 0;
    while (at < this.size) {
      const moved = this.#moved.promise;
      if (this.#state === "failed") throw new Error(`${this.digest} did not come whole`);
      const limit = this.#state === "whole" ? this.size : Math.min(this.#upload.size, this.size - 1);
      if (at >= limit) {
        await moved;
        continue;
      }
      const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, limit - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new Error(`${this.digest} is shorter than what was written`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }
}

interface Start {
  upload: Upload;
  digest: string;
  /** As it was announced. */
  size: number;
  response: Response;
  /** Ends the response. */
  abort: AbortController;
  blobs: Blobs;
  clock: Clock;
}
