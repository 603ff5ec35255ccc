/** Evicts pods from devices whose taints their claims do not tolerate, or no longer. */
import { type Device, type Pod, pods, type ResourceSlice, resourceclaims, resourceslices } from "#api/mod.ts";
import { type Caches, claimNameOf, index, isControlledBy, isReservedFor, keyOf, type Reconciler, reconciler, via } from "#client/mod.ts";
import { podsByResourceClaim } from "../pods.ts";
import { claimEvictionTime, planDeviceEviction, type SeenPod } from "./plan.ts";

const poolOf = ({ spec }: ResourceSlice) => `${spec?.driver}/${spec?.pool?.name}`;
const slicesByPool = index(resourceslices, (slice) => [poolOf(slice)]);
const claimsByPool = index(resourceclaims, ({ status }) => [
  ...new Set((status?.allocation?.devices?.results ?? []).map(({ driver, pool }) => `${driver}/${pool}`)),
]);

export function deviceTaintEviction(): Reconciler {
  /** Keys of pods that are to go, and when. */
  const toGo = new Map<string, number>();
  return reconciler<Pod, SeenPod>({
    name: "device-taint-eviction-controller",
    workers: 8,
    of: pods,
    when: ({ type, object, old }) =>
      (object.spec?.resourceClaims?.length ?? 0) > 0 &&
      (type !== "updated" ||
        old?.spec?.nodeName !== object.spec?.nodeName ||
        old?.status?.resourceClaimStatuses !== object.status?.resourceClaimStatuses),
    also: [
      via(resourceclaims, (claim, caches) => caches.by(podsByResourceClaim, keyOf(claim)).map(keyOf)),
      via(resourceslices, (slice, caches) =>
        caches.by(claimsByPool, poolOf(slice)).flatMap((claim) => caches.by(podsByResourceClaim, keyOf(claim)).map(keyOf)),
      ),
    ],
    see(key, caches, { clock }) {
      const pod = caches.get(pods, key);
      const wasToGo = toGo.has(key);
      const at = pod && evictionTime(pod, caches, clock.now());
      if (at === undefined) toGo.delete(key);
      else toGo.set(key, at);
      if (!pod || (at === undefined && !wasToGo) || pod.metadata.deletionTimestamp) return undefined;
      return { pod, evictAt: at, wasToGo };
    },
    plan: planDeviceEviction,
  });
}

function evictionTime(pod: Pod, caches: Caches, nowMs: number): number | undefined {
  if (!pod.spec?.nodeName) return undefined;
  const times: number[] = [];
  for (const podClaim of pod.spec.resourceClaims ?? []) {
    const name = claimNameOf(pod, podClaim);
    const claim = name ? caches.get(resourceclaims, `${pod.metadata.namespace}/${name}`) : undefined;
    if (!claim || !isReservedFor(claim, pod)) continue;
    if (podClaim.resourceClaimName === undefined && !isControlledBy(claim, pod)) continue;
    const at = claimEvictionTime(
      claim,
      ({ driver, pool, device }) => deviceIn(caches.by(slicesByPool, `${driver}/${pool}`), device),
      nowMs,
    );
    if (at !== undefined) times.push(at);
  }
  return times.length > 0 ? Math.min(...times) : undefined;
}

/** As the pool is in its newest state. */
function deviceIn(slices: readonly ResourceSlice[], name: string | undefined): Device | undefined {
  const newest = Math.max(...slices.map(generationOf));
  return slices
    .filter((slice) => generationOf(slice) === newest)
    .flatMap(({ spec }) => spec?.devices ?? [])
    .find((device) => device.name === name);
}

const generationOf = ({ spec }: ResourceSlice) => Number(spec?.pool?.generation ?? 0);
