/** Streams a container's log file: from the tail or a time on, with or without timestamps, and on as it grows. */
import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import type { Clock } from "#base/mod.ts";
import { type LogLine, parseLogLine, splitLines } from "./log-files.ts";

export interface LogOptions {
  path: string;
  out: Writable;
  follow: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  limitBytes: number | undefined;
  sinceMs: number | undefined;
  stream: string | undefined;
  isRunning(): boolean;
  clock: Clock;
}

const chunkBytes = 64 * 1024;
const pollMs = 1000;

/** Resolves when all is written, the limit is reached, or the reader has gone. */
export async function streamLog(options: LogOptions): Promise<void> {
  const { path, out, follow, clock } = options;
  let wake = () => {};
  let gone = out.destroyed;
  out.once("close", () => {
    gone = true;
    wake();
  });
  let log = await openLog(path, follow, () => wake());
  if (!log) return;
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    let at = options.tailLines === undefined ? 0 : await tailStart(log.file, options.tailLines);
    let pending: Buffer = Buffer.alloc(0);
    for (;;) {
      const running = options.isRunning();
      const { size } = await log.file.stat();
      while (at < size && left > 0 && !gone) {
        const buffer = Buffer.alloc(Math.min(chunkBytes, size - at));
        at += (await log.file.read(buffer, 0, buffer.length, at)).bytesRead;
        const whole = pending.length > 0 ? Buffer.concat([pending, buffer]) : buffer;
        const end = whole.lastIndexOf(10);
        pending = whole.subarray(end + 1);
        const text = render(splitLines(whole.subarray(0, end + 1)), options).subarray(0, left);
        left -= text.length;
        if (text.length > 0 && !out.write(text)) await drained(out);
      }
      if (!follow || left <= 0 || gone) return;
      if ((await log.file.stat()).size > at) continue;
      const next = await rotated(path, log, () => wake());
      if (next) {
        // The runtime may have written on between the look and the change of files.
        if ((await log.file.stat()).size > at) {
          await next.close();
          continue;
        }
        await log.close();
        [log, at, pending] = [next, 0, Buffer.alloc(0)];
        continue;
      }
      if (!running) return;
      await new Promise<void>((resolve) => {
        const timer = clock.after(pollMs, resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  } finally {
    await log.close();
  }
}

interface OpenLog {
  file: FileHandle;
  inode: number;
  close(): Promise<void>;
}

async function openLog(path: string, follow: boolean, changed: () => void): Promise<OpenLog | undefined> {
  const file = await open(path).catch(() => undefined);
  if (!file) return undefined;
  // A file that has been renamed meanwhile is looked at every second, as any.
  const watcher = follow ? watchOrNot(path, changed) : undefined;
  return {
    file,
    inode: (await file.stat()).ino,
    async close() {
      watcher?.close();
      await file.close();
    },
  };
}

function watchOrNot(path: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(path, changed).on("error", () => {});
  } catch {
    return undefined;
  }
}

/** The log that has taken the place of the one that is read. */
async function rotated(path: string, { inode }: OpenLog, changed: () => void): Promise<OpenLog | undefined> {
  const now = await stat(path).catch(() => undefined);
  return now && now.ino !== inode ? openLog(path, true, changed) : undefined;
}

function drained(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      out.off("drain", done);
      out.off("close", done);
      resolve();
    };
    out.once("drain", done);
    out.once("close", done);
  });
}

function render(lines: readonly Buffer[], { timestamps, sinceMs, stream }: LogOptions): Buffer {
  const out: Buffer[] = [];
  for (const line of lines) {
    const entry: LogLine | undefined = parseLogLine(line);
    if (!entry) continue;
    if (sinceMs !== undefined && Date.parse(entry.time) < sinceMs) continue;
    if (stream && stream !== "All" && stream.toLowerCase() !== entry.stream) continue;
    if (timestamps) out.push(Buffer.from(`${entry.time} `));
    out.push(entry.text);
    if (entry.whole) out.push(newline);
  }
  return Buffer.concat(out);
}

const newline = Buffer.from("\n");

/** Where the last `lines` lines begin; entries of a line that was cut count as one. */
async function tailStart(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes);
    const buffer = Buffer.alloc(end - start);
    await file.read(buffer, 0, buffer.length, start);
    for (let i = buffer.length - 1; i >= 0; i--) {
      if (buffer[i] !== 10 || start + i === size - 1) continue;
      if (++found === lines) return start + i + 1;
    }
    end = start;
  }
  return 0;
}
