/** Which replica sets belong to a deployment, and which of them runs its present template. */
import { isDeepStrictEqual } from "node:util";
import type { KObject } from "./print/values.ts";

export function ownReplicaSets(deployment: KObject, candidates: KObject[]): KObject[] {
  return candidates.filter((set) =>
    set.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === deployment.metadata.uid),
  );
}

export function revisionOf(object: KObject): number {
  return Number(object.metadata.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
}

export function splitReplicaSets(deployment: KObject, sets: KObject[]): { current?: KObject; old: KObject[] } {
  const wanted = withoutHash(deployment.spec.template);
  const byAge = [...sets].sort((a, b) => ((a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? -1 : 1));
  const current = byAge.find((set) => isDeepStrictEqual(withoutHash(set.spec.template), wanted));
  return { current, old: sets.filter((set) => set !== current) };
}

/** The template as users wrote it, without the label that the controller adds. */
export function withoutHash(template: KObject["spec"]): KObject["spec"] {
  const { "pod-template-hash": _, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: __, ...metadata } = { ...template.metadata, labels };
  return { ...template, metadata };
}
