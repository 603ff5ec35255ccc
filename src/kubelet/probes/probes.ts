/** Asks containers how they are, each probe in its own time: what the answers mean is for `judge.ts`. */
import type { Container, Pod, Probe } from "#api/mod.ts";
import { type Clock, messageOf, type Random, type Timer } from "#base/mod.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { ask } from "./ask/ask.ts";
import { type Counts, firstDelayMs, firstVerdict, judge, type Outcome, type ProbeKind, type Verdict } from "./judge.ts";
import { heldPorts, isListening, longestHoldMs } from "./listening.ts";

export interface ProbeOptions {
  runtime: Runtime;
  clock: Clock;
  random: Random;
  /** Something that pods' status depends on has changed. */
  onChange(podUid: string): void;
  onFailure(pod: Pod, container: Container, kind: ProbeKind, message: string): void;
  /** Each answer, and how long it took. */
  onAnswer(pod: Pod, container: Container, kind: ProbeKind, answer: { ok: boolean; tookMs: number }): void;
}

interface Asking {
  kind: ProbeKind;
  probe: Probe;
  timer: Timer | undefined;
  counts: Counts;
  stopped: boolean;
}

interface Probed {
  podUid: string;
  pod: Pod;
  container: Container;
  ip: string;
  verdict: Verdict;
  asking: Asking[];
  startedAtMs: number;
}

/** Results belong to a running container and are forgotten with it. */
export class Probes {
  readonly #options: ProbeOptions;
  #byId = new Map<string, Probed>();

  constructor(options: ProbeOptions) {
    this.#options = options;
  }

  /** Starts probing a container that runs; again with the same id only renews the pod. */
  watch(id: string, pod: Pod, container: Container, at: { ip: string; sandboxId: string; startedAtMs: number }): void {
    const { ip, startedAtMs } = at;
    const known = this.#byId.get(id);
    if (known) {
      known.pod = pod;
      known.ip = ip;
      return;
    }
    const probed: Probed = { podUid: pod.metadata.uid!, pod, container, ip, verdict: firstVerdict(container), asking: [], startedAtMs };
    this.#byId.set(id, probed);
    const ports = heldPorts(container);
    if (ports.length > 0 && this.#options.clock.now() - startedAtMs < longestHoldMs) {
      probed.verdict = { ...probed.verdict, ready: false };
      void this.#hold(id, probed, at.sandboxId, ports);
    }
    if (container.startupProbe) return this.#begin(id, probed, "startup");
    if (container.readinessProbe) this.#begin(id, probed, "readiness");
    if (container.livenessProbe) this.#begin(id, probed, "liveness");
  }

  /** Stops probing containers that are not in this set. */
  keep(podUid: string, ids: ReadonlySet<string>): void {
    for (const [id, probed] of this.#byId) {
      if (probed.podUid !== podUid || ids.has(id)) continue;
      for (const asking of probed.asking) stop(asking);
      this.#byId.delete(id);
    }
  }

  /** The pod is on its way out: only readiness is asked on. */
  silence(podUid: string): void {
    for (const probed of this.#byId.values()) {
      if (probed.podUid !== podUid) continue;
      for (const asking of probed.asking) if (asking.kind !== "readiness") stop(asking);
    }
  }

  started(id: string): boolean {
    return this.#byId.get(id)?.verdict.started ?? false;
  }

  ready(id: string): boolean {
    const verdict = this.#byId.get(id)?.verdict;
    return verdict?.started === true && verdict.ready;
  }

  condemned(podUid: string): Map<string, "startup" | "liveness"> {
    const out = new Map<string, "startup" | "liveness">();
    for (const [id, { podUid: of, verdict }] of this.#byId) if (of === podUid && verdict.condemned) out.set(id, verdict.condemned);
    return out;
  }

  close(): void {
    for (const probed of this.#byId.values()) for (const asking of probed.asking) stop(asking);
    this.#byId.clear();
  }

  /** Ready as soon as it listens, or after a second. */
  async #hold(id: string, probed: Probed, sandboxId: string, ports: readonly number[]): Promise<void> {
    const { clock, runtime } = this.#options;
    const isOver = () => this.#byId.get(id) !== probed;
    const end = clock.monotonic() + longestHoldMs;
    const pid = await runtime.sandboxPid(sandboxId).catch(() => undefined);
    for (
      let wait = 5;
      pid !== undefined && !isOver() && clock.monotonic() < end && !(await isListening(pid, ports));
      wait = Math.min(50, wait * 2)
    )
      await clock.sleep(wait);
    if (isOver()) return;
    probed.verdict = { ...probed.verdict, ready: true };
    this.#options.onChange(probed.podUid);
  }

  #begin(id: string, probed: Probed, kind: ProbeKind): void {
    const probe = probed.container[`${kind}Probe`];
    if (!probe) return;
    const asking: Asking = { kind, probe, timer: undefined, counts: { successes: 0, failures: 0 }, stopped: false };
    probed.asking.push(asking);
    this.#arm(id, probed, asking, firstDelayMs(probe, this.#options.clock.now() - probed.startedAtMs));
  }

  #arm(id: string, probed: Probed, asking: Asking, delayMs: number): void {
    asking.timer = this.#options.clock.after(delayMs, () => void this.#run(id, probed, asking), { background: true });
  }

  async #run(id: string, probed: Probed, asking: Asking): Promise<void> {
    const { runtime, clock, onChange, onFailure, onAnswer } = this.#options;
    const began = clock.monotonic();
    const { kind, probe } = asking;
    const { container, ip, pod } = probed;
    const outcome: Outcome = await ask({ probe, id, ip, container, runtime, clock }).catch((error) => ({
      ok: false,
      message: messageOf(error),
    }));
    if (asking.stopped || this.#byId.get(id) !== probed) return;
    onAnswer(pod, container, kind, { ok: outcome.ok, tookMs: clock.monotonic() - began });
    if (!outcome.ok) onFailure(pod, container, kind, outcome.message);
    const judged = judge(kind, probe, asking.counts, probed.verdict, outcome, container);
    const before = probed.verdict;
    asking.counts = judged.counts;
    probed.verdict = judged.verdict;
    if (judged.done) stop(asking);
    else this.#arm(id, probed, asking, judged.againMs);
    for (const next of judged.begins) this.#begin(id, probed, next);
    const { started, ready, condemned } = judged.verdict;
    if (started !== before.started || ready !== before.ready || condemned !== before.condemned) onChange(probed.podUid);
  }
}

function stop(asking: Asking): void {
  asking.stopped = true;
  asking.timer?.cancel();
}
