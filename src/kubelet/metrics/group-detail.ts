/** All that a control group's files tell of what hangs below it, of v1 or v2 in the same words. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CgroupTrees } from "../resources/cgroup-trees.ts";

export interface GroupDetail {
  /** Seconds. */
  cpu: { total: number; user: number; system: number; periods: number; throttledPeriods: number; throttled: number };
  limits: { periodUs: number; quotaUs: number | undefined; shares: number; memoryBytes: number };
  memory: {
    usage: number;
    most: number | undefined;
    workingSet: number;
    cache: number;
    rss: number;
    mapped: number;
    swap: number;
    activeFile: number;
    inactiveFile: number;
    failures: number;
    pageFaults: number;
    majorPageFaults: number;
  };
  threads: number | undefined;
}

/** Name of a file → its text, where the group has it. */
export type GroupTexts = Readonly<Record<string, string | undefined>>;

const clockTicks = 100;
/** v1 says so instead of that there is no limit. */
const leastUnlimited = 2 ** 62;

const filesOf: Record<1 | 2, Partial<Record<"cpu" | "cpuacct" | "memory" | "pids", readonly string[]>>> = {
  1: {
    cpuacct: ["cpuacct.usage", "cpuacct.stat"],
    cpu: ["cpu.stat", "cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"],
    memory: ["memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.stat", "memory.failcnt", "memory.limit_in_bytes"],
    pids: ["pids.current"],
  },
  2: {
    cpu: ["cpu.stat", "cpu.weight", "cpu.max"],
    memory: ["memory.current", "memory.peak", "memory.stat", "memory.events", "memory.max", "memory.swap.current"],
    pids: ["pids.current"],
  },
};

/** Undefined: there is no such group. */
export async function groupDetail(trees: CgroupTrees, path: string): Promise<GroupDetail | undefined> {
  const texts: Record<string, string> = {};
  const wanted = Object.entries(filesOf[trees.version]).flatMap(([tree, files]) => {
    const folder = trees[tree as "cpu" | "cpuacct" | "memory" | "pids"];
    return folder ? files.map((file) => ({ file, path: join(folder, path, file) })) : [];
  });
  await Promise.all(
    wanted.map(async (each) => {
      const text = await readFile(each.path, "utf8").catch(() => undefined);
      if (text !== undefined) texts[each.file] = text;
    }),
  );
  return Object.keys(texts).length > 0 ? detailOf(trees.version, texts) : undefined;
}

export const detailOf = (version: 1 | 2, texts: GroupTexts): GroupDetail => (version === 1 ? detailOfV1(texts) : detailOfV2(texts));

function detailOfV1(texts: GroupTexts): GroupDetail {
  const [cpuStat, used, memory] = [words(texts["cpu.stat"]), words(texts["cpuacct.stat"]), words(texts["memory.stat"])];
  const usage = number(texts["memory.usage_in_bytes"]);
  const quota = number(texts["cpu.cfs_quota_us"], -1);
  const limit = number(texts["memory.limit_in_bytes"]);
  const inactiveFile = memory("total_inactive_file");
  return {
    cpu: {
      total: number(texts["cpuacct.usage"]) / 1e9,
      user: used("user") / clockTicks,
      system: used("system") / clockTicks,
      periods: cpuStat("nr_periods"),
      throttledPeriods: cpuStat("nr_throttled"),
      throttled: cpuStat("throttled_time") / 1e9,
    },
    limits: {
      periodUs: number(texts["cpu.cfs_period_us"], 100_000),
      quotaUs: quota > 0 ? quota : undefined,
      shares: number(texts["cpu.shares"], 2),
      memoryBytes: limit >= leastUnlimited ? 0 : limit,
    },
    memory: {
      usage,
      most: number(texts["memory.max_usage_in_bytes"]),
      workingSet: Math.max(0, usage - inactiveFile),
      cache: memory("total_cache"),
      rss: memory("total_rss"),
      mapped: memory("total_mapped_file"),
      swap: memory("total_swap"),
      activeFile: memory("total_active_file"),
      inactiveFile,
      failures: number(texts["memory.failcnt"]),
      pageFaults: memory("total_pgfault"),
      majorPageFaults: memory("total_pgmajfault"),
    },
    threads: texts["pids.current"] === undefined ? undefined : number(texts["pids.current"]),
  };
}

function detailOfV2(texts: GroupTexts): GroupDetail {
  const [cpuStat, memory, events] = [words(texts["cpu.stat"]), words(texts["memory.stat"]), words(texts["memory.events"])];
  const usage = number(texts["memory.current"]);
  const [quota = "max", period = "100000"] = (texts["cpu.max"] ?? "").trim().split(" ").filter(Boolean);
  const inactiveFile = memory("inactive_file");
  return {
    cpu: {
      total: cpuStat("usage_usec") / 1e6,
      user: cpuStat("user_usec") / 1e6,
      system: cpuStat("system_usec") / 1e6,
      periods: cpuStat("nr_periods"),
      throttledPeriods: cpuStat("nr_throttled"),
      throttled: cpuStat("throttled_usec") / 1e6,
    },
    limits: {
      periodUs: Number(period),
      quotaUs: quota === "max" ? undefined : Number(quota),
      // Back from the weight, as it was made from the shares.
      shares: 2 + Math.trunc(((number(texts["cpu.weight"], 1) - 1) * 262_142) / 9999),
      memoryBytes: number(texts["memory.max"]),
    },
    memory: {
      usage,
      most: texts["memory.peak"] === undefined ? undefined : number(texts["memory.peak"]),
      workingSet: Math.max(0, usage - inactiveFile),
      cache: memory("file"),
      rss: memory("anon"),
      mapped: memory("file_mapped"),
      swap: number(texts["memory.swap.current"]),
      activeFile: memory("active_file"),
      inactiveFile,
      failures: events("max"),
      pageFaults: memory("pgfault"),
      majorPageFaults: memory("pgmajfault"),
    },
    threads: texts["pids.current"] === undefined ? undefined : number(texts["pids.current"]),
  };
}

/** `max`, and what is not there, are no number. */
function number(text: string | undefined, otherwise = 0): number {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isNaN(value) ? otherwise : value;
}

/** Lines of `name number`. */
function words(text = ""): (name: string) => number {
  const all = new Map(text.split("\n").map((line) => [line.split(" ")[0], Number(line.split(" ")[1])]));
  return (name) => all.get(name) ?? 0;
}
