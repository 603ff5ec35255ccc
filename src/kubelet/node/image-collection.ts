/**
 * Takes images away that nobody uses: when the disk that they lie on is too full, until it is full enough to live with; at any time
 * those that nobody has used for long; and all of them when the node is short of disk. The order is decided purely.
 */
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { FileSystem } from "../eviction/observe.ts";
import type { Runtime, RuntimeContainer, RuntimeImage } from "../runtime/runtime.ts";

export interface ImagePolicy {
  /** Of the file system, in percent: from here on images go (`imageGCHighThresholdPercent`); 100: never. */
  highPercent: number;
  /** … until only this is used (`imageGCLowThresholdPercent`). */
  lowPercent: number;
  /** Younger ones may be about to be used (`imageMinimumGCAge`). */
  leastAgeMs: number;
  /** Unused for longer they go whatever the disk (`imageMaximumGCAge`); 0: they do not. */
  mostAgeMs: number;
}

export interface ImageRecord {
  id: string;
  sizeBytes: number;
  pinned: boolean;
  firstSeenMs: number;
  /** 0: never that this kubelet knows of. */
  lastUsedMs: number;
  inUse: boolean;
}

export interface CollectionOptions {
  runtime: Pick<Runtime, "listImages" | "listContainers" | "removeImage">;
  policy: ImagePolicy;
  /** The file system that images lie on. */
  fileSystem(): Promise<FileSystem | undefined>;
  /** Names of images that the node needs although no container says so. */
  needed(): readonly string[];
  tellNode(reason: string, message: string): void;
  collected(why: "age" | "space"): void;
  /** The ids of all that are here, and since when at least: milliseconds since 1970. */
  looked(ids: readonly string[], sinceMs: number): Promise<void>;
  clock: Clock;
  log: Log;
}

const collectMs = 5 * 60_000;

export class ImageCollection {
  readonly #options: CollectionOptions;
  readonly #sinceMs: number;
  #records = new Map<string, ImageRecord>();

  constructor(options: CollectionOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.now();
  }

  /** From now on every five minutes. */
  start(): Timer {
    const { clock, log } = this.#options;
    const attempt = () => this.collect().catch((error) => log.warn("kubelet: images were not collected", { error: messageOf(error) }));
    void attempt();
    return every(clock, collectMs, attempt);
  }

  /** Those that are too old, and as many as the disk asks for. */
  async collect(): Promise<void> {
    const { policy, clock, tellNode, looked } = this.#options;
    const nowMs = clock.now();
    let left = await this.#candidates();
    await looked([...this.#records.keys()], nowMs);
    if (policy.mostAgeMs > 0 && nowMs - this.#sinceMs > policy.mostAgeMs) {
      const isOld = (image: ImageRecord) => nowMs - image.lastUsedMs > policy.mostAgeMs;
      await this.#remove(left.filter(isOld), Number.POSITIVE_INFINITY, "age");
      left = left.filter((image) => !isOld(image));
    }
    const found = await this.#options.fileSystem();
    if (!found) return;
    const { available, capacity } = found.bytes;
    if (capacity === 0) return tellNode("InvalidDiskCapacity", "invalid capacity 0 on image filesystem");
    const wanted = bytesToFree({ available: Math.min(available, capacity), capacity }, policy);
    if (wanted === undefined) return;
    const freed = await this.#remove(left.filter(this.#isOldEnough), wanted);
    if (freed < wanted)
      tellNode(
        "FreeDiskSpaceFailed",
        `Insufficient free disk space on the node's image filesystem (${usedPercent(found.bytes)}% of ${sizeText(capacity)} used). ` +
          `Failed to free sufficient space by deleting unused images (freed ${freed} bytes). ` +
          "Investigate disk usage, as it could be used by active images, logs, volumes, or other data.",
      );
  }

  /** The node is short: all that nobody uses. */
  async removeUnused(): Promise<void> {
    await this.#remove((await this.#candidates()).filter(this.#isOldEnough), Number.POSITIVE_INFINITY);
  }

  #isOldEnough = (image: ImageRecord): boolean => this.#options.clock.now() - image.firstSeenMs >= this.#options.policy.leastAgeMs;

  async #candidates(): Promise<ImageRecord[]> {
    const { runtime, clock, needed } = this.#options;
    const [images, containers] = await Promise.all([runtime.listImages(), runtime.listContainers()]);
    this.#records = recordsOf(this.#records, { images, containers, needed: needed(), nowMs: clock.now() });
    return inOrder([...this.#records.values()]);
  }

  /** Resolves with the bytes of those that went, which are enough or all there were; one that stays does not keep the next. */
  async #remove(images: readonly ImageRecord[], wanted: number, why: "age" | "space" = "space"): Promise<number> {
    const { runtime, log } = this.#options;
    let freed = 0;
    for (const { id, sizeBytes } of images) {
      if (freed >= wanted) break;
      try {
        await runtime.removeImage(id);
        this.#records.delete(id);
        this.#options.collected(why);
        freed += sizeBytes;
        log.info("kubelet: an image that nobody uses was removed", { id, bytes: sizeBytes });
      } catch (error) {
        log.warn("kubelet: an image was not removed", { id, error: messageOf(error) });
      }
    }
    return freed;
  }
}

export function recordsOf(before: ReadonlyMap<string, ImageRecord>, { images, containers, needed, nowMs }: Seen): Map<string, ImageRecord> {
  const used = new Set([...needed, ...containers.flatMap(({ image, imageRef, imageId }) => [image?.image ?? "", imageRef, imageId])]);
  return new Map(
    images.map((image) => {
      const known = before.get(image.id);
      const inUse = [image.id, ...image.repoTags, ...image.repoDigests].some((name) => used.has(name));
      const record: ImageRecord = {
        id: image.id,
        sizeBytes: image.size,
        pinned: image.pinned === true,
        firstSeenMs: known?.firstSeenMs ?? nowMs,
        lastUsedMs: inUse ? nowMs : (known?.lastUsedMs ?? 0),
        inUse,
      };
      return [image.id, record];
    }),
  );
}

interface Seen {
  images: readonly RuntimeImage[];
  containers: readonly RuntimeContainer[];
  needed: readonly string[];
  nowMs: number;
}

/** Of those that may go: the longest unused first, then the longest here. */
export function inOrder(records: readonly ImageRecord[]): ImageRecord[] {
  return records
    .filter(({ inUse, pinned }) => !inUse && !pinned)
    .sort((a, b) => a.lastUsedMs - b.lastUsedMs || a.firstSeenMs - b.firstSeenMs);
}

const usedPercent = ({ available, capacity }: FileSystem["bytes"]): number => 100 - Math.trunc((available * 100) / capacity);

/** Undefined: it is not so full that anything must go. */
export function bytesToFree(disk: FileSystem["bytes"], { highPercent, lowPercent }: ImagePolicy): number | undefined {
  if (highPercent >= 100 || usedPercent(disk) < highPercent) return undefined;
  return Math.trunc((disk.capacity * (100 - lowPercent)) / 100) - disk.available;
}

function sizeText(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
