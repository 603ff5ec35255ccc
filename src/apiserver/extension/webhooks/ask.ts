/** Asks one webhook about one request, and says what came of it: its verdict, its refusal, or that it could not be asked. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { messageOf } from "#base/mod.ts";
import type { Attributes } from "../../contract.ts";
import { ApiError, badRequest, internal } from "../../request/errors.ts";
import { CallError, type WebhookClient } from "../webhook-client.ts";
import type { Hook, Invocation } from "./hooks.ts";
import type { HookType, WebhookMetrics } from "./metrics.ts";
import { denial, reviewOf, reviewVersion, type Verdict, verdictOf } from "./review.ts";
import type { Shown } from "./shown.ts";

export interface Asker {
  client: WebhookClient;
  metrics: WebhookMetrics;
  clock: Clock;
  random: Random;
  log: Log;
}

/** The webhook could not be asked, or gave no proper answer: its failure policy decides. */
class Unanswered extends Error {
  override name = "Unanswered";
  readonly code: number;
  constructor(why: string, code: number) {
    super(why);
    this.code = code;
  }
}

/**
 * Runs `use` with the verdict of a webhook that lets the request through; what it throws is a refusal. Undefined: nothing was
 * decided, and the failure policy lets the request through (`opened` is told).
 */
export async function ask<T>(
  asker: Asker,
  {
    invocation,
    attributes,
    shown,
    type,
    opened,
  }: { invocation: Invocation; attributes: Attributes; shown: Shown; type: HookType; opened(): void },
  use: (verdict: Verdict) => T,
): Promise<T | undefined> {
  const { hook } = invocation;
  const { metrics, clock, log } = asker;
  const asking = { name: hook.name, type, operation: attributes.operation };
  const started = clock.monotonic();
  const told = (code: number, rejected: boolean) => metrics.asked(asking, code, rejected, clock.monotonic() - started);
  try {
    const verdict = await verdictFor(asker, invocation, attributes, shown, type === "admit");
    for (const [key, value] of Object.entries(verdict.auditAnnotations)) attributes.annotate(`${hook.name}/${key}`, value);
    for (const text of verdict.warnings) attributes.warn(text);
    if (!verdict.allowed) {
      const status = denial(hook.name, verdict.status);
      told(status.code, true);
      metrics.rejected(asking, "no_error", status.code);
      throw new ApiError(status as never);
    }
    const result = use(verdict);
    told(200, false);
    return result;
  } catch (error) {
    if (error instanceof Unanswered) {
      told(error.code, !hook.failsOpen);
      const why = `failed calling webhook ${JSON.stringify(hook.name)}: ${error.message}`;
      if (hook.failsOpen) {
        log.warn("webhook failed, request let through", { webhook: hook.name, error: why });
        metrics.failedOpen(asking);
        opened();
        return undefined;
      }
      log.warn("webhook failed, request refused", { webhook: hook.name, error: why });
      metrics.rejected(asking, "calling_webhook_error", error.code);
      throw internal(why);
    }
    if (error instanceof ApiError) throw error;
    metrics.rejected(asking, "apiserver_internal_error", 0);
    throw internal(messageOf(error));
  }
}

async function verdictFor(
  { client, random }: Asker,
  { hook, served }: Invocation,
  attributes: Attributes,
  { kind, requestKind, object, oldObject }: Shown,
  mutating: boolean,
): Promise<Verdict> {
  if (attributes.dryRun && !hook.quietOnDryRun) throw badRequest(`admission webhook ${JSON.stringify(hook.name)} does not support dry run`);
  const version = reviewVersion(hook.versions);
  if (!version)
    throw new Unanswered("could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)", 400);
  const { group, resource } = served;
  const asked = {
    uid: random.uuid(),
    version,
    kind,
    resource: { group, version: served.version, resource },
    requestKind,
    object,
    oldObject,
  };
  const answer = await called(client, hook, reviewOf(attributes, asked));
  try {
    return verdictOf(answer, asked, mutating);
  } catch (error) {
    throw new Unanswered(`received invalid webhook response: ${messageOf(error)}`, 503);
  }
}

async function called(client: WebhookClient, { target, timeoutMs }: Hook, review: object): Promise<unknown> {
  try {
    return await client.post(target, review, { timeoutMs });
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new Unanswered(`${error.isUnsent ? "could not get REST client" : "failed to call webhook"}: ${error.message}`, error.code);
  }
}

/** For what a webhook's own answer makes impossible, such as a patch that cannot be read. */
export const unanswered = (why: string): Error => new Unanswered(why, 503);
