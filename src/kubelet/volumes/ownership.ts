/**
 * Gives what is in a volume to a group, once for each pod: a mark in the pod's own folder tells that it is done. A big volume takes
 * longer than file work may; then the work goes on, and the pod waits for it.
 */
import { chmod, lchown, lstat, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileWork } from "./file-work.ts";
import type { VolumeStep } from "./plugin.ts";

export type OwnStep = Extract<VolumeStep, { do: "own" }>;

const takesLong = (path: string) =>
  `Setting volume ownership for ${path} is taking longer than expected, consider using OnRootMismatch - ` +
  "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#configure-volume-permission-and-ownership-change-policy-for-pods";

export class Ownership {
  readonly #running = new Map<string, { work: Promise<void> }>();

  /** `warn` gets upstream's reason and message. */
  async ensure(step: OwnStep, foreign: FileWork, warn: (reason: string, message: string) => void): Promise<void> {
    if (await isThere(step.mark)) return;
    const { path, gid, volume, mark } = step;
    if (step.shared) {
      const { gid: current } = await foreign.run(`group of ${path}`, () => stat(path));
      if (current !== gid)
        warn(
          "AlreadyMountedVolume",
          `The requested fsGroup is ${gid}, but the volume ${volume} has GID ${current}. The volume may not be shareable.`,
        );
      return leave(mark);
    }
    let running = this.#running.get(mark);
    if (!running) {
      let over = false;
      const job = foreign.run(`ownership of ${path}`, () =>
        ownTree(step)
          .then(() => leave(mark))
          .finally(() => {
            over = true;
            this.#running.delete(mark);
          }),
      );
      const work = job.catch((error) => {
        if (over) throw error;
        warn("VolumePermissionChangeInProgress", takesLong(path));
        throw new Error(takesLong(path), { cause: error });
      });
      running = { work };
      this.#running.set(mark, running);
    }
    await running.work;
  }
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function leave(mark: string): Promise<void> {
  await mkdir(dirname(mark), { recursive: true, mode: 0o750 });
  await writeFile(mark, "");
}

/** Group, and the bits that let the group use it, on everything; the folder itself last: it tells that all of it is done. */
async function ownTree({ path: root, gid, readOnly, onlyOnMismatch }: OwnStep): Promise<void> {
  if (onlyOnMismatch) {
    const found = await stat(root);
    const needed = 0o2000 | (readOnly ? 0o550 : 0o770);
    if (found.gid === gid && (found.mode & needed) === needed) return;
  }
  const walk = async (path: string): Promise<void> => {
    const found = await lstat(path);
    if (found.isDirectory()) for (const name of await readdir(path)) await walk(join(path, name));
    await lchown(path, found.uid, gid);
    if (found.isSymbolicLink()) return;
    const bits = (readOnly ? 0o440 : 0o660) | (found.isDirectory() ? 0o2110 : 0);
    await chmod(path, (found.mode & 0o7777) | bits);
  };
  await walk(root);
}
