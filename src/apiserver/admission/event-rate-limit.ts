/** Events are many and worth little: beyond a rate they are refused, so that they do not crowd out the rest. */
import type { Event } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { AdmissionPlugin, Attributes } from "../contract.ts";
import { tooManyRequests } from "../request/errors.ts";
import { on } from "./match.ts";

type LimitType = "Server" | "Namespace" | "User" | "SourceAndObject";

export interface EventRateLimitConfig {
  limits: readonly {
    type: LimitType;
    /** Per second, on average. */
    qps: number;
    burst: number;
    /** How many namespaces, users or sources are remembered; by default 4096. */
    cacheSize?: number;
  }[];
}

const usualSize = 4096;

const partsOf: Record<LimitType, (attributes: Attributes) => (string | undefined)[]> = {
  Server: () => [],
  Namespace: ({ namespace }) => [namespace],
  User: ({ user }) => [user.name],
  SourceAndObject({ object }) {
    const { source, involvedObject: about } = object as Event;
    return [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid, about?.apiVersion];
  },
};

export function eventRateLimit(config: EventRateLimitConfig | undefined, clock: Clock): AdmissionPlugin {
  if (!config?.limits.length) throw new Error("EventRateLimit: limits: Invalid value: []: must not be empty");
  for (const { type, qps, burst } of config.limits)
    if (!(type in partsOf) || !(qps > 0) || !(burst > 0))
      throw new Error(`EventRateLimit: the limit of type ${type} must be known, with qps and burst above 0`);
  const buckets = config.limits.map((limit) => ({ limit, filled: new Map<string, { tokens: number; atMs: number }>() }));

  function takes({ limit, filled }: (typeof buckets)[number], attributes: Attributes): string | undefined {
    const parts = partsOf[limit.type](attributes);
    const key = JSON.stringify(parts);
    const now = clock.monotonic();
    const bucket = filled.get(key) ?? { tokens: limit.burst, atMs: now };
    const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.atMs) / 1000) * limit.qps);
    const enough = tokens >= 1;
    // Last used, last in the map: the first is the one to forget.
    filled.delete(key);
    filled.set(key, { tokens: enough ? tokens - 1 : tokens, atMs: now });
    if (filled.size > (limit.cacheSize ?? usualSize)) filled.delete(filled.keys().next().value!);
    return enough ? undefined : `limit reached on type ${limit.type} for key ${parts.map((part) => part ?? "").join("")}`;
  }

  return {
    name: "EventRateLimit",
    matches: [on("", "events", "CREATE", "UPDATE"), on("events.k8s.io", "events", "CREATE", "UPDATE")],
    validate(attributes) {
      if (attributes.dryRun) return;
      const reached = buckets.flatMap((bucket) => takes(bucket, attributes) ?? []);
      if (reached.length > 0) throw tooManyRequests(reached.length === 1 ? reached[0]! : `[${reached.join(", ")}]`, 0);
    },
  };
}
