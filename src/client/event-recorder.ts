/**
 * Tells users what components do, as Events on the object concerned. Equal events within ten minutes are counted on one
 * object; a component that floods one object is held to a burst of 25 and one more every five minutes.
 */

import { events } from "#api/core/event.ts";
import type { Event, KubeObject, ObjectReference } from "#api/mod.ts";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import type { Client } from "./contract.ts";
import { timestamp } from "./objects/time.ts";
import { isNamespaceTerminating, isNotFound } from "./refusals.ts";

export interface EventRecorder {
  /** Never throws and never waits. */
  event(about: KubeObject | ObjectReference, type: "Normal" | "Warning", reason: string, message: string): void;
  /** Resolves when what was told so far is written or given up. */
  flush(): Promise<void>;
}

interface Seen {
  name: string;
  namespace: string;
  count: number;
  at: number;
  created: boolean;
}

const rememberMs = 10 * 60_000;
const remembered = 4096;
const burst = 25;
const refillMs = 5 * 60_000;
const mostUnderWay = 200;

export function eventRecorder(client: Client, options: { component: string; host?: string; clock: Clock; log: Log }): EventRecorder {
  const { clock, component } = options;
  const seen = new Map<string, Seen>();
  const spent = new Map<string, { tokens: number; at: number }>();
  const tails = new Map<string, Promise<void>>();
  let serial = 0;

  const allowed = (key: string): boolean => {
    const now = clock.monotonic();
    const bucket = spent.get(key) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs);
    bucket.at = now;
    spent.delete(key);
    spent.set(key, bucket);
    if (spent.size > remembered) spent.delete(spent.keys().next().value!);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  };

  const write = async (about: ObjectReference, type: string, reason: string, message: string, entry: Seen) => {
    const time = timestamp(clock.now());
    try {
      if (entry.created) {
        const patch = { count: entry.count, lastTimestamp: time, message };
        await client.patch(events, { namespace: entry.namespace, name: entry.name }, "strategic", patch);
        return;
      }
    } catch (error) {
      // It has expired meanwhile: tell it anew.
      if (!isNotFound(error)) throw error;
      entry.count = 1;
    }
    const event: Event = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: entry.name, namespace: entry.namespace },
      involvedObject: about,
      reason,
      message,
      type,
      source: { component, ...(options.host ? { host: options.host } : {}) },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      reportingComponent: component,
      reportingInstance: options.host ?? "",
    };
    await client.create(events, event);
    entry.created = true;
  };

  return {
    event(object, type, reason, message) {
      const about = referenceTo(object);
      const text = message.length > 1024 ? `${message.slice(0, 1021)}...` : message;
      const target = `${about.kind}/${about.namespace ?? ""}/${about.name}/${about.uid ?? ""}`;
      if (!allowed(`${component}/${target}`) || tails.size > mostUnderWay) return;
      const key = `${target}/${about.fieldPath ?? ""}/${type}/${reason}/${text}`;
      const now = clock.monotonic();
      let entry = seen.get(key);
      if (entry && now - entry.at < rememberMs) entry.count++;
      else {
        const stamp = (BigInt(Math.trunc(clock.now())) * 1_000_000n + BigInt(serial++ % 1_000_000)).toString(16);
        entry = { name: `${about.name}.${stamp}`, namespace: about.namespace || "default", count: 1, at: now, created: false };
      }
      entry.at = now;
      seen.delete(key);
      seen.set(key, entry);
      if (seen.size > remembered) seen.delete(seen.keys().next().value!);
      const mine = entry;
      const before = tails.get(key) ?? Promise.resolve();
      const tail = before
        .then(() => write(about, type, reason, text, mine))
        .catch((error) => {
          if (!isNamespaceTerminating(error)) options.log.debug("event not written", { reason, about: target, error: messageOf(error) });
        })
        .finally(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      tails.set(key, tail);
    },
    async flush() {
      await Promise.all(tails.values());
    },
  };
}

function referenceTo(object: KubeObject | ObjectReference): ObjectReference {
  if (!("metadata" in object)) return object;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace ? { namespace } : {}), uid, resourceVersion };
}
