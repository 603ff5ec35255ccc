/** Which ReplicaSet belongs to a template: equal templates have one set, and its name carries a hash of the template. */

import type { PodTemplateSpec, ReplicaSet } from "#api/mod.ts";
import { safeEncode } from "#base/mod.ts";

const longestName = 253;
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
  return comparable(set.spec?.template) === comparable(template);
}

/** Templates out of copies are frozen and looked at again and again. */
const known = new WeakMap<PodTemplateSpec, string>();

function comparable(template: PodTemplateSpec | undefined): string {
  const found = template && known.get(template);
  if (found !== undefined) return found;
  const text = canonical(withoutHash(template));
  if (template && Object.isFrozen(template)) known.set(template, text);
  return text;
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

/** The name of the set of a hash; a long name of the Deployment is cut so that it fits. */
export function setName(deploymentName: string, hash: string): string {
  return `${deploymentName.slice(0, longestName - 1 - hash.length)}-${hash}`;
}
