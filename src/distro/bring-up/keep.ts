/** Who starts the supervisor again when it ends. */
import { stopProcess } from "#linux/mod.ts";
import { doNotStartAtBoot, hasUnit, isWithinUnit, startAtBoot, unitOf } from "../boot.ts";
import { ensureProcess, keeperOf } from "../processes.ts";
import type { Running } from "./wait.ts";

/** The keeper, of its own or as a unit of systemd. */
export async function keep({ place, cluster, clock, progress }: Running): Promise<void> {
  if (!cluster.boot) {
    await doNotStartAtBoot(cluster);
    await ensureProcess(keeperOf(place), clock);
    return;
  }
  // The one who called is the keeper that it would start.
  if (isWithinUnit()) return;
  const isNew = !hasUnit(cluster);
  if (isNew) await stopProcess(clock, keeperOf(place).pidFile);
  await progress.during("telling systemd", () => startAtBoot(place, cluster));
  if (isNew) progress.say(`the cluster starts with this machine: ${unitOf(cluster)}`);
}
