/** The words of a plan: its steps, what it is made from, and how one is written down. */
import type { Pod } from "#api/mod.ts";
import type { Sizes } from "../resize/plan-resize.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import type { CrashBackOff, History, Waiting } from "./history.ts";

export type Role = "init" | "sidecar" | "regular" | "ephemeral";
export type KillReason = "deleted" | "changed" | "unhealthy" | "startup" | "failed" | "sandbox" | "finished" | "restart" | "resize";

export type PodStep =
  | { do: "createSandbox"; attempt: number }
  | { do: "startContainer"; name: string; role: Role; restartCount: number }
  /** Runs the preStop hook now although it is not the container's turn to end. */
  | { do: "preStop"; id: string; name: string; graceSeconds: number }
  | { do: "stopContainer"; id: string; name: string; graceSeconds: number; why: string; reason: KillReason }
  | { do: "removeContainer"; id: string }
  | { do: "stopSandbox"; id: string }
  /** Gives these running containers, and the pod's own group, the amounts that the pod was given. */
  | { do: "resize"; containers: { id: string; name: string }[] }
  | { do: "tell"; type: "Normal" | "Warning"; reason: string; message: string; container?: string };

/** Why a pod must end, and how long its containers may take together. */
export interface End {
  reason: KillReason;
  graceSeconds: number;
  why: string;
}

export interface Verdicts {
  /** Passed its startup probe, or has none; by container id. */
  started(id: string): boolean;
  ready(id: string): boolean;
  /** Containers that a probe has condemned, by id. */
  condemned: ReadonlyMap<string, "startup" | "liveness">;
}

export interface Facts {
  probes: Verdicts;
  history: History;
  nowMs: number;
  /** Of containers that end again and again. */
  backOff: CrashBackOff;
  /** Containers that are being stopped, by id: until when they may take. */
  stopping: ReadonlyMap<string, number>;
  /** Containers whose preStop hook runs or has run, by id. */
  hooked: ReadonlySet<string>;
  /** What runs with which amounts; absent: with those that were given. */
  sizes?: Sizes;
}

export interface Plan {
  steps: PodStep[];
  history: History;
  /** Look again after so many milliseconds, whatever happens. */
  againMs?: number;
  /** Container → what it waits for. */
  waiting: ReadonlyMap<string, Waiting>;
  /** The pod is wanted gone, or is over. */
  end?: End;
  /** A rule of one container starts all of them again. */
  restartingAll?: boolean;
}

/** A plan in the making, and what it is made from. */
export interface Draft {
  pod: Pod;
  seen: SeenPod | undefined;
  facts: Facts;
  steps: PodStep[];
  history: History;
  againMs: number | undefined;
  waiting: Map<string, Waiting>;
  resizing: { id: string; name: string }[];
}

export function again(draft: Draft, ms: number): void {
  draft.againMs = Math.min(draft.againMs ?? ms, ms);
}

export function stop(container: SeenContainer, graceSeconds: number, reason: KillReason, why: string): PodStep {
  return { do: "stopContainer", id: container.id, name: container.name, graceSeconds, why, reason };
}
