/** A log of lines that is cut into files: a new one when it is large, the old ones named by their time, thinned out by age and number. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, type Log, messageOf } from "#base/mod.ts";

export interface LogFileOptions {
  path: string;
  /** Megabytes that a file may have. */
  maxSize: number;
  /** Days that an old file is kept; 0: for ever. */
  maxAge: number;
  /** How many old files are kept; 0: all. */
  maxBackups: number;
  /** Old files are compressed. */
  compress: boolean;
  clock: Clock;
  log: Log;
}

const megabyte = 1024 * 1024;
const dayMs = 86_400_000;

export class LogFile {
  readonly #options: LogFileOptions;
  #file: { fd: number; size: number } | undefined;
  #tidying: Promise<void> | undefined;

  constructor(options: LogFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    this.#file = open(options.path);
  }

  /** Throws when it cannot be written. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    const most = this.#options.maxSize * megabyte;
    if (bytes.length > most) throw new Error(`write length ${bytes.length} exceeds maximum file size ${most}`);
    this.#file ??= open(this.#options.path);
    if (this.#file.size + bytes.length > most) this.#rotate();
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file.fd, bytes, at);
    this.#file.size += bytes.length;
  }

  /** Resolves when what is done beside the writing is done. */
  async close(): Promise<void> {
    if (this.#file) closeSync(this.#file.fd);
    this.#file = undefined;
    await this.#tidying;
  }

  #rotate(): void {
    const { path, clock, log } = this.#options;
    closeSync(this.#file!.fd);
    this.#file = undefined;
    renameSync(path, oldName(path, clock.now()));
    this.#file = open(path);
    const tidied = (this.#tidying ?? Promise.resolve()).then(() => this.#tidy());
    this.#tidying = tidied.catch((error) => log.warn("old audit logs could not be tidied", { error: messageOf(error) }));
  }

  async #tidy(): Promise<void> {
    const { path, maxAge, maxBackups, compress, clock } = this.#options;
    const old = oldFiles(path);
    const oldest = maxAge > 0 ? clock.now() - maxAge * dayMs : Number.NEGATIVE_INFINITY;
    for (const [i, { file, time }] of old.entries()) {
      if ((maxBackups > 0 && i >= maxBackups) || time < oldest) await rm(file, { force: true });
      else if (compress && !file.endsWith(".gz")) {
        await pipeline(createReadStream(file), createGzip(), createWriteStream(`${file}.gz`, { mode: statSync(file).mode }));
        await rm(file, { force: true });
      }
    }
  }
}

function open(path: string): { fd: number; size: number } {
  const fd = openSync(path, "a", 0o600);
  return { fd, size: fstatSync(fd).size };
}

/** `audit-2026-11-27T22-31-05.123.log` */
function oldName(path: string, now: number): string {
  const ending = extname(path);
  const time = new Date(now).toISOString().slice(0, 23).replaceAll(":", "-");
  return join(dirname(path), `${basename(path, ending)}-${time}${ending}`);
}

/** Newest first. */
function oldFiles(path: string): { file: string; time: number }[] {
  const ending = extname(path);
  const start = `${basename(path, ending)}-`;
  return readdirSync(dirname(path))
    .flatMap((name) => {
      const plain = name.endsWith(".gz") ? name.slice(0, -3) : name;
      if (!plain.startsWith(start) || !plain.endsWith(ending)) return [];
      const text = plain.slice(start.length, plain.length - ending.length);
      const time = Date.parse(`${text.slice(0, 11)}${text.slice(11).replaceAll("-", ":")}Z`);
      return Number.isNaN(time) ? [] : [{ file: join(dirname(path), name), time }];
    })
    .sort((a, b) => b.time - a.time);
}
