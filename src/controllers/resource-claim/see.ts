/** Watches pods that use ResourceClaims, the templates, and the claims themselves. */
import { type Pod, pods, type ResourceV1ResourceClaim, resourceclaims, resourceclaimtemplates } from "#api/mod.ts";
import {
  type Caches,
  claimKeysOfPod,
  controllerOf,
  index,
  keyOf,
  type Looking,
  orUndefined,
  type Reconciler,
  reconciler,
  via,
} from "#client/mod.ts";
import { podsByResourceClaim } from "../pods.ts";
import { ClaimCounts } from "./counts.ts";
import { concludePodClaims, concludeUnused, isDone, planPodClaims, planUnused, type SeenClaim, type SeenPod } from "./plan.ts";

const podsByTemplate = index(pods, ({ metadata, spec }) =>
  (spec?.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) => (name ? [`${metadata.namespace}/${name}`] : [])),
);
const claimsByPod = index(resourceclaims, (claim) => {
  const owner = controllerOf(claim);
  return owner?.kind === "Pod" && owner.apiVersion === "v1" ? [owner.uid ?? ""] : [];
});

const identity = { account: "resource-claim-controller", component: "resource_claim", workers: 50 };
const usesClaims = (pod: Pod) => (pod.spec?.resourceClaims?.length ?? 0) > 0;

export function podResourceClaims(): Reconciler {
  const counts = new ClaimCounts();
  return reconciler<Pod, SeenPod>({
    name: "resourceclaim-controller",
    ...identity,
    of: pods,
    when: ({ type, object }) => type !== "deleted" && usesClaims(object),
    also: [
      // A claim that somebody deleted is made again, and one that got its devices may be reserved.
      via(resourceclaims, (claim, caches) => [
        ...caches.by(podsByResourceClaim, keyOf(claim)).map(keyOf),
        ...(controllerOf(claim)?.kind === "Pod" ? [`${claim.metadata.namespace}/${controllerOf(claim)!.name}`] : []),
      ]),
      via(
        resourceclaimtemplates,
        (template, caches) => caches.by(podsByTemplate, keyOf(template)).map(keyOf),
        ({ type }) => type !== "deleted",
      ),
    ],
    see(key, caches) {
      const pod = caches.get(pods, key);
      if (!pod || pod.metadata.deletionTimestamp || !usesClaims(pod)) return undefined;
      const { namespace, uid = "" } = pod.metadata;
      return {
        pod,
        claimNamed: (name) => caches.get(resourceclaims, `${namespace}/${name}`),
        templateNamed: (name) => caches.get(resourceclaimtemplates, `${namespace}/${name}`),
        owned: caches.by(claimsByPod, uid),
      };
    },
    plan: planPodClaims,
    conclude(seen, outcome) {
      counts.note(outcome);
      return concludePodClaims(seen, outcome);
    },
    counts: (caches) => counts.counts(caches),
  });
}

export const unusedResourceClaims = reconciler<ResourceV1ResourceClaim, SeenClaim>({
  name: "resourceclaim-cleaning",
  ...identity,
  of: resourceclaims,
  when: ({ type }) => type !== "deleted",
  also: [via(pods, claimKeysOfPod, ({ type, object }) => type === "deleted" || isDone(object))],
  async see(key, caches, looking) {
    const claim = caches.get(resourceclaims, key);
    if (!claim) return undefined;
    const released = new Set<string>();
    for (const user of claim.status?.reservedFor ?? [])
      if (await isReleased(claim, user, { caches, looking })) released.add(user.uid ?? "");
    const owner = controllerOf(claim);
    return { claim, released, owner: owner?.kind === "Pod" ? caches.get(pods, `${claim.metadata.namespace}/${owner.name}`) : undefined };
  },
  plan: planUnused,
  conclude: concludeUnused,
});

type User = NonNullable<NonNullable<ResourceV1ResourceClaim["status"]>["reservedFor"]>[number];

/** The scheduler may be ahead of the copies: who is not in them is asked for. Users that are no pods are left alone. */
async function isReleased(
  { metadata: { namespace } }: ResourceV1ResourceClaim,
  { apiGroup, resource, name = "", uid }: User,
  { caches, looking }: { caches: Caches; looking: Looking },
): Promise<boolean> {
  if (apiGroup || resource !== "pods") return false;
  const known = caches.get(pods, `${namespace}/${name}`);
  if (known) return known.metadata.uid !== uid || isDone(known);
  const pod = await orUndefined(looking.client.get(pods, { namespace: namespace!, name }));
  return pod?.metadata.uid !== uid;
}
