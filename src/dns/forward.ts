/** Asks other servers of DNS about a query: in the order of a policy, round those that fail, within a bound. */
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { type Clock, messageOf } from "#base/mod.ts";
import { failure } from "./answer.ts";
import { flag, rcodeName, rcodes, types, writeMessage } from "./message.ts";
import { observe } from "./metrics.ts";
import type { Handler, Query, Reply, Running } from "./plugins/plugin.ts";
import { layoutOf } from "./wire.ts";

export interface Upstream {
  address: string;
  port: number;
  /** `10.0.0.1:53`. */
  name: string;
}

export interface ForwardSettings {
  /** Plain. */
  from: string;
  except: string[];
  /** None: each query fails. */
  upstreams: Upstream[];
  policy: "random" | "round_robin" | "sequential";
  /** 0: none ever counts as failed. */
  maxFails: number;
  /** `same`: as the query came. */
  transport: "same" | "tcp" | "udp";
  check: { everyMs: number; recursion: boolean; domain: string };
  mostUnderWay: number | undefined;
  /** Answers that let the next `forward` of the server try. */
  next: number[];
  /** Answers that let the next upstream try. */
  failover: number[];
  failFast: boolean;
}

const waitMs = 2000;
const allMs = 5000;
/** Where the Corefile says no smaller number. */
const mostUnderWay = 1000;

interface State {
  upstream: Upstream;
  fails: number;
  /** It is being asked whether it is well again. */
  checking: boolean;
}

export class Forwarder {
  readonly #settings: ForwardSettings;
  readonly #running: Running;
  readonly #states: State[];
  readonly #counts;
  #underWay = 0;
  #turn = 0;

  constructor(settings: ForwardSettings, running: Running) {
    this.#settings = settings;
    this.#running = running;
    this.#states = settings.upstreams.map((upstream) => ({ upstream, fails: 0, checking: false }));
    const { metrics } = running;
    this.#counts = {
      broken: metrics.counter("coredns_forward_healthcheck_broken_total", "Queries while no upstream was well."),
      rejected: metrics.counter("coredns_forward_max_concurrent_rejects_total", "Queries refused because too many were under way."),
    };
  }

  /** `alternate`: the next `forward`, for the answers that `next` names. */
  async answer(query: Query, alternate: Handler | undefined): Promise<Reply> {
    const most = Math.min(this.#settings.mostUnderWay ?? mostUnderWay, mostUnderWay);
    if (this.#underWay >= most) {
      this.#counts.rejected.value++;
      return this.#failed(query, rcodes.REFUSED!, `concurrent queries exceeded maximum ${most}`);
    }
    this.#underWay++;
    try {
      const bytes = await this.#ask(query);
      if (alternate && this.#settings.next.includes(bytes[3]! & 0x0f)) return await alternate(query);
      return { bytes, by: "forward", lasting: false };
    } catch (error) {
      return this.#failed(query, rcodes.SERVFAIL!, messageOf(error));
    } finally {
      this.#underWay--;
    }
  }
  #failed(query: Query, rcode: number, why: string): Reply {
    return { bytes: failure(query.bytes, rcode), by: "forward", lasting: false, problem: why };
  }
  async #ask(query: Query): Promise<Buffer> {
    if (this.#states.length === 0) throw new Error("this node has no resolver for names outside the cluster");
    const { clock, random } = this.#running;
    const end = clock.monotonic() + allMs;
    const order = this.#order();
    const isDown = ({ fails }: State) => this.#settings.maxFails > 0 && fails > this.#settings.maxFails;
    let tries = order.filter((state) => !isDown(state));
    if (tries.length === 0) {
      this.#counts.broken.value++;
      if (this.#settings.failFast) throw new Error("no healthy proxies");
      tries = [this.#states[random.int(this.#states.length)]!];
    }
    let last: unknown;
    let refused: Buffer | undefined;
    // A datagram may be lost: each is asked a second time while there is time.
    for (const state of [...tries, ...tries]) {
      if (clock.monotonic() >= end) break;
      try {
        const answer = await this.#one(state.upstream, query);
        if (!this.#settings.failover.includes(answer[3]! & 0x0f)) return answer;
        if (refused) return answer;
        if (tries.at(-1) === state) refused = answer;
      } catch (error) {
        last = error;
        this.#check(state);
      }
    }
    if (refused) return refused;
    throw last;
  }
  #order(): State[] {
    const all = this.#states;
    if (this.#settings.policy === "sequential" || all.length === 1) return all;
    const first = this.#settings.policy === "random" ? this.#running.random.int(all.length) : this.#turn++ % all.length;
    return all.map((_, i) => all[(first + i) % all.length]!);
  }
  async #one({ name, address, port }: Upstream, query: Query): Promise<Buffer> {
    const { clock, metrics } = this.#running;
    const { transport } = this.#settings;
    const start = clock.monotonic();
    const place = { address, port, bytes: query.bytes, clock };
    const stream = transport === "tcp" || (transport === "same" && query.stream);
    let answer = await (stream ? askTcp(place) : askUdp(place));
    if (transport === "udp" && (answer[2]! & 0x02) !== 0) answer = await askTcp(place);
    const labels = { proxy_name: "forward", to: name, rcode: rcodeName(answer[3]! & 0x0f) };
    const seconds = metrics.seconds("coredns_proxy_request_duration_seconds", "Time that an upstream took for a query.", labels);
    observe(seconds, (clock.monotonic() - start) / 1000);
    return matches(query.bytes, answer) ? answer : failure(query.bytes, rcodes.FORMERR!);
  }
  /** Asks it again and again until it answers. */
  #check(state: State): void {
    if (this.#settings.maxFails === 0 || state.checking) return;
    state.checking = true;
    void this.#checkUntilWell(state).finally(() => {
      state.checking = false;
    });
  }
  async #checkUntilWell(state: State): Promise<void> {
    const { clock, metrics, random, signal } = this.#running;
    const { everyMs, recursion, domain } = this.#settings.check;
    const labels = { proxy_name: "forward", to: state.upstream.name };
    const failed = metrics.counter("coredns_proxy_healthcheck_failures_total", "Checks that an upstream did not answer.", labels);
    while (!signal.aborted) {
      const question = { name: domain, type: types.NS!, class: 1 };
      const flags = recursion ? flag.recursionDesired : 0;
      const id = random.int(65_536);
      const bytes = writeMessage({ id, flags, rcode: 0, question, answers: [], authorities: [], additionals: [] });
      try {
        const { address, port } = state.upstream;
        await (this.#settings.transport === "tcp" ? askTcp : askUdp)({ address, port, bytes, clock });
        state.fails = 0;
        return;
      } catch {
        failed.value++;
        state.fails++;
      }
      await clock.sleep(Math.max(everyMs, leastCheckMs), signal);
    }
  }
}

const leastCheckMs = 50;

/** An answer to that question, in whatever letters. */
function matches(query: Buffer, answer: Buffer): boolean {
  const [asked, told] = [layoutOf(query), layoutOf(answer)];
  const question = (bytes: Buffer, end: number) => bytes.toString("latin1", 12, end).toLowerCase();
  return !!asked && !!told && question(query, asked.questionEnd) === question(answer, told.questionEnd);
}

interface Asked {
  address: string;
  port: number;
  bytes: Buffer;
  clock: Clock;
}

function askUdp({ address, port, bytes, clock }: Asked): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    let ended = false;
    const end = (error: Error | undefined, answer?: Buffer) => {
      if (ended) return;
      ended = true;
      timer.cancel();
      socket.close();
      if (answer) resolve(answer);
      else reject(error);
    };
    const timer = clock.after(waitMs, () => end(new Error(`${address} did not answer within ${waitMs} ms`)));
    socket.on("error", (error) => end(error));
    socket.on("message", (answer) => {
      if (answer.length >= 12 && answer[0] === bytes[0] && answer[1] === bytes[1]) end(undefined, answer);
    });
    socket.connect(port, address, () => {
      if (!ended) socket.send(bytes);
    });
  });
}

function askTcp({ address, port, bytes, clock }: Asked): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port });
    let pending: Buffer = Buffer.alloc(0);
    const end = (error: Error | undefined, answer?: Buffer) => {
      timer.cancel();
      socket.destroy();
      if (answer) resolve(answer);
      else reject(error);
    };
    const timer = clock.after(waitMs, () => end(new Error(`${address} did not answer within ${waitMs} ms`)));
    socket.once("error", (error) => end(error));
    socket.once("connect", () => {
      const framed = Buffer.alloc(bytes.length + 2);
      framed.writeUInt16BE(bytes.length);
      bytes.copy(framed, 2);
      socket.write(framed);
    });
    socket.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0))
        end(undefined, pending.subarray(2, 2 + pending.readUInt16BE(0)));
    });
    socket.once("close", () => end(new Error(`${address} closed the connection`)));
  });
}
