/** What containers, pods and the node use: one reading of the runtime and of the control groups, for every page that tells it. */
import type { Pod } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { CgroupTrees } from "../resources/cgroup-trees.ts";
import { type GroupUsage, groupUsage } from "../resources/group-usage.ts";
import { cgroupParent } from "../resources/resources.ts";
import type { ContainerStatsMessage, Runtime } from "../runtime/runtime.ts";
import { labels, type SeenPod } from "../runtime/seen.ts";

export interface Usage extends GroupUsage {
  /** Milliseconds since 1970. */
  atMs: number;
  startMs: number | undefined;
  /** Between this reading and one before it; absent at the first. */
  nanoCores?: number;
}

export interface ContainerUsage extends Usage {
  name: string;
  layerBytes: number | undefined;
}

export interface PodUsage {
  pod: Pod;
  /** Of its whole group; where nothing counts for that, the sum of its containers. */
  whole: Usage | undefined;
  containers: ContainerUsage[];
}

export interface Reading {
  node: Usage | undefined;
  pods: PodUsage[];
}

export interface UsageSource {
  runtime: Pick<Runtime, "containerStats">;
  pods(): Pod[];
  seen(uid: string): SeenPod | undefined;
  /** Where groups are mounted and which one the node is; `/` is the machine. */
  cgroups?: { trees: CgroupTrees; root: string };
  clock: Clock;
}

type Remembered = Pick<Usage, "atMs" | "cpuNanos" | "nanoCores">;

/** Readings closer than this say too little about a rate. */
const leastWindowMs = 1000;

/** Remembers of each reading only what the next one compares with. */
export class UsageReader {
  readonly #source: UsageSource;
  readonly #startMs: number;
  #before = new Map<string, Remembered>();

  constructor(source: UsageSource) {
    this.#source = source;
    this.#startMs = source.clock.now() - process.uptime() * 1000;
  }

  async read(): Promise<Reading> {
    const { runtime, pods } = this.#source;
    const byPod = Map.groupBy(await runtime.containerStats(), ({ attributes }) => attributes?.labels[labels.podUid] ?? "");
    const next = new Map<string, Remembered>();
    const rated = <T extends Usage>(key: string, usage: T): T => {
      const before = this.#before.get(key);
      const rate = rateOf(before, usage);
      const isNew = !before || usage.atMs - before.atMs >= leastWindowMs;
      next.set(key, isNew ? { atMs: usage.atMs, cpuNanos: usage.cpuNanos, nanoCores: rate } : before);
      return rate === undefined ? usage : { ...usage, nanoCores: rate };
    };
    const all = await Promise.all(
      pods().map(async (pod): Promise<PodUsage> => {
        const uid = pod.metadata.uid ?? "";
        const containers = this.#containersOf(uid, byPod.get(uid) ?? []).map(({ id, usage }) => rated(id, usage));
        const whole = (await this.#group(pod)) ?? sumOf(containers);
        return { pod, whole: whole && rated(uid, whole), containers };
      }),
    );
    const node = await this.#node();
    const reading = { node: node && rated("node", node), pods: all };
    this.#before = next;
    return reading;
  }

  /** Of each name the container that runs: one that has ended is no longer counted. */
  #containersOf(uid: string, stats: readonly ContainerStatsMessage[]): { id: string; usage: ContainerUsage }[] {
    const running = new Map((this.#source.seen(uid)?.containers ?? []).map((each) => [each.id, each]));
    return stats.flatMap((each) => {
      const id = each.attributes?.id ?? "";
      const container = running.get(id);
      const cpu = each.cpu?.usageCoreNanoSeconds;
      if (container?.state !== "running" || !cpu || !each.memory) return [];
      return [{ id, usage: containerUsage(each, cpu.value, container) }];
    });
  }

  async #group(pod: Pod): Promise<Usage | undefined> {
    const { cgroups, clock } = this.#source;
    const usage = await groupUsage(cgroups?.trees, cgroupParent(cgroups?.root ?? "/", pod));
    const started = Date.parse(pod.status?.startTime ?? "");
    return usage && { ...usage, atMs: clock.now(), startMs: Number.isNaN(started) ? undefined : started };
  }

  /** Where the node is a part of the machine, its group holds its pods; this process belongs to it too. */
  async #node(): Promise<Usage | undefined> {
    const { cgroups, clock } = this.#source;
    const usage = await groupUsage(cgroups?.trees, cgroups?.root ?? "/");
    if (!usage) return undefined;
    const at = { atMs: clock.now(), startMs: this.#startMs };
    if (cgroups?.root === "/") return { ...usage, ...at };
    const { user, system } = process.cpuUsage();
    const rss = process.memoryUsage.rss();
    const { memory } = usage;
    const own = { usageBytes: memory.usageBytes + rss, workingSetBytes: memory.workingSetBytes + rss, rssBytes: memory.rssBytes + rss };
    return { cpuNanos: usage.cpuNanos + (user + system) * 1000, memory: { ...memory, ...own }, ...at };
  }
}

function containerUsage(stats: ContainerStatsMessage, cpuNanos: number, container: { name: string; startedAt: number }): ContainerUsage {
  const { memory, cpu, writableLayer } = stats;
  return {
    name: container.name,
    startMs: container.startedAt,
    atMs: (cpu?.timestamp ?? 0) / 1e6,
    cpuNanos,
    memory: {
      usageBytes: memory?.usageBytes?.value ?? 0,
      workingSetBytes: memory?.workingSetBytes?.value ?? 0,
      rssBytes: memory?.rssBytes?.value ?? 0,
      pageFaults: memory?.pageFaults?.value ?? 0,
      majorPageFaults: memory?.majorPageFaults?.value ?? 0,
    },
    layerBytes: writableLayer?.usedBytes?.value,
  };
}

/** Undefined without an earlier reading, or after a restart made the counter smaller. */
export function rateOf(before: Remembered | undefined, now: Pick<Usage, "atMs" | "cpuNanos">): number | undefined {
  if (!before || now.cpuNanos < before.cpuNanos) return undefined;
  const ms = now.atMs - before.atMs;
  return ms < leastWindowMs ? before.nanoCores : Math.round(((now.cpuNanos - before.cpuNanos) / ms) * 1000);
}

function sumOf(containers: readonly ContainerUsage[]): Usage | undefined {
  const [first] = containers;
  if (!first) return undefined;
  const sum = (of: (usage: Usage) => number) => containers.reduce((total, each) => total + of(each), 0);
  return {
    atMs: first.atMs,
    startMs: first.startMs,
    cpuNanos: sum((each) => each.cpuNanos),
    memory: {
      usageBytes: sum((each) => each.memory.usageBytes),
      workingSetBytes: sum((each) => each.memory.workingSetBytes),
      rssBytes: sum((each) => each.memory.rssBytes),
      pageFaults: sum((each) => each.memory.pageFaults),
      majorPageFaults: sum((each) => each.memory.majorPageFaults),
    },
  };
}
