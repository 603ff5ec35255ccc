/** A service of the administrator's that is asked whether a request is allowed; what it says is remembered for a while. */
import { type Clock, messageOf } from "#base/mod.ts";
import type { Authorizer, Decision, RequestInfo, User } from "../../contract.ts";
import type { ReviewClient } from "../../settings/review-client.ts";
import { allHold, type Condition } from "./conditions.ts";
import { reviewOf, specOf } from "./review.ts";

export interface WebhookOptions {
  client: ReviewClient;
  version: "v1" | "v1beta1";
  timeoutMs: number;
  /** How long a yes, and how long anything else is remembered; 0: not at all. */
  allowedMs: number;
  otherMs: number;
  conditions: readonly Condition[];
  /** What a service that does not answer says: no, or nothing. */
  deniesOnError: boolean;
  clock: Clock;
}

interface Status {
  allowed?: boolean;
  denied?: boolean;
  reason?: string;
}

const mostRemembered = 8192;
/** What a client may choose freely of a question must not fill the memory. */
const longestRemembered = 10_000;

export class WebhookAuthorizer implements Authorizer {
  readonly #options: WebhookOptions;
  readonly #known = new Map<string, { status: Status; until: number }>();

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  async authorize(user: User, info: RequestInfo): Promise<Decision> {
    const spec = specOf(user, info);
    try {
      if (!allHold(this.#options.conditions, spec)) return { allowed: false };
      return decisionOf(await this.#statusOf(spec, info));
    } catch (error) {
      return { allowed: false, denied: this.#options.deniesOnError, error: messageOf(error) };
    }
  }

  async #statusOf(spec: ReturnType<typeof specOf>, info: RequestInfo): Promise<Status> {
    const { client, version, timeoutMs, allowedMs, otherMs, clock } = this.#options;
    const key = JSON.stringify(spec);
    const known = this.#known.get(key);
    this.#known.delete(key);
    if (known && known.until > clock.monotonic()) {
      // What was used last is forgotten last.
      this.#known.set(key, known);
      return known.status;
    }
    const answer = (await client.post(reviewOf(spec, version), { timeoutMs })) as { kind?: string; status?: Status } | undefined;
    if (answer?.kind !== "SubjectAccessReview")
      throw new Error(`the webhook answered with ${String(answer?.kind)}, not with a SubjectAccessReview`);
    const status = answer.status ?? {};
    const ms = status.allowed ? allowedMs : otherMs;
    if (ms > 0 && sizeOf(info) < longestRemembered) {
      if (this.#known.size >= mostRemembered) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(key, { status, until: clock.monotonic() + ms });
    }
    return status;
  }
}

function decisionOf({ allowed, denied, reason }: Status): Decision {
  const because = reason ? { reason } : {};
  if (allowed && denied)
    return { allowed: false, denied: true, ...because, error: "webhook subject access review returned both allow and deny response" };
  return denied ? { allowed: false, denied, ...because } : { allowed: allowed === true, ...because };
}

const sizeOf = ({ namespace, verb, group, version, resource, subresource, name, path }: RequestInfo) =>
  [namespace, verb, group, version, resource, subresource, name, path].reduce((sum, { length }) => sum + length, 0);
