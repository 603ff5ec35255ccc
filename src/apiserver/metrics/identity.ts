/** What is counted of who asks and whether they may, under upstream's names. */
import type { Clock } from "#base/mod.ts";
import type { Decision, RequestInfo, User } from "../contract.ts";
import type { ServerRequest } from "../request/call.ts";
import { family, Histogram, histogramFamily } from "./series.ts";

/** From a millisecond on, each twice the one before. */
const bounds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i);
/** Names that are told as they are; others are without number. */
const told = new Set(["admin", "client", "kube_proxy", "kubelet", "system:serviceaccount:kube-system:default"]);

/** By what came of it: how many, and how long they took. */
class Results {
  readonly #all = new Map<string, Histogram>();

  add(result: string, ms: number): void {
    let histogram = this.#all.get(result);
    if (!histogram) this.#all.set(result, (histogram = new Histogram(bounds)));
    histogram.observe(ms / 1000);
  }

  lines(count: string, duration: string, what: string): string[] {
    const all = [...this.#all].map(([result, histogram]) => [{ result }, histogram] as const);
    return [
      ...family(
        count,
        "counter",
        `How many ${what} there were.`,
        "ALPHA",
        all.map(([labels, histogram]) => [labels, histogram.count] as const),
      ),
      ...histogramFamily(duration, `How long ${what} took.`, "ALPHA", all),
    ];
  }
}

export class IdentityMetrics {
  readonly #clock: Clock;
  readonly #identified = new Results();
  readonly #authorized = new Results();
  readonly #users = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  identifying(identify: (request: ServerRequest) => Promise<User>): (request: ServerRequest) => Promise<User> {
    return async (request) => {
      const started = this.#clock.monotonic();
      try {
        const user = await identify(request);
        const name = told.has(user.name) ? user.name : user.name.includes("@") ? "email_id" : "other";
        this.#users.set(name, (this.#users.get(name) ?? 0) + 1);
        this.#identified.add("success", this.#clock.monotonic() - started);
        return user;
      } catch (error) {
        this.#identified.add("failure", this.#clock.monotonic() - started);
        throw error;
      }
    };
  }

  authorizing(ask: (user: User, info: RequestInfo) => Promise<Decision>): (user: User, info: RequestInfo) => Promise<Decision> {
    return async (user, info) => {
      const started = this.#clock.monotonic();
      const decision = await ask(user, info);
      const { allowed, denied, error } = decision;
      this.#authorized.add(allowed ? "allowed" : denied ? "denied" : error ? "error" : "no-opinion", this.#clock.monotonic() - started);
      return decision;
    };
  }

  readonly lines = (): string[] => [
    ...family(
      "authenticated_user_requests",
      "counter",
      "Requests by who asked.",
      "ALPHA",
      [...this.#users].map(([username, count]) => [{ username }, count] as const),
    ),
    ...this.#identified.lines("authentication_attempts", "authentication_duration_seconds", "looks at who asks"),
    ...this.#authorized.lines("authorization_attempts_total", "authorization_duration_seconds", "looks at whether they may"),
  ];
}
