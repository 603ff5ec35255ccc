/**
 * Keeps the node from running out: every ten seconds it is looked at what is left, pressures become conditions of the node, what is
 * not needed is taken away, and if that is not enough, one pod is evicted at a time.
 */
import type { Pod } from "#api/mod.ts";
import { type Clock, every, type Log, messageOf } from "#base/mod.ts";
import type { Refusal } from "../pod/admit.ts";
import { tolerates } from "../pod/admit.ts";
import type { PodWorker } from "../pod/worker.ts";
import { qosOf } from "../resources/resources.ts";
import { calm, type JudgeState, judge, metOf } from "./judge.ts";
import { evictionMessage } from "./message.ts";
import type { Observed } from "./observe.ts";
import { isCritical, ranked, type UseOf } from "./rank.ts";
import { type Pressure, pressureOf, type Signal, type Starved, starvedOf, type Threshold } from "./thresholds.ts";

export interface EvictionPolicy {
  thresholds: readonly Threshold[];
  /** How long a pressure is told on after it was seen last (`evictionPressureTransitionPeriod`). */
  tellMs: number;
  /** The most that a pod may take to end by a soft threshold (`evictionMaxPodGracePeriod`). */
  mostGraceSeconds: number;
}

/** Where on the node's disks a pod's bytes lie. */
export interface DiskParts {
  layers: boolean;
  logs: boolean;
  volumes: boolean;
}

export interface EvictionOptions {
  policy: EvictionPolicy;
  observe(): Promise<Observed>;
  workers(): PodWorker[];
  /** Nothing of the pod runs any more. */
  isGone(uid: string): boolean;
  useOf(pods: readonly Pod[], starved: Starved, parts: DiskParts): Promise<UseOf>;
  /** Takes away dead containers and images that nobody uses. */
  reclaimDisk(): Promise<void>;
  tellNode(reason: string, message: string): void;
  tellPod(pod: Pod, message: string): void;
  evicted(signal: Signal): void;
  /** Other pressures than before. */
  onChange(): void;
  clock: Clock;
  log: Log;
}

export interface Evictions {
  readonly pressures: readonly Pressure[];
  /** Why a pod is not taken now. */
  refusal(pod: Pod): Refusal | undefined;
  cancel(): void;
}

const lookMs = 10_000;
const hardGraceSeconds = 1;
const goneMs = 30_000;
const goneLookMs = 1000;

export function startEvictions(options: EvictionOptions): Evictions {
  const { clock, log } = options;
  let state: JudgeState = calm;
  let pressures: readonly Pressure[] = [];
  const ending = new AbortController();
  const look = async () => {
    const { policy } = options;
    const observed = await options.observe();
    const found = judge(state, {
      thresholds: policy.thresholds,
      observations: observed.signals,
      nowMs: clock.monotonic(),
      tellMs: policy.tellMs,
    });
    state = found.state;
    const isOther = String(pressures) !== String(found.pressures);
    pressures = found.pressures;
    if (isOther) options.onChange();
    const [first] = state.driving;
    return first && relieve(first, state.driving, observed, options);
  };
  const timer = every(clock, lookMs, async () => {
    try {
      for (let evicted = await look(); evicted && !ending.signal.aborted; evicted = await look())
        await untilGone(evicted, options, ending.signal);
    } catch (error) {
      log.warn("kubelet: what the node has left was not looked at", { error: messageOf(error) });
    }
  });
  return {
    get pressures() {
      return pressures;
    },
    refusal: (pod) => pressureRefusal(pod, pressures),
    cancel() {
      ending.abort();
      timer.cancel();
    },
  };
}

/** Resolves with the pod that was evicted. */
async function relieve(
  threshold: Threshold,
  driving: readonly Threshold[],
  observed: Observed,
  options: EvictionOptions,
): Promise<PodWorker | undefined> {
  const { policy, log } = options;
  const { signal } = threshold;
  const starved = starvedOf(signal);
  options.tellNode("EvictionThresholdMet", `Attempting to reclaim ${starved}`);
  if (reclaimable(signal, observed.dedicatedImages)) {
    await options.reclaimDisk().catch((error) => log.warn("kubelet: not all could be reclaimed", { error: messageOf(error) }));
    const { signals } = await options.observe();
    if (metOf(policy.thresholds, signals, true).length === 0) return undefined;
  }
  const active = new Map(options.workers().flatMap((worker) => (worker.holds ? [[worker.pod, worker] as const] : [])));
  if (active.size === 0) return undefined;
  const useOf = await options.useOf([...active.keys()], starved, diskParts(signal, observed.dedicatedImages));
  for (const pod of ranked([...active.keys()], starved, useOf)) {
    const worker = active.get(pod)!;
    if (isCritical(pod) || !worker.holds) continue;
    const message = evictionMessage(pod, starved, { driving, observations: observed.signals, use: useOf(pod) });
    const own = pod.spec?.terminationGracePeriodSeconds ?? policy.mostGraceSeconds;
    const graceSeconds = threshold.graceMs === undefined ? hardGraceSeconds : Math.min(policy.mostGraceSeconds, own);
    options.tellPod(pod, message);
    options.evicted(signal);
    worker.fail({ reason: "Evicted", message, graceSeconds, isDisruption: true });
    return worker;
  }
  log.warn("kubelet: the node is short, and no pod may be evicted", { starved });
  return undefined;
}

/** With images apart, only what lies beside them is freed by taking them away. */
const reclaimable = (signal: Signal, dedicatedImages: boolean): boolean =>
  pressureOf(signal) === "DiskPressure" && (signal.startsWith("imagefs.") || !dedicatedImages);

function diskParts(signal: Signal, dedicatedImages: boolean): DiskParts {
  if (!dedicatedImages) return { layers: true, logs: true, volumes: true };
  return signal.startsWith("imagefs.") ? { layers: true, logs: false, volumes: false } : { layers: false, logs: true, volumes: true };
}

/** The next one is not chosen before that: what this one used is not free yet. */
async function untilGone(worker: PodWorker, { clock, isGone }: EvictionOptions, signal: AbortSignal): Promise<void> {
  for (let waited = 0; waited < goneMs && !signal.aborted && !isGone(worker.uid); waited += goneLookMs)
    await clock.sleep(goneLookMs, signal);
}

const memoryTaint = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };

export function pressureRefusal(pod: Pod, pressures: readonly Pressure[]): Refusal | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  const onlyMemory = pressures.length === 1 && pressures[0] === "MemoryPressure";
  if (onlyMemory && (qosOf(pod) !== "BestEffort" || tolerates(pod, memoryTaint))) return undefined;
  return { reason: "Evicted", message: `The node had condition: [${pressures.join(" ")}]. ` };
}
