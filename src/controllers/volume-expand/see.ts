/** Tells whoever enlarges a claim that its volume's maker must do it. */
import { type PersistentVolume, type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes } from "#api/mod.ts";
import { reconciler, type Step, sizeAskedBy, tell } from "#client/mod.ts";
import { compareQuantity, parseQuantity } from "#codec/mod.ts";

export interface SeenGrowth {
  claim: PersistentVolumeClaim;
  volume: PersistentVolume | undefined;
}

const sizeNow = ({ status }: PersistentVolumeClaim) => parseQuantity(String(status?.capacity?.storage ?? "0"));

export const volumeExpansion = reconciler<PersistentVolumeClaim, SeenGrowth>({
  name: "persistentvolume-expander-controller",
  account: "expand-controller",
  component: "volume_expand",
  workers: 10,
  of: persistentvolumeclaims,
  when: ({ type, object, old }) =>
    type === "added" ||
    (old !== undefined && compareQuantity(sizeAskedBy(object), sizeAskedBy(old)) > 0) ||
    (old !== undefined && compareQuantity(sizeNow(object), sizeNow(old)) > 0),
  reads: [persistentvolumes],
  see(key, caches) {
    const claim = caches.get(persistentvolumeclaims, key);
    return claim && { claim, volume: caches.get(persistentvolumes, claim.spec?.volumeName ?? "") };
  },
  plan: planGrowth,
});

export function planGrowth({ claim, volume }: SeenGrowth): Step[] {
  const isBound = claim.status?.phase === "Bound" && volume?.spec?.claimRef?.uid === claim.metadata.uid;
  if (!isBound || compareQuantity(sizeAskedBy(claim), sizeNow(claim)) <= 0) return [];
  return [tell(claim, "Normal", "ExternalExpanding", "waiting for an external controller to expand this PVC")];
}
