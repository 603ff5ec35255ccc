/** `spoke trust`: browsers and programs of this machine show no warning for Ingresses; `--remove` takes it back. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isRoot, run } from "#linux/mod.ts";
import { ingressCa } from "../certificates.ts";
import { readCluster } from "../cluster.ts";
import { readOptions, type Usage } from "../options.ts";
import { placeOf } from "../place.ts";
import { distrust, namesIn, type Store, storesOf, trust } from "./trust-stores.ts";

const usage = {
  name: "trust",
  about:
    "Puts the CA that signs certificates of Ingresses into the system's store and into those of Chromium and Firefox, so that they show no warning. It signs nothing else of the cluster.",
  options: { remove: { type: "boolean", text: "take it out of all of them" } },
} satisfies Usage;

export async function command(words: string[]): Promise<number> {
  const { values } = readOptions(words, usage);
  const place = placeOf(values.name);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  if (values.remove) {
    const said = await distrust(storesHere(values.name), values.name, run);
    for (const line of said) say(line);
    if (said.length === 0) say(`nobody here believes certificates of "${values.name}"`);
    return 0;
  }
  if (!readCluster(place)) throw new Error(`there is no cluster "${values.name}" in ${place.state}: start it with spoke up`);
  const certificate = join(place.pki, `${ingressCa}.crt`);
  if (!existsSync(certificate)) throw new Error("the cluster has no CA for Ingresses yet: run spoke up once more");
  const stores = storesHere(values.name);
  for (const line of await trust(stores, { cluster: values.name, certificate }, run)) say(line);
  if (!stores.some(({ kind }) => kind === "system"))
    say("the system's store is root's: for curl and others run it as root, or give them the file");
  if (!stores.some(({ kind }) => kind === "database")) say("no browser's database was found: start the browser once, and run this again");
  say(`the certificate: ${certificate}`);
  return 0;
}

/** Also asked by destroy: nothing believes a CA that is gone. */
export function storesHere(cluster: string): Store[] {
  return storesOf({ exists: existsSync, list: namesIn, homes: homes(), isRoot: isRoot() }, cluster);
}

/** Of who runs this, and of who became root to do so. */
function homes(): string[] {
  const user = process.env.SUDO_USER;
  const line =
    user && existsSync("/etc/passwd")
      ? readFileSync("/etc/passwd", "utf8")
          .split("\n")
          .find((each) => each.startsWith(`${user}:`))
      : undefined;
  const other = line?.split(":")[5];
  return [...new Set([homedir(), ...(other ? [other] : [])])];
}
