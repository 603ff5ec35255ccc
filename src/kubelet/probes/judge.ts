/** What probes' answers mean: thresholds, what comes after a startup probe, when the next question is due. Pure. */
import type { Container, Probe } from "#api/mod.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";
export type Outcome = { ok: true } | { ok: false; message: string };

export interface Counts {
  successes: number;
  failures: number;
}

/** What is thought of a container. */
export interface Verdict {
  started: boolean;
  ready: boolean;
  condemned: "startup" | "liveness" | undefined;
}

export interface Judged {
  counts: Counts;
  verdict: Verdict;
  /** This probe asks no more. */
  done: boolean;
  /** Probes that begin now. */
  begins: Exclude<ProbeKind, "startup">[];
  againMs: number;
}

const eagerMs = 1000;

/** Before anything was asked. */
export function firstVerdict({ startupProbe, readinessProbe }: Container): Verdict {
  return { started: !startupProbe, ready: !startupProbe && !readinessProbe, condemned: undefined };
}

export function judge(kind: ProbeKind, probe: Probe, counts: Counts, verdict: Verdict, outcome: Outcome, container: Container): Judged {
  const next: Counts = outcome.ok ? { successes: counts.successes + 1, failures: 0 } : { successes: 0, failures: counts.failures + 1 };
  const passed = next.successes >= (probe.successThreshold || 1);
  const failed = next.failures >= (probe.failureThreshold || 3);
  const periodMs = (probe.periodSeconds || 10) * 1000;
  const base = { counts: next, verdict, done: false, begins: [] as Judged["begins"], againMs: periodMs };
  switch (kind) {
    case "readiness": {
      const ready = passed ? true : failed ? false : verdict.ready;
      // A container that has not been ready yet is asked more often, so that it gets traffic as soon as it can take it.
      const againMs = !outcome.ok && !verdict.ready ? Math.min(eagerMs, periodMs) : periodMs;
      return { ...base, verdict: { ...verdict, ready }, againMs };
    }
    case "startup":
      if (passed) {
        const begins = (["readiness", "liveness"] as const).filter((each) => container[`${each}Probe`] !== undefined);
        return { ...base, verdict: { ...verdict, started: true, ready: !container.readinessProbe }, done: true, begins };
      }
      return { ...base, verdict: failed ? { ...verdict, condemned: verdict.condemned ?? "startup" } : verdict };
    case "liveness":
      return { ...base, verdict: failed ? { ...verdict, condemned: verdict.condemned ?? "liveness" } : verdict };
  }
}

/** When a probe asks first, after it begins. */
export function firstDelayMs(probe: Probe, sinceStartMs: number): number {
  return Math.max(0, (probe.initialDelaySeconds ?? 0) * 1000 - Math.max(0, sinceStartMs));
}
