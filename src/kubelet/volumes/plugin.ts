/**
 * What a type of volume is: a pure plan from what is wanted to steps, which `perform.ts` carries out. A type is a file that
 * exports one VolumePlugin, and a line in `plugins.ts`.
 */
import type { PersistentVolume, Pod, Volume } from "#api/mod.ts";
import type { CsiUse } from "../csi/use.ts";
import type { Sources } from "./sources.ts";

/** What a volume is made of: the pod's own words, or those of the PersistentVolume that its claim is bound to. */
export type VolumeSource = Volume | NonNullable<PersistentVolume["spec"]>;

export interface FileToWrite {
  content: Buffer;
  mode: number;
  /** Owner; root unless told. */
  uid?: number;
}

export type VolumeStep =
  /** Made if absent, and never touched again: what is in it is the pod's. */
  | { do: "folder"; path: string; mode: number; gid?: number; tmpfs?: { sizeBytes?: number } }
  /** All of these files and no others; a reader sees all old or all new ones. */
  | { do: "files"; path: string; files: ReadonlyMap<string, FileToWrite>; gid?: number }
  /** Somebody else's: it must be there, and of this type, or is made where the type says so. */
  | { do: "foreign"; path: string; type: HostPathType }
  /** A folder of this node that is a volume: it must be there. */
  | { do: "local"; path: string }
  /** A block device of this node, as containers get it: it must be there. */
  | { do: "device"; path: string }
  /** A block device's file system, mounted unless it is; a device that is empty gets one first. */
  | { do: "disk"; device: string; path: string; type: string; options: string[] }
  /** Mounted unless it is; the folder is made. */
  | { do: "mount"; path: string; source: string; type: string; options: string[] }
  /** A CSI driver's, set up unless it is. */
  | { do: "csi"; path: string; use: CsiUse }
  /** Everything in it belongs to the group, once: `mark` tells that it was done. Shared with another pod, it is left alone. */
  | { do: "own"; path: string; gid: number; readOnly: boolean; onlyOnMismatch: boolean; mark: string; shared: boolean; volume: string };

export type HostPathType = "" | "DirectoryOrCreate" | "Directory" | "FileOrCreate" | "File" | "Socket" | "CharDevice" | "BlockDevice";

export type Stage =
  | "MountVolume.SetUp"
  | "MountVolume.NewMounter initialization"
  | "MountVolume.NodeAffinity check"
  | "MountVolume.WaitForAttach"
  | "MountVolume.MountDevice"
  | "MountVolume.Setup failed while expanding volume"
  | "MapVolume.FindMapperPluginBySpec"
  | "MapVolume.NodeAffinity check"
  | "MapVolume.WaitForAttach"
  | "MapVolume.SetUpDevice"
  | "MapVolume.MapPodDevice"
  | "MapVolume.MapBlockVolume"
  | "MapVolume.MarkVolumeAsMounted failed while expanding volume";

/** What failed when it was not the mount itself; of another volume than the pod calls it when `volume` says so. */
export class SetUpError extends Error {
  override name = "SetUpError";
  readonly stage: Stage;
  readonly volume: string | undefined;
  constructor(stage: Stage, message: string, volume?: string) {
    super(message);
    this.stage = stage;
    this.volume = volume;
  }
}

/** Volumes are not attached to the node yet: nothing has failed, and the pod is woken when they are. */
export class VolumesWait extends Error {
  override name = "VolumesWait";
  readonly volumes: readonly string[];
  /** Since when the pod waits, milliseconds since 1970. */
  readonly sinceMs: number;
  constructor(volumes: readonly string[] = [], sinceMs = 0) {
    const names = [...volumes].sort().join(" ");
    super(
      `Unable to attach or mount volumes: unmounted volumes=[${names}], unattached volumes=[${names}], failed to process volumes=[]: context deadline exceeded`,
    );
    this.volumes = volumes;
    this.sinceMs = sinceMs;
  }
}

export interface Wanted {
  pod: Pod;
  /** The volume's name in the pod. */
  name: string;
  source: VolumeSource;
  /** By a claim: the pod may only read. */
  readOnly: boolean;
  /** The claim that led to it. */
  claim?: { namespace: string; name: string };
  /** A PersistentVolume, and its name; else as `name`. */
  persistent: boolean;
  specName: string;
  /** As a device, not as a folder. */
  block: boolean;
  /** Another pod of this node uses the same PersistentVolume. */
  shared: boolean;
  /** This volume's own folder: on disk, and in memory that never reaches a disk. */
  onDisk: string;
  inMemory: string;
  podIps: readonly string[];
}

export interface VolumePlan {
  steps: VolumeStep[];
  /** Folder or file that containers mount; the device of a block volume. */
  path: string;
  /** Always mounted read-only, whatever the container says. */
  readOnly: boolean;
}

export interface VolumePlugin {
  /** As in the folder's name: `kubernetes.io~secret`. */
  readonly name: string;
  /** Also volumes that are devices. */
  readonly blocks?: true;
  /** On a machine with SELinux its files may be labelled for the pod: always, unless they are only read, or where the file system can. */
  readonly relabel?: "always" | "written" | "labelled";
  can(source: VolumeSource): boolean;
  /** Rejects or throws when the volume cannot be had now: the message goes into a FailedMount event. */
  plan(wanted: Wanted, sources: Sources): VolumePlan | Promise<VolumePlan>;
}
