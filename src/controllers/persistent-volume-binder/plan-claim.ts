/**
 * What follows for a claim: which volume it is bound to, or why it waits. Pure.
 *
 * A binding is four writes, each seen in the copies before the next: the volume's link to the claim and the claim's to the volume
 * (here, in that order), the volume's phase (plan-volume.ts), the claim's status (here). Whatever ends between two of them, the
 * next look goes on from there.
 */
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  type StorageClass,
} from "#api/mod.ts";
import {
  again,
  boundVolume,
  classOfClaim,
  classOfVolume,
  hasAccessModes,
  isKeptFor,
  namesClass,
  type Step,
  sameAttributesClass,
  sameVolumeMode,
  sizeAskedBy,
  sizeOf,
  status,
  tell,
  update,
  volumeWords,
} from "#client/mod.ts";
import { quantityValue, sameJson } from "#codec/mod.ts";

export interface SeenClaim {
  claim: PersistentVolumeClaim;
  /** Of the name that the claim says. */
  named?: PersistentVolume | undefined;
  /** The best of those that are free, or kept for the claim. */
  match?: PersistentVolume | undefined;
  /** Of the claim. */
  storageClass?: StorageClass | undefined;
  defaultClass?: StorageClass | undefined;
  /** Names of pods that use the claim and have no node yet. */
  waitingPods: readonly string[];
}

/** Upstream looks at every claim as often; here only at those that wait for something. */
const resyncMs = 15_000;

export function planClaim(seen: SeenClaim): Step[] {
  const { claim, named } = seen;
  if (annotation(claim, volumeWords.bindCompleted) !== undefined) return planBound(claim, named);
  return claim.spec?.volumeName ? planNamed(claim, named) : planUnbound(seen);
}

export const waitsForConsumer = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === "WaitForFirstConsumer";

/** Any volume will do. */
function planUnbound({ claim, match, storageClass, defaultClass, waitingPods }: SeenClaim): Step[] {
  if (match) return bind(claim, match);
  if (!namesClass(claim) && defaultClass)
    return [update(persistentvolumeclaims, { ...claim, spec: { ...claim.spec, storageClassName: defaultClass.metadata.name } })];
  const waiting = waitsForConsumer(storageClass) && annotation(claim, volumeWords.selectedNode) === undefined;
  if (!waiting && classOfClaim(claim) !== "") return [...provision(claim, storageClass), again(resyncMs)];
  const told = waiting
    ? tell(claim, "Normal", ...waitingFor(waitingPods))
    : tell(claim, "Normal", "FailedBinding", "no persistent volumes available for this claim and no storage class is set");
  return [told, ...pending(claim), again(resyncMs)];
}

function waitingFor(pods: readonly string[]): [reason: string, message: string] {
  if (pods.length === 0) return ["WaitForFirstConsumer", "waiting for first consumer to be created before binding"];
  return ["WaitForPodScheduled", `waiting for pod${pods.length > 1 ? "s" : ""} ${pods.join(",")} to be scheduled`];
}

/** Every provisioner is a program of its own: it is told by an annotation, and brings a volume that is kept for the claim. */
function provision(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Step[] {
  const failed = (message: string) => [tell(claim, "Warning", "ProvisioningFailed", message)];
  if (!storageClass) return failed(`storageclass.storage.k8s.io "${classOfClaim(claim)}" not found`);
  const { provisioner = "" } = storageClass;
  if (provisioner.startsWith("kubernetes.io/")) return failed(`no volume plugin matched name: ${provisioner}`);
  const told = tell(
    claim,
    "Normal",
    "ExternalProvisioning",
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. ` +
      "If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
  );
  if (annotation(claim, volumeWords.provisioner) === provisioner) return [told];
  const annotations = {
    ...claim.metadata.annotations,
    [volumeWords.betaProvisioner]: provisioner,
    [volumeWords.provisioner]: provisioner,
  };
  const next = { ...claim, metadata: { ...claim.metadata, annotations } };
  return [
    update(persistentvolumeclaims, next, { told: { about: claim, failed: ["ProvisioningFailed", "Error saving claim: {error}"] } }),
    told,
  ];
}

/** A user asked for this volume. */
function planNamed(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): Step[] {
  if (!volume) return pending(claim);
  const { name = "" } = volume.metadata;
  if (volume.spec?.claimRef) {
    if (isKeptFor(volume, claim)) return bind(claim, volume);
    const told = tell(claim, "Warning", "FailedBinding", `volume "${name}" already bound to a different claim.`);
    // By the controller: somebody took the mark of a completed binding away. The claim keeps what it says.
    const isOurs = annotation(claim, volumeWords.boundByController) !== undefined;
    return [told, ...(isOurs ? [] : pending(claim)), again(resyncMs)];
  }
  const fault = faultOf(volume, claim);
  if (!fault) return bind(claim, volume);
  const told = tell(claim, "Warning", "VolumeMismatch", `Cannot bind to requested volume "${name}": ${fault}`);
  return [told, ...pending(claim), again(resyncMs)];
}

function faultOf(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp) return `the volume is marked for deletion "${volume.metadata.name}"`;
  if (quantityValue(sizeOf(volume)) < quantityValue(sizeAskedBy(claim))) return "requested PV is too small";
  if (classOfVolume(volume) !== classOfClaim(claim)) return "storageClassName does not match";
  if (!sameAttributesClass(claim, volume)) return "volumeAttributesClassName does not match";
  if (!sameVolumeMode(claim, volume)) return "incompatible volumeMode";
  return hasAccessModes(volume, claim) ? undefined : "incompatible accessMode";
}

/** It was bound once: what is missing now is mended, or lost. */
function planBound(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined): Step[] {
  if (!claim.spec?.volumeName)
    return lost(claim, "ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!");
  if (!volume) return lost(claim, "ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!");
  const ref = volume.spec?.claimRef;
  if (!ref || ref.uid === claim.metadata.uid) return bind(claim, volume);
  return lost(claim, "ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly");
}

function lost(claim: PersistentVolumeClaim, reason: string, message: string): Step[] {
  if (claim.status?.phase === "Lost") return [];
  return [status(persistentvolumeclaims, withStatus(claim, "Lost")), tell(claim, "Warning", reason, message)];
}

function bind(claim: PersistentVolumeClaim, volume: PersistentVolume): Step[] {
  const [nextVolume, nextClaim] = [boundVolume(volume, claim), boundClaim(claim, volume)];
  const links = [
    ...(nextVolume === volume ? [] : [update(persistentvolumes, nextVolume)]),
    ...(nextClaim === claim ? [] : [update(persistentvolumeclaims, nextClaim)]),
  ];
  // The claim is told last: who sees it bound finds the volume bound too.
  if (links.length > 0 || volume.status?.phase !== "Bound") return links;
  return writeIfOther(claim, withStatus(claim, "Bound", volume));
}

function boundClaim(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const { metadata, spec } = claim;
  const links = spec?.volumeName !== volume.metadata.name;
  if (!links && annotation(claim, volumeWords.bindCompleted) !== undefined) return claim;
  const annotations = {
    ...(links ? { [volumeWords.boundByController]: "yes" } : {}),
    [volumeWords.bindCompleted]: "yes",
    ...metadata.annotations,
  };
  return { ...claim, metadata: { ...metadata, annotations }, spec: { ...spec, volumeName: volume.metadata.name } };
}

const pending = (claim: PersistentVolumeClaim): Step[] => writeIfOther(claim, withStatus(claim, "Pending"));

function writeIfOther(claim: PersistentVolumeClaim, next: PersistentVolumeClaim): Step[] {
  return sameJson(next.status, claim.status) ? [] : [status(persistentvolumeclaims, next)];
}

/** Without a volume the claim has no size, no modes and no attributes. */
function withStatus(claim: PersistentVolumeClaim, phase: "Pending" | "Bound" | "Lost", volume?: PersistentVolume): PersistentVolumeClaim {
  const { accessModes: _, capacity, currentVolumeAttributesClassName: attributes, ...rest } = claim.status ?? {};
  if (!volume) return { ...claim, status: { ...rest, phase } };
  const becomes = claim.status?.phase !== phase;
  // What a bound claim says of its size stays: while it grows that is less than the volume's.
  const size = becomes ? { ...volume.spec?.capacity, ...preResize(volume) } : capacity;
  const attributesClass = claim.status?.phase === "Pending" ? volume.spec?.volumeAttributesClassName : attributes;
  const next = {
    ...rest,
    phase,
    accessModes: volume.spec?.accessModes,
    ...(size ? { capacity: size } : {}),
    ...(attributesClass === undefined ? {} : { currentVolumeAttributesClassName: attributesClass }),
  };
  return { ...claim, status: next };
}

function preResize(volume: PersistentVolume): { storage?: string } {
  const storage = volume.metadata.annotations?.[volumeWords.preResizeCapacity];
  return storage === undefined ? {} : { storage };
}

const annotation = ({ metadata }: PersistentVolumeClaim, word: string): string | undefined => metadata.annotations?.[word];
