/** What the provisioner does on a disk: makes folders for volumes and removes them with all that is in them. */
import { chmod, mkdir, rm, rmdir } from "node:fs/promises";
import { dirname } from "node:path";

export interface Disk {
  make(path: string): Promise<void>;
  /** With everything in it; one that is not there is as good. */
  remove(path: string): Promise<void>;
  /** Only if nothing is in it. */
  removeEmpty(path: string): Promise<void>;
}

export const folders: Disk = {
  async make(path) {
    // Nobody but root passes here; containers get the volume itself.
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await mkdir(path, { recursive: true });
    // Whoever a container runs as may write: mkdir's mode is cut by the umask.
    await chmod(path, 0o777);
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  removeEmpty: (path) => rmdir(path).catch(() => {}),
};

/** For nodes that are objects only. */
export const noDisk: Disk = {
  make: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  removeEmpty: () => Promise.resolve(),
};
