/** The file of the access log: written by the page, and never larger than its bound, twice. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { type Clock, every, type Log, messageOf, type Timer } from "#base/mod.ts";
import { lineOf, timeText } from "./access-log.ts";
import type { Visit } from "./proxy/answerer.ts";

const pageBytes = 64 * 1024;
const flushMs = 1000;
const mostBytes = 20 * 1024 * 1024;

export class AccessLog {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timer: Timer;
  #descriptor: number | undefined;
  #size = 0;
  #page = "";
  #time = "";

  constructor(file: string, clock: Clock, log: Log) {
    this.#file = file;
    this.#clock = clock;
    this.#log = log;
    this.#timer = every(clock, flushMs, () => this.#flush());
  }
  write(visit: Visit): void {
    // One time a page is near enough: a page is a second old at most.
    if (this.#page === "") this.#time = timeText(this.#clock.now());
    this.#page += lineOf(visit, this.#time);
    if (this.#page.length >= pageBytes) this.#flush();
  }
  close(): void {
    this.#timer.cancel();
    this.#flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** A page that cannot be written is lost, and that is said. */
  #flush(): void {
    const page = this.#page;
    this.#page = "";
    if (page === "") return;
    try {
      if (this.#size > mostBytes) this.#turn();
      if (this.#descriptor === undefined) this.#open();
      this.#size += writeSync(this.#descriptor as number, page, null, "latin1");
    } catch (error) {
      this.#log.warn("access log: lines are lost", { file: this.#file, error: messageOf(error) });
    }
  }
  #open(): void {
    this.#descriptor = openSync(this.#file, "a", 0o600);
    this.#size = fstatSync(this.#descriptor).size;
  }
  /** One older file is kept. */
  #turn(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    renameSync(this.#file, `${this.#file}.1`);
  }
}
