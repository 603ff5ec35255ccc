/** Lets a claim or a volume that is being deleted go as soon as nothing uses it any more. */
import { type PersistentVolume, type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes, pods } from "#api/mod.ts";
import { keyOf, reconciler, via } from "#client/mod.ts";
import { claimKeysOf, isFinished, podsByClaim } from "../pods.ts";
import { isBound, planProtection, type SeenProtected, usesClaim } from "./plan.ts";

export const claimProtection = reconciler<PersistentVolumeClaim, SeenProtected<PersistentVolumeClaim>>({
  name: "persistentvolumeclaim-protection-controller",
  account: "pvc-protection-controller",
  workers: 1,
  of: persistentvolumeclaims,
  also: [
    via(
      pods,
      claimKeysOf,
      ({ type, object, old }) => type === "deleted" || isFinished(object) || old?.metadata.uid !== object.metadata.uid,
    ),
  ],
  async see(key, caches, { client }) {
    const object = caches.get(persistentvolumeclaims, key);
    if (!object) return undefined;
    let isUsed = caches.by(podsByClaim, keyOf(object)).some((pod) => usesClaim(pod, object));
    // The copy may lack a pod that is new: before the claim goes, the API is asked.
    if (!isUsed && object.metadata.deletionTimestamp)
      isUsed = (await client.list(pods, { namespace: object.metadata.namespace! })).items.some((pod) => usesClaim(pod, object));
    return { object, resource: persistentvolumeclaims, finalizer: "kubernetes.io/pvc-protection", isUsed };
  },
  plan: planProtection,
});

export const volumeProtection = reconciler<PersistentVolume, SeenProtected<PersistentVolume>>({
  name: "persistentvolume-protection-controller",
  account: "pv-protection-controller",
  workers: 1,
  of: persistentvolumes,
  see(key, caches) {
    const object = caches.get(persistentvolumes, key);
    return object && { object, resource: persistentvolumes, finalizer: "kubernetes.io/pv-protection", isUsed: isBound(object) };
  },
  plan: planProtection,
});
