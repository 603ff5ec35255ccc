/**
 * What the plan of a pod must remember from one pass to the next, as data: it goes into the plan and comes out of it. A kubelet
 * that starts anew begins with none and reads the rest off the runtime and the API. Pure.
 */
import { backoffMs } from "#base/mod.ts";
import type { ResizeState } from "../resize/conditions.ts";
import type { SeenContainer } from "../runtime/seen.ts";

export interface Waiting {
  reason: string;
  message?: string;
}

/** Why a container is not there, and when it is tried again. */
export interface Trouble extends Waiting {
  untilMs: number;
}

export interface Crash {
  count: number;
  /** The container whose end was counted last. */
  id: string;
  /** Not started again before. */
  untilMs: number;
}

/** The kubelet itself has ended the pod, or never took it. */
export interface Failure {
  reason: string;
  message: string;
  /** Absent: the pod's own. */
  graceSeconds?: number;
  /** It is told at once and without a look at containers: the pod was never begun. */
  rejected?: boolean;
  /** It was disturbed for the node's sake: the pod gets the condition DisruptionTarget. */
  isDisruption?: boolean;
}

export interface History {
  crashes: Readonly<Record<string, Crash>>;
  trouble: Readonly<Record<string, Trouble>>;
  /** How often volumes or sandbox failed in a row; they are not tried before. */
  sandbox?: { failures: number; untilMs: number } | undefined;
  failure?: Failure;
  /** How far a change of amounts is; one that failed is not tried before `untilMs`. */
  resize?: ResizeState & { untilMs?: number };
  /** Container → the id of the one that was ended to be given other amounts. */
  restarted?: Readonly<Record<string, string>>;
  /** Since when the pod is being ended: its grace period counts from here, for all of its containers together. */
  endingSinceMs?: number;
}

export const noHistory: History = { crashes: {}, trouble: {} };

/** What a step has learned. */
export interface Learned {
  /** Container → its trouble, or undefined: it has none. */
  trouble?: Readonly<Record<string, Trouble | undefined>>;
  sandbox?: History["sandbox"];
  failure?: Failure;
  resize?: History["resize"];
}

/** Something that it waited for has come: everything is tried at once. */
export function tryAtOnce(history: History): History {
  const trouble = Object.fromEntries(Object.entries(history.trouble).map(([name, each]) => [name, { ...each, untilMs: 0 }]));
  return { ...history, trouble, ...(history.sandbox ? { sandbox: { ...history.sandbox, untilMs: 0 } } : {}) };
}

export function learn(history: History, { trouble, ...rest }: Learned): History {
  const next = { ...history, ...rest };
  if (!trouble) return next;
  const kept = Object.entries({ ...history.trouble, ...trouble }).filter((entry): entry is [string, Trouble] => entry[1] !== undefined);
  return { ...next, trouble: Object.fromEntries(kept) };
}

/** How long a container that ends again and again waits, in milliseconds: at first, and at most. */
export interface CrashBackOff {
  baseMs: number;
  maxMs: number;
}

export const usualCrashMs = 300_000;
const firstCrashMs = 10_000;

/** Whoever allows less than the usual first wait gets that at once. */
export const crashBackOff = (maxMs: number): CrashBackOff => ({ baseMs: Math.min(firstCrashMs, maxMs), maxMs });

const forgetMs = 600_000;
const mostInherited = 6;

/**
 * The end of a container, counted once: each one doubles the wait before the next start, ten minutes of work make it forget.
 * A container that could not even be started has not worked.
 */
export function countCrash(known: Crash | undefined, last: SeenContainer, backOff: CrashBackOff): Crash {
  if (known?.id === last.id) return known;
  const livedMs = last.startedAt > 0 ? last.finishedAt - last.startedAt : 0;
  // Without a history, the runtime's count of restarts tells how it went before.
  const before = known ? known.count + 1 : Math.min(mostInherited, last.restartCount);
  const count = livedMs >= forgetMs ? 0 : before;
  return { count, id: last.id, untilMs: last.finishedAt + backoffMs(count, backOff) };
}

/** `10s`, `2m40s`: the whole wait, as it is told. */
export function crashWait(count: number, backOff: CrashBackOff): string {
  const seconds = backoffMs(count, backOff) / 1000;
  const minutes = Math.floor(seconds / 60);
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}
