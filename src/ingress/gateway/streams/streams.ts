/**
 * Leads connections on as they come: by the name that TLS begins with, with TLS ended here where the listener says so, or by the port
 * alone.
 */
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import { type Clock, type Random, systemRandom } from "#base/mod.ts";
import type { Backend, Backends, Member } from "../../proxy/backends.ts";
import { Tunnels } from "../../proxy/tunnels.ts";
import { covers } from "../hostnames.ts";
import type { Pem } from "../listeners.ts";
import { pick } from "../pick.ts";
import type { PortPlan } from "../plan.ts";
import type { Stream } from "../routes.ts";
import { readHello } from "./client-hello.ts";

export interface StreamsOptions {
  clock: Clock;
  random?: Random;
  backends: Backends;
}

const helloMs = 15_000;
const connectMs = 5000;
const refusedAsideMs = 1000;
const silentAsideMs = 10_000;
const mostTries = 3;

export class Streams {
  readonly #options: StreamsOptions;
  readonly #random: Random;
  readonly #tunnels: Tunnels;
  /** Clients whose way is not known yet. */
  readonly #waiting = new Set<Duplex>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#random = options.random ?? systemRandom;
    this.#tunnels = new Tunnels(options.clock);
  }
  get count(): number {
    return this.#tunnels.count + this.#waiting.size;
  }
  /** A client has come to the port. `contextOf`: what TLS needs to end here with this certificate. */
  enter(client: Socket, plan: PortPlan | undefined, contextOf: (pem: Pem) => SecureContext): void {
    client.setNoDelay(true);
    this.#wait(client);
    if (plan?.speaks === "tcp") return this.#lead(client, plan.streams[0]?.streams[0]);
    if (plan?.speaks !== "tls") return void client.destroy();
    this.#hear(client, (serverName) => {
      const lane = plan.streams.find(({ hostname }) => covers(hostname, serverName));
      const stream = lane?.streams.find(({ host }) => covers(host, serverName));
      if (!lane || !stream) return void client.destroy();
      if (!lane.pem) return this.#lead(client, stream);
      const ended = new TLSSocket(client, { isServer: true, secureContext: contextOf(lane.pem) });
      this.#wait(ended);
      const late = this.#options.clock.after(helloMs, () => client.destroy());
      ended.once("close", () => late.cancel());
      ended.once("secure", () => {
        late.cancel();
        this.#lead(ended, stream);
      });
    });
  }
  close(): void {
    for (const client of this.#waiting) client.destroy();
    this.#tunnels.close();
  }

  #wait(client: Duplex): void {
    this.#waiting.add(client);
    client.on("error", () => client.destroy());
    client.once("close", () => this.#waiting.delete(client));
  }
  /** Nothing that was read is lost: it is the next that is read again. */
  #hear(client: Socket, then: (serverName: string) => void): void {
    let heard: Buffer = Buffer.alloc(0);
    const late = this.#options.clock.after(helloMs, () => client.destroy());
    const done = () => {
      late.cancel();
      client.off("data", hear);
      client.off("close", done);
    };
    const hear = (piece: Buffer) => {
      heard = Buffer.concat([heard, piece]);
      const hello = readHello(heard);
      if (hello === "more") return;
      done();
      client.pause();
      if (hello === "none") return void client.destroy();
      client.unshift(heard);
      then(hello.serverName ?? "");
    };
    client.on("data", hear);
    client.once("close", done);
  }
  #lead(client: Duplex, stream: Stream | undefined): void {
    const choice = stream && pick(stream.choices, this.#random);
    const backend = choice?.target && this.#options.backends.get(choice.backend);
    if (!backend) return void client.destroy();
    this.#try(client, backend, []);
  }
  /** Nobody has heard a word before there is a connection: another endpoint may be asked. */
  #try(client: Duplex, backend: Backend, tried: Member[]): void {
    const member = tried.length < mostTries ? backend.pick(tried) : undefined;
    if (!member || client.destroyed) return void client.destroy();
    const upstream = connect({ host: member.endpoint.ip, port: member.endpoint.port, noDelay: true });
    const again = (asideMs: number) => {
      upstream.destroy();
      member.upstream.putAside(asideMs);
      this.#try(client, backend, [...tried, member]);
    };
    const late = this.#options.clock.after(connectMs, () => again(silentAsideMs));
    const gone = () => {
      late.cancel();
      upstream.destroy();
    };
    const refused = () => {
      late.cancel();
      client.off("close", gone);
      again(refusedAsideMs);
    };
    client.once("close", gone);
    upstream.once("error", refused);
    upstream.once("connect", () => {
      late.cancel();
      client.off("close", gone);
      upstream.off("error", refused);
      upstream.on("error", () => upstream.destroy());
      this.#waiting.delete(client);
      this.#tunnels.join(client, upstream, 0);
    });
  }
}
