/** Carries out the steps of volumes, each bounded in time and number: the node's own folders apart from everybody else's. */
import { chmod, chown, lchown, lstat, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeAtomically } from "./atomic-files.ts";
import type { FileWork } from "./file-work.ts";
import type { HostPathType, VolumeStep } from "./plugin.ts";

export interface VolumeTools {
  /** For the kubelet's own folders. */
  own: FileWork;
  /** For what may hang: the node's other folders, file systems of others. */
  foreign: FileWork;
  mountTmpfs(path: string, sizeBytes: number | undefined): Promise<void>;
}

type Perform<D extends VolumeStep["do"]> = (step: Extract<VolumeStep, { do: D }>, tools: VolumeTools) => Promise<void>;

const perform: { [D in VolumeStep["do"]]: Perform<D> } = {
  folder: (step, { own, mountTmpfs }) => own.run(`folder ${step.path}`, () => makeFolder(step, mountTmpfs)),
  files: ({ path, files, gid }, { own }) => own.run(`files of ${path}`, async () => void (await writeAtomically(path, files, gid))),
  foreign: ({ path, type }, { foreign }) => foreign.run(`path ${path}`, () => checkForeign(path, type)),
  own: ({ path, gid, readOnly, onlyOnMismatch }, { foreign }) =>
    foreign.run(`ownership of ${path}`, () => ownTree(path, { gid, readOnly, onlyOnMismatch })),
};

export async function performSteps(steps: readonly VolumeStep[], tools: VolumeTools): Promise<void> {
  // The entry of a step's own word takes just that step: the compiler cannot follow it through the union.
  for (const step of steps) await (perform[step.do] as Perform<VolumeStep["do"]>)(step as never, tools);
}

async function makeFolder(
  { path, mode, gid, tmpfs }: Extract<VolumeStep, { do: "folder" }>,
  mountTmpfs: VolumeTools["mountTmpfs"],
): Promise<void> {
  const known = await stat(path).catch(() => undefined);
  const isMounted = known !== undefined && tmpfs !== undefined && known.dev !== (await stat(dirname(path))).dev;
  if (known && (tmpfs === undefined || isMounted)) return;
  await mkdir(path, { recursive: true });
  if (tmpfs) await mountTmpfs(path, tmpfs.sizeBytes);
  if (gid !== undefined) await chown(path, 0, gid);
  await chmod(path, mode);
}

async function checkForeign(path: string, type: HostPathType): Promise<void> {
  const found = await stat(path).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  const want = (ok: boolean | undefined, what: string) => {
    if (!ok) throw new Error(`hostPath type check failed: ${path} is not a ${what}`);
  };
  switch (type) {
    case "":
      if (!found) await mkdir(path, { recursive: true });
      return;
    case "DirectoryOrCreate":
      if (!found) await mkdir(path, { recursive: true, mode: 0o755 });
      else want(found.isDirectory(), "directory");
      return;
    case "FileOrCreate":
      if (!found) {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, "", { mode: 0o644 });
      } else want(found.isFile(), "file");
      return;
    case "Directory":
      return want(found?.isDirectory(), "directory");
    case "File":
      return want(found?.isFile(), "file");
    case "Socket":
      return want(found?.isSocket(), "socket file");
    case "CharDevice":
      return want(found?.isCharacterDevice(), "character device");
    case "BlockDevice":
      return want(found?.isBlockDevice(), "block device");
    default:
      throw new Error(`${type} is an invalid volume type`);
  }
}

/** Group, and the bits that let the group use it, on everything; the folder itself last: it tells that all of it is done. */
async function ownTree(root: string, wanted: { gid: number; readOnly: boolean; onlyOnMismatch: boolean }): Promise<void> {
  if (wanted.onlyOnMismatch) {
    const { gid, mode } = await stat(root);
    const needed = 0o2000 | (wanted.readOnly ? 0o550 : 0o770);
    if (gid === wanted.gid && (mode & needed) === needed) return;
  }
  const walk = async (path: string): Promise<void> => {
    const found = await lstat(path);
    if (found.isDirectory()) for (const name of await readdir(path)) await walk(join(path, name));
    await lchown(path, found.uid, wanted.gid);
    if (found.isSymbolicLink()) return;
    const bits = (wanted.readOnly ? 0o440 : 0o660) | (found.isDirectory() ? 0o2110 : 0);
    await chmod(path, (found.mode & 0o7777) | bits);
  };
  await walk(root);
}
