/** Counters of webhooks under upstream's names. */
import type { Operation } from "../../contract.ts";

export type HookType = "admit" | "validating";

export interface Asking {
  name: string;
  type: HookType;
  operation: Operation;
}

/** Names come from configurations: more than this many different ones are counted together. */
const mostSeries = 2000;
const bounds = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];
const prefix = "apiserver_admission_webhook_";

interface Timing {
  counts: number[];
  sum: number;
  count: number;
}

export class WebhookMetrics {
  readonly #requests = new Map<string, number>();
  readonly #rejections = new Map<string, number>();
  readonly #opened = new Map<string, number>();
  readonly #timings = new Map<string, Timing>();

  asked({ name, type, operation }: Asking, code: number, rejected: boolean, ms: number): void {
    count(this.#requests, { code: Math.min(code, 600), name, operation, rejected, type });
    const key = labels({ name, operation, rejected, type });
    let timing = this.#timings.get(key);
    if (!timing) {
      if (this.#timings.size >= mostSeries) return;
      this.#timings.set(key, (timing = { counts: bounds.map(() => 0), sum: 0, count: 0 }));
    }
    const seconds = ms / 1000;
    for (const [i, bound] of bounds.entries()) if (seconds <= bound) timing.counts[i]!++;
    timing.sum += seconds;
    timing.count++;
  }

  rejected({ name, type, operation }: Asking, why: "calling_webhook_error" | "no_error" | "apiserver_internal_error", code: number): void {
    count(this.#rejections, { error_type: why, name, operation, rejection_code: Math.min(code, 600), type });
  }

  failedOpen({ name, type }: Asking): void {
    count(this.#opened, { name, type });
  }

  lines(): string[] {
    const duration = `${prefix}admission_duration_seconds`;
    const out = [`# HELP ${duration} Time that webhooks took.`, `# TYPE ${duration} histogram`];
    for (const [series, { counts, sum, count: all }] of this.#timings) {
      for (const [i, bound] of bounds.entries()) out.push(`${duration}_bucket{${series},le="${bound}"} ${counts[i]}`);
      out.push(
        `${duration}_bucket{${series},le="+Inf"} ${all}`,
        `${duration}_sum{${series}} ${sum}`,
        `${duration}_count{${series}} ${all}`,
      );
    }
    return [
      ...out,
      ...counter("request_total", "Requests to webhooks.", this.#requests),
      ...counter("rejection_count", "Requests that webhooks refused, or that failed with them.", this.#rejections),
      ...counter("fail_open_count", "Requests that were let through although a webhook did not answer.", this.#opened),
    ];
  }
}

const labels = (pairs: Record<string, string | number | boolean>): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key}=${JSON.stringify(String(value))}`)
    .join(",");

function count(of: Map<string, number>, pairs: Record<string, string | number | boolean>): void {
  const key = labels(pairs);
  if (of.has(key) || of.size < mostSeries) of.set(key, (of.get(key) ?? 0) + 1);
}

function counter(name: string, help: string, of: ReadonlyMap<string, number>): string[] {
  if (of.size === 0) return [];
  return [
    `# HELP ${prefix}${name} ${help}`,
    `# TYPE ${prefix}${name} counter`,
    ...[...of].map(([series, value]) => `${prefix}${name}{${series}} ${value}`),
  ];
}
