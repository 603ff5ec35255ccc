/** Which attachable volumes the pods of a node use. */
import { csidrivers, type PersistentVolume, type Pod, persistentvolumeclaims, persistentvolumes } from "#api/mod.ts";
import { type Caches, handleOf, isControlledBy } from "#client/mod.ts";
import { claimKeysOf, isFinished, onNode } from "../pods.ts";

export interface Use {
  pod: Pod;
  volumeName: string;
  volume: PersistentVolume | undefined;
  /** Claim and volume say so of each other. */
  isBound: boolean;
}

/** At its end, or going with no container that runs: it has no more use for its volumes. */
export function hasLeftVolumes(pod: Pod): boolean {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return isFinished(pod) || (pod.metadata.deletionTimestamp !== undefined && all.every(({ state }) => state?.terminated || state?.waiting));
}

export const usesOn = (node: string, caches: Caches): Use[] => caches.by(onNode, node).flatMap((pod) => usesOf(pod, caches));

/** None, once the pod is at its end. Volumes of other kinds than CSI need no attaching, nor do those whose driver says so. */
export function usesOf(pod: Pod, caches: Caches): Use[] {
  if (hasLeftVolumes(pod)) return [];
  const owned = new Set((pod.spec?.volumes ?? []).flatMap(({ name, ephemeral }) => (ephemeral ? [`${pod.metadata.name}-${name}`] : [])));
  return claimKeysOf(pod).flatMap((key) => {
    const claim = caches.get(persistentvolumeclaims, key);
    const volumeName = claim?.spec?.volumeName;
    if (!claim || !volumeName) return [];
    if (owned.has(claim.metadata.name ?? "") && !isControlledBy(claim, pod)) return [];
    const volume = caches.get(persistentvolumes, volumeName);
    const handle = volume && handleOf(volume);
    if (volume && (!handle || caches.get(csidrivers, handle.driver)?.spec?.attachRequired === false)) return [];
    const isBound = claim.status?.phase === "Bound" && volume?.spec?.claimRef?.uid === claim.metadata.uid;
    return [{ pod, volumeName, volume, isBound }];
  });
}
