/** Tells containerd of every node where the registry is: a folder for each name, in the folder that it reads at each pull. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterConfig } from "../cluster.ts";
import { registriesFolder } from "../containerd.ts";
import type { Place } from "../place.ts";
import { registryHost } from "./config.ts";
import { registryUrls, serviceNames, servicePort } from "./places.ts";

const mark = "# Made by spoke up: changes are lost. Without this line the file is yours.\n";

/** Texts of `hosts.toml` by the name of the registry that they are for. */
export function hostsFiles(cluster: ClusterConfig): Map<string, string> {
  const [url] = registryUrls(cluster);
  if (!url || !cluster.registry) return new Map();
  const names = [registryHost(cluster.registry), ...serviceNames.map((name) => `${name}:${servicePort}`)];
  // What is not the name that it goes by, containerd says in its question (`ns`); where there is no copy it asks the registry itself.
  const copied = (cluster.registry.mirrors ?? []).map(({ host, url: origin }) => [host, origin] as const);
  const own = names.map((name) => [name, url] as const);
  return new Map(
    [...own, ...copied].map(([name, server]) => [
      name,
      `${mark}server = "${server}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`,
    ]),
  );
}

/** Writes and takes away what is ours; resolves with the names for which somebody else said something. */
export function writeHosts(place: Place, cluster: ClusterConfig): string[] {
  const folder = registriesFolder(place);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const wanted = hostsFiles(cluster);
  for (const name of readdirSync(folder))
    if (!wanted.has(name) && isOurs(fileOf(folder, name))) rmSync(join(folder, name), { recursive: true });
  const theirs: string[] = [];
  for (const [name, text] of wanted) {
    const file = fileOf(folder, name);
    if (existsSync(file) && !isOurs(file)) {
      theirs.push(name);
      continue;
    }
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }
  return theirs;
}

const fileOf = (folder: string, name: string): string => join(folder, name, "hosts.toml");
const isOurs = (file: string): boolean => existsSync(file) && readFileSync(file, "utf8").startsWith(mark);
