/** `spoke install [up|server|agent]`: makes this machine what it is to be, and has systemd start it with the machine. */
import { unitText } from "../boot.ts";
import { commandOf, fileRole, roleHere } from "../bring-up/bring-up.ts";
import { readCluster } from "../cluster.ts";
import { HelpWanted } from "../options.ts";
import { placeOf } from "../place.ts";
import { type Role, roles } from "../roles/usages.ts";
import { clusterHere } from "../roles/yaml-file.ts";

const about = `Makes this machine a cluster (up), the first of several machines (server) or a node (agent), and has systemd start it with
the machine: the same as spoke up, server or agent with --boot. Without a word: what the machine is, or what its file says.

usage: spoke install [up | server | agent] [options of that command]
       spoke install --print [--name NAME]     only shows the unit; also where systemd does not run

spoke uninstall takes it back; the cluster stays.
`;

const isRole = (word: string | undefined): word is Role => word !== undefined && Object.hasOwn(roles, word);

export async function command(words: string[]): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) throw new HelpWanted(about);
  const [first, ...rest] = words;
  const role = isRole(first) ? first : undefined;
  const others = role ? rest : words;
  const name = nameIn(others) ?? clusterHere();
  const place = placeOf(name);
  if (words.includes("--print")) {
    const known = ["--print", "--name", `--name=${name}`, name];
    const extra = others.find((word) => !known.includes(word));
    if (extra !== undefined) throw new Error(`${extra}: --print takes --name and nothing else: what a cluster is to be is not in its unit`);
    process.stdout.write(unitText(place, readCluster(place) ?? { name }, process.env));
    return 0;
  }
  if (first !== undefined && !role && !first.startsWith("-"))
    throw new Error(`${JSON.stringify(first)}: there are ${Object.keys(roles).join(", ")} (see: spoke install --help)`);
  const run = await commandOf[role ?? roleHere(readCluster(place), fileRole())]();
  return run([...others, "--boot"]);
}

function nameIn(words: readonly string[]): string | undefined {
  const at = words.findIndex((word) => word === "--name" || word.startsWith("--name="));
  return at < 0 ? undefined : words[at] === "--name" ? words[at + 1] : words[at]!.slice("--name=".length);
}
