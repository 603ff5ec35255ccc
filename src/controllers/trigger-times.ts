/** When the change happened that endpoints are written for: what measures how long it takes until everybody knows of it. */
import type { Pod, Service } from "#api/mod.ts";
import { conditionOf, timeOf } from "#client/mod.ts";

export const triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";

interface Seen {
  service: string;
  pods: ReadonlyMap<string, string>;
}

export interface TriggerTimes {
  /** The earliest of the changes since the last look at the Service; undefined: none is known. */
  of(key: string, service: Service, pods: readonly Pod[]): string | undefined;
  forget(key: string): void;
}

/** Remembers of each Service what it last looked like. */
export function triggerTimes(): TriggerTimes {
  const known = new Map<string, Seen>();
  return {
    of(key, { metadata: { creationTimestamp = "" } }, pods) {
      const before = known.get(key);
      const times = new Map<string, string>();
      const changed: string[] = [];
      for (const pod of pods) {
        const at = conditionOf(pod.status?.conditions, "Ready")?.lastTransitionTime;
        const name = pod.metadata.name ?? "";
        if (!at) continue;
        times.set(name, at);
        if ((timeOf(at) ?? 0) > (timeOf(before?.pods.get(name)) ?? 0)) changed.push(at);
      }
      if ((timeOf(creationTimestamp) ?? 0) > (timeOf(before?.service) ?? 0)) changed.push(creationTimestamp);
      known.set(key, { service: creationTimestamp, pods: times });
      if (!before) return creationTimestamp || undefined;
      return changed.toSorted((a, b) => timeOf(a)! - timeOf(b)!)[0];
    },
    forget: (key) => void known.delete(key),
  };
}

/** Annotations with the time, or without one when it is not known. */
export function withTrigger(annotations: Record<string, string> | undefined, time: string | undefined): Record<string, string> | undefined {
  const { [triggerAnnotation]: _, ...others } = annotations ?? {};
  const all = time ? { ...others, [triggerAnnotation]: time } : others;
  return Object.keys(all).length > 0 ? all : undefined;
}
