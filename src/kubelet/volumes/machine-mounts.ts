/** The machine's own mounts, and the one in which secrets and tokens of all pods of the node lie. */
import { readFile, stat } from "node:fs/promises";
import { release } from "node:os";
import { dirname } from "node:path";
import { type Log, messageOf } from "#base/mod.ts";
import { makeShared, mount, parseMounts, prepareDisk, unmountUnder } from "#linux/mod.ts";
import type { Mounts } from "../options.ts";

/** Shorter than file work may take. */
const longestMountMs = 25_000;

/** From Linux 6.4 on a tmpfs may say that it is never swapped out. */
const canNoswap = (kernel: string) => {
  const [major = 0, minor = 0] = kernel.split(/[.-]/).map(Number);
  return major > 6 || (major === 6 && minor >= 4);
};

const mountsAt = async (path: string) => parseMounts(await readFile("/proc/self/mounts", "utf8")).filter(({ target }) => target === path);

export const machineMounts: Mounts = {
  tmpfs: (path, sizeBytes) =>
    mount("tmpfs", path, {
      type: "tmpfs",
      flags: [...(sizeBytes ? [`size=${sizeBytes}`] : []), ...(canNoswap(release()) ? ["noswap"] : [])],
    }),
  // A mount that outlived the wait for it would be made a second time.
  mount: (source, path, options) => mount(source, path, { ...options, timeoutMs: longestMountMs }),
  isMounted: async (path) => (await mountsAt(path)).length > 0,
  isLabelled: async (path) => (await mountsAt(path)).at(-1)?.options.includes("seclabel") === true,
  prepareDisk,
  unmountUnder: async (path) => void (await unmountUnder(path)),
  share: makeShared,
};

/** Drivers in pods mount volumes into the kubelet's folder. Without the right to mount, as in tests, they cannot. */
export async function shareFolder(folder: string, mounts: Mounts, log: Log): Promise<void> {
  try {
    await mounts.share(folder);
  } catch (error) {
    log.warn("kubelet: pods that mount with Bidirectional or HostToContainer will not start", { folder, error: messageOf(error) });
  }
}

/** Secrets and tokens live here and never reach a disk. Without the right to mount, as in tests, the folder stays what it is. */
export async function mountMemory(folder: string, mounts: Mounts, log: Log): Promise<void> {
  // Of a kubelet before this one: a second one on top would hide what pods have.
  if ((await stat(folder)).dev !== (await stat(dirname(folder))).dev) return;
  try {
    await mounts.tmpfs(folder, undefined);
  } catch (error) {
    log.warn("kubelet: secrets and tokens of pods will lie on the disk: no tmpfs could be mounted", { folder, error: messageOf(error) });
  }
}
