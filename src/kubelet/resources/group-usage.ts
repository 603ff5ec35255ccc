/** What a control group has used so far, as the kernel counts it: of v1 in a tree for each controller, of v2 in one. */
import { readFile } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { CgroupTrees } from "./cgroup-trees.ts";

export interface GroupUsage {
  /** CPU time so far. */
  cpuNanos: number;
  memory: {
    usageBytes: number;
    /** Without what the kernel would give up first: cached files that nobody has looked at lately. */
    workingSetBytes: number;
    rssBytes: number;
    pageFaults: number;
    majorPageFaults: number;
  };
}

/** Texts of the files that tell it; absent where the group has none. */
export interface GroupFiles {
  cpu: string;
  usage?: string;
  stat: string;
}

export function usageOf(version: 1 | 2, { cpu, usage, stat }: GroupFiles, machine = { total: totalmem(), free: freemem() }): GroupUsage {
  const memory = numbersOf(stat);
  const [total, inactive, anonymous] = version === 1 ? ["total_", "total_inactive_file", "total_rss"] : ["", "inactive_file", "anon"];
  // The root of v2 has no file for it: it is what the machine uses.
  const used = usage === undefined ? machine.total - machine.free : Number(usage);
  return {
    cpuNanos: version === 1 ? Number(cpu) : (numbersOf(cpu).get("usage_usec") ?? 0) * 1000,
    memory: {
      usageBytes: used,
      workingSetBytes: Math.max(0, used - (memory.get(inactive) ?? 0)),
      rssBytes: memory.get(anonymous) ?? 0,
      pageFaults: memory.get(`${total}pgfault`) ?? 0,
      majorPageFaults: memory.get(`${total}pgmajfault`) ?? 0,
    },
  };
}

/** Lines of `name number`. */
function numbersOf(text: string): Map<string, number> {
  return new Map(text.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), Number(line.slice(line.indexOf(" ") + 1))] as const));
}

/** Undefined: there is no such group, or nothing counts for it. */
export async function groupUsage(trees: CgroupTrees | undefined, path: string): Promise<GroupUsage | undefined> {
  const [cpu, memory] = trees?.version === 1 ? [trees.cpuacct, trees.memory] : [trees?.cpu, trees?.memory];
  if (!trees || !cpu || !memory) return undefined;
  const [cpuFile, usageFile] = trees.version === 1 ? ["cpuacct.usage", "memory.usage_in_bytes"] : ["cpu.stat", "memory.current"];
  const read = (tree: string, file: string) => readFile(join(tree, path, file), "utf8");
  try {
    const [used, usage, stat] = await Promise.all([
      read(cpu, cpuFile),
      read(memory, usageFile).catch((error) => {
        if (trees.version === 2 && path === "/") return undefined;
        throw error;
      }),
      read(memory, "memory.stat"),
    ]);
    return usageOf(trees.version, { cpu: used, usage, stat });
  } catch {
    return undefined; // gone between two looks
  }
}
