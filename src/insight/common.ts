/** What rules of several kinds share: conditions, events, deletion, ages. */
import type { Event, KubeObject } from "#api/mod.ts";

export interface Condition {
  type?: string;
  status?: string;
  reason?: string;
  message?: string;
}

export const condition = <C extends Condition>(object: { status?: { conditions?: readonly C[] } }, type: string): C | undefined =>
  object.status?.conditions?.find((each) => each.type === type);

/** `Reason: message`, whichever of the two is there. */
export const words = ({ reason, message }: { reason?: string; message?: string }): string =>
  [reason, message?.trim()].filter(Boolean).join(": ") || "no reason is given";

/** The latest warning of each reason, newest first; only those of `reasons` where given. */
export function warnings(events: readonly Event[], reasons?: readonly string[]): Event[] {
  const latest = new Map<string, Event>();
  const at = (event: Event) =>
    Date.parse(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "") || 0;
  for (const event of events) {
    if (event.type !== "Warning" || (reasons && !reasons.includes(event.reason ?? ""))) continue;
    const before = latest.get(event.reason ?? "");
    if (!before || at(before) <= at(event)) latest.set(event.reason ?? "", event);
  }
  return [...latest.values()].sort((a, b) => at(b) - at(a));
}

/** `42s`, `7m`, `3h`, `12d`: one unit is enough for a cause. */
export function roughly(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86400)}d`;
}

/** `-n NAMESPACE` for a command that the reader may copy. */
export const inNamespace = (object: KubeObject): string => (object.metadata.namespace ? ` -n ${object.metadata.namespace}` : "");

export const selectorOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
