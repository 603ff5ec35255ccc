/**
 * Keeps container logs from filling the disk: one that has grown beyond its limit is set aside under the time of day, the runtime
 * goes on in a new file, what was set aside before is compressed, and the oldest goes.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { logFile, podLogFolder } from "./layout.ts";

export interface RotationLimits {
  /** Bytes of one log (`containerLogMaxSize`). */
  maxBytes: number;
  /** Files of one container, the one that is written included (`containerLogMaxFiles`). */
  maxFiles: number;
}

/** Upstream's. */
export const usualLimits: RotationLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };
export const lookMs = 10_000;

export type RotationStep =
  | { do: "remove"; name: string }
  | { do: "compress"; name: string }
  | { do: "set-aside"; name: string; as: string };

/** `names`: all files beside the log; `stamp`: `20260131-235959`. Steps in the order in which they are carried out. */
export function planRotation(log: string, names: readonly string[], { maxFiles }: RotationLimits, stamp: string): RotationStep[] {
  const rotated = names.filter((name) => name.startsWith(`${log}.`));
  const compressed = new Set(rotated.filter((name) => name.endsWith(".gz")));
  // Of a round that did not end: half a compressed file, or one that is there in both forms.
  const useless = rotated.filter((name) => name.endsWith(".tmp") || compressed.has(`${name}.gz`));
  const good = rotated.filter((name) => !useless.includes(name)).sort();
  // Room for the log that is written, and for the one that is set aside now.
  const tooMany = good.splice(0, Math.max(0, good.length - (maxFiles - 2)));
  return [
    ...[...useless, ...tooMany].map((name) => ({ do: "remove" as const, name })),
    ...good.filter((name) => !compressed.has(name)).map((name) => ({ do: "compress" as const, name })),
    { do: "set-aside", name: log, as: `${log}.${stamp}` },
  ];
}

export interface RotationOptions {
  runtime: Pick<Runtime, "reopenLog">;
  podLogs: string;
  seen(): Iterable<SeenPod>;
  files: FileWork;
  limits?: RotationLimits;
  clock: Clock;
  log: Log;
}

/** Logs of running containers, looked at every ten seconds; a round that takes longer is not joined by a second one. */
export function rotateLogs(options: RotationOptions): Timer {
  let busy = false;
  return every(options.clock, lookMs, async () => {
    if (busy) return;
    busy = true;
    try {
      await rotateOnce(options);
    } finally {
      busy = false;
    }
  });
}

export async function rotateOnce(options: RotationOptions): Promise<void> {
  const { podLogs, log } = options;
  for (const pod of options.seen())
    for (const { id, name, restartCount, state } of pod.containers) {
      if (state !== "running") continue;
      const folder = join(podLogs, podLogFolder(pod), name);
      try {
        await rotate(options, { id, folder, file: logFile(restartCount) });
      } catch (error) {
        log.warn("kubelet: a log could not be rotated", { pod: `${pod.namespace}/${pod.name}`, container: name, error: messageOf(error) });
      }
    }
}

async function rotate(options: RotationOptions, { id, folder, file }: { id: string; folder: string; file: string }): Promise<void> {
  const { files, limits = usualLimits, clock, runtime } = options;
  const size = await files.run(`size of ${file}`, () =>
    stat(join(folder, file)).then(
      ({ size: bytes }) => bytes,
      () => 0,
    ),
  );
  if (size < limits.maxBytes) return;
  const names = await files.run(`logs in ${folder}`, () => readdir(folder));
  for (const step of planRotation(file, names, limits, stampOf(clock.now()))) {
    const path = join(folder, step.name);
    if (step.do === "remove") await files.run(`removal of ${path}`, () => rm(path, { force: true }));
    else if (step.do === "compress") await files.run(`compression of ${path}`, () => compress(path));
    else {
      const aside = join(folder, step.as);
      await files.run(`rotation of ${path}`, () => rename(path, aside));
      try {
        await runtime.reopenLog(id);
      } catch (error) {
        // The runtime still writes into the old file: it keeps its name, so that the next round finds it.
        await files.run(`return of ${path}`, () => rename(aside, path));
        throw error;
      }
    }
  }
}

/** A reader sees no file or a whole one. */
async function compress(path: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(unfinished));
  await rename(unfinished, `${path}.gz`);
  await rm(path);
}

const stampOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
