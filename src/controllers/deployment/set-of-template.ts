/** Which ReplicaSet belongs to a template: equal templates have one set, and its name carries a hash of the template. */

import type { PodTemplateSpec, ReplicaSet } from "#api/mod.ts";
import { canonical } from "../template-hash.ts";

const longestName = 253;
export const hashLabel = "pod-template-hash";

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

/** The name of the set of a hash; a long name of the Deployment is cut so that it fits. */
export function setName(deploymentName: string, hash: string): string {
  return `${deploymentName.slice(0, longestName - 1 - hash.length)}-${hash}`;
}
