/** The mount table, and what changes it. */
import { readFileSync } from "node:fs";
import { run, tryRun } from "./run.ts";

export interface Mount {
  source: string;
  target: string;
  type: string;
  options: string[];
}

export function readMounts(): Mount[] {
  return parseMounts(readFileSync("/proc/self/mounts", "utf8"));
}

/** Spaces in paths are written as \040. */
const plain = (word: string) => word.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Lines of /proc/mounts. */
export function parseMounts(text: string): Mount[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [source, target, type, options] = line.split(" ");
      return { source: plain(source), target: plain(target), type, options: options.split(",") };
    });
}

export function isMountPoint(path: string): boolean {
  return readMounts().some((mount) => mount.target === path);
}

export interface MountOptions {
  type?: string;
  flags?: string[];
  timeoutMs?: number;
  /** What the flags name relatively is below this folder. */
  cwd?: string;
}

export async function mount(source: string, target: string, { timeoutMs, cwd, ...options }: MountOptions = {}): Promise<void> {
  const words = [...(options.type ? ["-t", options.type] : []), ...(options.flags?.length ? ["-o", options.flags.join(",")] : [])];
  await run(["mount", ...words, source, target], {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(cwd === undefined ? {} : { cwd }),
  });
}

export async function bindMount(source: string, target: string, options: { readOnly?: boolean; recursive?: boolean } = {}): Promise<void> {
  await run(["mount", options.recursive ? "--rbind" : "--bind", source, target]);
  if (options.readOnly) await run(["mount", "-o", "remount,bind,ro", target]);
}

/** Lines of /proc/self/mountinfo: whether what is mounted at the path later is seen by those who share it. The last that holds it counts. */
export function isShared(path: string, mountInfo: string): boolean {
  const holding = mountInfo.split("\n").findLast((line) => {
    const at = plain(line.split(" ")[4] ?? "");
    return at === "/" || path === at || (at !== "" && path.startsWith(`${at}/`));
  });
  if (holding === undefined) throw new Error(`cannot find mount point for ${JSON.stringify(path)}`);
  const [before = ""] = holding.split(" - ");
  return before
    .split(" ")
    .slice(6)
    .some((field) => field.startsWith("shared:"));
}

/** What is mounted in the folder from now on is seen by mount namespaces that have it from here, and the other way round. */
export async function makeShared(folder: string): Promise<void> {
  if (isShared(folder, readFileSync("/proc/self/mountinfo", "utf8"))) return;
  // With what is mounted in it already.
  await run(["mount", "--rbind", folder, folder]);
  await run(["mount", "--make-rshared", folder]);
}

/** Unmounts; something that is not mounted is no error, something busy is detached. */
export async function unmount(target: string): Promise<void> {
  if (!isMountPoint(target)) return;
  const result = await tryRun(["umount", target]);
  if (result.code !== 0) await run(["umount", "--lazy", target]);
}

/**
 * Unmounts everything at and below a folder, deepest first; resolves with how many. Rejects when something stays: whoever removes the
 * folder next would remove what is mounted there.
 */
export async function unmountUnder(folder: string): Promise<number> {
  const below = mountedUnder(folder).reverse();
  for (let from = 0; from < below.length; from += 100) await tryRun(["umount", "--lazy", ...below.slice(from, from + 100)]);
  const left = below.length === 0 ? [] : mountedUnder(folder);
  if (left.length > 0) throw new Error(`${left.length} mounts stay below ${folder}, the first at ${left[0]}`);
  return below.length;
}

function mountedUnder(folder: string): string[] {
  return readMounts()
    .map((entry) => entry.target)
    .filter((target) => target === folder || target.startsWith(`${folder}/`));
}
