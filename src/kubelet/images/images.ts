/**
 * Pulls images by policy: several at once, pods that want the same with the same credentials share a pull, and each pod backs off
 * by itself after failures: one with the wrong secret makes nobody else wait, and lives off nobody else's.
 */
import { backoffMs, type Clock, messageOf } from "#base/mod.ts";
import { GrpcError } from "#net/mod.ts";
import type { Runtime, RuntimeImage } from "../runtime/runtime.ts";
import type { Credential } from "./keyring.ts";
import { isImageName, withTag } from "./names.ts";
import type { PullRecords } from "./pull-records.ts";

export type PullResult =
  | { ok: true; image: RuntimeImage; pulledMs: number | undefined }
  | {
      ok: false;
      reason: "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";
      message: string;
      retryMs: number;
    };

export interface Want {
  /** The uid of the pod that wants it. */
  uid: string;
  image: string;
  policy: string;
  /** All that may be tried, one after the other; none: it is pulled without. Asked only when it is pulled. */
  credentials(): Promise<Credential[]>;
  onPull(): void;
}

const backoff = { baseMs: 10_000, maxMs: 300_000 };

type Records = Pick<PullRecords, "mustPull" | "begin" | "pulled" | "failed">;

export class Images {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #records: Records;
  #pulls = new Map<string, Promise<number>>();
  /** By pod and image. */
  #failures = new Map<string, { count: number; at: number; message: string }>();

  constructor(runtime: Runtime, clock: Clock, records: Records) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#records = records;
  }

  /** Milliseconds until this image is tried again. */
  #waitMs(key: string): number {
    const failure = this.#failures.get(key);
    return failure ? Math.max(0, failure.at + backoffMs(failure.count, backoff) - this.#clock.monotonic()) : 0;
  }

  async ensure({ uid, image, policy, credentials, onPull }: Want): Promise<PullResult> {
    if (!isImageName(image))
      return {
        ok: false,
        reason: "InvalidImageName",
        message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
        retryMs: backoff.baseMs,
      };
    const reference = withTag(image);
    const there = await this.#runtime.imageStatus(reference);
    let shown: Promise<Credential[]> | undefined;
    const once = () => (shown ??= credentials());
    const mayUse = async (present: RuntimeImage) => !(await this.#records.mustPull(image, present.id, once));
    const refused = (error: unknown): PullResult => ({
      ok: false,
      reason: "ErrImagePull",
      message: messageOf(error),
      retryMs: backoff.baseMs,
    });
    try {
      if (there && policy !== "Always" && (await mayUse(there))) return { ok: true, image: there, pulledMs: undefined };
    } catch (error) {
      return refused(error);
    }
    if (policy === "Never")
      return {
        ok: false,
        reason: "ErrImageNeverPull",
        message: `Container image "${image}" is not present with pull policy of Never`,
        retryMs: backoff.baseMs,
      };
    const key = `${uid} ${image}`;
    const wait = this.#waitMs(key);
    if (wait > 0) {
      const known = this.#failures.get(key)!;
      return {
        ok: false,
        reason: "ImagePullBackOff",
        message: `Back-off pulling image "${image}": ErrImagePull: ${known.message}`,
        retryMs: wait,
      };
    }
    const began = this.#clock.monotonic();
    onPull();
    let by: Credential | undefined;
    await this.#records.begin(image);
    try {
      const all = await once();
      by = all[await this.#pull(reference, all)];
    } catch (error) {
      await this.#records.failed(image);
      // A registry that cannot be reached must not stop what is here already, as long as the tag is the same image.
      if (there && isUnreachable(messageOf(error)) && (await mayUse(there))) return { ok: true, image: there, pulledMs: undefined };
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const message = runtimeMessage(error);
      this.#forgetOld();
      this.#failures.set(key, { count, at: this.#clock.monotonic(), message });
      return { ok: false, reason: "ErrImagePull", message, retryMs: backoffMs(count, backoff) };
    }
    this.#failures.delete(key);
    const pulled = await this.#runtime.imageStatus(reference);
    await (pulled ? this.#records.pulled(image, pulled.id, by) : this.#records.failed(image));
    if (!pulled)
      return { ok: false, reason: "ImageInspectError", message: `image "${image}" was pulled and is not there`, retryMs: backoff.baseMs };
    return { ok: true, image: pulled, pulledMs: this.#clock.monotonic() - began };
  }

  /** Resolves with which of the credentials was taken; -1: none was needed. */
  #pull(reference: string, credentials: readonly Credential[]): Promise<number> {
    const key = `${reference} ${JSON.stringify(credentials.map(({ username, password }) => [username, password]))}`;
    let running = this.#pulls.get(key);
    if (!running) {
      running = this.#tryEach(reference, credentials).finally(() => this.#pulls.delete(key));
      this.#pulls.set(key, running);
    }
    return running;
  }

  /** Rejects with what was said to each of them. */
  async #tryEach(reference: string, credentials: readonly Credential[]): Promise<number> {
    if (credentials.length === 0) {
      await this.#runtime.pullImage(reference, undefined);
      return -1;
    }
    const failures: unknown[] = [];
    for (const [at, { username, password }] of credentials.entries())
      try {
        await this.#runtime.pullImage(reference, { username, password });
        return at;
      } catch (error) {
        failures.push(error);
      }
    const said = [...new Set(failures.map(runtimeMessage))];
    throw said.length === 1 ? failures[0] : new Error(`[${said.join(", ")}]`, { cause: failures[0] });
  }

  /** Of pods that have long stopped asking. */
  #forgetOld(): void {
    const before = this.#clock.monotonic() - 2 * backoff.maxMs;
    for (const [key, { at }] of this.#failures) if (at < before) this.#failures.delete(key);
  }
}

/** What the runtime said, with gRPC's code in front where upstream leaves it there. */
export const runtimeMessage = (error: unknown): string => (error instanceof GrpcError ? error.full : messageOf(error));

/** No answer came; an end of the connection before one is a proxy's way to say so. */
function isUnreachable(message: string): boolean {
  return /failed to do request: .*: (?:unexpected )?EOF$|no such host|connection refused|network is unreachable|no route to host|i\/o timeout|server misbehaving|dial tcp|proxyconnect/.test(
    message,
  );
}
