/** How claims and volumes name and fit each other: asked by the binder, the scheduler, admission and whoever makes volumes. */
import type { ObjectReference, PersistentVolume, PersistentVolumeClaim, StorageClass } from "#api/mod.ts";
import { compareQuantity, labelSelectorFrom, matchesLabels, parseQuantity, type Quantity } from "#codec/mod.ts";
import { matchesNodeTerm, type NodeFacts } from "./node-fit.ts";

/** Annotations of claims and volumes; what matters is mostly that they are there. */
export const volumeWords = {
  /** Of a claim: it has been bound once, and what is seen of it now is judged by that. */
  bindCompleted: "pv.kubernetes.io/bind-completed",
  /** Of either: a controller made the link and may take it back. Absent: a user did. */
  boundByController: "pv.kubernetes.io/bound-by-controller",
  /** Of a claim, by the scheduler: make a volume that this node can reach. */
  selectedNode: "volume.kubernetes.io/selected-node",
  /** Of a volume: who made it. */
  provisionedBy: "pv.kubernetes.io/provisioned-by",
  /** Of a claim: who is to make its volume. */
  provisioner: "volume.kubernetes.io/storage-provisioner",
  betaProvisioner: "volume.beta.kubernetes.io/storage-provisioner",
  migratedTo: "pv.kubernetes.io/migrated-to",
  /** Of a volume that is growing: how big its file system still is. */
  preResizeCapacity: "volume.alpha.kubernetes.io/pre-resize-capacity",
  betaClass: "volume.beta.kubernetes.io/storage-class",
} as const;

const defaultClassWords = ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"];

/** "": none was asked for. */
export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[volumeWords.betaClass] ?? spec?.storageClassName ?? "";
}

/** Whether a class was asked for at all, be it none. */
export function namesClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[volumeWords.betaClass] !== undefined || spec?.storageClassName !== undefined;
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[volumeWords.betaClass] ?? spec?.storageClassName ?? "";
}

/** Of several defaults the newest counts, then the first by name. */
export function defaultClassOf(classes: readonly StorageClass[]): StorageClass | undefined {
  const at = ({ metadata }: StorageClass) => Date.parse(metadata.creationTimestamp ?? "") || 0;
  return classes
    .filter(({ metadata }) => defaultClassWords.some((word) => metadata.annotations?.[word] === "true"))
    .toSorted((a, b) => at(b) - at(a) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))[0];
}

/** The volume is bound to the claim, or kept for it: by name, and by uid if it says one. */
export function isKeptFor(volume: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef;
  return ref?.name === metadata.name && ref?.namespace === metadata.namespace && (!ref?.uid || ref.uid === metadata.uid);
}

export const sizeOf = (volume: PersistentVolume): Quantity => amount(volume.spec?.capacity?.storage);
export const sizeAskedBy = (claim: PersistentVolumeClaim): Quantity => amount(claim.spec?.resources?.requests?.storage);
const amount = (text: string | undefined) => parseQuantity(String(text ?? "0"));

export function sameVolumeMode(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.volumeMode ?? "Filesystem") === (volume.spec?.volumeMode ?? "Filesystem");
}

export function sameAttributesClass(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.volumeAttributesClassName ?? "") === (volume.spec?.volumeAttributesClassName ?? "");
}

export function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const modes = volume.spec?.accessModes ?? [];
  return (claim.spec?.accessModes ?? []).every((mode) => modes.includes(mode));
}

/** Whether the node can reach the volume. */
export function reaches(node: NodeFacts, volume: PersistentVolume): boolean {
  const required = volume.spec?.nodeAffinity?.required;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

export interface VolumeSearch {
  /** The scheduler's: the volume must be reached from there, and have the access modes. */
  node?: NodeFacts;
  /** Names that are spoken for already. */
  excluded?: ReadonlySet<string>;
  /** Only a volume that is kept for the claim: to choose one of the others is not the caller's to do. */
  keptOnly?: boolean;
}

/** One that is kept for the claim; else the smallest that fits. */
export function matchVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  { node, excluded, keptOnly = false }: VolumeSearch = {},
): PersistentVolume | undefined {
  const asked = sizeAskedBy(claim);
  const className = classOfClaim(claim);
  const selector = claim.spec?.selector && labelSelectorFrom(claim.spec.selector);
  let best: { volume: PersistentVolume; size: Quantity } | undefined;
  for (const volume of volumes) {
    const { metadata, spec, status } = volume;
    if (excluded?.has(metadata.name ?? "")) continue;
    const kept = isKeptFor(volume, claim);
    if (spec?.claimRef && !kept) continue;
    const size = sizeOf(volume);
    if (compareQuantity(size, asked) < 0 || !sameVolumeMode(claim, volume) || !sameAttributesClass(claim, volume)) continue;
    if (metadata.deletionTimestamp) continue;
    const reachable = !node || reaches(node, volume);
    // What is kept for the claim is the only one, even where it cannot be reached.
    if (kept) return reachable ? volume : undefined;
    // Others are about to change their phase: to bind one now would likely end in a conflict.
    if (keptOnly || status?.phase !== "Available" || !reachable) continue;
    if ((selector && !matchesLabels(selector, metadata.labels)) || classOfVolume(volume) !== className) continue;
    if (node && !hasAccessModes(volume, claim)) continue;
    if (!best || compareQuantity(best.size, size) > 0) best = { volume, size };
  }
  return best?.volume;
}

/** The volume bound to the claim; the same object when it is already. */
export function boundVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { metadata, spec = {} } = volume;
  const byController = !isKeptFor(volume, claim) && metadata.annotations?.[volumeWords.boundByController] === undefined;
  const isLinked = spec.claimRef?.uid === claim.metadata.uid && isKeptFor(volume, claim);
  if (isLinked && !byController) return volume;
  const annotations = { ...metadata.annotations, [volumeWords.boundByController]: "yes" };
  return {
    ...volume,
    metadata: byController ? { ...metadata, annotations } : metadata,
    spec: isLinked ? spec : { ...spec, claimRef: referenceToClaim(claim) },
  };
}

export function referenceToClaim({ metadata }: PersistentVolumeClaim): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { kind: "PersistentVolumeClaim", namespace, name, uid, apiVersion: "v1", resourceVersion };
}
