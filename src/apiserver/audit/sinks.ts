/** Where events go: into a log, to a webhook; at once or in batches; whole or, when they are too large, without their objects. */
import { backoffMs, type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import type { ReviewClient } from "../settings/review-client.ts";
import type { Recorded, Sink } from "./event.ts";
import type { LogFile } from "./log-file.ts";

export type Mode = "batch" | "blocking" | "blocking-strict";
export const modes: readonly string[] = ["batch", "blocking", "blocking-strict"] satisfies Mode[];

/** Takes several events at once; rejects when they could not be stored. */
export type Backend = (events: readonly Recorded[]) => void | Promise<void>;

export interface Opened {
  sink: Sink;
  /** Resolves when what was taken is stored, or cannot be. */
  close(): Promise<void>;
}

/** Counts what is lost; by upstream's names of the plugins. */
export type Lost = (plugin: "log" | "webhook" | "buffered" | "truncate", events: number, error: unknown) => void;

export const logBackend =
  (file: Pick<LogFile, "write">, format: "json" | "legacy"): Backend =>
  (events) =>
    file.write(events.map((event) => `${format === "json" ? event.json : event.legacy()}\n`).join(""));

/** Upstream asks again whatever went wrong: sooner or later the service is there again. */
const webhookAttempts = 5;

export const webhookBackend =
  (client: ReviewClient, { clock, random, firstWaitMs }: { clock: Clock; random: Random; firstWaitMs: number }): Backend =>
  async (events) => {
    const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.map(({ json }) => json).join(",")}]}`;
    for (let attempt = 1; ; attempt++) {
      try {
        await client.post(Buffer.from(body), { attempts: 1 });
        return;
      } catch (error) {
        if (attempt >= webhookAttempts) throw error;
        const wait = backoffMs(attempt, { baseMs: firstWaitMs, maxMs: firstWaitMs * 8, factor: 1.5 });
        await clock.sleep(wait * (1 + 0.2 * random.next()));
      }
    }
  };

export interface Truncation {
  maxEventSize: number;
  maxBatchSize: number;
}

/** Events that are too large lose their objects; those that are too large even so are lost. */
export function truncating(backend: Backend, { maxEventSize, maxBatchSize }: Truncation, lost: Lost): Backend {
  const fitting = (event: Recorded): Recorded | undefined => {
    if (Buffer.byteLength(event.json) <= maxEventSize) return event;
    const json = event.truncated();
    return json !== undefined && Buffer.byteLength(json) <= maxEventSize ? { ...event, json } : undefined;
  };
  return async (events) => {
    let [batch, size]: [Recorded[], number] = [[], 0];
    for (const given of events) {
      const event = fitting(given);
      if (!event) {
        lost("truncate", 1, new Error("event is too large even after truncating"));
        continue;
      }
      const own = Buffer.byteLength(event.json);
      if (batch.length > 0 && size + own > maxBatchSize) {
        await backend(batch);
        [batch, size] = [[], 0];
      }
      batch.push(event);
      size += own;
    }
    if (batch.length > 0) await backend(batch);
  };
}

/** Requests wait until their events are stored; only in the strict mode do they fail with them. */
export function blocking(backend: Backend, plugin: "log" | "webhook", isStrict: boolean, lost: Lost): Opened {
  const failed = (error: unknown) => {
    lost(plugin, 1, error);
    return !isStrict;
  };
  return {
    sink(event) {
      try {
        const done = backend([event]);
        return done ? done.then(() => true, failed) : true;
      } catch (error) {
        return failed(error);
      }
    },
    close: async () => {},
  };
}

export interface Batching {
  bufferSize: number;
  maxSize: number;
  maxWaitMs: number;
  /** Batches a second, and how many more at once after a quiet time; absent: as many as there are. */
  throttle?: { qps: number; burst: number };
  /** How many batches may be on their way at once. */
  mostSending: number;
}

const lastMs = 5000;

/** Requests do not wait. What there is no room for is lost. */
export function batched(
  backend: Backend,
  plugin: "log" | "webhook",
  batching: Batching,
  { clock, lost }: { clock: Clock; lost: Lost },
): Opened {
  const { bufferSize, maxSize, maxWaitMs, throttle, mostSending } = batching;
  let waiting: Recorded[] = [];
  const sending = new Set<Promise<void>>();
  let [tokens, countedAt] = [throttle?.burst ?? 0, clock.monotonic()];
  let timer: { cancel(): void } | undefined;
  let closed = false;

  const mayGo = (): number => {
    if (!throttle) return 0;
    const now = clock.monotonic();
    tokens = Math.min(throttle.burst, tokens + ((now - countedAt) / 1000) * throttle.qps);
    countedAt = now;
    return tokens >= 1 ? 0 : ((1 - tokens) / throttle.qps) * 1000;
  };
  const arm = (ms: number) => {
    timer?.cancel();
    timer = clock.after(ms, flush, { background: true });
  };
  const send = () => {
    const batch = waiting.slice(0, maxSize);
    waiting = waiting.slice(maxSize);
    if (throttle) tokens--;
    const done = (async () => backend(batch))()
      .catch((error) => lost(plugin, batch.length, error))
      .finally(() => {
        sending.delete(done);
        if (waiting.length >= maxSize || closed) flush();
      });
    sending.add(done);
  };
  const flush = () => {
    timer = undefined;
    while (waiting.length > 0 && sending.size < mostSending) {
      const wait = mayGo();
      if (wait > 0) return arm(wait);
      send();
    }
  };
  return {
    sink(event) {
      if (closed || waiting.length >= bufferSize) {
        lost("buffered", 1, new Error(closed ? "audit backend shut down" : "audit buffer queue blocked"));
        return true;
      }
      waiting.push(event);
      if (waiting.length >= maxSize) {
        // While one waits for the throttle, it takes this along.
        if (!timer || waiting.length === maxSize) flush();
      } else if (!timer) arm(maxWaitMs);
      return true;
    },
    async close() {
      closed = true;
      timer?.cancel();
      flush();
      let isOver = false;
      const end = clock.sleep(lastMs).then(() => {
        isOver = true;
      });
      while (sending.size > 0 && !isOver) await Promise.race([Promise.all(sending), end]);
      if (waiting.length > 0) lost("buffered", waiting.length, new Error("audit backend shut down"));
    },
  };
}

/** All of them are told; each that fails in the strict mode fails the request. */
export function all(opened: readonly Opened[]): Opened {
  if (opened.length === 1) return opened[0]!;
  return {
    sink(event) {
      const answers = opened.map(({ sink }) => sink(event));
      const later = answers.filter((each) => typeof each !== "boolean");
      if (later.length === 0) return !answers.includes(false);
      return Promise.all(answers).then((done) => !done.includes(false));
    },
    async close() {
      for (const { close } of opened) await close();
    },
  };
}

export function lostCounter(log: Log): { lost: Lost; lines(): string[] } {
  const counts = new Map<string, number>();
  return {
    lost(plugin, events, error) {
      counts.set(plugin, (counts.get(plugin) ?? 0) + events);
      log.error("audit events are lost", { plugin, events, error: messageOf(error) });
    },
    lines: () => [
      "# HELP apiserver_audit_error_total Audit events that were lost, by plugin.",
      "# TYPE apiserver_audit_error_total counter",
      ...[...counts].map(([plugin, count]) => `apiserver_audit_error_total{plugin="${plugin}"} ${count}`),
    ],
  };
}
