/** Files of a build: below the folder of their kustomization, unless the user lifts that; folders never in a circle. */
import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { CliError } from "../failure.ts";
import { readFileSync } from "../input/files.ts";

export class Loader {
  readonly root: string;
  readonly #restricted: boolean;
  readonly #parent: Loader | undefined;

  constructor(root: string, options: { restricted: boolean; parent?: Loader }) {
    this.root = root;
    this.#restricted = options.restricted;
    this.#parent = options.parent;
  }

  bytes(path: string): Buffer {
    if (/^https?:\/\//.test(path)) throw remote(path);
    const file = isAbsolute(path) ? path : join(this.root, path);
    const real = this.#real(file);
    if (statSync(real).isDirectory())
      throw new CliError(this.#restricted ? `'${file}' must resolve to a file` : `read ${file}: is a directory`);
    if (this.#restricted && !real.startsWith(this.root === sep ? sep : this.root + sep))
      throw new CliError(`security; file '${file}' is not in or below '${this.root}'`);
    return readFileSync(real);
  }
  text(path: string): string {
    return this.bytes(path).toString("utf8");
  }

  /** Another kustomization's folder. */
  child(path: string): Loader {
    if (path === "") throw new CliError("new root cannot be empty");
    if (isRemote(path)) throw remote(path);
    if (isAbsolute(path)) throw new CliError(`new root '${path}' cannot be absolute`);
    const root = this.#folder(join(this.root, path));
    for (let each: Loader | undefined = this; each; each = each.#parent)
      if (each.root === root || each.root.startsWith(root === sep ? sep : root + sep))
        throw new CliError(`cycle detected: candidate root '${root}' contains visited root '${each.root}'`);
    return new Loader(root, { restricted: this.#restricted, parent: this });
  }

  #folder(path: string): string {
    let real: string;
    try {
      real = this.#real(path);
    } catch (error) {
      throw new CliError(`must build at directory: not a valid directory: ${(error as Error).message}`);
    }
    if (!statSync(real).isDirectory()) throw new CliError(`must build at directory: '${path}': file is not directory`);
    return real;
  }

  #real(path: string): string {
    try {
      return realpathSync(path);
    } catch {
      throw new CliError(`evalsymlink failure on '${path}' : lstat ${firstMissing(path)}: no such file or directory`);
    }
  }
}

/** `named`: what the user wrote for the folder. */
export function rootLoader(folder: string, { named = folder, ...options }: { restricted: boolean; named?: string }): Loader {
  if (isRemote(named)) throw remote(named);
  let root: string;
  try {
    root = realpathSync(resolve(folder));
  } catch {
    throw new CliError(
      `must build at directory: not a valid directory: evalsymlink failure on '${named}' : lstat ${firstMissing(resolve(folder))}: no such file or directory`,
    );
  }
  if (!statSync(root).isDirectory()) throw new CliError(`must build at directory: '${named}': file is not directory`);
  return new Loader(root, options);
}

/** The first part of a path that is not there. */
function firstMissing(path: string): string {
  const parent = dirname(path);
  if (parent === path) return path;
  return statSync(parent, { throwIfNoEntry: false }) ? path : firstMissing(parent);
}

/** What upstream would clone or download. */
function isRemote(path: string): boolean {
  return (
    /^[a-z+]+:\/\//i.test(path) ||
    /^(git::|git@|github\.com[/:]|[^/]+@[^/]+:)/i.test(path) ||
    /^[\w.-]+\.[a-z]{2,}\/[^/]+\/[^/]+.*(\/\/|\?ref=|\.git)/i.test(path)
  );
}

function remote(path: string): CliError {
  return new CliError(`'${path}' is remote: this kubectl builds local folders and files only; clone or download it and name the copy`);
}
