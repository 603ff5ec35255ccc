/**
 * What containers left as they ended: their own file, or the end of their log. Read once a container; all of a pod's messages
 * together have a limit that its containers share.
 */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import { readTail } from "../logs/log-files.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { containersOf } from "./containers.ts";

const mostBytes = 4096;
const mostBytesOfPod = 12 * 1024;
const logLines = 80;
const logBytes = 2048;

export const terminationLog = (podFolder: string, container: string, restartCount: number): string =>
  join(podFolder, "containers", container, String(restartCount));

/** The share of one container. */
export const messageBytes = (pod: Pod): number => Math.min(mostBytes, Math.floor(mostBytesOfPod / Math.max(1, containersOf(pod).length)));

export class TerminationMessages {
  readonly #files: FileWork;
  #byId = new Map<string, string>();

  constructor(files: FileWork) {
    this.#files = files;
  }

  /** By container id, of those that have ended. */
  async read(pod: Pod, seen: SeenPod | undefined, at: { podFolder: string; logFolder: string }): Promise<ReadonlyMap<string, string>> {
    const ended = (seen?.containers ?? []).filter((container) => container.state === "exited");
    const limit = messageBytes(pod);
    for (const container of ended) {
      if (this.#byId.has(container.id)) continue;
      const text = await this.#files.run(`termination message of ${container.name}`, () => messageFrom(container, at)).catch(() => "");
      this.#byId.set(container.id, Buffer.from(text).subarray(0, limit).toString());
    }
    for (const id of this.#byId.keys()) if (!ended.some((container) => container.id === id)) this.#byId.delete(id);
    return this.#byId;
  }
}

async function messageFrom(container: SeenContainer, { podFolder, logFolder }: { podFolder: string; logFolder: string }): Promise<string> {
  const own = await head(terminationLog(podFolder, container.name, container.restartCount));
  if (own !== "" || container.messagePolicy !== "FallbackToLogsOnError" || container.exitCode === 0) return own;
  return readTail(join(logFolder, container.name, `${container.restartCount}.log`), logLines, logBytes);
}

async function head(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (!file) return "";
  try {
    const buffer = Buffer.alloc(mostBytes);
    const { bytesRead } = await file.read(buffer, 0, mostBytes, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
