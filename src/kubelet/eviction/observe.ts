/** What a node has left of memory, disks and process numbers, read from the machine and the runtime. */
import { readFile, stat, statfs } from "node:fs/promises";
import { totalmem } from "node:os";
import type { CgroupTrees } from "../resources/cgroup-trees.ts";
import { groupUsage } from "../resources/group-usage.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Observation, Observations } from "./judge.ts";
import type { Signal } from "./thresholds.ts";

export interface Observed {
  signals: Observations;
  /** Images and writable layers lie on a file system of their own. */
  dedicatedImages: boolean;
}

export interface ObserveOptions {
  trees: CgroupTrees | undefined;
  /** The group that all pods of this node hang below. */
  podsGroup: string;
  /** Volumes and logs lie here. */
  folder: string;
  runtime: Pick<Runtime, "imageFs">;
}

export async function observe({ trees, podsGroup, folder, runtime }: ObserveOptions): Promise<Observed> {
  const capacity = totalmem();
  const [machine, pods, node, images, pids] = await Promise.all([
    groupUsage(trees, "/"),
    groupUsage(trees, podsGroup),
    fileSystem(folder),
    imageFileSystem(runtime),
    processNumbers(),
  ]);
  const signals = new Map<Signal, Observation>();
  const left = (used: number) => ({ available: Math.max(0, capacity - used), capacity });
  if (machine) signals.set("memory.available", left(machine.memory.workingSetBytes));
  if (pods) signals.set("allocatableMemory.available", left(pods.memory.workingSetBytes));
  put(signals, "nodefs", node);
  put(signals, "imagefs", images);
  if (pids) signals.set("pid.available", pids);
  return { signals, dedicatedImages: node !== undefined && images !== undefined && node.device !== images.device };
}

export interface FileSystem {
  device: number;
  bytes: Observation;
  inodes: Observation;
}

export async function fileSystem(path: string): Promise<FileSystem | undefined> {
  try {
    const [{ dev }, { bavail, blocks, bsize, ffree, files }] = await Promise.all([stat(path), statfs(path)]);
    return {
      device: dev,
      bytes: { available: bavail * bsize, capacity: blocks * bsize },
      inodes: { available: ffree, capacity: files },
    };
  } catch {
    return undefined; // gone, or not on this machine
  }
}

/** Undefined where the runtime does not say where images lie. */
export async function imageFileSystem(runtime: Pick<Runtime, "imageFs">): Promise<FileSystem | undefined> {
  const path = await runtime.imageFs();
  return path === undefined ? undefined : fileSystem(path);
}

function put(signals: Map<Signal, Observation>, of: "nodefs" | "imagefs", found: FileSystem | undefined): void {
  if (!found) return;
  signals.set(`${of}.available`, found.bytes);
  // Some file systems make inodes as they are needed, and have no number of them.
  if (found.inodes.capacity > 0) signals.set(`${of}.inodesFree`, found.inodes);
}

/** The least of what the kernel allows; used are all threads of the machine. */
export async function processNumbers(): Promise<Observation | undefined> {
  const read = (path: string) => readFile(path, "utf8");
  try {
    const [most, threads, load] = await Promise.all([
      read("/proc/sys/kernel/pid_max"),
      read("/proc/sys/kernel/threads-max"),
      read("/proc/loadavg"),
    ]);
    const capacity = Math.min(Number(most), Number(threads));
    const running = Number(/\d+\/(\d+)/.exec(load)?.[1]);
    return Number.isNaN(capacity + running) ? undefined : { available: capacity - running, capacity };
  } catch {
    return undefined; // not a Linux that tells
  }
}
