/** Claims that pods get from templates, and what becomes of claims that nobody uses any more: pure. */
import {
  type KubeObject,
  type Pod,
  type PodResourceClaim,
  pods,
  type ResourceClaimTemplate,
  type ResourceV1ResourceClaim,
  resourceclaims,
} from "#api/mod.ts";
import {
  claimNameOf,
  claimWords,
  controllerOf,
  create,
  isControlledBy,
  isReservedFor,
  type Outcome,
  patch,
  remove,
  reservedFor,
  type Step,
  status,
  tell,
  update,
} from "#client/mod.ts";
import { isFinished } from "../pods.ts";

type Claim = ResourceV1ResourceClaim;

export interface SeenPod {
  pod: Pod;
  claimNamed(name: string): Claim | undefined;
  templateNamed(name: string): ResourceClaimTemplate | undefined;
  /** Claims that belong to the pod. */
  owned: readonly Claim[];
}

/** Makes what is missing. A template that is not there ends it: the pod cannot start without that claim. */
export function planPodClaims(seen: SeenPod): Step[] {
  const { pod } = seen;
  const steps: Step[] = [];
  for (const podClaim of missingIn(seen)) {
    if (seen.owned.some((claim) => isMadeFor(claim, podClaim))) continue;
    const templateName = podClaim.resourceClaimTemplateName!;
    const template = seen.templateNamed(templateName);
    if (!template) {
      const why = `resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`;
      return [...steps, tell(pod, "Warning", "FailedResourceClaimCreation", `PodResourceClaim ${podClaim.name}: ${why}`)];
    }
    const failed = ["FailedResourceClaimCreation", `PodResourceClaim ${podClaim.name}: create ResourceClaim : {error}`] as const;
    steps.push(create(resourceclaims, claimFrom(template, pod, podClaim), { told: { about: pod, failed } }));
  }
  return steps;
}

/** Once all claims are there: the pod tells their names, and a pod that was bound by hand may use them. */
export function concludePodClaims(seen: SeenPod, { wrote }: Outcome): Step[] {
  const { pod } = seen;
  const made = [...seen.owned, ...wrote.filter(({ kind }) => kind === "ResourceClaim")] as Claim[];
  const resourceClaimStatuses: { name: string; resourceClaimName: string | undefined }[] = [];
  for (const podClaim of missingIn(seen)) {
    const claim = made.find((each) => isMadeFor(each, podClaim));
    if (!claim) return [];
    resourceClaimStatuses.push({ name: podClaim.name!, resourceClaimName: claim.metadata.name });
  }
  const steps: Step[] = [];
  if (resourceClaimStatuses.length > 0) steps.push(patch(pods, pod, { status: { resourceClaimStatuses } }, { subresource: "status" }));
  if (!pod.spec?.nodeName) return steps;
  for (const podClaim of pod.spec.resourceClaims ?? []) {
    const claim = seen.claimNamed(claimNameOf(pod, podClaim) || "");
    if (!claim?.status?.allocation || isReservedFor(claim, pod) || !isUsable(claim, pod, podClaim)) continue;
    steps.push(status(resourceclaims, reservedFor(claim, pod)));
  }
  return steps;
}

/** Of those from templates: not made, or gone, or another's. */
function missingIn({ pod, claimNamed }: SeenPod): PodResourceClaim[] {
  return (pod.spec?.resourceClaims ?? []).filter((podClaim) => {
    if (podClaim.resourceClaimTemplateName === undefined) return false;
    const name = claimNameOf(pod, podClaim);
    if (name === "") return false;
    const claim = name === undefined ? undefined : claimNamed(name);
    return !claim || !isUsable(claim, pod, podClaim);
  });
}

const isUsable = (claim: Claim, pod: Pod, { resourceClaimName }: PodResourceClaim) =>
  resourceClaimName !== undefined || isControlledBy(claim, pod);

const isMadeFor = ({ metadata }: KubeObject, { name }: PodResourceClaim) => metadata.annotations?.[claimWords.podClaim] === name;

/** Leaves room for a hyphen and five letters in 63. */
const longestBase = 57;

function claimFrom(
  { spec }: ResourceClaimTemplate,
  { metadata: { name: podName = "", namespace, uid } }: Pod,
  podClaim: PodResourceClaim,
): Claim {
  const { annotations, labels } = spec?.metadata ?? {};
  const name = podClaim.name ?? "";
  let generateName = `${podName}-${name}-`;
  // Both are cut, so that something of each remains.
  const share = (text: string) => text.slice(0, Math.floor((text.length * longestBase) / generateName.length));
  if (generateName.length > longestBase) generateName = `${share(podName)}-${share(name)}`;
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      generateName,
      namespace,
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: podName, uid: uid ?? "", controller: true }],
      annotations: { ...annotations, [claimWords.podClaim]: name },
      ...(labels ? { labels } : {}),
    },
    spec: spec?.spec ?? {},
  };
}

export interface SeenClaim {
  claim: Claim;
  /** Uids of users that are known to be gone or done. */
  released: ReadonlySet<string>;
  /** The pod that it was made for, as far as it is known. */
  owner: Pod | undefined;
}

/** Containers of it neither run nor ever will. */
export const isDone = (pod: Pod): boolean => isFinished(pod) || (pod.metadata.deletionTimestamp !== undefined && !pod.spec?.nodeName);

const isProtected = ({ metadata }: KubeObject) => metadata.finalizers?.includes(claimWords.finalizer) === true;
const remainingOf = ({ claim, released }: SeenClaim) => (claim.status?.reservedFor ?? []).filter(({ uid }) => !released.has(uid ?? ""));

/**
 * Users that are gone are taken off. With the last the devices are given back: who comes next may choose anew. A claim that was
 * never used keeps what it has, since its allocation may come before its first user.
 */
export function planUnused(seen: SeenClaim): Step[] {
  const { claim } = seen;
  const remaining = remainingOf(seen);
  if (remaining.length < (claim.status?.reservedFor?.length ?? 0)) {
    const gives = remaining.length === 0 && isProtected(claim);
    return [status(resourceclaims, statusOf(claim, { remaining, gives }))];
  }
  const goes = claim.metadata.deletionTimestamp !== undefined && remaining.length === 0 && isProtected(claim);
  if (!goes) return [];
  return claim.status?.allocation ? [status(resourceclaims, statusOf(claim, { remaining, gives: true }))] : [unprotected(claim)];
}

/** The finalizer goes after the devices; and a claim that was made for a pod goes when that pod is done. */
export function concludeUnused(seen: SeenClaim, { wrote, failures }: Outcome): Step[] {
  if (failures.length > 0) return [];
  const steps: Step[] = [];
  const written = wrote.at(-1) as Claim | undefined;
  if (written && isProtected(written) && !written.status?.allocation) steps.push(unprotected(written));
  if (remainingOf(seen).length > 0) return steps;
  const { claim, owner } = seen;
  const reference = controllerOf(claim);
  if (reference?.kind !== "Pod" || reference.apiVersion !== "v1" || !owner || claim.metadata.deletionTimestamp) return steps;
  // An owner that the copies do not show may be new; the garbage collector knows.
  if (owner.metadata.uid !== reference.uid || isDone(owner)) steps.push(remove(resourceclaims, claim));
  return steps;
}

function statusOf(claim: Claim, { remaining, gives }: { remaining: NonNullable<Claim["status"]>["reservedFor"]; gives: boolean }): Claim {
  const { allocation, reservedFor: _users, ...rest } = claim.status ?? {};
  const kept = { ...rest, ...(remaining?.length ? { reservedFor: remaining } : {}) };
  return { ...claim, status: gives || !allocation ? kept : { ...kept, allocation } };
}

function unprotected(claim: Claim): Step {
  const finalizers = claim.metadata.finalizers?.filter((each) => each !== claimWords.finalizer);
  return update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers } });
}
