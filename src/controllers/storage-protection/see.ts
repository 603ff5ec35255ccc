/** Lets a claim or a volume that is being deleted go as soon as nothing uses it any more. */
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type VolumeAttributesClass,
  volumeattributesclasses,
} from "#api/mod.ts";
import { index, keyOf, reconciler, via } from "#client/mod.ts";
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

const classesOfClaim = ({ spec, status }: PersistentVolumeClaim): string[] => {
  const named = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ];
  return named.filter((name): name is string => Boolean(name));
};
const classesOfVolume = ({ spec }: PersistentVolume): string[] => (spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []);
const claimsOfClass = index(persistentvolumeclaims, classesOfClaim);
const volumesOfClass = index(persistentvolumes, classesOfVolume);

export const attributesClassProtection = reconciler<VolumeAttributesClass, SeenProtected<VolumeAttributesClass>>({
  name: "volumeattributesclass-protection-controller",
  workers: 1,
  of: volumeattributesclasses,
  // What names it no longer may let it go.
  also: [
    via(persistentvolumeclaims, classesOfClaim, ({ type }) => type !== "added"),
    via(persistentvolumes, classesOfVolume, ({ type }) => type !== "added"),
  ],
  see(key, caches) {
    const object = caches.get(volumeattributesclasses, key);
    const isUsed = caches.by(claimsOfClass, key).length + caches.by(volumesOfClass, key).length > 0;
    return object && { object, resource: volumeattributesclasses, finalizer: "kubernetes.io/vac-protection", isUsed };
  },
  plan: planProtection,
});
