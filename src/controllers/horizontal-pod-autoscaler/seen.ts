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

export interface SeenAutoscaler {
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
