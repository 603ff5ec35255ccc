/**
 * Pulls images by policy: several at once, pods that want the same with the same credentials share a pull, and each pod backs off
 * by itself after failures: one with the wrong secret makes nobody else wait, and lives off nobody else's.
 */
import { backoffMs, type Clock, messageOf } from "#base/mod.ts";
import { GrpcError } from "#net/mod.ts";
import type { Runtime, RuntimeImage } from "../runtime/runtime.ts";

export type PullResult =
  | { ok: true; image: RuntimeImage; pulledMs: number | undefined }
  | {
      ok: false;
      reason: "ErrImagePull" | "ImagePullBackOff" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError";
      message: string;
      retryMs: number;
    };

const backoff = { baseMs: 10_000, maxMs: 300_000 };

export class Images {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  #pulls = new Map<string, Promise<string>>();
  /** By pod and image. */
  #failures = new Map<string, { count: number; at: number; message: string }>();

  constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime;
    this.#clock = clock;
  }

  /** Milliseconds until this image is tried again. */
  #waitMs(key: string): number {
    const failure = this.#failures.get(key);
    return failure ? Math.max(0, failure.at + backoffMs(failure.count, backoff) - this.#clock.monotonic()) : 0;
  }

  /** `pod`: the uid of who wants it. */
  async ensure(pod: string, image: string, policy: string, auth: object | undefined, onPull: () => void): Promise<PullResult> {
    if (!isImageName(image))
      return {
        ok: false,
        reason: "InvalidImageName",
        message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
        retryMs: backoff.baseMs,
      };
    const reference = withTag(image);
    const there = await this.#runtime.imageStatus(reference);
    if (there && policy !== "Always") return { ok: true, image: there, pulledMs: undefined };
    if (policy === "Never")
      return {
        ok: false,
        reason: "ErrImageNeverPull",
        message: `Container image "${image}" is not present with pull policy of Never`,
        retryMs: backoff.baseMs,
      };
    const key = `${pod} ${image}`;
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
    try {
      await this.#pull(reference, auth);
    } catch (error) {
      // A registry that cannot be reached must not stop what is here already, as long as the tag is the same image.
      if (there && isUnreachable(messageOf(error))) return { ok: true, image: there, pulledMs: undefined };
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const message = runtimeMessage(error);
      this.#forgetOld();
      this.#failures.set(key, { count, at: this.#clock.monotonic(), message });
      return { ok: false, reason: "ErrImagePull", message, retryMs: backoffMs(count, backoff) };
    }
    this.#failures.delete(key);
    const pulled = await this.#runtime.imageStatus(reference);
    if (!pulled)
      return { ok: false, reason: "ImageInspectError", message: `image "${image}" was pulled and is not there`, retryMs: backoff.baseMs };
    return { ok: true, image: pulled, pulledMs: this.#clock.monotonic() - began };
  }

  #pull(reference: string, auth: object | undefined): Promise<string> {
    const key = `${reference} ${JSON.stringify(auth)}`;
    let running = this.#pulls.get(key);
    if (!running) {
      running = this.#runtime.pullImage(reference, auth).finally(() => this.#pulls.delete(key));
      this.#pulls.set(key, running);
    }
    return running;
  }

  /** Of pods that have long stopped asking. */
  #forgetOld(): void {
    const before = this.#clock.monotonic() - 2 * backoff.maxMs;
    for (const [key, { at }] of this.#failures) if (at < before) this.#failures.delete(key);
  }
}

/** What the runtime said, with gRPC's code in front where upstream leaves it there. */
export const runtimeMessage = (error: unknown): string => (error instanceof GrpcError ? error.full : messageOf(error));

/** `busybox` → `docker.io/library/busybox:latest`. */
export function withTag(image: string): string {
  const first = image.split("/")[0]!;
  const hasHost = image.includes("/") && (first.includes(".") || first.includes(":") || first === "localhost");
  const full = hasHost ? image : image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
  return full.includes("@") || full.lastIndexOf(":") > full.lastIndexOf("/") ? full : `${full}:latest`;
}

const namePart = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;

function isImageName(image: string): boolean {
  const match = /^(.+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/.exec(image);
  if (!match) return false;
  const parts = match[1]!.split("/");
  const host = parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!) ? parts.shift()! : undefined;
  if (host !== undefined && !/^[a-zA-Z0-9.-]+(:\d+)?$/.test(host)) return false;
  return parts.length > 0 && parts.every((part) => namePart.test(part));
}

/** No answer came; an end of the connection before one is a proxy's way to say so. */
function isUnreachable(message: string): boolean {
  return /failed to do request: .*: (?:unexpected )?EOF$|no such host|connection refused|network is unreachable|no route to host|i\/o timeout|server misbehaving|dial tcp|proxyconnect/.test(
    message,
  );
}

/** What `imagePullSecrets` say about the registry of an image, as CRI's AuthConfig. */
export function authFor(image: string, dockerConfigs: readonly string[]): object | undefined {
  const reference = withTag(image);
  const host = reference.split("/")[0]!;
  for (const text of dockerConfigs) {
    let auths: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
    try {
      auths = JSON.parse(text).auths ?? {};
    } catch {
      continue;
    }
    for (const [server, entry] of Object.entries(auths)) {
      const name = server.replace(/^https?:\/\//, "").split("/")[0];
      const same = name === host || (host === "docker.io" && (name === "index.docker.io" || name === "registry-1.docker.io"));
      if (!same) continue;
      const [username = "", password = ""] = entry.auth
        ? Buffer.from(entry.auth, "base64").toString().split(/:(.*)/s)
        : [entry.username, entry.password];
      return { username, password, identityToken: entry.identitytoken ?? "" };
    }
  }
  return undefined;
}
