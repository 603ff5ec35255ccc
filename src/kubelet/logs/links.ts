/** Keeps one link per container in the folder that log collectors read: there while the runtime has the container. */
import { readdir, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Log, messageOf } from "#base/mod.ts";
import type { SeenPod } from "../runtime/seen.ts";
import type { FileWork } from "../volumes/file-work.ts";
import { linkName, linkTarget } from "./layout.ts";

export interface LinkPlan {
  make: { name: string; target: string }[];
  remove: string[];
}

/** `there`: the names in the folder now. What is no link of ours for sure (no `.log`) is left alone. */
export function planLinks(seen: Iterable<SeenPod>, there: ReadonlySet<string>): LinkPlan {
  const wanted = new Map<string, string>();
  for (const pod of seen) for (const container of pod.containers) wanted.set(linkName(pod, container), linkTarget(pod, container));
  return {
    make: [...wanted].flatMap(([name, target]) => (there.has(name) ? [] : { name, target })),
    remove: [...there].filter((name) => name.endsWith(".log") && !wanted.has(name)),
  };
}

export class LogLinks {
  readonly #folder: string;
  readonly #files: FileWork;
  readonly #log: Log;
  #there: Set<string> | undefined;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(options: { folder: string; files: FileWork; log: Log }) {
    this.#folder = options.folder;
    this.#files = options.files;
    this.#log = options.log;
  }

  /** Calls that come while one is under way make it run once more. */
  update(seen: () => Iterable<SeenPod>): void {
    this.#again = true;
    this.#running ??= this.#run(seen).finally(() => {
      this.#running = undefined;
    });
  }

  async #run(seen: () => Iterable<SeenPod>): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#files.run(`links in ${this.#folder}`, () => this.#carryOut(seen()));
      } catch (error) {
        this.#there = undefined;
        this.#log.warn("kubelet: links to the logs of containers could not be made", { folder: this.#folder, error: messageOf(error) });
      }
    }
  }

  async #carryOut(seen: Iterable<SeenPod>): Promise<void> {
    this.#there ??= new Set(await readdir(this.#folder));
    const { make, remove } = planLinks(seen, this.#there);
    for (const name of remove) {
      await unlink(join(this.#folder, name)).catch(unless("ENOENT"));
      this.#there.delete(name);
    }
    for (const { name, target } of make) {
      await symlink(target, join(this.#folder, name)).catch(unless("EEXIST"));
      this.#there.add(name);
    }
  }
}

const unless = (code: string) => (error: NodeJS.ErrnoException) => {
  if (error.code !== code) throw error;
};
