/** Streams a container's log file: from the tail or a time on, with or without timestamps, and on as it grows. */
import { watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
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
  const { path, out, clock } = options;
  let wake = () => {};
  let gone = out.destroyed;
  out.once("close", () => {
    gone = true;
    wake();
  });
  const file = await open(path).catch(() => undefined);
  if (!file) return;
  const watcher = options.follow ? watch(path, () => wake()) : undefined;
  watcher?.on("error", () => {});
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  try {
    let at = options.tailLines === undefined ? 0 : await tailStart(file, options.tailLines);
    let pending: Buffer = Buffer.alloc(0);
    for (;;) {
      const { size } = await file.stat();
      while (at < size && left > 0 && !gone) {
        const buffer = Buffer.alloc(Math.min(chunkBytes, size - at));
        at += (await file.read(buffer, 0, buffer.length, at)).bytesRead;
        const whole = pending.length > 0 ? Buffer.concat([pending, buffer]) : buffer;
        const end = whole.lastIndexOf(10);
        pending = whole.subarray(end + 1);
        const text = render(splitLines(whole.subarray(0, end + 1)), options).subarray(0, left);
        left -= text.length;
        if (text.length > 0 && !out.write(text)) await drained(out);
      }
      if (!options.follow || left <= 0 || gone) return;
      const running = options.isRunning();
      if (!running && (await file.stat()).size === at) return;
      await new Promise<void>((resolve) => {
        const timer = clock.after(pollMs, resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  } finally {
    watcher?.close();
    await file.close();
  }
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
