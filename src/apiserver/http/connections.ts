/**
 * Which connections may stay. Each must ask for something in time, or it is closed; an address holds no more than a share; of
 * those that have not asked yet the oldest make room for new ones, so that silent connections lock nobody out.
 */
import type { Socket } from "node:net";
import type { Clock, Timer } from "#base/mod.ts";

export interface ConnectionLimits {
  total: number;
  perAddress: number;
  /** Of those that have not sent a request, per address. */
  silentPerAddress: number;
  /** From the first packet to the end of the first request's headers: upstream's 32 s. */
  firstRequestMs: number;
  /** A connection on which nothing is asked and nothing is under way: upstream's 90 s. */
  idleMs: number;
}

/** The process may have 20,000 files open. */
export const usualConnectionLimits: ConnectionLimits = {
  total: 10_000,
  perAddress: 5000,
  silentPerAddress: 1000,
  firstRequestMs: 32_000,
  idleMs: 90_000,
};

/** A connection is known by both ends' ports: the TLS layer shows another object than the one that was accepted. */
type Peer = Pick<Socket, "remoteAddress" | "remotePort">;

interface Silent {
  socket: Socket;
  deadline: Timer;
}

interface Holder {
  open: number;
  /** In the order of arrival. */
  silent: Map<number, Silent>;
}

export class Connections {
  #limits: ConnectionLimits;
  #clock: Clock;
  #holders = new Map<string, Holder>();
  #open = 0;

  constructor(limits: ConnectionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }
  get open(): number {
    return this.#open;
  }
  /** Takes a connection in, or closes it. */
  accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    const { total, perAddress, silentPerAddress, firstRequestMs } = this.#limits;
    // Closed before we looked.
    if (address === undefined || port === undefined) return void socket.destroy();
    const holder = this.#holders.get(address) ?? { open: 0, silent: new Map() };
    if (this.#open >= total || holder.open >= perAddress) return void socket.destroy();
    if (holder.silent.size >= silentPerAddress) holder.silent.values().next().value!.socket.destroy();
    this.#holders.set(address, holder);
    this.#open++;
    holder.open++;
    holder.silent.set(port, { socket, deadline: this.#clock.after(firstRequestMs, () => socket.destroy(), { background: true }) });
    socket.once("close", () => {
      this.#open--;
      this.#heard(holder, port);
      if (--holder.open === 0) this.#holders.delete(address);
    });
  }
  /** The connection has sent the headers of a request. */
  asked({ remoteAddress = "", remotePort = 0 }: Peer): void {
    const holder = this.#holders.get(remoteAddress);
    if (holder) this.#heard(holder, remotePort);
  }
  #heard(holder: Holder, port: number): void {
    holder.silent.get(port)?.deadline.cancel();
    holder.silent.delete(port);
  }
}
