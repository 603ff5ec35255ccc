/**
 * Volumes decide where a pod can run: its claims must be bound to volumes that the node reaches, or become so. A claim whose class
 * waits for a pod gets a free volume of that node, or its provisioner is told the node; both before the pod is bound.
 */
import type {
  CSINode,
  CSIStorageCapacity,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
  TopologySelectorTerm,
  VolumeAttachment,
} from "#api/mod.ts";
import { boundVolume, classOfClaim, isControlledBy, matchVolume, type NodeFacts, reaches, sizeAskedBy, volumeWords } from "#client/mod.ts";
import { compareQuantity, labelSelectorFrom, matchesLabels, parseQuantity, quantityValue } from "#codec/mod.ts";
import type { Plugin, Refusal, VolumeWork } from "../plugin.ts";
import type { PodInfo } from "../pod-info.ts";

/** The scheduler's picture of volumes, with what it has decided and the API does not show yet. */
export interface Volumes {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumesOfClass(name: string): PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  /** What a provisioner says is left; undefined: it does not say, and is asked to make whatever is wanted. */
  capacities(provisioner: string): readonly CSIStorageCapacity[] | undefined;
  csiNode(name: string): CSINode | undefined;
  attachmentsOn(node: string): readonly VolumeAttachment[];
}

/** Sorted by what is to be done about them. */
interface Claims {
  bound: PersistentVolumeClaim[];
  /** Their class waits for a pod. */
  delayed: PersistentVolumeClaim[];
}

const reason = {
  affinity: "node(s) didn't match PersistentVolume's node affinity",
  nothing: "node(s) didn't find available persistent volumes to bind",
  space: "node(s) did not have enough free storage",
  gone: "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
} as const;

export function volumeBinding(volumes: Volumes): Plugin {
  return {
    name: "VolumeBinding",
    weight: 0,
    changes: ["node-added", "node-updated", "volume-changed"],
    prepare(pod) {
      const claims = claimsOf(pod, volumes);
      if (claims === undefined || typeof claims === "string") return claims;
      return {
        filter(row) {
          const found = workOn(row, claims, volumes);
          return Array.isArray(found) ? refusal(found) : undefined;
        },
        volumes(row) {
          const found = workOn(row, claims, volumes);
          return Array.isArray(found) || found.bind.length + found.provision.length === 0 ? undefined : found;
        },
      };
    },
  };
}

/** No pod that would go helps here. */
const refusal = (reasons: string[]): Refusal => ({ reasons, final: true });

export interface NamedClaim {
  name: string;
  /** The pod's own: made for it, after its volume. */
  ephemeral: boolean;
}

export function claimsNamedBy(pod: Pod): NamedClaim[] {
  return (pod.spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): NamedClaim[] => {
    if (persistentVolumeClaim) return [{ name: persistentVolumeClaim.claimName ?? "", ephemeral: false }];
    return ephemeral ? [{ name: `${pod.metadata.name}-${name}`, ephemeral: true }] : [];
  });
}

/** A string: the pod cannot run anywhere yet, and why. */
function claimsOf(info: PodInfo, volumes: Volumes): Claims | string | undefined {
  const { namespace, pod } = info;
  const named = claimsNamedBy(pod);
  if (named.length === 0) return undefined;
  const found: PersistentVolumeClaim[] = [];
  for (const { name, ephemeral } of named) {
    const claim = volumes.claim(namespace, name);
    if (!claim)
      return ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`;
    if (claim.status?.phase === "Lost")
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ""}"`;
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
    if (ephemeral && !isControlledBy(claim, pod))
      return `PVC ${namespace}/${name} was not created for pod ${namespace}/${info.name} (pod is not owner)`;
    found.push(claim);
  }
  const claims: Claims = { bound: [], delayed: [] };
  for (const claim of found) {
    if (isBound(claim)) claims.bound.push(claim);
    else if (!claim.spec?.volumeName && waits(claim, volumes)) claims.delayed.push(claim);
    else return "pod has unbound immediate PersistentVolumeClaims";
  }
  return claims;
}

export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return Boolean(spec?.volumeName) && metadata.annotations?.[volumeWords.bindCompleted] !== undefined;
}

function waits(claim: PersistentVolumeClaim, volumes: Volumes): boolean {
  return volumes.storageClass(classOfClaim(claim))?.volumeBindingMode === "WaitForFirstConsumer";
}

/** What is to be done before the pod is bound to this node; or why it cannot be. */
function workOn(node: NodeFacts, { bound, delayed }: Claims, volumes: Volumes): VolumeWork | string[] {
  const refused = checkBound(node, bound, volumes);
  const reasons = refused ? [refused] : [];
  const elsewhere = (claim: PersistentVolumeClaim) => (selectedNode(claim) ?? node.name) !== node.name;
  if (delayed.some(elsewhere)) return [...reasons, reason.nothing].sort(inOrder);
  const chosen = new Set<string>();
  const work: VolumeWork = { bind: [], provision: [] };
  const toMake = delayed.filter((claim) => selectedNode(claim) !== undefined);
  // The smallest first, so that no small claim takes the volume that a big one needs.
  const toMatch = delayed
    .filter((claim) => selectedNode(claim) === undefined)
    .toSorted((a, b) => compareQuantity(sizeAskedBy(a), sizeAskedBy(b)));
  for (const claim of toMatch) {
    const volume = matchVolume(claim, volumes.volumesOfClass(classOfClaim(claim)), { node, excluded: chosen });
    if (!volume) toMake.push(claim);
    else {
      chosen.add(volume.metadata.name!);
      work.bind.push({ volume: boundVolume(volume, claim), claim });
    }
  }
  for (const claim of toMake) {
    const fault = faultOfMaking(claim, node, volumes);
    if (fault) return [...reasons, fault].sort(inOrder);
    const annotations = { ...claim.metadata.annotations, [volumeWords.selectedNode]: node.name };
    work.provision.push({ ...claim, metadata: { ...claim.metadata, annotations } });
  }
  return reasons.length > 0 ? reasons : work;
}

const order = Object.values(reason) as string[];
const inOrder = (a: string, b: string) => order.indexOf(a) - order.indexOf(b);

export const selectedNode = ({ metadata }: PersistentVolumeClaim): string | undefined => metadata.annotations?.[volumeWords.selectedNode];

function checkBound(node: NodeFacts, claims: readonly PersistentVolumeClaim[], volumes: Volumes): string | undefined {
  for (const { spec } of claims) {
    const volume = volumes.volume(spec?.volumeName ?? "");
    if (!volume) return reason.gone;
    if (!reaches(node, volume)) return reason.affinity;
  }
  return undefined;
}

/** Whether the class's provisioner may make the volume for this node. */
function faultOfMaking(claim: PersistentVolumeClaim, node: NodeFacts, volumes: Volumes): string | undefined {
  const { metadata, provisioner, allowedTopologies } = volumes.storageClass(classOfClaim(claim)) ?? { metadata: {} };
  if (!provisioner || provisioner === "kubernetes.io/no-provisioner") return reason.nothing;
  if (!isAllowed(allowedTopologies, node)) return reason.nothing;
  const capacities = volumes.capacities(provisioner);
  if (!capacities || claim.spec?.resources?.requests?.storage === undefined) return undefined;
  const wanted = quantityValue(sizeAskedBy(claim));
  const fits = capacities.some(({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity;
    if (storageClassName !== metadata.name || limit === undefined || quantityValue(parseQuantity(String(limit))) < wanted) return false;
    return nodeTopology !== undefined && matchesLabels(labelSelectorFrom(nodeTopology), node.labels);
  });
  return fits ? undefined : reason.space;
}

/** An empty list allows every node, an empty term none. */
function isAllowed(terms: readonly TopologySelectorTerm[] = [], node: NodeFacts): boolean {
  if (terms.length === 0) return true;
  return terms.some(({ matchLabelExpressions = [] }) => {
    const meets = matchLabelExpressions.every(({ key = "", values = [] }) => values.includes(node.labels[key] ?? ""));
    return matchLabelExpressions.length > 0 && meets;
  });
}
