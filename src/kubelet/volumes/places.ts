/** Paths of the node: which lead to folders that each node of a shared machine has of its own, and what is there. */
import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, normalize } from "node:path";

/** What a path of the node, as pods name it (`hostPath`), is on this machine; `places`: as pods name it → where it is. */
export function onMachine(path: string, places: Readonly<Record<string, string>>): string {
  const plain = normalize(path);
  for (const [usual, actual] of Object.entries(places))
    if (plain === usual || plain.startsWith(`${usual}/`)) return join(actual, plain.slice(usual.length));
  return path;
}

/** The kubelet's folder, as pods name it. */
export const usualFolder = "/var/lib/kubelet";

/** What a path in the kubelet's own folder is to pods of this node that mount it. */
export const usualPlace = (path: string, folder: string): string =>
  path === folder || path.startsWith(`${folder}/`) ? join(usualFolder, path.slice(folder.length)) : path;

/** What is at the path, by whatever links lead there; undefined: nothing. */
export const statIfThere = (path: string): Promise<Stats | undefined> =>
  stat(path).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });

/** The names in a folder: none when there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  });
}
