/** What holds a recommendation back: earlier recommendations, how fast it may change, and the bounds. Pure. */
import type { HPAScalingRules } from "#api/mod.ts";
import type { Memory, ScaleEvent } from "./seen.ts";

export interface Wanted {
  current: number;
  desired: number;
  min: number;
  max: number;
  /** How long a higher recommendation counts, where no behaviour says. */
  downWindowMs: number;
}

export interface Behavior {
  up: HPAScalingRules;
  down: HPAScalingRules;
}

/** A reason and a message, as conditions tell it. */
export type Why = readonly [reason: string, message: string];

export interface Held {
  replicas: number;
  /** Set when the earlier recommendations changed it. */
  stabilized: Why | undefined;
  limited: { why: Why; isLimited: boolean };
  recommendations: Memory["recommendations"];
}

const within: Why = ["DesiredWithinRange", "the desired count is within the acceptable range"];
const tooFew: Why = ["TooFewReplicas", "the desired replica count is less than the minimum replica count"];
const tooMany: Why = ["TooManyReplicas", "the desired replica count is more than the maximum replica count"];
const tooFastUp: Why = ["ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"];
const tooFastDown: Why = ["ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"];
const stabilizedUp: Why = [
  "ScaleUpStabilized",
  "recent recommendations were lower than current one, applying the lowest recent recommendation",
];
const stabilizedDown: Why = [
  "ScaleDownStabilized",
  "recent recommendations were higher than current one, applying the highest recent recommendation",
];

/** Without a behaviour: the highest of five minutes, and at most double (or four). */
export function heldPlainly(wanted: Wanted, memory: Memory, nowMs: number): Held {
  const { current, desired, min, max, downWindowMs } = wanted;
  const recent = memory.recommendations.filter(({ atMs }) => atMs >= nowMs - downWindowMs);
  const highest = recent.reduce((most, { replicas }) => Math.max(most, replicas), desired);
  const limit = Math.max(2 * current, 4);
  const [allowed, why] = max > limit ? [limit, tooFastUp] : [max, tooMany];
  const [replicas, reason] = highest < min ? [min, tooFew] : highest > allowed ? [allowed, why] : [highest, within];
  return {
    replicas,
    stabilized: highest === desired ? undefined : stabilizedDown,
    limited: { why: reason, isLimited: replicas !== highest },
    recommendations: [...recent, { replicas: desired, atMs: nowMs }],
  };
}

export function heldByBehavior(wanted: Wanted, { up, down }: Behavior, memory: Memory, nowMs: number): Held {
  const { current, desired, downWindowMs } = wanted;
  const upCutoff = nowMs - (up.stabilizationWindowSeconds ?? 0) * 1000;
  const downCutoff = nowMs - (down.stabilizationWindowSeconds ?? downWindowMs / 1000) * 1000;
  let [lowest, highest] = [desired, desired];
  for (const { replicas, atMs } of memory.recommendations) {
    if (atMs > upCutoff) lowest = Math.min(lowest, replicas);
    if (atMs > downCutoff) highest = Math.max(highest, replicas);
  }
  const stable = Math.min(Math.max(current, lowest), highest);
  const [replicas, why] = byRate({ ...wanted, desired: stable }, { up, down }, memory, nowMs);
  const recent = memory.recommendations.filter(({ atMs }) => atMs >= upCutoff || atMs >= downCutoff);
  return {
    replicas,
    stabilized: stable === desired ? undefined : desired >= current ? stabilizedUp : stabilizedDown,
    limited: { why, isLimited: replicas !== stable },
    recommendations: [...recent, { replicas: desired, atMs: nowMs }],
  };
}

function byRate({ current, desired, min, max }: Wanted, { up, down }: Behavior, { ups, downs }: Memory, nowMs: number): [number, Why] {
  const changed = (seconds: number, events: readonly ScaleEvent[]) =>
    events.reduce((sum, { change, atMs }) => (atMs > nowMs - seconds * 1000 ? sum + change : sum), 0);
  const before = (seconds: number) => current - changed(seconds, ups) + changed(seconds, downs);
  if (desired > current) {
    const limit = Math.max(current, upLimit(current, up, before));
    const [allowed, why] = max > limit ? [limit, tooFastUp] : [max, tooMany];
    if (desired > allowed) return [allowed, why];
  } else if (desired < current) {
    const limit = Math.min(current, downLimit(current, down, before));
    const [allowed, why] = min < limit ? [limit, tooFastDown] : [min, tooFew];
    if (desired < allowed) return [allowed, why];
  }
  return [desired, within];
}

type Before = (seconds: number) => number;

/** Rounded up: a small percentage of few must still change something. */
function upLimit(current: number, { selectPolicy, policies = [] }: HPAScalingRules, before: Before): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value = 0, periodSeconds = 0 }) => {
    const from = before(periodSeconds);
    return type === "Pods" ? from + value : Math.ceil(from * (1 + value / 100));
  });
  return selectPolicy === "Min" ? Math.min(...proposals) : Math.max(...proposals);
}

function downLimit(current: number, { selectPolicy, policies = [] }: HPAScalingRules, before: Before): number {
  if (selectPolicy === "Disabled") return current;
  const proposals = policies.map(({ type, value = 0, periodSeconds = 0 }) => {
    const from = before(periodSeconds);
    return type === "Pods" ? from - value : Math.trunc(from * (1 - value / 100));
  });
  // The least change leaves the most.
  return selectPolicy === "Min" ? Math.max(...proposals) : Math.min(...proposals);
}

/** With the change that was just made; without those that no policy looks back to. */
export function withChange(memory: Memory, { up, down }: Behavior, change: number, nowMs: number): Memory {
  const longest = ({ policies = [] }: HPAScalingRules) => Math.max(0, ...policies.map(({ periodSeconds = 0 }) => periodSeconds)) * 1000;
  const recent = (events: readonly ScaleEvent[], ms: number) => events.filter(({ atMs }) => atMs >= nowMs - ms);
  const event = { change: Math.abs(change), atMs: nowMs };
  const kept = Math.max(longest(up), longest(down));
  const [ups, downs] = [recent(memory.ups, kept), recent(memory.downs, kept)];
  return { ...memory, ups: change > 0 ? [...ups, event] : ups, downs: change > 0 ? downs : [...downs, event] };
}
