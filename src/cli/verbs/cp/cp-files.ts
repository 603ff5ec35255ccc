/** The files of an archive that a container sent, made below one path of this machine and nowhere else. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { PassThrough } from "node:stream";
import { Parser, type ReadEntry } from "tar";
import { CliError } from "../../failure.ts";

export interface CopyTo {
  /** As the user wrote it: messages show it. */
  to: string;
  cwd: string;
  /** What the names in the archive begin with: the path in the container. */
  prefix: string;
  /** The command that brings links, too. */
  advice: string;
  warn(text: string): void;
}

export class CopiedFiles {
  received = 0;
  readonly #place: CopyTo;
  readonly #parser: Parser;
  readonly #done: Promise<void>;
  #failure: unknown;
  #advised = false;

  constructor(place: CopyTo) {
    this.#place = place;
    this.#parser = new Parser({ onReadEntry: (entry) => this.#take(entry), strict: true });
    this.#done = new Promise((done, fail) => {
      this.#parser.on("end", () => done());
      this.#parser.on("error", fail);
    });
    // Who waits for it hears of it; until then nobody has to.
    this.#done.catch(() => undefined);
  }

  /** Feeds what arrives until the stream ends. Back-pressure goes to the container. */
  async read(stream: PassThrough): Promise<void> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      this.received += chunk.length;
      if (this.#failure !== undefined) continue;
      if (!this.#parser.write(chunk)) await new Promise<void>((drained) => this.#parser.once("drain", drained));
    }
  }

  /** The archive is whole. Throws what made it bad. */
  async end(): Promise<void> {
    if (this.#failure === undefined) {
      this.#parser.end();
      await this.#done;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #take(entry: ReadEntry): void {
    try {
      if (this.#failure === undefined) this.#make(entry);
      else entry.resume();
    } catch (error) {
      this.#failure = error;
      entry.resume();
    }
  }

  #make(entry: ReadEntry): void {
    const { to, cwd, prefix } = this.#place;
    if (!entry.path.startsWith(prefix)) throw new CliError("tar contents corrupted");
    const shown = join(to, entry.path.slice(prefix.length)).replace(/(?<=.)\/$/, "");
    const path = resolve(cwd, shown);
    const below = relative(resolve(cwd, to), path);
    if (below !== withoutShortcuts(below)) {
      this.#place.warn(`file ${JSON.stringify(shown)} is outside target destination, skipping`);
      entry.resume();
      return;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if (entry.type === "Directory" || entry.type === "GNUDumpDir") {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      entry.resume();
    } else if (entry.type === "SymbolicLink") {
      const advice = this.#advised ? "" : ` (consider using "${this.#place.advice}")`;
      this.#advised = true;
      this.#place.warn(`skipping symlink: ${JSON.stringify(shown)} -> ${JSON.stringify(entry.linkpath ?? "")}${advice}`);
      entry.resume();
    } else this.#write(entry, path, shown);
  }

  /** Upstream makes a hard link an empty file, too: its content went by under another name. */
  #write(entry: ReadEntry, path: string, shown: string): void {
    let file: number;
    try {
      file = openSync(path, "w", 0o666);
    } catch (error) {
      throw new CliError(`open ${shown}: ${reasonOf(error)}`);
    }
    entry.on("data", (chunk: Buffer) => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file, chunk, at);
    });
    entry.on("end", () => closeSync(file));
  }
}

const reasons: Readonly<Record<string, string>> = {
  EISDIR: "is a directory",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  EROFS: "read-only file system",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return reasons[code] ?? message;
}

/** Without the `../` that a path begins with. */
export function withoutShortcuts(path: string): string {
  const rest = path.replace(/^(?:\.\.\/)+/, "");
  return rest === "." || rest === ".." ? "" : rest.replace(/^\//, "");
}
