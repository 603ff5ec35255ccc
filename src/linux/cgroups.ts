/** Which cgroup hierarchies this machine has, and where; and their removal. */
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Mount, readMounts } from "./mounts.ts";

export interface Cgroups {
  /** hybrid: controllers by v1, with an empty v2 tree beside them. */
  mode: "v1" | "v2" | "hybrid" | "none";
  /** Where each controller's tree is mounted (v1 and hybrid); empty in v2. */
  controllers: Record<string, string>;
  /** Where the unified tree is mounted (v2 and hybrid). */
  unified?: string;
}

const known = new Set([
  "cpu",
  "cpuacct",
  "cpuset",
  "memory",
  "devices",
  "freezer",
  "blkio",
  "pids",
  "hugetlb",
  "net_cls",
  "net_prio",
  "perf_event",
  "rdma",
  "misc",
]);

export function detectCgroups(mounts: readonly Mount[] = readMounts()): Cgroups {
  const unified = mounts.find((mount) => mount.type === "cgroup2")?.target;
  const controllers: Record<string, string> = {};
  for (const mount of mounts) {
    if (mount.type !== "cgroup") continue;
    for (const option of mount.options) if (known.has(option)) controllers[option] ??= mount.target;
  }
  const split = Object.keys(controllers).length > 0;
  const mode = split ? (unified ? "hybrid" : "v1") : unified ? "v2" : "none";
  return { mode, controllers, ...(unified ? { unified } : {}) };
}

/** The root of every tree, each once. */
export function cgroupTrees(cgroups: Cgroups): string[] {
  const named = readMounts()
    .filter((mount) => mount.type === "cgroup")
    .map((mount) => mount.target);
  return [...new Set([...Object.values(cgroups.controllers), ...named, ...(cgroups.unified ? [cgroups.unified] : [])])];
}

/** Removes a cgroup and all below it from every tree; one that still has processes stays. Resolves with what stayed. */
export function removeCgroup(path: string, cgroups: Cgroups = detectCgroups()): string[] {
  const stayed: string[] = [];
  for (const tree of cgroupTrees(cgroups)) removeTree(join(tree, path), stayed);
  return stayed;
}

/** Takes a group away that nobody hangs below any more; others' are left alone. */
export function removeCgroupIfEmpty(path: string, cgroups: Cgroups = detectCgroups()): void {
  for (const tree of cgroupTrees(cgroups)) {
    try {
      rmdirSync(join(tree, path));
    } catch {
      // Not there, or somebody's groups are below it.
    }
  }
}

function removeTree(folder: string, stayed: string[]): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) removeTree(join(folder, entry.name), stayed);
  try {
    rmdirSync(folder);
  } catch {
    stayed.push(folder);
  }
}

/** In v2 a child sees only the controllers that every ancestor passes on: turns them on down to `path`. */
export function delegateControllers(path: string, cgroups: Cgroups = detectCgroups()): void {
  if (cgroups.mode !== "v2" || !cgroups.unified) return;
  let folder = cgroups.unified;
  for (const part of ["", ...path.split("/").filter(Boolean)]) {
    folder = join(folder, part);
    const have = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(/\s+/);
    for (const controller of have.filter((name) => known.has(name) || name === "io")) {
      try {
        writeFileSync(join(folder, "cgroup.subtree_control"), `+${controller}`);
      } catch {
        // A controller in use by a v1 tree, or processes in this very group: the runtime reports it where it matters.
      }
    }
  }
}
