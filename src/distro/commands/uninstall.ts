/** `spoke uninstall`: systemd does not start the cluster any more; what runs goes on, and all state stays. */
import { systemClock } from "#base/mod.ts";
import { doNotStartAtBoot, unitOf } from "../boot.ts";
import { readCluster, writeCluster } from "../cluster.ts";
import { withLock } from "../lock.ts";
import { readOptions } from "../options.ts";
import { placeOf } from "../place.ts";
import { showProgress } from "../progress.ts";
import { refreshSupervisor } from "../supervisor.ts";

const usage = {
  name: "uninstall",
  about: "The cluster does not start with the machine any more. What runs goes on; spoke down stops it, spoke destroy removes it.",
};

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const { say } = showProgress(systemClock);
  return withLock(
    place,
    systemClock,
    async () => {
      const before = readCluster(place);
      if (!before) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
      const { boot, ...cluster } = before;
      await doNotStartAtBoot(cluster);
      if (boot) writeCluster(place, cluster);
      if (boot) await refreshSupervisor(place, systemClock);
      say(
        boot
          ? `the cluster does not start with this machine any more: ${unitOf(cluster)} is gone`
          : "the cluster did not start with this machine",
      );
      return 0;
    },
    say,
  );
}
