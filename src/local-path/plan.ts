/** What a node's provisioner does for a claim, and what for a volume that it has made: pure. */
import { join } from "node:path";
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from "#api/mod.ts";
import { classOfClaim, referenceToClaim, sizeAskedBy, sizeOf, volumeWords } from "#client/mod.ts";
import { compareQuantity } from "#codec/mod.ts";
import { dataFinalizer, provisionerName } from "./names.ts";

export type LocalStep =
  | { do: "make"; path: string }
  | { do: "remove"; path: string }
  | { do: "create"; volume: PersistentVolume; path: string }
  | { do: "write"; volume: PersistentVolume }
  | { do: "erase"; volume: PersistentVolume }
  | { do: "claim"; claim: PersistentVolumeClaim }
  | { do: "status"; claim: PersistentVolumeClaim }
  | { do: "tell"; about: PersistentVolumeClaim | PersistentVolume; type: "Normal" | "Warning"; reason: string; message: string };

export interface SeenClaim {
  claim: PersistentVolumeClaim;
  storageClass: StorageClass | undefined;
  /** The node that the claim says, or this provisioner's own. */
  node: Node | undefined;
  /** The node is this provisioner's. */
  isMine: boolean;
  /** The one that was made for the claim, or that it is bound to. */
  volume: PersistentVolume | undefined;
  /** Folder of this provisioner's volumes. */
  root: string;
}

/** Of a volume: whose folder it is. */
const nodeWord = "spoke.dev/node";
export const nodeOf = ({ metadata }: PersistentVolume): string | undefined => metadata.annotations?.[nodeWord];

export const volumeNameOf = ({ metadata }: PersistentVolumeClaim): string => `pvc-${metadata.uid}`;
export const isOurs = ({ metadata }: PersistentVolume): boolean => metadata.annotations?.[volumeWords.provisionedBy] === provisionerName;
export const isForUs = ({ metadata }: PersistentVolumeClaim): boolean =>
  metadata.annotations?.[volumeWords.provisioner] === provisionerName;
export const nodeChosen = ({ metadata }: PersistentVolumeClaim): string | undefined => metadata.annotations?.[volumeWords.selectedNode];

export function planClaim(seen: SeenClaim): LocalStep[] {
  const { claim, storageClass, node, isMine, volume } = seen;
  if (claim.metadata.deletionTimestamp) return [];
  if (claim.spec?.volumeName) return volume && isMine ? grow(claim, volume) : [];
  if (!isForUs(claim) || !storageClass || volume) return [];
  const chosen = nodeChosen(claim);
  if (chosen !== undefined && !node) return giveBack(claim, storageClass, `node "${chosen}" not found`);
  if (!isMine || !node) return [];
  const fault = faultOf(claim, storageClass, node);
  if (fault) return [failed(claim, storageClass, fault)];
  if (chosen === undefined) {
    // Nobody waits for a pod: the first node that says so has it.
    if (storageClass.volumeBindingMode === "WaitForFirstConsumer" || node.spec?.unschedulable) return [];
    return [withAnnotation(claim, node.metadata.name!)];
  }
  return provision(seen, storageClass, node);
}

function provision({ claim, root }: SeenClaim, storageClass: StorageClass, node: Node): LocalStep[] {
  const { namespace, name } = claim.metadata;
  const volumeName = volumeNameOf(claim);
  const path = join(root, `${volumeName}_${namespace}_${name}`);
  const { reclaimPolicy = "Delete" } = storageClass;
  const host = node.metadata.labels?.[hostLabel] ?? "";
  const volume: PersistentVolume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: volumeName,
      annotations: { [volumeWords.provisionedBy]: provisionerName, [nodeWord]: node.metadata.name! },
      ...(reclaimPolicy === "Delete" ? { finalizers: [dataFinalizer] } : {}),
    },
    spec: {
      capacity: { storage: claim.spec?.resources?.requests?.storage ?? "0" },
      accessModes: claim.spec?.accessModes,
      claimRef: referenceToClaim(claim),
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: classOfClaim(claim),
      volumeMode: "Filesystem",
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: hostLabel, operator: "In", values: [host] }] }] } },
    },
  };
  return [
    tell(claim, "Normal", "Provisioning", `External provisioner is provisioning volume for claim "${namespace}/${name}"`),
    { do: "make", path },
    { do: "create", volume, path },
    tell(claim, "Normal", "ProvisioningSucceeded", `Successfully provisioned volume ${volumeName}`),
  ];
}

const hostLabel = "kubernetes.io/hostname";

/** What a folder of one node cannot be: nothing of it is accepted and ignored. */
function faultOf({ spec = {} }: PersistentVolumeClaim, storageClass: StorageClass, node: Node): string | undefined {
  if (spec.selector) return "claim.Spec.Selector is not supported for dynamic provisioning";
  if (spec.dataSource || spec.dataSourceRef) return "a data source is not supported: volumes begin empty";
  if (spec.volumeMode === "Block") return "block volumes are not supported";
  if (spec.volumeAttributesClassName) return "volume attributes classes are not supported";
  const modes = (spec.accessModes ?? []).filter((mode) => mode !== "ReadWriteOnce" && mode !== "ReadWriteOncePod");
  if (modes.length > 0)
    return `access modes ${modes.join(", ")} are not supported: a volume is a folder of one node, for ReadWriteOnce and ReadWriteOncePod`;
  const [parameter] = Object.keys(storageClass.parameters ?? {});
  if (parameter !== undefined) return `parameter "${parameter}" of the class is not known`;
  if (storageClass.mountOptions?.length) return "mount options are not supported";
  if (!node.metadata.labels?.[hostLabel]) return `node "${node.metadata.name}" has no label ${hostLabel}`;
  const { allowedTopologies = [] } = storageClass;
  const { labels } = node.metadata;
  const isAllowed = allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key = "", values = [] }) => values.includes(labels[key] ?? "")),
  );
  return allowedTopologies.length > 0 && !isAllowed ? `node "${node.metadata.name}" is in no allowed topology` : undefined;
}

function failed(claim: PersistentVolumeClaim, { metadata }: StorageClass, why: string): LocalStep {
  return tell(claim, "Warning", "ProvisioningFailed", `failed to provision volume with StorageClass "${metadata.name}": ${why}`);
}

/** The volume cannot be made there: the scheduler chooses anew. */
export function giveBack(claim: PersistentVolumeClaim, storageClass: StorageClass, why: string): LocalStep[] {
  return [withAnnotation(claim, undefined), failed(claim, storageClass, why)];
}

function withAnnotation(claim: PersistentVolumeClaim, node: string | undefined): LocalStep {
  const { [volumeWords.selectedNode]: _, ...rest } = claim.metadata.annotations ?? {};
  const annotations = node === undefined ? rest : { ...rest, [volumeWords.selectedNode]: node };
  return { do: "claim", claim: { ...claim, metadata: { ...claim.metadata, annotations } } };
}

/** A folder has no size: what the API says of it is all there is to change. The volume first. */
function grow(claim: PersistentVolumeClaim, volume: PersistentVolume): LocalStep[] {
  const { status = {} } = claim;
  if (!isOurs(volume) || volume.spec?.claimRef?.uid !== claim.metadata.uid || status.phase !== "Bound") return [];
  const asked = claim.spec?.resources?.requests?.storage;
  if (asked === undefined) return [];
  if (compareQuantity(sizeAskedBy(claim), sizeOf(volume)) > 0)
    return [
      tell(claim, "Normal", "Resizing", `External resizer is resizing volume ${volume.metadata.name}`),
      { do: "write", volume: { ...volume, spec: { ...volume.spec, capacity: { ...volume.spec?.capacity, storage: asked } } } },
    ];
  if (compareQuantity(sizeAskedBy(claim), sizeOf({ ...volume, spec: { capacity: status.capacity } })) <= 0) return [];
  const capacity = { ...status.capacity, storage: asked };
  return [
    {
      do: "status",
      claim: { ...claim, status: { ...status, capacity, allocatedResources: { ...status.allocatedResources, storage: asked } } },
    },
    tell(claim, "Normal", "VolumeResizeSuccessful", "Resize volume succeeded"),
  ];
}

export interface SeenVolume {
  volume: PersistentVolume;
  isMine: boolean;
  /** Its claim is there, by uid. */
  hasClaim: boolean;
  root: string;
}

export function planVolume({ volume, isMine, hasClaim, root }: SeenVolume): LocalStep[] {
  if (!isMine || !isOurs(volume)) return [];
  const { metadata, spec } = volume;
  // Whoever wants to keep the data says Retain, at any time.
  if (spec?.persistentVolumeReclaimPolicy !== "Delete") return dropFinalizer(volume);
  if (!isReleased(volume) || hasClaim) return [];
  const path = spec.local?.path ?? "";
  // What is removed is one of our own folders, whatever the object says.
  if (!path.startsWith(`${join(root, metadata.name!)}_`) || path.slice(root.length + 1).includes("/"))
    return [tell(volume, "Warning", "VolumeFailedDelete", `${path} is no folder of ${provisionerName} on this node`)];
  // The object that is being deleted is looked at again, and then let go.
  return [{ do: "remove", path }, ...letGo(volume)];
}

/** Its claim is gone and it is not to be kept. */
export const isReleased = ({ spec, status }: PersistentVolume): boolean =>
  status?.phase === "Released" && spec?.persistentVolumeReclaimPolicy === "Delete";

export function letGo(volume: PersistentVolume): LocalStep[] {
  return volume.metadata.deletionTimestamp ? dropFinalizer(volume) : [{ do: "erase", volume }];
}

function dropFinalizer(volume: PersistentVolume): LocalStep[] {
  const { finalizers = [] } = volume.metadata;
  if (!finalizers.includes(dataFinalizer)) return [];
  const metadata = { ...volume.metadata, finalizers: finalizers.filter((each) => each !== dataFinalizer) };
  return [{ do: "write", volume: { ...volume, metadata } }];
}

function tell(
  about: PersistentVolumeClaim | PersistentVolume,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): Extract<LocalStep, { do: "tell" }> {
  return { do: "tell", about, type, reason, message };
}
