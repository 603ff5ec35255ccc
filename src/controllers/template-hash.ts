/** The hash of a pod template, which names what was made of it: ReplicaSets and ControllerRevisions. */
import type { PodTemplateSpec } from "#api/mod.ts";
import { safeEncode } from "#base/mod.ts";

/** FNV-1a over the template with keys in order, and the collision count; ten characters at most. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5;
  const text = canonical(template ?? {}) + (collisionCount === undefined ? "" : `#${collisionCount}`);
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return safeEncode(String(hash));
}

/** JSON with the keys of every object in order: equal for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    item && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
