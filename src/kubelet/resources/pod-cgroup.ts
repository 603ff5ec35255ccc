/**
 * The control group of a whole pod, made before its first container so that it is limited from the beginning: shares by what the
 * pod requests, limits where all of it is limited. The plan is pure; the shell writes files of the cgroup trees.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod } from "#api/mod.ts";
import type { GroupChange } from "../resize/perform-resize.ts";
import type { CgroupTrees } from "./cgroup-trees.ts";
import { groupUsage } from "./group-usage.ts";
import { cgroupParent, leastShares, qosOf, quotaOf, sharesOf } from "./resources.ts";
import { isLimited, podTotals } from "./totals.ts";

export interface CgroupFile {
  tree: string;
  file: string;
  value: string;
}

const periodUs = 100_000;

export function podCgroupFiles(pod: Pod, trees: CgroupTrees): CgroupFile[] {
  const qos = qosOf(pod);
  const requests = podTotals(pod, "requests");
  const limits = podTotals(pod, "limits");
  const shares = qos === "BestEffort" ? leastShares : sharesOf(requests.cpu ?? 0);
  const whole = (name: "cpu" | "memory") => qos !== "BestEffort" && isLimited(pod, name) && (limits[name] ?? 0) > 0;
  const out: CgroupFile[] = [];
  const put = (tree: string | undefined, file: string, value: string | number) => {
    if (tree) out.push({ tree, file, value: String(value) });
  };
  if (trees.version === 1) {
    put(trees.cpu, "cpu.shares", shares);
    if (whole("cpu")) {
      put(trees.cpu, "cpu.cfs_period_us", periodUs);
      put(trees.cpu, "cpu.cfs_quota_us", quotaOf(limits.cpu!));
    }
    if (whole("memory")) put(trees.memory, "memory.limit_in_bytes", limits.memory!);
  } else {
    put(trees.cpu, "cpu.weight", weightOf(shares));
    if (whole("cpu")) put(trees.cpu, "cpu.max", `${quotaOf(limits.cpu!)} ${periodUs}`);
    if (whole("memory")) put(trees.memory, "memory.max", limits.memory!);
  }
  return out;
}

/** v1's shares (2 to 262144) as v2's weight (1 to 10000), as runc maps them. */
export const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9999) / 262_142);

/** Makes the group in each tree and writes what it limits. */
export async function makePodCgroup(pod: Pod, trees: CgroupTrees | undefined, root: string): Promise<void> {
  if (!trees) return;
  const path = cgroupParent(root, pod);
  const files = podCgroupFiles(pod, trees);
  for (const tree of new Set(files.map((each) => each.tree))) {
    await mkdir(join(tree, path), { recursive: true });
    if (trees.version === 2) await passOn(tree, root, path);
  }
  for (const { tree, file, value } of files) await writeFile(join(tree, path, file), value);
}

/** Other limits of a group that is there: what becomes more is written first, and what becomes less when the containers have less. */
export async function changePodCgroup(pod: Pod, trees: CgroupTrees | undefined, root: string): Promise<GroupChange> {
  if (!trees) return { shrinksTo: undefined, grow: async () => {}, shrink: async () => {} };
  const path = cgroupParent(root, pod);
  const files = await Promise.all(
    podCgroupFiles(pod, trees).map(async (file) => ({ ...file, now: amountIn(await readFile(join(file.tree, path, file.file), "utf8")) })),
  );
  const isLess = ({ value, now }: (typeof files)[number]) => amountIn(value) < now;
  const write = async (some: typeof files) => {
    for (const { tree, file, value, now } of some) if (amountIn(value) !== now) await writeFile(join(tree, path, file), value);
  };
  const memory = files.find(({ file }) => file.startsWith("memory."));
  const used = memory && isLess(memory) ? await groupUsage(trees, path) : undefined;
  return {
    shrinksTo: memory && used ? { limitBytes: Number(memory.value), usedBytes: used.memory.usageBytes } : undefined,
    grow: () => write(files.filter((file) => !isLess(file))),
    shrink: () => write(files.filter(isLess)),
  };
}

/** The first number of such a file; -1 and `max` say that there is no limit. */
function amountIn(text: string): number {
  const first = text.trim().split(" ")[0]!;
  return first === "max" || first === "-1" ? Number.POSITIVE_INFINITY : Number(first);
}

/** In v2 a group has only the controllers that every group above it passes on. */
async function passOn(tree: string, root: string, path: string): Promise<void> {
  const above = path.slice(root.length).split("/").filter(Boolean).slice(0, -1);
  for (let at = join(tree, root), rest = [...above]; ; at = join(at, rest.shift()!)) {
    for (const controller of ["cpu", "memory", "pids"])
      await writeFile(join(at, "cgroup.subtree_control"), `+${controller}`).catch(() => {}); // not there at all: the limit's own file tells
    if (rest.length === 0) return;
  }
}

/** Shares of a class follow what its pods request, so that those without requests yield to those with some. */
export function classShares(pods: readonly Pod[]): { burstable: number; besteffort: number } {
  const milli = pods.filter((pod) => qosOf(pod) === "Burstable").reduce((sum, pod) => sum + (podTotals(pod, "requests").cpu ?? 0), 0);
  return { burstable: sharesOf(milli), besteffort: leastShares };
}

/** Writes the shares of both classes; a class that has no group yet gets them with its first pod. */
export async function writeClassShares(pods: readonly Pod[], trees: CgroupTrees | undefined, root: string): Promise<void> {
  if (!trees?.cpu) return;
  for (const [name, shares] of Object.entries(classShares(pods))) {
    const folder = join(trees.cpu, root, "kubepods", name);
    const [file, value] = trees.version === 1 ? ["cpu.shares", shares] : ["cpu.weight", weightOf(shares)];
    await writeFile(join(folder, file), String(value), { flag: "r+" }).catch(() => {}); // no such group: no such pods
  }
}
