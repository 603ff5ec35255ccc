/** What follows for a volume: its phase, and what becomes of it when its claim is gone. Pure. */
import { type PersistentVolume, type PersistentVolumeClaim, persistentvolumes } from "#api/mod.ts";
import { type Step, sameVolumeMode, status, tell, update, volumeWords } from "#client/mod.ts";

export interface SeenVolume {
  volume: PersistentVolume;
  /** The claim that the volume is bound to, by name and uid; undefined: there is none (any more). */
  claim?: PersistentVolumeClaim | undefined;
  /** `namespace/name` of pods that still mount a claim of that name. */
  usedBy: readonly string[];
  /** A claim of the name is there, be it another one. */
  nameIsTaken: boolean;
}

export function planVolume(seen: SeenVolume): Step[] {
  const { volume, claim } = seen;
  // Without a uid it is kept for a claim, which takes it when it is looked at.
  if (!volume.spec?.claimRef?.uid) return phase(volume, "Available");
  if (!claim) return release(seen);
  const { volumeName } = claim.spec ?? {};
  if (volumeName === volume.metadata.name) return phase(volume, "Bound");
  if (!volumeName) return sameVolumeMode(claim, volume) ? [] : mismatch(volume, claim);
  // The claim has another volume. One that was made for it is of no use; any other is free again.
  const isMade = annotation(volume, volumeWords.provisionedBy) !== undefined;
  if (isMade && volume.spec.persistentVolumeReclaimPolicy === "Delete") return release(seen);
  return unbind(volume);
}

function phase(volume: PersistentVolume, next: string, message?: string): Step[] {
  if (volume.status?.phase === next) return [];
  const { message: _, ...rest } = volume.status ?? {};
  return [status(persistentvolumes, { ...volume, status: { ...rest, phase: next, ...(message ? { message } : {}) } })];
}

function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): Step[] {
  const [ofVolume, ofClaim] = [volume.metadata.name, claim.metadata.name];
  const why = "due to incompatible volumeMode.";
  return [
    tell(volume, "Warning", "VolumeMismatch", `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${ofClaim}" ${why}`),
    tell(claim, "Warning", "VolumeMismatch", `Cannot bind PersistentVolume "${ofVolume}" to requested PersistentVolumeClaim ${why}`),
  ];
}

/** A failure stays to be read; everything else is released first, and reclaimed when that is seen. */
function release(seen: SeenVolume): Step[] {
  const { volume } = seen;
  const known = volume.status?.phase;
  return known === "Released" || known === "Failed" ? reclaim(seen) : phase(volume, "Released");
}

function reclaim({ volume, usedBy, nameIsTaken }: SeenVolume): Step[] {
  if (annotation(volume, volumeWords.migratedTo)) return [];
  switch (volume.spec?.persistentVolumeReclaimPolicy) {
    case "Retain":
      return [];
    case "Recycle":
      // Another claim of the name has another volume: its pods do not use this one.
      if (usedBy.length > 0 && !nameIsTaken)
        return [tell(volume, "Normal", "VolumeFailedRecycle", `Volume is used by pods: ${usedBy.join(",")}`)];
      return fail(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
    case "Delete": {
      const maker = annotation(volume, volumeWords.provisionedBy);
      if (maker?.startsWith("kubernetes.io/")) return fail(volume, "VolumeFailedDelete", `no volume plugin matched name: ${maker}`);
      // Its maker deletes it.
      if (maker || volume.spec.csi) return [];
      return fail(volume, "VolumeFailedDelete", undeletable(volume));
    }
    default:
      return fail(volume, "VolumeUnknownReclaimPolicy", "Volume has unrecognized PersistentVolumeReclaimPolicy");
  }
}

/** Upstream's words for what it cannot delete either. A hostPath below /tmp it would: on the machine of its controllers, which is no node of ours. */
function undeletable({ metadata, spec }: PersistentVolume): string {
  const { hostPath, nfs } = spec ?? {};
  if (hostPath && !/^\/tmp\/.+/.test(hostPath.path ?? ""))
    return `host_path deleter only supports /tmp/.+ but received provided ${hostPath.path}`;
  const plugin = hostPath || nfs ? "no deletable volume plugin matched" : "no volume plugin matched";
  return `error getting deleter volume plugin for volume "${metadata.name}": ${plugin}`;
}

function fail(volume: PersistentVolume, reason: string, message: string): Step[] {
  const steps = phase(volume, "Failed", message);
  return steps.length === 0 ? [] : [...steps, tell(volume, "Warning", reason, message)];
}

/** What the controller linked is free again; what a user linked stays kept for the claim's name. Its phase follows. */
function unbind(volume: PersistentVolume): Step[] {
  const { metadata, spec = {} } = volume;
  const { [volumeWords.boundByController]: isOurs, ...annotations } = metadata.annotations ?? {};
  const { claimRef, ...rest } = spec;
  if (isOurs !== undefined) return [update(persistentvolumes, { ...volume, metadata: { ...metadata, annotations }, spec: rest })];
  const { uid: _, ...kept } = claimRef ?? {};
  return [update(persistentvolumes, { ...volume, spec: { ...spec, claimRef: kept } })];
}

const annotation = ({ metadata }: PersistentVolume, word: string): string | undefined => metadata.annotations?.[word];
