/** What a node is short of, from what was observed now and before: thresholds with their grace, conditions with their after-time. Pure. */
import { type Amount, type Pressure, pressureOf, type Signal, type Threshold } from "./thresholds.ts";

export interface Observation {
  available: number;
  capacity: number;
}

export type Observations = ReadonlyMap<Signal, Observation>;

export interface JudgeState {
  /** Since when a threshold is met, by its key. */
  since: ReadonlyMap<string, number>;
  /** When a pressure was seen last. */
  lastSeen: ReadonlyMap<Pressure, number>;
  /** Met with their grace over: they hold until the minimum is reclaimed too. */
  driving: readonly Threshold[];
}

export const calm: JudgeState = { since: new Map(), lastSeen: new Map(), driving: [] };

export interface Judgement {
  state: JudgeState;
  /** Seen now, or within the time that a pressure is told on. */
  pressures: Pressure[];
}

const order: readonly Pressure[] = ["MemoryPressure", "DiskPressure", "PIDPressure"];

export function judge(
  before: JudgeState,
  {
    thresholds,
    observations,
    nowMs,
    tellMs,
  }: { thresholds: readonly Threshold[]; observations: Observations; nowMs: number; tellMs: number },
): Judgement {
  const byKey = new Map<string, Threshold>();
  for (const each of [...metOf(thresholds, observations, false), ...metOf(before.driving, observations, true)])
    byKey.set(keyOf(each), each);
  const since = new Map([...byKey.keys()].map((key) => [key, before.since.get(key) ?? nowMs]));
  const lastSeen = new Map(before.lastSeen);
  for (const { signal } of byKey.values()) lastSeen.set(pressureOf(signal), nowMs);
  const driving = [...byKey].filter(([key, { graceMs = 0 }]) => nowMs - since.get(key)! >= graceMs).map(([, threshold]) => threshold);
  const isTold = (pressure: Pressure) => lastSeen.has(pressure) && nowMs - lastSeen.get(pressure)! < tellMs;
  // Without an after-time, what is seen now is told all the same.
  const pressures = order.filter((pressure) => isTold(pressure) || lastSeen.get(pressure) === nowMs);
  return { state: { since, lastSeen, driving: byUrgency(driving) }, pressures };
}

const keyOf = ({ signal, value, graceMs }: Threshold) => JSON.stringify([signal, value, graceMs]);

/** `whole`: the minimum to reclaim counts too. A signal that nobody observed is not met. */
export function metOf(thresholds: readonly Threshold[], observations: Observations, whole: boolean): Threshold[] {
  return thresholds.filter(({ signal, value, minReclaim }) => {
    const seen = observations.get(signal);
    if (!seen) return false;
    const more = whole && minReclaim ? unitsOf(minReclaim, seen.capacity) : 0;
    return seen.available < unitsOf(value, seen.capacity) + more;
  });
}

export const unitsOf = (amount: Amount, capacity: number): number =>
  "units" in amount ? amount.units : Math.trunc(capacity * amount.share);

/** Memory before everything else; otherwise as configured. */
function byUrgency(thresholds: readonly Threshold[]): Threshold[] {
  const isMemory = ({ signal }: Threshold) => pressureOf(signal) === "MemoryPressure";
  return [...thresholds.filter(isMemory), ...thresholds.filter((each) => !isMemory(each))];
}
