/**
 * Writes a set of files so that a reader sees all old or all new ones: the files lie in a fresh folder to which `..data` is
 * switched in one step; the visible names are links through `..data`.
 */
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileToWrite } from "./plugin.ts";

const data = "..data";
/** What a group gets of files that only the kubelet writes. */
const groupReads = 0o440;
const folderMode = 0o755;

/** Paths are relative and may have folders. True when something changed. `gid`: owner group of everything. */
export async function writeAtomically(folder: string, files: ReadonlyMap<string, FileToWrite>, gid?: number): Promise<boolean> {
  for (const path of files.keys()) assertInside(path);
  await mkdir(folder, { recursive: true });
  if (gid !== undefined) await own(folder, gid);
  const wanted = gid === undefined ? files : new Map([...files].map(([path, file]) => [path, { ...file, mode: file.mode | groupReads }]));
  const current = await readlink(join(folder, data)).catch(() => undefined);
  if (current !== undefined && (await isSame(join(folder, current), wanted))) return false;
  const fresh = await mkdtemp(join(folder, "..new_"));
  await chmod(fresh, folderMode);
  for (const [path, { content, mode, uid }] of wanted) {
    const target = join(fresh, path);
    await mkdir(dirname(target), { recursive: true, mode: folderMode });
    await writeFile(target, content, { mode });
    await chmod(target, mode);
    if (gid !== undefined || uid !== undefined) await chown(target, uid ?? 0, gid ?? 0);
  }
  if (gid !== undefined) for (const at of await foldersIn(fresh)) await own(at, gid);
  const link = join(folder, "..data_tmp");
  await rm(link, { force: true });
  await symlink(fresh.slice(folder.length + 1), link);
  await rename(link, join(folder, data));
  await linkNames(folder, new Set([...wanted.keys()].map((path) => path.split("/")[0]!)));
  if (current !== undefined) await rm(join(folder, current), { recursive: true, force: true });
  return true;
}

/** The visible names, and no others. */
async function linkNames(folder: string, tops: ReadonlySet<string>): Promise<void> {
  const there = await readdir(folder);
  for (const top of tops) if (!there.includes(top)) await symlink(join(data, top), join(folder, top));
  for (const name of there) if (!name.startsWith("..") && !tops.has(name)) await rm(join(folder, name), { recursive: true, force: true });
}

async function own(folder: string, gid: number): Promise<void> {
  await chown(folder, 0, gid);
  await chmod(folder, 0o2755);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return [folder, ...entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))];
}

function assertInside(path: string): void {
  const parts = path.split("/");
  if (path === "" || path.startsWith("/") || parts.includes("..") || parts[0]!.startsWith(".."))
    throw new Error(`invalid path ${JSON.stringify(path)}: must be relative and stay inside the volume`);
}

async function isSame(folder: string, files: ReadonlyMap<string, FileToWrite>): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const there = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  if (there.length !== files.size) return false;
  for (const full of there) {
    const wanted = files.get(full.slice(folder.length + 1));
    if (!wanted) return false;
    const { mode, uid } = await lstat(full);
    if ((mode & 0o777) !== (wanted.mode & 0o777) || (wanted.uid !== undefined && uid !== wanted.uid)) return false;
    if (!(await readFile(full)).equals(wanted.content)) return false;
  }
  return true;
}
