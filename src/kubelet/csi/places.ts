/** Where the kubelet keeps volumes of CSI drivers, by upstream's names, and the notes beside them by which they are taken down again. */
import { createHash } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { VolumeHandle } from "#client/mod.ts";
import { namesIn } from "../volumes/places.ts";

const plugin = "kubernetes.io~csi";
const notesFile = "vol_data.json";

/** `vol_data.json`. */
export interface Notes {
  specVolID?: string;
  volumeHandle: string;
  driverName: string;
  nodeName?: string;
  attachmentID?: string;
  volumeLifecycleMode?: "Persistent" | "Ephemeral";
}

/** A volume that is staged on this node: by the folder with its notes. */
export interface Stage extends VolumeHandle {
  /** Of a device: the PersistentVolume's name. */
  device?: string;
}

/** What a pod has of a driver: by the PersistentVolume's name, or its own. */
export interface Held extends VolumeHandle {
  specName: string;
  block: boolean;
  /** Described by the pod itself: nothing is attached for it. */
  ephemeral: boolean;
}

export class CsiPlaces {
  readonly #pods: string;
  readonly #stages: string;
  readonly #devices: string;

  /** `folder`: the kubelet's. */
  constructor(folder: string) {
    this.#pods = join(folder, "pods");
    this.#stages = join(folder, "plugins", "kubernetes.io", "csi");
    this.#devices = join(this.#stages, "volumeDevices");
  }

  /** Where a driver mounts the volume for a pod; its notes are in the folder above. */
  target = (uid: string, specName: string): string => join(this.#pods, uid, "volumes", plugin, plain(specName), "mount");

  /** Where a driver mounts the volume for all pods of the node; its notes are in the folder above. */
  globalMount = ({ driver, handle }: VolumeHandle): string =>
    join(this.#stages, plain(driver), createHash("sha256").update(handle).digest("hex"), "globalmount");

  stagingOf = (specName: string): string => join(this.#devices, "staging", plain(specName));
  publishFolder = (specName: string): string => join(this.#devices, "publish", plain(specName));
  /** Where a driver puts the device for a pod. */
  publishedDevice = (uid: string, specName: string): string => join(this.publishFolder(specName), uid);
  deviceFolder = (specName: string): string => join(this.#devices, plain(specName));
  deviceNotes = (specName: string): string => join(this.deviceFolder(specName), "data");
  /** The device once more, for each pod that uses it. */
  globalDevice = (uid: string, specName: string): string => join(this.deviceFolder(specName), "dev", uid);
  /** The pod's link to the device. */
  podDevice = (uid: string, specName: string): string => join(this.#pods, uid, "volumeDevices", plugin, plain(specName));

  /** What the pod has, by what lies in its folder. */
  async heldBy(uid: string): Promise<Held[]> {
    const held: Held[] = [];
    for (const specName of await namesIn(join(this.#pods, uid, "volumes", plugin))) {
      const notes = await readNotes(dirname(this.target(uid, specName)));
      if (notes)
        held.push({
          driver: notes.driverName,
          handle: notes.volumeHandle,
          specName,
          block: false,
          ephemeral: notes.volumeLifecycleMode === "Ephemeral",
        });
    }
    for (const specName of await namesIn(join(this.#pods, uid, "volumeDevices", plugin))) {
      const notes = await readNotes(this.deviceNotes(specName));
      if (notes) held.push({ driver: notes.driverName, handle: notes.volumeHandle, specName, block: true, ephemeral: false });
    }
    return held;
  }

  /** Pods' uids → what they have. */
  async all(): Promise<Map<string, Held[]>> {
    const all = new Map<string, Held[]>();
    for (const uid of await namesIn(this.#pods)) {
      const held = await this.heldBy(uid);
      if (held.length > 0) all.set(uid, held);
    }
    return all;
  }

  async staged(): Promise<Stage[]> {
    const stages: Stage[] = [];
    for (const driver of await namesIn(this.#stages)) {
      if (join(this.#stages, driver) === this.#devices) continue;
      for (const hash of await namesIn(join(this.#stages, driver))) {
        const notes = await readNotes(join(this.#stages, driver, hash));
        if (notes) stages.push({ driver: notes.driverName, handle: notes.volumeHandle });
      }
    }
    for (const name of await namesIn(this.#devices)) {
      const notes = await readNotes(this.deviceNotes(name));
      if (notes) stages.push({ driver: notes.driverName, handle: notes.volumeHandle, device: name });
    }
    return stages;
  }
}

/** As upstream makes a name one part of a path. */
const plain = (name: string) => name.replaceAll("/", "~");

/** Undefined when there are none. */
export async function readNotes(folder: string): Promise<Notes | undefined> {
  const file = join(folder, notesFile);
  const text = await readFile(file, "utf8").catch((error) => {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Notes;
  } catch (cause) {
    throw new Error(`kubernetes.io/csi: failed to parse volume data file [${file}]`, { cause });
  }
}

/** Whole or not at all: what cannot be read could not be taken down. */
export async function writeNotes(folder: string, notes: Notes): Promise<void> {
  const file = join(folder, notesFile);
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const sorted = Object.fromEntries(Object.entries(notes).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(`${file}.new`, `${JSON.stringify(sorted)}\n`);
  await rename(`${file}.new`, file);
}

/**
 * Removes an empty folder that a driver mounted at, its notes, and the folder of both. Never what is in it: a driver that has left its
 * mount there keeps it.
 */
export async function removeMountFolder(path: string, isMounted: (path: string) => Promise<boolean>): Promise<void> {
  if (await isMounted(path)) return;
  const folder = dirname(path);
  await gone(rmdir(path));
  for (const name of [notesFile, `${notesFile}.new`, "owned"]) await rm(join(folder, name), { force: true });
  await gone(rmdir(folder));
}

/** What is at the path is removed unless it is a folder with something in it; links are not followed. */
export async function removeEmpty(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found) await gone(found.isDirectory() ? rmdir(path) : rm(path));
}

/** A folder with all that is in it; rejects at what is another disk's, and leaves it there. */
export async function removeOnOneDisk(path: string, disk?: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (disk !== undefined && found.dev !== disk) throw new Error(`${path} is mounted`);
  if (!found.isDirectory()) return gone(rm(path));
  for (const name of await readdir(path)) await removeOnOneDisk(join(path, name), found.dev);
  await gone(rmdir(path));
}

async function gone(removal: Promise<void>): Promise<void> {
  await removal.catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  });
}
