/** Carries out the steps of volumes, each bounded in time and number: the node's own folders apart from everybody else's. */
import { chmod, chown, mkdir, rmdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "#base/mod.ts";
import type { CsiVolumes } from "../csi/volumes.ts";
import { writeAtomically } from "./atomic-files.ts";
import type { FileWork } from "./file-work.ts";
import type { MountWords } from "./images/views.ts";
import type { Ownership } from "./ownership.ts";
import { statIfThere } from "./places.ts";
import { type HostPathType, SetUpError, type VolumeStep } from "./plugin.ts";

const initialization = "MountVolume.NewMounter initialization";

export interface VolumeTools {
  /** For the kubelet's own folders. */
  own: FileWork;
  /** For what may hang: the node's other folders, file systems of others. */
  foreign: FileWork;
  /** Volumes of CSI drivers. */
  csi: Pick<CsiVolumes, "ensure">;
  mountTmpfs(path: string, sizeBytes: number | undefined): Promise<void>;
  mount(source: string, path: string, options: MountWords): Promise<void>;
  /** Without touching the path itself: what is mounted there may hang. */
  isMounted(path: string): Promise<boolean>;
  /** Gives an empty device a file system of this type; one that has a file system is checked. Rejects when it holds something else. */
  prepareDisk(device: string, type: string, options: { readOnly: boolean }): Promise<void>;
}

/** What the steps of one pod need besides. */
export interface PodTools extends VolumeTools {
  ownership: Ownership;
  /** Tells the pod's user: upstream's reason and message. */
  warn(reason: string, message: string): void;
}

type Perform<D extends VolumeStep["do"]> = (step: Extract<VolumeStep, { do: D }>, tools: PodTools) => Promise<void>;

const perform: { [D in VolumeStep["do"]]: Perform<D> } = {
  folder: (step, { own, mountTmpfs }) => own.run(`folder ${step.path}`, () => makeFolder(step, mountTmpfs)),
  files: ({ path, files, gid }, { own }) => own.run(`files of ${path}`, async () => void (await writeAtomically(path, files, gid))),
  foreign: ({ path, type }, { foreign }) => foreign.run(`path ${path}`, () => checkForeign(path, type)),
  local: ({ path }, { foreign }) => foreign.run(`path ${path}`, () => checkLocal(path)),
  device: ({ path }, { foreign }) => foreign.run(`path ${path}`, () => checkDevice(path)),
  disk: (step, tools) => tools.foreign.run(`mount of ${step.device}`, () => mountDisk(step, tools)),
  mount: (step, tools) => tools.foreign.run(`mount of ${step.source}`, () => mountOnce(step, tools)),
  own: (step, { foreign, ownership, warn }) => ownership.ensure(step, foreign, warn),
  csi: ({ use }, { csi, foreign, ownership, warn }) => {
    const onlyOnMismatch = use.pod.spec?.securityContext?.fsGroupChangePolicy === "OnRootMismatch";
    const step = { do: "own" as const, readOnly: false, shared: false, volume: use.specName, onlyOnMismatch };
    return csi.ensure(use, (path, gid, mark) => ownership.ensure({ ...step, path, gid, mark }, foreign, warn));
  },
};

export async function performSteps(steps: readonly VolumeStep[], tools: PodTools): Promise<void> {
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
  const found = await statIfThere(path);
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

async function checkLocal(path: string): Promise<void> {
  const found = await statIfThere(path);
  if (!found) throw new SetUpError(initialization, `path ${JSON.stringify(path)} does not exist`);
  if (!found.isDirectory()) throw new SetUpError(initialization, "only directory and block device are supported");
}

async function checkDevice(path: string): Promise<void> {
  const found = await stat(path).catch((error) => {
    throw new SetUpError("MapVolume.MapBlockVolume", messageOf(error));
  });
  if (!found.isBlockDevice()) throw new SetUpError("MapVolume.MapBlockVolume", `${path} is not a block device`);
}

async function mountDisk({ device, path, type, options }: Extract<VolumeStep, { do: "disk" }>, tools: VolumeTools): Promise<void> {
  if (await tools.isMounted(path)) return;
  try {
    await tools.prepareDisk(device, type, { readOnly: options.includes("ro") });
    await mountOnce({ do: "mount", path, source: device, type, options }, tools);
  } catch (error) {
    throw new SetUpError("MountVolume.MountDevice", messageOf(error));
  }
}

async function mountOnce({ path, source, type, options }: Extract<VolumeStep, { do: "mount" }>, tools: VolumeTools): Promise<void> {
  if (await tools.isMounted(path)) return;
  await mkdir(path, { recursive: true, mode: 0o750 });
  try {
    await tools.mount(source, path, { type, flags: options });
  } catch (error) {
    // Empty, or something is mounted there after all.
    if (!(await tools.isMounted(path))) await rmdir(path).catch(() => {});
    throw error;
  }
}
