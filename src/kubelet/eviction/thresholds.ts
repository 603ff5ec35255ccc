/** When a node is short of something: thresholds as KubeletConfiguration writes them, read and refused in upstream's words. Pure. */
import { parseQuantity, quantityValue } from "#codec/mod.ts";

export const signals = [
  "memory.available",
  "allocatableMemory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "containerfs.available",
  "containerfs.inodesFree",
  "pid.available",
] as const;
export type Signal = (typeof signals)[number];

/** Resources as evictions tell them; inodes and pids are words of the kubelet alone. */
export type Starved = "memory" | "ephemeral-storage" | "inodes" | "pids";
export type Pressure = "MemoryPressure" | "DiskPressure" | "PIDPressure";

export function starvedOf(signal: Signal): Starved {
  if (signal === "pid.available") return "pids";
  if (signal.endsWith(".inodesFree")) return "inodes";
  return signal.endsWith("emory.available") ? "memory" : "ephemeral-storage";
}

export function pressureOf(signal: Signal): Pressure {
  const starved = starvedOf(signal);
  return starved === "memory" ? "MemoryPressure" : starved === "pids" ? "PIDPressure" : "DiskPressure";
}

/** In units of the signal, or as a share of its capacity. */
export type Amount = { units: number } | { share: number };

export interface Threshold {
  signal: Signal;
  value: Amount;
  /** Absent: it is a hard one, and drives evictions at once. */
  graceMs?: number;
  minReclaim?: Amount;
}

/** The words of KubeletConfiguration. */
export interface EvictionWords {
  evictionHard?: Record<string, string>;
  evictionSoft?: Record<string, string>;
  evictionSoftGracePeriod?: Record<string, string>;
  evictionMinimumReclaim?: Record<string, string>;
}

/** Upstream's of Linux. */
export const usualHard: Readonly<Record<string, string>> = {
  "memory.available": "100Mi",
  "nodefs.available": "10%",
  "nodefs.inodesFree": "5%",
  "imagefs.available": "15%",
  "imagefs.inodesFree": "5%",
};

/**
 * Hard ones first. What is true of memory as a whole is true of what pods may use of it, too. Thresholds of `containerfs` are
 * read and left out: upstream gives them the values of the file system that they share, and ours is always shared.
 */
export function thresholdsOf(words: EvictionWords): Threshold[] {
  const grace = entriesOf(words.evictionSoftGracePeriod, (signal, text) => {
    const ms = durationMs(text);
    if (ms < 0) throw new Error(`invalid eviction grace period specified: ${text}, must be a positive value`);
    return [signal, ms] as const;
  });
  const reclaim = entriesOf(words.evictionMinimumReclaim, (signal, text) => [signal, reclaimOf(signal, text)] as const);
  const graceBy = new Map(grace);
  const reclaimBy = new Map(reclaim);
  const hard = entriesOf(words.evictionHard, statement);
  const soft = entriesOf(words.evictionSoft, statement).map((threshold) => {
    const graceMs = graceBy.get(threshold.signal);
    if (graceMs === undefined) throw new Error(`grace period must be specified for the soft eviction threshold ${threshold.signal}`);
    // One without grace is a hard one.
    return graceMs === 0 ? threshold : { ...threshold, graceMs };
  });
  const all = [...hard, ...soft].map((threshold) => {
    const minReclaim = reclaimBy.get(threshold.signal);
    return minReclaim ? { ...threshold, minReclaim } : threshold;
  });
  const ofPods = all.flatMap((threshold) =>
    threshold.signal === "memory.available" && threshold.graceMs === undefined
      ? [{ ...threshold, signal: "allocatableMemory.available" as const }]
      : [],
  );
  return [...all, ...ofPods].filter(({ signal }) => !signal.startsWith("containerfs."));
}

function entriesOf<T>(words: Record<string, string> | undefined, read: (signal: Signal, text: string) => T | undefined): T[] {
  return Object.entries(words ?? {}).flatMap(([name, text]) => {
    const signal = signals.find((each) => each === name);
    if (!signal) throw new Error(`unsupported eviction signal ${name}`);
    const found = read(signal, text);
    return found === undefined ? [] : [found];
  });
}

function statement(signal: Signal, text: string): Threshold | undefined {
  if (!text.endsWith("%")) {
    const units = quantityValue(parseQuantity(text));
    if (units <= 0) throw new Error(`eviction threshold ${signal} must be positive: ${text}`);
    return { signal, value: { units } };
  }
  // Both say that there is none.
  if (text === "0%" || text === "100%") return undefined;
  const share = shareOf(text);
  if (share < 0) throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${text}`);
  if (share > 1) throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${text}`);
  return { signal, value: { share } };
}

function reclaimOf(signal: Signal, text: string): Amount {
  if (text.endsWith("%")) {
    const share = shareOf(text);
    if (share <= 0) throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`);
    return { share };
  }
  const units = quantityValue(parseQuantity(text));
  if (units < 0) throw new Error(`negative eviction minimum reclaim specified for ${signal}`);
  return { units };
}

function shareOf(text: string): number {
  const number = text.replace(/%+$/, "");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number)) throw new Error(`${JSON.stringify(text)} is no percentage`);
  return Number(number) / 100;
}

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `1m30s`, as Go writes durations; `0` needs no unit. */
export function durationMs(text: string): number {
  const [, sign, rest = ""] = /^([+-]?)(.*)$/.exec(text)!;
  if (rest === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.test(rest)) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  const parts = rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g);
  const ms = [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit!]!, 0);
  return sign === "-" ? -ms : ms;
}
