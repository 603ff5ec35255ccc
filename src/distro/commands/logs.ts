/** `spoke logs [PROCESS] [-f]`: what Spoke's own processes wrote. Pods' logs are kubectl's. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { readOptions, type Usage } from "../options.ts";
import { type Place, placeOf } from "../place.ts";
import { journalName, keeperOf, processesOf, supervisorOf, writesToJournal } from "../processes.ts";

const usage = {
  name: "logs",
  words: "[PROCESS]…",
  about: "Shows what Spoke's own processes wrote (all of them, or those named). Pods' logs are kubectl's.",
  options: {
    follow: { type: "boolean", short: "f", text: "go on with what they write from now on" },
    tail: { type: "string", value: "LINES", default: "50", text: "how many lines of each (of all together, from a journal)" },
  },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, usage);
  const place = placeOf(values.name);
  const cluster = readCluster(place);
  const journal = cluster && writesToJournal(cluster);
  const known = journal ? namesOf(place, cluster) : filesIn(place.logs);
  const asked = positionals.length > 0 ? positionals : known;
  const unknown = asked.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no log of ${unknown.join(", ")}; there are: ${known.join(", ") || "none"}`);
  if (asked.length === 0) throw new Error(`cluster "${values.name}" has written no logs here`);
  const argv = journal
    ? [
        "journalctl",
        "--quiet",
        "--no-pager",
        ...asked.map((name) => `--identifier=${journalName(cluster.name, name)}`),
        `--lines=${values.tail}`,
      ]
    : ["tail", "-n", values.tail, ...asked.map((name) => join(place.logs, `${name}.log`))];
  const follow = values.follow ? [journal ? "--follow" : "-F"] : [];
  return spawnSync(argv[0]!, [...argv.slice(1), ...follow], { stdio: "inherit" }).status ?? 1;
}

const namesOf = (place: Place, cluster: ClusterConfig): string[] =>
  [...processesOf(place, cluster), supervisorOf(place), keeperOf(place)].map(({ name }) => name).sort();

function filesIn(folder: string): string[] {
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".log")) : [];
  return all.map((file) => file.slice(0, -4)).sort();
}
