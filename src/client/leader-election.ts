/**
 * One of several equal processes acts, the others stand by: who holds a Lease, and renews it in time, leads.
 *
 *     standing by ─▶ the lease is free, or was not renewed for as long as it says ─▶ leading ─▶ not renewed in time ─▶ standing by
 *
 * Whether a lease ran out is judged by our own clock, from when we saw it change last: the holder's clock may be wrong.
 */
import { type Lease, leases, type ObjectReference } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import type { Client } from "./contract.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { microTimestamp } from "./objects/time.ts";
import { orUndefined } from "./refusals.ts";

export interface ElectionOptions {
  client: Client;
  /** The lease: upstream's are called after the component, in kube-system. */
  name: string;
  namespace?: string;
  /** Who we are: another for every process. */
  identity: string;
  clock: Clock;
  log: Log;
  random: Random;
  recorder?: EventRecorder;
  /** How long others wait for a renewal: 15 s. */
  leaseMs?: number;
  /** How long we try to renew before we stop: 10 s, so that we have stopped before another begins. */
  renewMs?: number;
  /** Between two tries: 2 s. */
  retryMs?: number;
  /** Acts until the signal aborts, and resolves when it has stopped. */
  lead(signal: AbortSignal): Promise<void>;
}

export interface Election {
  isLeader(): boolean;
  /** Stops leading, and gives the lease back so that another can begin at once. */
  close(): Promise<void>;
}

/** Standing by is not done in step: up to 2.2 times the wait. */
const jitter = 1.2;

export function elect(options: ElectionOptions): Election {
  const { clock, random, log, name, recorder, retryMs = 2000, renewMs = 10_000 } = options;
  const ending = new AbortController();
  const hold = new Hold(options);
  const about: ObjectReference = { apiVersion: leases.apiVersion, kind: leases.kind, namespace: options.namespace ?? "kube-system", name };
  const tell = (what: string) => recorder?.event(about, "Normal", "LeaderElection", `${options.identity} ${what}`);

  /** True as soon as the lease is ours again; false when it was not for as long as we may try. */
  const renewed = async (): Promise<boolean> => {
    const until = clock.monotonic() + renewMs;
    while (!ending.signal.aborted) {
      if (await hold.take(until - clock.monotonic())) return true;
      if (clock.monotonic() + retryMs >= until) return false;
      await clock.sleep(retryMs, ending.signal);
    }
    return false;
  };
  const term = async () => {
    const over = new AbortController();
    tell("became leader");
    const acting = options.lead(over.signal).catch((error) => log.error(`${name}: the leader failed`, { error: messageOf(error) }));
    while (!ending.signal.aborted) {
      await clock.sleep(retryMs, ending.signal);
      if (!ending.signal.aborted && !(await renewed())) break;
    }
    over.abort();
    await acting;
    tell("stopped leading");
  };
  const run = async () => {
    while (!ending.signal.aborted) {
      if (await hold.take(renewMs)) await term();
      else await clock.sleep(retryMs * (1 + jitter * random.next()), ending.signal);
    }
    await hold.giveBack();
  };
  const running = run();
  return {
    isLeader: () => hold.isOurs,
    async close() {
      ending.abort();
      await running;
    },
  };
}

/** Runs something whenever this process leads; without an election, at once and until it is closed. */
export function leading(start: () => { close(): Promise<void> }, election?: Omit<ElectionOptions, "lead">): { close(): Promise<void> } {
  if (!election) return start();
  return elect({
    ...election,
    async lead(signal) {
      const running = start();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await running.close();
    },
  });
}

/** The lease as we saw it last, and since when it is so. */
class Hold {
  readonly #options: ElectionOptions;
  #seen = "";
  #since = 0;
  isOurs = false;
  constructor(options: ElectionOptions) {
    this.#options = options;
  }

  /** Takes or renews the lease; false when another holds it, was faster, or the API does not answer in time. */
  async take(ms: number): Promise<boolean> {
    const { clock, log, name } = this.#options;
    const attempt = this.#attempt().catch((error) => {
      log.debug(`${name}: the lease was not taken`, { error: messageOf(error) });
      return false;
    });
    const enough = new AbortController();
    const late = clock.sleep(Math.max(0, ms), enough.signal).then(() => false);
    this.isOurs = await Promise.race([attempt, late]);
    enough.abort();
    return this.isOurs;
  }

  async giveBack(): Promise<void> {
    if (!this.isOurs) return;
    this.isOurs = false;
    const { client, clock, log, name } = this.#options;
    try {
      const lease = await this.#read();
      if (lease?.spec?.holderIdentity !== this.#options.identity) return;
      const now = microTimestamp(clock.now());
      const { leaseTransitions } = lease.spec;
      await client.update(leases, { ...lease, spec: { leaseDurationSeconds: 1, renewTime: now, acquireTime: now, leaseTransitions } });
    } catch (error) {
      log.debug(`${name}: the lease was not given back`, { error: messageOf(error) });
    }
  }

  async #attempt(): Promise<boolean> {
    const { client, clock, identity, name, namespace = "kube-system", leaseMs = 15_000 } = this.#options;
    const now = microTimestamp(clock.now());
    const ours = { holderIdentity: identity, leaseDurationSeconds: Math.round(leaseMs / 1000), acquireTime: now, renewTime: now };
    const lease = await this.#read();
    if (!lease) {
      const fresh: Lease = { apiVersion: leases.apiVersion, kind: leases.kind, metadata: { name, namespace }, spec: ours };
      this.#note(await client.create(leases, { ...fresh, spec: { ...ours, leaseTransitions: 0 } }));
      return true;
    }
    this.#note(lease);
    const { holderIdentity: holder = "", leaseDurationSeconds = 0, acquireTime, leaseTransitions = 0 } = lease.spec ?? {};
    const mine = holder === identity;
    if (holder !== "" && !mine && this.#since + leaseDurationSeconds * 1000 > clock.monotonic()) return false;
    const next = mine ? { acquireTime, leaseTransitions } : { leaseTransitions: leaseTransitions + 1 };
    // Of the version that was read: who is second gets a conflict.
    this.#note(await client.update(leases, { ...lease, spec: { ...ours, ...next } }));
    return true;
  }

  async #read(): Promise<Lease | undefined> {
    const { client, name, namespace = "kube-system" } = this.#options;
    return orUndefined(client.get(leases, { namespace, name }));
  }
  #note({ spec }: Lease): void {
    const text = JSON.stringify(spec);
    if (text === this.#seen) return;
    this.#seen = text;
    this.#since = this.#options.clock.monotonic();
  }
}
