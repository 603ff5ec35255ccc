/** Which ReplicaSet belongs to a template: equal templates have one set, and its name carries a hash of the template. */

import type { PodTemplateSpec, ReplicaSet } from "#api/mod.ts";
import { safeEncode } from "#base/mod.ts";

export const hashLabel = "pod-template-hash";

/** FNV-1a over the template with keys in order, and the collision count; ten characters at most. */
export function templateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5;
  const text = canonical(template ?? {}) + (collisionCount === undefined ? "" : `#${collisionCount}`);
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return safeEncode(String(hash));
}

/** True when the set was made for this template, whatever hash it was labelled with. */
export function hasTemplate(set: ReplicaSet, template: PodTemplateSpec | undefined): boolean {
  return canonical(withoutHash(set.spec?.template)) === canonical(withoutHash(template));
}

function withoutHash(template: PodTemplateSpec | undefined): object {
  const labels = { ...template?.metadata?.labels };
  delete labels[hashLabel];
  const { annotations } = template?.metadata ?? {};
  return { labels, annotations: annotations ?? {}, spec: template?.spec ?? {} };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    item && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
