/** Binds claims to volumes, and says of both how they stand. A key each: claims wake volumes and volumes claims. */
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  storageclasses,
} from "#api/mod.ts";
import {
  type Caches,
  classOfClaim,
  classOfVolume,
  defaultClassOf,
  hasAccessModes,
  index,
  keyOf,
  matchVolume,
  namesClass,
  orUndefined,
  reconciler,
  type Source,
  via,
  volumeWords,
} from "#client/mod.ts";
import { isFinished, podsByClaim } from "../pods.ts";
import { planClaim, type SeenClaim, waitsForConsumer } from "./plan-claim.ts";
import { planVolume, type SeenVolume } from "./plan-volume.ts";

/** Volumes by the claim that they are bound to, or kept for. */
const volumesOfClaim = index(persistentvolumes, (volume) => claimKeyOf(volume));
/** Volumes that nobody has a claim to, by class. */
const freeOfClass = index(persistentvolumes, (volume) => (volume.spec?.claimRef ? [] : [classOfVolume(volume)]));
/** Claims that were never bound, by class, whatever they wait for. */
const unboundOfClass = index(persistentvolumeclaims, (claim) => (isUnbound(claim) ? [classOfClaim(claim)] : []));
/** Claims by the volume that they name. */
const claimsOfVolume = index(persistentvolumeclaims, ({ spec }) => (spec?.volumeName ? [spec.volumeName] : []));

const claimKeyOf = ({ spec }: PersistentVolume): string[] => (spec?.claimRef ? [`${spec.claimRef.namespace}/${spec.claimRef.name}`] : []);
const isUnbound = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[volumeWords.bindCompleted] === undefined;

/** A volume that comes free wakes the claims that could have it. */
const freeVolumes: Source = {
  follows: [persistentvolumes],
  start: ({ informer, caches, add }) =>
    informer(persistentvolumes).onChange(({ type, object }) => {
      if (type === "deleted" || !isFree(object)) return;
      for (const claim of caches.by(unboundOfClass, classOfVolume(object)))
        if (hasAccessModes(object, claim) && matchVolume(claim, [object])) add(keyOf(claim));
    }),
};
const isFree = ({ spec, status }: PersistentVolume) => spec?.claimRef === undefined && status?.phase === "Available";

const account = "persistent-volume-binder";
const component = "persistentvolume-controller";

export const claimBinder = reconciler<PersistentVolumeClaim, SeenClaim>({
  name: "persistentvolume-binder-controller",
  account,
  component,
  workers: 1,
  of: persistentvolumeclaims,
  also: [
    via(persistentvolumes, (volume, caches) => [
      ...claimKeyOf(volume),
      ...caches.by(claimsOfVolume, volume.metadata.name ?? "").map(keyOf),
    ]),
    freeVolumes,
    // A class that comes, and one that becomes the default.
    via(storageclasses, ({ metadata }, caches) =>
      [...caches.by(unboundOfClass, metadata.name ?? ""), ...caches.by(unboundOfClass, "").filter((claim) => !namesClass(claim))].map(
        keyOf,
      ),
    ),
  ],
  reads: [pods],
  async see(key, caches, { client }) {
    const claim = caches.get(persistentvolumeclaims, key);
    if (!claim) return undefined;
    const { volumeName } = claim.spec ?? {};
    let named = volumeName ? caches.get(persistentvolumes, volumeName) : undefined;
    // The copy may lack a volume that is new: before a claim is called lost, the API is asked.
    if (volumeName && !named && !isUnbound(claim)) named = await orUndefined(client.get(persistentvolumes, { name: volumeName }));
    const storageClass = caches.get(storageclasses, classOfClaim(claim));
    const waitingPods = caches
      .by(podsByClaim, key)
      .filter((pod) => !pod.spec?.nodeName && !isFinished(pod) && !pod.metadata.deletionTimestamp);
    return {
      claim,
      named,
      match: volumeName ? undefined : bestFor(claim, caches, waitsForConsumer(storageClass)),
      storageClass,
      defaultClass: defaultClassOf(caches.list(storageclasses)),
      waitingPods: waitingPods.map((pod) => pod.metadata.name ?? ""),
    };
  },
  plan: planClaim,
});

/** Of volumes with no more access modes than need be, one that is kept for the claim, or the smallest. */
function bestFor(claim: PersistentVolumeClaim, caches: Caches, keptOnly: boolean): PersistentVolume | undefined {
  const asked = claim.spec?.accessModes ?? [];
  const groups = new Map<string, PersistentVolume[]>();
  for (const volume of [...caches.by(volumesOfClaim, keyOf(claim)), ...caches.by(freeOfClass, classOfClaim(claim))]) {
    const modes = [...new Set(volume.spec?.accessModes ?? [])].sort();
    if (!asked.every((mode) => modes.includes(mode))) continue;
    const group = `${modes.length} ${modes.join(",")}`;
    groups.set(group, [...(groups.get(group) ?? []), volume]);
  }
  for (const group of [...groups.keys()].sort()) {
    const found = matchVolume(claim, groups.get(group)!, { keptOnly });
    if (found) return found;
  }
  return undefined;
}

export const volumeBinder = reconciler<PersistentVolume, SeenVolume>({
  name: "persistentvolume-binder-volumes",
  account,
  component,
  workers: 1,
  of: persistentvolumes,
  also: [
    via(persistentvolumeclaims, (claim, caches) => {
      const kept = caches.by(volumesOfClaim, keyOf(claim)).map(keyOf);
      return claim.spec?.volumeName ? [...kept, claim.spec.volumeName] : kept;
    }),
  ],
  reads: [pods],
  async see(key, caches, { client }) {
    const volume = caches.get(persistentvolumes, key);
    if (!volume) return undefined;
    const ref = volume.spec?.claimRef;
    if (!ref?.uid) return { volume, usedBy: [], nameIsTaken: false };
    const claimKey = `${ref.namespace}/${ref.name}`;
    let claim = caches.get(persistentvolumeclaims, claimKey);
    const isKnownGone = !claim && ["Released", "Failed"].includes(volume.status?.phase ?? "");
    // The copy may lack a claim that is new, or hold an older one of the name: before a volume is reclaimed, the API is asked.
    if (claim?.metadata.uid !== ref.uid && !isKnownGone)
      claim = await orUndefined(client.get(persistentvolumeclaims, { namespace: ref.namespace!, name: ref.name! }));
    const users = caches.by(podsByClaim, claimKey).filter((pod) => !isFinished(pod));
    return {
      volume,
      claim: claim?.metadata.uid === ref.uid ? claim : undefined,
      nameIsTaken: claim !== undefined,
      usedBy: users.map(keyOf).sort(),
    };
  },
  plan: planVolume,
});
