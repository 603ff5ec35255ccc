/** `spoke upgrade`: what runs on this machine becomes the version that is installed here. */
import { existsSync } from "node:fs";
import { run } from "#linux/mod.ts";
import { hasUnit, isWithinUnit, systemdRuns, unitOf } from "../boot.ts";
import { commandOf, roleHere } from "../bring-up/bring-up.ts";
import { readCluster } from "../cluster.ts";
import { readOptions } from "../options.ts";
import { placeOf } from "../place.ts";
import { keeperOf, runningId, stoppedMark } from "../processes.ts";
import { versionHere, versionOf } from "./version.ts";

const usage = {
  name: "upgrade",
  about:
    "After another version was installed: what runs of the cluster on this machine starts again as that one, the control plane first; pods go on. A package of Debian does it by itself. Where there are several machines: first those with the API server, then the others. Not for going back: a store that a newer version has written may be refused.",
};

const reloadMs = 1_800_000;

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  const now = versionHere();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
  if (existsSync(stoppedMark(place)) || (!runningId(keeperOf(place)) && !hasUnit(cluster))) {
    print(`cluster "${cluster.name}" is stopped; it will start as ${now}`);
    return 0;
  }
  if (versionOf(place) === now) {
    print(`cluster "${cluster.name}" runs as ${now} already`);
    return 0;
  }
  if (hasUnit(cluster) && systemdRuns() && !isWithinUnit()) {
    await run(["systemctl", "reload-or-restart", unitOf(cluster)], { timeoutMs: reloadMs });
    print(`cluster "${cluster.name}" runs as ${now}`);
    return 0;
  }
  const bringUp = await commandOf[roleHere(cluster, undefined)]();
  return bringUp(["--name", cluster.name]);
}
