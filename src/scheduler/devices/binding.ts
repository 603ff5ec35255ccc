/** Devices that have to be made ready after they were allocated: the driver says when, and a pod waits for that before it is bound. */
import type { ResourceV1ResourceClaim } from "#api/mod.ts";
import { conditionOf, timeOf } from "#client/mod.ts";

/** Upstream's patience with drivers. */
export const usualBindingTimeoutMs = 600_000;

const slowDevices = ({ status }: ResourceV1ResourceClaim) =>
  (status?.allocation?.devices?.results ?? []).filter((each) => each.bindingConditions?.length);

export const mustWait = (claim: ResourceV1ResourceClaim): boolean => slowDevices(claim).length > 0;

/** Throws when a driver says that it failed. */
export function isReadyToBind(claim: ResourceV1ResourceClaim): boolean {
  return slowDevices(claim).every(({ driver, pool, device, shareID, bindingConditions = [], bindingFailureConditions = [] }) => {
    const known = claim.status?.devices?.find(
      (each) => each.driver === driver && each.pool === pool && each.device === device && each.shareID === shareID,
    );
    if (!known) return false;
    for (const type of bindingFailureConditions) {
      const failed = conditionOf(known.conditions, type);
      if (failed?.status === "True")
        throw new Error(
          `device binding failed: claim=${claim.metadata.name}, reason=${failed.reason}, message=${JSON.stringify(failed.message ?? "")}`,
        );
    }
    return bindingConditions.every((type) => conditionOf(known.conditions, type)?.status === "True");
  });
}

/** It failed, or is not ready and had its time. */
export function isLost(claim: ResourceV1ResourceClaim, nowMs: number): boolean {
  try {
    const since = timeOf(claim.status?.allocation?.allocationTimestamp);
    return !isReadyToBind(claim) && since !== undefined && since + usualBindingTimeoutMs < nowMs;
  } catch {
    return true;
  }
}
