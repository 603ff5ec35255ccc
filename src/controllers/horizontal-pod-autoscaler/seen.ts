/** What an autoscaler decides upon: its target, the pods of that, and what was measured. Refusals are part of the picture. */

import type { HorizontalPodAutoscaler, Pod, Scale } from "#api/mod.ts";
import type { Selector } from "#codec/mod.ts";
import type { Discovered } from "../discovery.ts";

export type Read<T> = { ok: T } | { error: string };

export interface Target {
  scale: Scale;
  /** Whose subresource it is. */
  resource: Discovered;
}

/** Of one pod; values are thousandths. */
export interface PodMetric {
  milli: number;
  atMs: number;
  windowMs: number;
}

/** What one metric of the spec was read as. */
export type Measure =
  | { of: "pods"; pods: Read<ReadonlyMap<string, PodMetric>> }
  | { of: "object"; milli: Read<number> }
  | { of: "external"; milli: Read<readonly number[]> };

/** What is remembered of an autoscaler between its looks. */
export interface Memory {
  /** What was thought right, before anything held it back. */
  recommendations: readonly { replicas: number; atMs: number }[];
  ups: readonly ScaleEvent[];
  downs: readonly ScaleEvent[];
}

export interface ScaleEvent {
  /** How many were added or taken, never negative. */
  change: number;
  atMs: number;
}

/** What the process is told of all autoscalers. */
export interface Pace {
  /** Between two looks. */
  syncMs: number;
  /** How far usage may be from its target before anything is done, as a part of it. */
  tolerance: number;
  /** How long an earlier, higher recommendation counts, where an autoscaler does not say. */
  downWindowMs: number;
  /** Before this age a pod's CPU says more about its start than about its work. */
  startupMs: number;
  /** A pod that was unready from so soon after its start has never been ready. */
  firstReadinessMs: number;
}

/** Upstream's. */
export const usualPace: Pace = { syncMs: 15_000, tolerance: 0.1, downWindowMs: 300_000, startupMs: 300_000, firstReadinessMs: 30_000 };

export interface SeenAutoscaler {
  pace: Pace;
  hpa: HorizontalPodAutoscaler;
  target: Read<Target>;
  /** Of the target's pods; absent when the target is not there, or nothing is measured now. */
  selector?: Read<Selector>;
  pods: readonly Pod[];
  /** Every autoscaler that leads to one of the pods, this one too. */
  rivals: readonly { name: string; namespace: string }[];
  /** In the order of the spec's metrics. */
  measures: readonly Measure[];
  memory: Memory | undefined;
}
