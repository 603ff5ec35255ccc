/**
 * Pods that wait for a node: ready ones by priority and age; refused ones until something that could help changes, and
 * then not before their back-off is over.
 */
import { backoffMs, type Clock, type Timer } from "#base/mod.ts";
import type { ClusterChange } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";

interface Waiting {
  pod: PodInfo;
  attempts: number;
  /** Order among equals. */
  addedAt: number;
  /** Empty: refused by an error, only time helps. */
  wakers: Set<ClusterChange>;
  refusedAt: number;
}

/** A change that pods may have missed while they were tried. */
interface Move {
  turn: number;
  change: ClusterChange;
  concerns(pod: PodInfo): boolean;
}

export const usualBackoff = { baseMs: 1000, maxMs: 10_000 };
/** Upstream's: after so long a refused pod is tried although nothing changed. */
export const usualLongestWaitMs = 5 * 60_000;

export class SchedulingQueue {
  #active: Waiting[] = [];
  #sorted = true;
  #refused = new Map<string, Waiting>();
  #backingOff = new Map<string, Waiting>();
  #attempts = new Map<string, { attempts: number; addedAt: number }>();
  #timer: Timer | undefined;
  #order = 0;
  /** Counts changes, so that one that comes while a pod is being tried is not missed. */
  #moves: Move[] = [];
  #turn = 0;
  readonly #clock: Clock;
  readonly #wake: () => void;

  readonly #backoff: typeof usualBackoff;
  readonly #longestWaitMs: number;

  constructor(options: { clock: Clock; wake: () => void; backoff?: typeof usualBackoff; longestWaitMs?: number | undefined }) {
    this.#backoff = options.backoff ?? usualBackoff;
    this.#longestWaitMs = options.longestWaitMs ?? usualLongestWaitMs;
    this.#clock = options.clock;
    this.#wake = options.wake;
  }

  get size(): number {
    return this.#active.length + this.#refused.size + this.#backingOff.size;
  }
  /** A number to hand back with `refuse`. */
  get turn(): number {
    return this.#turn;
  }

  add(pod: PodInfo): void {
    this.remove(pod.uid, { forget: false });
    const known = this.#attempts.get(pod.uid) ?? { attempts: 0, addedAt: this.#order++ };
    this.#attempts.set(pod.uid, known);
    this.#activate({ pod, ...known, wakers: new Set(), refusedAt: 0 });
  }

  /** Takes the new version of a waiting pod; a pod that changed may fit now. */
  update(pod: PodInfo): void {
    const refused = this.#refused.get(pod.uid);
    const waiting = refused ?? this.#backingOff.get(pod.uid) ?? this.#active.find((w) => w.pod.uid === pod.uid);
    if (!waiting) return this.add(pod);
    const changed = waiting.pod.signature !== pod.signature || JSON.stringify(waiting.pod.request) !== JSON.stringify(pod.request);
    waiting.pod = pod;
    if (refused && changed) this.#release(refused);
  }

  remove(uid: string, options = { forget: true }): void {
    this.#refused.delete(uid);
    this.#backingOff.delete(uid);
    const at = this.#active.findIndex((w) => w.pod.uid === uid);
    if (at >= 0) this.#active.splice(at, 1);
    if (options.forget) this.#attempts.delete(uid);
  }

  pop(): PodInfo | undefined {
    if (!this.#sorted) {
      // Popped from the end: lowest priority first, youngest first.
      this.#active.sort((a, b) => a.pod.priority - b.pod.priority || b.addedAt - a.addedAt);
      this.#sorted = true;
    }
    const next = this.#active.pop();
    if (!next) return undefined;
    const known = this.#attempts.get(next.pod.uid);
    if (known) known.attempts++;
    return next.pod;
  }

  /** Puts back a pod that fitted nowhere. `turn` is the queue's turn when its cycle began. */
  refuse(pod: PodInfo, wakers: Iterable<ClusterChange>, turn: number): void {
    const known = this.#attempts.get(pod.uid) ?? { attempts: 1, addedAt: this.#order++ };
    this.#attempts.set(pod.uid, known);
    const waiting: Waiting = { pod, ...known, wakers: new Set(wakers), refusedAt: this.#clock.monotonic() };
    this.#refused.set(pod.uid, waiting);
    const missed = this.#moves.some((move) => move.turn > turn && helps(move, waiting));
    if (missed || waiting.wakers.size === 0) this.#release(waiting);
    this.#arm();
  }

  /** Something changed: pods that it could help are tried again after their back-off. */
  changed(change: ClusterChange, concerns: (pod: PodInfo) => boolean = () => true): void {
    const move = { turn: ++this.#turn, change, concerns };
    this.#moves.push(move);
    if (this.#moves.length > 256) this.#moves.splice(0, 128);
    for (const waiting of [...this.#refused.values()]) if (helps(move, waiting)) this.#release(waiting);
  }

  close(): void {
    this.#timer?.cancel();
  }

  #release(waiting: Waiting): void {
    this.#refused.delete(waiting.pod.uid);
    if (this.#readyAt(waiting) <= this.#clock.monotonic()) this.#activate(waiting);
    else {
      this.#backingOff.set(waiting.pod.uid, waiting);
      this.#arm();
    }
  }

  #activate(waiting: Waiting): void {
    this.#active.push(waiting);
    this.#sorted = false;
    this.#wake();
  }

  #readyAt(waiting: Waiting): number {
    return waiting.refusedAt + backoffMs(waiting.attempts, this.#backoff);
  }

  #arm(): void {
    this.#timer?.cancel();
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#backingOff.values()) next = Math.min(next, this.#readyAt(waiting));
    for (const waiting of this.#refused.values()) next = Math.min(next, waiting.refusedAt + this.#longestWaitMs);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.after(Math.max(0, next - this.#clock.monotonic()), () => this.#onTime(), { background: true });
  }

  #onTime(): void {
    const now = this.#clock.monotonic();
    for (const waiting of [...this.#backingOff.values()]) {
      if (this.#readyAt(waiting) > now) continue;
      this.#backingOff.delete(waiting.pod.uid);
      this.#activate(waiting);
    }
    for (const waiting of [...this.#refused.values()]) if (waiting.refusedAt + this.#longestWaitMs <= now) this.#release(waiting);
    this.#arm();
  }
}

const helps = (move: Move, { wakers, pod }: Waiting) => wakers.has(move.change) && move.concerns(pod);
