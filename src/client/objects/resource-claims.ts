/** Which ResourceClaims a pod means, and who may use one: asked by the controller and by the scheduler. */
import type { DeviceTaint, DeviceToleration, Pod, PodResourceClaim, ResourceV1ResourceClaim } from "#api/mod.ts";

export const claimWords = {
  /** Keeps an allocated claim until nobody uses it any more. */
  finalizer: "resource.kubernetes.io/delete-protection",
  /** On a claim that was made for a pod: which of the pod's claims it is. */
  podClaim: "resource.kubernetes.io/pod-claim-name",
} as const;

/** The claim's name. Undefined: it was not made yet. Empty: it was found that none is needed. */
export function claimNameOf(pod: Pod, { name, resourceClaimName, resourceClaimTemplateName }: PodResourceClaim): string | undefined {
  if (resourceClaimName !== undefined) return resourceClaimName;
  if (resourceClaimTemplateName === undefined) return undefined;
  const made = pod.status?.resourceClaimStatuses?.find((each) => each.name === name);
  return made ? (made.resourceClaimName ?? "") : undefined;
}

/** Keys of the claims that a pod uses, as far as they were made. */
export function claimKeysOfPod(pod: Pod): string[] {
  const names = (pod.spec?.resourceClaims ?? []).map((each) => claimNameOf(pod, each));
  names.push(pod.status?.extendedResourceClaimStatus?.resourceClaimName);
  return [...new Set(names.filter((name) => name).map((name) => `${pod.metadata.namespace}/${name}`))];
}

export const isReservedFor = ({ status }: ResourceV1ResourceClaim, { metadata }: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === metadata.uid) === true;

/** The claim with one more user. */
export function reservedFor(claim: ResourceV1ResourceClaim, { metadata }: Pod): ResourceV1ResourceClaim {
  const user = { resource: "pods", name: metadata.name ?? "", uid: metadata.uid ?? "" };
  return { ...claim, status: { ...claim.status, reservedFor: [...(claim.status?.reservedFor ?? []), user] } };
}

/** Whoever asks knows which effects count. */
export function toleratesDeviceTaint({ key, operator, value = "", effect }: DeviceToleration, taint: DeviceTaint): boolean {
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || ((operator || "Equal") === "Equal" && value === (taint.value ?? ""));
}
