/**
 * The cgroup of a pod, in every controller tree of the machine: runc makes it with the first container and takes only the
 * containers' own ones away again.
 */
import { readdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { cgroupParent, qosClasses } from "./resources.ts";

/** A group whose last process has just ended is busy for a moment. */
const busyTries = 5;
const busyMs = 100;

/**
 * Removes the pod's group and all below it from each tree, in whatever class it was. `alone`: no other pod is here, so the
 * empty classes go too; beside others they stay, since runc may be about to make a group in one.
 */
export async function removePodCgroup(
  trees: readonly string[],
  root: string,
  pod: Pod,
  { clock, alone }: { clock: Clock; alone: boolean },
): Promise<void> {
  await Promise.all(
    trees.map(async (tree) => {
      for (const qos of qosClasses) {
        const path = join(tree, cgroupParent(root, pod, qos));
        for (let tries = 1; !(await removeBelow(path)) && tries < busyTries; tries++) await clock.sleep(busyMs);
        if (alone) await removed(join(path, ".."));
      }
      if (alone) await removed(join(tree, root, "kubepods"));
    }),
  );
}

async function removeBelow(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await removeBelow(join(folder, entry.name));
  return removed(folder);
}

async function removed(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
