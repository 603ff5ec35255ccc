/** The plan, with a slot that no other cluster of this machine has; a new cluster is written down before the next one may look. */
import { type Clock, systemRandom } from "#base/mod.ts";
import { isRoot, uplink } from "#linux/mod.ts";
import { othersHere, takenSlots, withClaims, writeClaim } from "../claims.ts";
import { type ClusterConfig, plan, type Wishes, writeCluster } from "../cluster.ts";
import type { Place } from "../place.ts";

/** `shape`: what a cluster over several machines is besides. */
export function planHere(
  place: Place,
  before: ClusterConfig | undefined,
  wishes: Wishes,
  clock: Clock,
  shape: (cluster: ClusterConfig) => ClusterConfig = (cluster) => cluster,
): Promise<ClusterConfig> {
  return withClaims(clock, async () => {
    const others = othersHere(place);
    const holder = before && others.find((claim) => claim.slot === before.slot);
    if (holder)
      throw new Error(
        `cluster "${holder.cluster}" in ${holder.state} has the same bridge and address ranges (slot ${holder.slot}): stop and remove one of the two with spoke destroy`,
      );
    const taken = before ? new Set<number>() : await takenSlots(others, wishes.port);
    const nameTaken = others.some((claim) => claim.cluster === place.cluster);
    const wayOut = !before && wishes.uplink === undefined && isRoot() && (await uplink().catch(() => undefined)) !== undefined;
    const cluster = shape(plan(place.cluster, before, wishes, taken, { id: systemRandom.uuid(), nameTaken, wayOut }));
    if (!before) writeCluster(place, cluster);
    writeClaim(place, cluster.slot);
    return cluster;
  });
}
