/**
 * Priority and fairness: every request that is not long-running holds seats of a priority level from before it is authorized until
 * its last byte is sent. Follows the FlowSchemas and PriorityLevelConfigurations that are stored; decides nothing by itself.
 *
 *     request → classify (schema, flow) → level's queue set → run | wait → run | 429 with Retry-After
 */
import { createHash } from "node:crypto";
import type { FlowSchema, PriorityLevelConfiguration } from "#api/mod.ts";
import { type Clock, every, type Timer } from "#base/mod.ts";
import type { RequestInfo, User } from "../../contract.ts";
import { Histogram } from "../../metrics/series.ts";
import { tooManyRequests } from "../errors.ts";
import { distinguisherOf, inOrder, matches } from "./classify.ts";
import { type Entry, QueueSet, type QueueSetConfig } from "./queue-set.ts";
import { type Demand, demandAfter, limitsFor, type Share, sharesOf } from "./seats.ts";
import { mostSeatsOf, type Size, seatsOfList } from "./width.ts";

/** Upstream's --max-requests-inflight and --max-mutating-requests-inflight together. */
const totalSeats = 600;
const adjustMs = 10_000;
/** A quarter of the time that a request may take. */
const mostWaitMs = 15_000;
const mostRemembered = 2000;

export interface Asked {
  user: User;
  info: RequestInfo;
  /** Of a list: `?limit=`. */
  limit: number;
  /** Of the listed resource; undefined when it is no list. */
  size: Size | undefined;
}

/** A request that has been let in. */
export interface Seat {
  /** Who let it in, for the answer's headers. */
  headers: Record<string, string>;
  /** How long it was waited for. */
  waitedMs: number;
  /** Calls that come again do nothing. */
  leave(): void;
}

/** What is counted of the requests that a schema sends to a level. */
export interface FlowCounts {
  schema: string;
  level: string;
  executing: number;
  seats: number;
  waiting: number;
  dispatched: number;
  /** By upstream's reasons: queue-full, concurrency-limit, time-out, cancelled. */
  rejected: Map<string, number>;
  waited: Histogram;
  waitedInVain: Histogram;
}

const waitBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

export interface Ticket extends Entry {
  asked: Asked;
  counts: FlowCounts;
  schema: string;
  distinguisher: string;
}

export interface Level {
  name: string;
  config: PriorityLevelConfiguration;
  isExempt: boolean;
  share: Share;
  queues: QueueSet;
  executing: Set<Ticket>;
  dispatched: number;
  rejected: number;
  timedOut: number;
  cancelled: number;
  mostSeats: number;
  demand: Demand;
  meter: DemandMeter;
}

interface Flow {
  schema: FlowSchema;
  level: Level;
  counts: FlowCounts;
  headers: Record<string, string>;
  /** By what sets the flows of the schema apart. */
  hashes: Map<string, number>;
}

interface Remembered {
  flows: Map<string, Flow>;
  last: RequestInfo | undefined;
  found: Flow | undefined;
}

const isAlike = (a: RequestInfo, b: RequestInfo): boolean =>
  a.isResource === b.isResource &&
  a.verb === b.verb &&
  (a.isResource
    ? a.resource === b.resource && a.namespace === b.namespace && a.subresource === b.subresource && a.group === b.group
    : a.path === b.path);

export class Fairness {
  readonly levels = new Map<string, Level>();
  readonly counts = new Map<string, FlowCounts>();
  #clock: Clock;
  #schemas: FlowSchema[] = [];
  #flows = new Map<FlowSchema, Flow>();
  /** Users are remembered by who authenticated them: one object a connection or token. */
  #remembered = new WeakMap<User, Remembered>();
  #resolve = new Map<Entry, (refused?: Error) => void>();
  #timer: Timer;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.configure([], []);
    this.#timer = every(clock, adjustMs, () => this.#adjust());
  }
  /** Takes effect at once; what waits keeps its place. The two that are mandatory are there even when they are not stored. */
  configure(schemas: readonly FlowSchema[], configs: readonly PriorityLevelConfiguration[]): void {
    const all = [...configs];
    for (const own of [exemptLevel, catchAllLevel]) if (!all.some(({ metadata }) => metadata.name === own.metadata.name)) all.push(own);
    const shares = sharesOf(all, totalSeats);
    const before = new Map(this.levels);
    this.levels.clear();
    all.forEach((config, i) => {
      const level = this.#level(config, shares[i]!, before.get(shares[i]!.name));
      this.levels.set(level.name, level);
    });
    const known = schemas.filter(({ spec }) => this.levels.has(spec?.priorityLevelConfiguration?.name ?? ""));
    for (const own of [exemptSchema, catchAllSchema])
      if (!known.some(({ metadata }) => metadata.name === own.metadata.name)) known.push(own);
    this.#schemas = inOrder(known);
    this.#flows = new Map(this.#schemas.map((schema) => [schema, this.#flow(schema)]));
    this.#remembered = new WeakMap();
    for (const level of this.levels.values()) this.#dispatch(level);
  }
  /** Undefined: a seat was free. Throws 429, or resolves when a seat is. */
  enter(asked: Asked, gone?: () => AbortSignal): Seat | Promise<Seat> {
    const { level, schema, headers, hashes, counts } = this.#classify(asked);
    const seats = asked.size ? seatsOfList(asked.size, asked.limit, level.mostSeats) : 1;
    const name = schema.metadata.name ?? "";
    const now = this.#clock.monotonic();
    const distinguisher = distinguisherOf(schema, asked.user, asked.info);
    const flow = level.isExempt ? 0 : (hashes.get(distinguisher) ?? remember(hashes, distinguisher, flowHash(name, distinguisher)));
    const ticket: Ticket = { asked, counts, schema: name, distinguisher, flow, seats, arrivedMs: now };
    const offer = level.isExempt ? "run" : level.queues.offer(ticket, now);
    if (offer === "queue-full" || offer === "concurrency-limit") {
      level.rejected++;
      reject(counts, offer, 0);
      throw tooManyRequests("Too many requests, please try again later.", 1);
    }
    this.#measure(level, level.isExempt ? seats : 0);
    if (offer === "run") return this.#seat(level, ticket, headers);
    return this.#wait(level, ticket, headers, gone?.());
  }
  close(): void {
    this.#timer.cancel();
  }
  #wait(level: Level, ticket: Ticket, headers: Record<string, string>, gone?: AbortSignal): Promise<Seat> {
    const { counts } = ticket;
    counts.waiting++;
    return new Promise((resolve, refuse) => {
      const giveUp = (count: "timedOut" | "cancelled") => {
        if (!level.queues.abandon(ticket)) return;
        level[count]++;
        reject(counts, count === "timedOut" ? "time-out" : "cancelled", this.#clock.monotonic() - ticket.arrivedMs);
        this.#measure(level, 0);
        this.#resolve.get(ticket)?.(tooManyRequests("Too many requests, please try again later.", 1));
        this.#dispatch(level);
      };
      const timer = this.#clock.after(mostWaitMs, () => giveUp("timedOut"), { background: true });
      const cancelled = () => giveUp("cancelled");
      gone?.addEventListener("abort", cancelled, { once: true });
      this.#resolve.set(ticket, (refused) => {
        this.#resolve.delete(ticket);
        counts.waiting--;
        timer.cancel();
        gone?.removeEventListener("abort", cancelled);
        if (refused) refuse(refused);
        else resolve(this.#seat(level, ticket, headers));
      });
    });
  }
  #seat(level: Level, ticket: Ticket, headers: Record<string, string>): Seat {
    const { counts, seats } = ticket;
    const waitedMs = this.#resolve.size === 0 ? 0 : this.#clock.monotonic() - ticket.arrivedMs;
    level.dispatched++;
    level.executing.add(ticket);
    counts.dispatched++;
    counts.executing++;
    counts.seats += seats;
    counts.waited.observe(waitedMs / 1000);
    return {
      headers,
      waitedMs,
      leave: () => {
        if (!level.executing.delete(ticket)) return;
        counts.executing--;
        counts.seats -= seats;
        if (level.isExempt) return this.#measure(level, -ticket.seats);
        level.queues.finish(ticket, this.#clock.monotonic());
        this.#measure(level, 0);
        if (level.queues.demand > level.queues.seatsInUse) this.#dispatch(level);
      },
    };
  }
  #dispatch(level: Level): void {
    for (let next = level.queues.next(this.#clock.monotonic()); next; next = level.queues.next(this.#clock.monotonic()))
      this.#resolve.get(next)?.();
  }
  #measure(level: Level, exemptSeats: number): void {
    level.meter.set(level.isExempt ? level.meter.value + exemptSeats : level.queues.demand, this.#clock.monotonic());
  }
  #adjust(): void {
    const now = this.#clock.monotonic();
    for (const level of this.levels.values()) level.demand = demandAfter(level.demand.smoothed, level.meter.reset(now));
    const limits = limitsFor([...this.levels.values()].map(({ share, demand }) => ({ ...share, ...demand })));
    for (const level of this.levels.values()) {
      level.queues.configure(queuingOf(level.config), limits.get(level.name)!);
      this.#dispatch(level);
    }
  }
  #level(config: PriorityLevelConfiguration, share: Share, before: Level | undefined): Level {
    const queuing = queuingOf(config);
    const limit = share.nominal - Math.floor((share.nominal - share.least) / 2);
    const mostSeats = mostSeatsOf(share.nominal, queuing.handSize);
    const changed = { name: share.name, config, share, isExempt: share.isExempt, mostSeats };
    if (before) {
      before.queues.configure(queuing, before.share.nominal === share.nominal ? before.queues.limit : limit);
      return Object.assign(before, changed);
    }
    const counts = { dispatched: 0, rejected: 0, timedOut: 0, cancelled: 0 };
    const demand = { highest: 0, smoothed: 0 };
    return {
      ...changed,
      ...counts,
      demand,
      queues: new QueueSet(queuing, limit),
      executing: new Set(),
      meter: new DemandMeter(this.#clock),
    };
  }
  #flow(schema: FlowSchema): Flow {
    const level = this.levels.get(schema.spec!.priorityLevelConfiguration!.name!)!;
    return {
      schema,
      level,
      counts: this.#countsOf(schema.metadata.name ?? "", level.name),
      hashes: new Map(),
      headers: {
        "x-kubernetes-pf-flowschema-uid": schema.metadata.uid ?? "",
        "x-kubernetes-pf-prioritylevel-uid": level.config.metadata.uid ?? "",
      },
    };
  }
  /** They outlive a change of the configuration, and there are no more than schemas ever were. */
  #countsOf(schema: string, level: string): FlowCounts {
    const key = `${schema} ${level}`;
    let counts = this.counts.get(key);
    if (!counts) {
      const none = { executing: 0, seats: 0, waiting: 0, dispatched: 0, rejected: new Map() };
      counts = { schema, level, ...none, waited: new Histogram(waitBounds), waitedInVain: new Histogram(waitBounds) };
      if (this.counts.size < mostRemembered) this.counts.set(key, counts);
    }
    return counts;
  }
  #classify({ user, info }: Asked): Flow {
    let own = this.#remembered.get(user);
    if (!own) this.#remembered.set(user, (own = { flows: new Map(), last: undefined, found: undefined }));
    // Most callers ask the same again and again: no key is made for that.
    if (own.found && own.last && isAlike(own.last, info)) return own.found;
    const { group, resource, subresource, namespace, path } = info;
    const id = JSON.stringify(info.isResource ? [info.verb, group, resource, subresource, namespace] : [info.verb, path]);
    let found = own.flows.get(id);
    if (!found) {
      found = this.#flows.get(this.#schemas.find((schema) => matches(schema, user, info)) ?? this.#schemas.at(-1)!)!;
      if (own.flows.size >= mostRemembered) own.flows.clear();
      own.flows.set(id, found);
    }
    own.last = info;
    own.found = found;
    return found;
  }
}

function reject(counts: FlowCounts, reason: string, waitedMs: number): void {
  counts.rejected.set(reason, (counts.rejected.get(reason) ?? 0) + 1);
  counts.waitedInVain.observe(waitedMs / 1000);
}

function queuingOf({ spec }: PriorityLevelConfiguration): QueueSetConfig {
  const response = spec?.limited?.limitResponse;
  const queuing = response?.type === "Queue" ? response.queuing : undefined;
  if (!queuing) return { queues: 0, handSize: 0, queueLengthLimit: 0 };
  return { queues: queuing.queues ?? 64, handSize: queuing.handSize ?? 8, queueLengthLimit: queuing.queueLengthLimit ?? 50 };
}

const flowHash = (schema: string, distinguisher: string): number =>
  createHash("sha256")
    .update(JSON.stringify([schema, distinguisher]))
    .digest()
    .readUIntBE(0, 6);

function remember(hashes: Map<string, number>, distinguisher: string, hash: number): number {
  if (hashes.size >= mostRemembered) hashes.clear();
  hashes.set(distinguisher, hash);
  return hash;
}

/** Average, deviation and maximum of a number over time. */
export class DemandMeter {
  value = 0;
  #clock: Clock;
  #sinceMs: number;
  #beganMs: number;
  #sum = 0;
  #squares = 0;
  #highest = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#beganMs = this.#sinceMs = this.#clock.monotonic();
  }
  set(value: number, nowMs: number): void {
    const passed = nowMs - this.#sinceMs;
    this.#sum += passed * this.value;
    this.#squares += passed * this.value ** 2;
    this.#sinceMs = nowMs;
    this.value = value;
    if (value > this.#highest) this.#highest = value;
  }
  reset(nowMs: number): { average: number; deviation: number; highest: number } {
    this.set(this.value, nowMs);
    const passed = Math.max(1, nowMs - this.#beganMs);
    const average = this.#sum / passed;
    const result = { average, deviation: Math.sqrt(Math.max(0, this.#squares / passed - average ** 2)), highest: this.#highest };
    this.#beganMs = nowMs;
    this.#sum = this.#squares = 0;
    this.#highest = this.value;
    return result;
  }
}

const exemptLevel: PriorityLevelConfiguration = {
  apiVersion: "flowcontrol.apiserver.k8s.io/v1",
  kind: "PriorityLevelConfiguration",
  metadata: { name: "exempt" },
  spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
};
const catchAllLevel: PriorityLevelConfiguration = {
  ...exemptLevel,
  metadata: { name: "catch-all" },
  spec: { type: "Limited", limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } } },
};
const everything = {
  resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true }],
  nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
};
const ofGroups = (...names: string[]) => names.map((name) => ({ kind: "Group", group: { name } }));
const exemptSchema: FlowSchema = {
  apiVersion: "flowcontrol.apiserver.k8s.io/v1",
  kind: "FlowSchema",
  metadata: { name: "exempt" },
  spec: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: [{ subjects: ofGroups("system:masters"), ...everything }],
  },
};
const catchAllSchema: FlowSchema = {
  ...exemptSchema,
  metadata: { name: "catch-all" },
  spec: {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: "ByUser" },
    rules: [{ subjects: ofGroups("system:unauthenticated", "system:authenticated"), ...everything }],
  },
};
