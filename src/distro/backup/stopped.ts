/** Under a cluster that runs nothing is put in the place of its objects. */
import type { ClusterConfig } from "../cluster.ts";
import type { Place } from "../place.ts";
import { keeperOf, processesOf, runningId, supervisorOf } from "../processes.ts";

export function refuseRunning(place: Place, cluster: ClusterConfig): void {
  const runs = [keeperOf(place), supervisorOf(place), ...processesOf(place, cluster)].filter((spec) => runningId(spec));
  if (runs.length > 0)
    throw new Error(`cluster "${cluster.name}" runs (${runs.map(({ name }) => name).join(", ")}): stop it first with spoke down`);
}
