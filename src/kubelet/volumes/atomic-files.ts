/**
 * Writes a set of files so that a reader sees all old or all new ones: the files lie in a fresh folder to which `..data` is
 * switched in one step; the visible names are links through `..data`.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

export interface FileToWrite {
  content: Buffer;
  mode: number;
}

const data = "..data";

/** Paths are relative and may have folders. True when something changed. `gid`: owner group of everything. */
export function writeAtomically(folder: string, files: ReadonlyMap<string, FileToWrite>, gid?: number): boolean {
  mkdirSync(folder, { recursive: true });
  for (const path of files.keys()) assertInside(path);
  const current = linkTarget(join(folder, data));
  if (current !== undefined && isSame(join(folder, current), files)) return false;
  const fresh = mkdtempSync(join(folder, "..new_"));
  chmodSync(fresh, 0o755);
  for (const [path, { content, mode }] of files) {
    const target = join(fresh, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, content, { mode });
    chmodSync(target, mode);
    if (gid !== undefined) chownSync(target, 0, gid);
  }
  if (gid !== undefined) chownSync(fresh, 0, gid);
  const link = join(folder, "..data_tmp");
  rmSync(link, { force: true });
  symlinkSync(fresh.slice(folder.length + 1), link);
  renameSync(link, join(folder, data));
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0]!));
  for (const top of tops) if (!existsLink(join(folder, top))) symlinkSync(join(data, top), join(folder, top));
  for (const name of readdirSync(folder))
    if (!name.startsWith("..") && !tops.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
  if (current !== undefined) rmSync(join(folder, current), { recursive: true, force: true });
  return true;
}

function assertInside(path: string): void {
  const parts = path.split("/");
  if (path === "" || path.startsWith("/") || parts.includes("..") || parts[0]!.startsWith(".."))
    throw new Error(`invalid path ${JSON.stringify(path)}: must be relative and stay inside the volume`);
}

function linkTarget(path: string): string | undefined {
  return existsLink(path) ? readlinkSync(path) : undefined;
}

function existsLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isSame(folder: string, files: ReadonlyMap<string, FileToWrite>): boolean {
  if (!existsSync(folder)) return false;
  const there: string[] = [];
  const walk = (at: string, prefix: string) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.isDirectory()) walk(join(at, entry.name), `${prefix}${entry.name}/`);
      else there.push(`${prefix}${entry.name}`);
    }
  };
  walk(folder, "");
  if (there.length !== files.size) return false;
  return there.every((path) => {
    const wanted = files.get(path);
    if (!wanted) return false;
    const full = join(folder, path);
    return (lstatSync(full).mode & 0o777) === wanted.mode && readFileSync(full).equals(wanted.content);
  });
}
