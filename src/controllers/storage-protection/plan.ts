/** Claims and volumes carry a finalizer, and lose it when they are being deleted and nothing uses them any more: pure. */
import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod, Resource } from "#api/mod.ts";
import { isControlledBy, type Step, update } from "#client/mod.ts";
import { isFinished } from "../pods.ts";

export interface SeenProtected<T> {
  object: T;
  resource: Resource<T>;
  finalizer: string;
  isUsed: boolean;
}

export function planProtection<T extends KubeObject>({ object, resource, finalizer, isUsed }: SeenProtected<T>): Step[] {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  const has = finalizers.includes(finalizer);
  const write = (next: string[]) => [update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } })];
  // Admission adds it; an object that is older than that gets it here.
  if (!deletionTimestamp) return has ? [] : write([...finalizers, finalizer]);
  return has && !isUsed ? write(finalizers.filter((each) => each !== finalizer)) : [];
}

/**
 * A pod counts as soon as it is bound: no kubelet starts a pod whose claim is being deleted. One that has finished still counts
 * until it is removed, except for the claim that was made for it alone.
 */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec?.nodeName) return false;
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName === claim.metadata.name;
    const own = volume.ephemeral && `${pod.metadata.name}-${volume.name}` === claim.metadata.name;
    return own && isControlledBy(claim, pod) && !isFinished(pod);
  });
}

export const isBound = (volume: PersistentVolume): boolean => volume.status?.phase === "Bound";
