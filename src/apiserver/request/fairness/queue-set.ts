/**
 * The queues of one priority level. A flow is dealt a hand of queues and waits in the one with the least work, so that a flood
 * fills its own hand only; queues are served by virtual time, each as much work as any other. No clock, no I/O: time comes in.
 *
 * Virtual time R counts seat-seconds that each busy queue could have had. A queue pays for a request when it is dispatched, by
 * an estimate that is corrected when the request ends; the queue that has paid least is next.
 */

export interface QueueSetConfig {
  /** 0: who finds no seat is refused. */
  queues: number;
  handSize: number;
  queueLengthLimit: number;
}

export interface Entry {
  /** What its flow is known by: 48 bits. */
  flow: number;
  seats: number;
  arrivedMs: number;
  startedMs?: number;
  queue?: Queue;
}

export interface Queue {
  index: number;
  waiting: Entry[];
  executing: number;
  seatsInUse: number;
  /** Virtual time at which its next request is due. */
  nextR: number;
  /** Seats of those that wait. */
  seatsWaiting: number;
}

export type Offer = "run" | "wait" | "queue-full" | "concurrency-limit";

/** What a request is taken to last until it has ended, in seconds. */
const estimatedSeconds = 0.003;

export class QueueSet {
  #config: QueueSetConfig;
  #limit: number;
  #queues: Queue[] = [];
  #seatsInUse = 0;
  #seatsWaiting = 0;
  #executing = 0;
  #r = 0;
  #rAtMs = 0;
  #active = 0;
  /** Among equals the queue after the last one that was served. */
  #robin = 0;

  constructor(config: QueueSetConfig, limit: number) {
    this.#config = config;
    this.#limit = limit;
    this.#fill();
  }
  get queues(): readonly Queue[] {
    return this.#queues;
  }
  get limit(): number {
    return this.#limit;
  }
  get seatsInUse(): number {
    return this.#seatsInUse;
  }
  get executing(): number {
    return this.#executing;
  }
  get waiting(): number {
    return this.#queues.reduce((sum, { waiting }) => sum + waiting.length, 0);
  }
  /** Seats that are held or waited for. */
  get demand(): number {
    return this.#seatsInUse + this.#seatsWaiting;
  }
  get isIdle(): boolean {
    return this.#executing === 0 && this.#active === 0;
  }
  /** Requests that wait keep their queues; new ones find the new number. */
  configure(config: QueueSetConfig, limit: number): void {
    this.#config = config;
    this.#limit = limit;
    this.#fill();
  }
  offer(entry: Entry, nowMs: number): Offer {
    this.#advance(nowMs);
    if (this.#config.queues === 0) {
      if (!this.#fits(entry.seats)) return "concurrency-limit";
      this.#start(entry, nowMs);
      return "run";
    }
    const queue = this.#choose(entry.flow);
    if (queue.waiting.length >= this.#config.queueLengthLimit) return "queue-full";
    entry.queue = queue;
    if (queue.waiting.length === 0) {
      this.#active++;
      if (queue.executing === 0) queue.nextR = Math.max(queue.nextR, this.#r);
    }
    if (this.#active === 1 && this.#fits(entry.seats)) {
      // Nobody waits: the queue is left as soon as it is entered.
      this.#active--;
      this.#start(entry, nowMs);
      return "run";
    }
    queue.waiting.push(entry);
    queue.seatsWaiting += entry.seats;
    this.#seatsWaiting += entry.seats;
    return "wait";
  }
  /** Whose turn it is; undefined when nobody waits or no seat is free. */
  next(nowMs: number): Entry | undefined {
    if (this.#active === 0) return undefined;
    this.#advance(nowMs);
    let best: Queue | undefined;
    const count = this.#queues.length;
    for (let step = 1; step <= count; step++) {
      const queue = this.#queues[(this.#robin + step) % count]!;
      if (queue.waiting.length > 0 && (!best || this.#due(queue) < this.#due(best))) best = queue;
    }
    // The one whose turn it is is waited for: otherwise wide requests would never find room.
    if (!best || !this.#fits(best.waiting[0]!.seats)) return undefined;
    const entry = best.waiting[0]!;
    this.#robin = this.#queues.indexOf(best);
    this.#leave(entry, 0);
    this.#start(entry, nowMs);
    return entry;
  }
  finish(entry: Entry, nowMs: number): void {
    this.#advance(nowMs);
    const { queue, seats } = entry;
    this.#seatsInUse -= seats;
    this.#executing--;
    if (!queue) return;
    queue.executing--;
    queue.seatsInUse -= seats;
    queue.nextR -= seats * (estimatedSeconds - (nowMs - entry.startedMs!) / 1000);
    // A queue without requests must not save up time.
    if (queue.executing === 0 && queue.waiting.length === 0) queue.nextR = Math.max(queue.nextR, this.#r);
    this.#shed();
  }
  /** It waits no more: its time is up, or its client has gone. False: it did not wait. */
  abandon(entry: Entry): boolean {
    const at = entry.queue?.waiting.indexOf(entry) ?? -1;
    if (at < 0) return false;
    this.#leave(entry, at);
    return true;
  }
  #leave(entry: Entry, at: number): void {
    const queue = entry.queue!;
    queue.waiting.splice(at, 1);
    queue.seatsWaiting -= entry.seats;
    this.#seatsWaiting -= entry.seats;
    if (queue.waiting.length === 0) this.#active--;
  }
  #due(queue: Queue): number {
    return queue.nextR + queue.waiting[0]!.seats * estimatedSeconds;
  }
  /** A request that is wider than the level runs alone. */
  #fits(seats: number): boolean {
    return seats > this.#limit ? this.#executing === 0 : this.#seatsInUse + seats <= this.#limit;
  }
  #start(entry: Entry, nowMs: number): void {
    entry.startedMs = nowMs;
    this.#seatsInUse += entry.seats;
    this.#executing++;
    const { queue } = entry;
    if (!queue) return;
    queue.executing++;
    queue.seatsInUse += entry.seats;
    queue.nextR += entry.seats * estimatedSeconds;
  }
  #advance(nowMs: number): void {
    const seconds = Math.max(0, nowMs - this.#rAtMs) / 1000;
    this.#rAtMs = nowMs;
    if (this.#active > 0) this.#r += (seconds * Math.min(this.demand, this.#limit)) / this.#active;
  }
  #fill(): void {
    while (this.#queues.length < this.#config.queues)
      this.#queues.push({ index: this.#queues.length, waiting: [], executing: 0, seatsInUse: 0, nextR: 0, seatsWaiting: 0 });
    this.#shed();
  }
  /** Queues that the configuration has no more go when they are empty. */
  #shed(): void {
    while (this.#queues.length > this.#config.queues) {
      const { waiting, executing } = this.#queues.at(-1)!;
      if (waiting.length > 0 || executing > 0) return;
      this.#queues.pop();
    }
  }
  #choose(flow: number): Queue {
    let best: Queue | undefined;
    for (const index of hand(flow, this.#config.queues, this.#config.handSize)) {
      const queue = this.#queues[index]!;
      const work = queue.seatsWaiting + queue.seatsInUse;
      if (!best || work < best.seatsWaiting + best.seatsInUse) best = queue;
    }
    return best!;
  }
}

/** Deals `handSize` different cards of a deck by a hash: each card is drawn from what is left. */
export function hand(hash: number, deck: number, handSize: number): number[] {
  const cards: number[] = [];
  let rest = hash;
  for (let i = 0; i < Math.min(handSize, deck); i++) {
    const left = deck - i;
    let card = rest % left;
    rest = Math.floor(rest / left);
    // The card's place among those that are left, counted past the ones that are gone.
    for (const gone of [...cards].sort((a, b) => a - b)) if (card >= gone) card++;
    cards.push(card);
  }
  return cards;
}
