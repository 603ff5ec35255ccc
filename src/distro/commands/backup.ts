/** `spoke backup FILE`: all that a cluster remembers, in one file, while it runs. */
import { existsSync } from "node:fs";
import { systemClock } from "#base/mod.ts";
import { writeBackup } from "../backup/archive.ts";
import { readCluster } from "../cluster.ts";
import { hasControlPlane } from "../machines/seat.ts";
import { readOptions, type Usage } from "../options.ts";
import { placeOf } from "../place.ts";

const usage = {
  name: "backup",
  words: "FILE",
  mostWords: 1,
  about:
    "Writes all that the cluster remembers into one file: every object as it is at one moment, and the keys. The cluster may run. Images and the data of volumes are not in it. Whoever has the file has the cluster.",
  options: { force: { type: "boolean", text: "in place of a file that is there" } },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const [file] = positionals;
  if (file === undefined) throw new Error("where to? spoke backup FILE");
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
  if (!hasControlPlane(cluster)) throw new Error(`this machine is a node only: the store is on the server, ${cluster.machine?.server}`);
  if (existsSync(file) && !values.force) throw new Error(`${file} is there already: say another name, or --force`);
  const { revision, at } = await writeBackup(place, cluster, file, systemClock);
  process.stdout.write(`${file}: cluster "${cluster.name}" as of ${at}, version ${revision}\n`);
  return 0;
}
