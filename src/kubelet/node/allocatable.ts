/** What pods may ask a node for: what it has, without what is reserved or kept free by evictions, and with what others have added. Pure. */
import type { Node } from "#api/mod.ts";
import { unitsOf } from "../eviction/judge.ts";
import type { Threshold } from "../eviction/thresholds.ts";
import { type Amounts, amountOf, amountText } from "../resources/totals.ts";

export interface NotForPods {
  /** For the system and for Kubernetes together. */
  reserved: Amounts;
  thresholds: readonly Threshold[];
}

/** What a hard threshold keeps free: pods would be evicted for it as soon as they used it. */
const keptFree: Readonly<Record<string, Threshold["signal"]>> = { memory: "memory.available", "ephemeral-storage": "nodefs.available" };

export function allocatableOf(
  capacity: Record<string, string>,
  known: Node | undefined,
  { reserved, thresholds }: NotForPods = { reserved: {}, thresholds: [] },
): Record<string, string> {
  const extended = Object.entries(known?.status?.capacity ?? {}).filter(([name]) => name.includes("/"));
  const own = Object.entries(capacity).map(([name, text]): [string, string] => {
    const all = amountOf(name, text);
    const hard = thresholds.find(({ signal, graceMs }) => signal === keptFree[name] && graceMs === undefined);
    const less = (reserved[name] ?? 0) + (hard ? unitsOf(hard.value, all) : 0);
    return [name, less === 0 ? text : amountText(name, Math.max(0, all - less))];
  });
  return { ...Object.fromEntries(extended), ...Object.fromEntries(own) };
}
