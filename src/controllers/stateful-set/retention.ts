/**
 * Whose deletion takes a claim along: the set's (whenDeleted), the pod's after scaling down (whenScaled), or nobody's. Told by owner
 * references, so that the garbage collector does the rest.
 */
import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from "#api/mod.ts";
import { controllerReference } from "#client/mod.ts";

export interface ClaimOwners {
  set: StatefulSet;
  pod: Pod;
  /** The pod is above the wanted number: it goes for good. */
  condemned: boolean;
}

/** The owner references that a claim shall have; undefined when those that it has are right. */
export function ownersOf(claim: PersistentVolumeClaim, owners: ClaimOwners): OwnerReference[] | undefined {
  const known = claim.metadata.ownerReferences ?? [];
  const { set, pod } = owners;
  const ours = known.filter((each) => isOf(each, set) || isOf(each, pod));
  // A former pod or set of the name: its going takes the claim, and a new one is made.
  if (ours.some((each) => isStale(each, set) || isStale(each, pod))) return undefined;
  const conflict = hasOtherController(claim, owners);
  if (conflict && ours.length === 0) return undefined;
  const wanted = conflict ? [] : wantedOwners(owners);
  const right = ours.length === wanted.length && ours.every((each) => each.controller && wanted.some(({ uid }) => uid === each.uid));
  return right ? undefined : [...known.filter((each) => !ours.includes(each)), ...wanted];
}

/** A claim that a former pod of the name still takes along must be gone before a new pod is made. */
export function isLeftBehind(claim: PersistentVolumeClaim, { set, pod }: Pick<ClaimOwners, "set" | "pod">): boolean {
  if (policyOf(set).whenScaled === "Retain") return false;
  return (claim.metadata.ownerReferences ?? []).some((each) => isStale(each, pod));
}

/** Somebody else decides about the claim: the policy has no say. */
export function hasOtherController({ metadata }: PersistentVolumeClaim, { set, pod }: Pick<ClaimOwners, "set" | "pod">): boolean {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenDeleted === "Retain" && whenScaled === "Retain") return false;
  return (metadata.ownerReferences ?? []).some((each) => {
    if (isOf(each, set)) return each.uid !== set.metadata.uid;
    if (isOf(each, pod)) return each.uid !== pod.metadata.uid;
    return each.controller === true;
  });
}

function policyOf(set: StatefulSet): { whenDeleted: string; whenScaled: string } {
  const { whenDeleted = "Retain", whenScaled = "Retain" } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {};
  return { whenDeleted, whenScaled };
}

function wantedOwners({ set, pod, condemned }: ClaimOwners): OwnerReference[] {
  const { whenDeleted, whenScaled } = policyOf(set);
  if (whenScaled === "Delete" && condemned) return [controllerReference(pod)];
  return whenDeleted === "Delete" ? [controllerReference(set)] : [];
}

/** By name: the reference may be to a former object of it. */
function isOf(reference: OwnerReference, { kind, apiVersion, metadata }: StatefulSet | Pod): boolean {
  return reference.apiVersion === apiVersion && reference.kind === kind && reference.name === metadata.name;
}

const isStale = (reference: OwnerReference, object: StatefulSet | Pod): boolean =>
  isOf(reference, object) && reference.uid !== object.metadata.uid;
