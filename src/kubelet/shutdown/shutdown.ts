/**
 * Ends pods when the machine shuts down, those of low priority first, while logind waits:
 *
 *     held ──a shutdown begins──▶ pods end, group by group ──▶ let go: the machine goes down
 *      ▲                                                        │
 *      └────────────────── it is called off ◀───────────────────┘
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Pod } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { Refusal } from "../pod/admit.ts";
import type { Failure } from "../pod/history.ts";
import { graceIn, groupsOf, type Period } from "./groups.ts";
import type { Logind } from "./logind.ts";

export interface Ending {
  pod: Pod;
  fail(failure: Failure): void;
}

export interface ShutdownOptions {
  /** In order; none: a shutdown is not held up. */
  periods: readonly Period[];
  logind: Logind;
  /** Those that are not over. */
  pods(): readonly (Ending & { uid: string })[];
  /** Nothing of it runs, and its volumes are given back. */
  isGone(uid: string): boolean;
  tellNode(reason: string, message: string): void;
  /** The node's status is another. */
  changed(): void;
  /** Where it is written down when the last one began and ended. */
  stateFile: string;
  metrics: Pick<NodeMetrics, "shutdown">;
  clock: Clock;
  log: Log;
}

const message = "Pod was terminated in response to imminent node shutdown.";
const againMs = 1000;
const lookMs = 200;
const firstWaitMs = 100;
const waits = 5;

export class NodeShutdown {
  readonly #options: ShutdownOptions;
  #lock: { release(): void } | undefined;
  #isShuttingDown = false;
  #ending: Promise<void> | undefined;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** Why the node is not Ready. */
  problems(): string[] {
    return this.#isShuttingDown ? ["node is shutting down"] : [];
  }

  refusal(): Refusal | undefined {
    return this.#isShuttingDown ? { reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down." } : undefined;
  }

  /** Until the signal: what cannot be heard of any more is listened to anew. Where there is no logind, that is told once. */
  async run(signal: AbortSignal): Promise<void> {
    const { periods, clock, log } = this.#options;
    if (periods.length === 0) return;
    await this.#remember();
    for (let first = true; !signal.aborted; first = false) {
      try {
        await this.#hold();
        await this.#options.logind.watch(signal, (begins) => this.#heard(begins));
      } catch (error) {
        if (signal.aborted) break;
        const words = { error: messageOf(error) };
        if (first) log.error("kubelet: a shutdown of the machine will not wait for pods", words);
        else log.debug("kubelet: the machine's shutdown is not watched", words);
      }
      await clock.sleep(againMs, signal);
    }
    this.#lock?.release();
  }

  async #hold(): Promise<void> {
    const { logind, periods } = this.#options;
    const wanted = periods.reduce((sum, { seconds }) => sum + seconds, 0) * 1000;
    if (wanted > (await logind.delayMs())) {
      await logind.setDelay(wanted);
      await this.#untilDelay(wanted);
    }
    await this.#takeLock();
  }

  async #untilDelay(wanted: number): Promise<void> {
    const { logind, clock } = this.#options;
    let delay = 0;
    for (let attempt = 0; attempt < waits; attempt++) {
      delay = await logind.delayMs();
      if (wanted <= delay) return;
      if (attempt < waits - 1) await clock.sleep(firstWaitMs * 2 ** attempt);
    }
    throw new Error(
      `node shutdown manager was timed out after ${waits} attempts waiting for logind InhibitDelayMaxSec to update to ${wanted / 1000}s (ShutdownGracePeriod), current value is ${delay / 1000}s`,
    );
  }

  async #takeLock(): Promise<void> {
    const lock = await this.#options.logind.inhibit();
    this.#lock?.release();
    this.#lock = lock;
  }

  #heard(begins: boolean): void {
    const { tellNode, changed, log } = this.#options;
    tellNode("Shutdown", `Shutdown manager detected shutdown ${begins ? "event" : "cancellation"}`);
    this.#isShuttingDown = begins;
    changed();
    if (begins) {
      this.#ending ??= this.#endPods().finally(() => {
        this.#ending = undefined;
      });
      return;
    }
    this.#takeLock().catch((error) => log.error("kubelet: the next shutdown will not wait for pods", { error: messageOf(error) }));
  }

  async #endPods(): Promise<void> {
    const { periods, pods, clock, log } = this.#options;
    const startMs = clock.now();
    await this.#write(startMs, 0);
    try {
      for (const group of groupsOf(periods, pods())) {
        for (const each of group.members)
          each.fail({ reason: "Terminated", message, graceSeconds: graceIn(group, each.pod), isDisruption: true });
        await this.#untilGone(group.members, group.seconds * 1000);
        log.info("kubelet: pods have ended for a shutdown", { priority: group.priority, pods: group.members.length });
      }
    } finally {
      this.#lock?.release();
      this.#lock = undefined;
      await this.#write(startMs, clock.now());
    }
  }

  async #untilGone(all: readonly { uid: string }[], mostMs: number): Promise<void> {
    const { isGone, clock } = this.#options;
    const end = clock.monotonic() + mostMs;
    while (clock.monotonic() < end && !all.every(({ uid }) => isGone(uid))) await clock.sleep(lookMs);
  }

  async #write(startMs: number, endMs: number): Promise<void> {
    const { stateFile, metrics, log } = this.#options;
    metrics.shutdown = { startMs, endMs };
    const time = (ms: number) => (ms === 0 ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString());
    try {
      await mkdir(dirname(stateFile), { recursive: true });
      await writeFile(`${stateFile}.new`, JSON.stringify({ startTime: time(startMs), endTime: time(endMs) }));
      await rename(`${stateFile}.new`, stateFile);
    } catch (error) {
      log.error("kubelet: a shutdown is not written down", { error: messageOf(error) });
    }
  }

  /** For metrics: when the last one was. */
  async #remember(): Promise<void> {
    const { stateFile, metrics } = this.#options;
    const text = await readFile(stateFile, "utf8").catch(() => "");
    if (text === "") return;
    try {
      const { startTime = "", endTime = "" } = JSON.parse(text) as { startTime?: string; endTime?: string };
      const ms = (time: string) => Math.max(0, Date.parse(time) || 0);
      metrics.shutdown = { startMs: ms(startTime), endMs: ms(endTime) };
    } catch (error) {
      this.#options.log.error("kubelet: what is written of the last shutdown cannot be read", { error: messageOf(error) });
    }
  }
}
