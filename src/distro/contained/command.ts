/** `spoke contained up | server | agent`: what the first process of a container of Spoke itself has done; not for people. */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/mod.ts";
import { commandOf } from "../bring-up/bring-up.ts";
import { nodeIdentity, readPem } from "../certificates.ts";
import { type ClusterConfig, readCluster } from "../cluster.ts";
import { addressHere, addressTowards } from "../machines/this-machine.ts";
import { type Place, placeOf } from "../place.ts";
import { type Role, roles } from "../roles/usages.ts";
import { clusterHere } from "../roles/yaml-file.ts";
import { settle } from "./settle.ts";
import { wordsNow } from "./words.ts";

export async function command([role, ...words]: string[]): Promise<number> {
  if (role === undefined || !isRole(role)) throw new Error(`usage: spoke contained ${Object.keys(roles).join(" | ")} [options]`);
  if (process.env.SPOKE_CONTAINED !== "1")
    throw new Error(`this is for containers of Spoke itself, and changes mounts: on a machine it is spoke ${role}`);
  const place = placeOf(clusterHere());
  if (!words.includes("--help") && !words.includes("-h")) await settle();
  const cluster = readCluster(place);
  const isMember = holdsIdentity(place, cluster);
  if (isMember) delete process.env.SPOKE_TOKEN;
  const addresses = Object.values(networkInterfaces()).flatMap(
    (all) => all?.flatMap(({ address, family }) => (family === "IPv4" ? address : [])) ?? [],
  );
  const run = await commandOf[role]();
  return run(wordsNow(role, words, { cluster, isMember, addresses, usual: await usualAddress(cluster) }));
}

const isRole = (word: string): word is Role => Object.hasOwn(roles, word);

/** The former one is another machine's by now, where a network gave this container a new one. */
async function usualAddress(cluster: ClusterConfig | undefined): Promise<string | undefined> {
  if (!cluster?.machine) return undefined;
  return cluster.machine.server ? addressTowards(cluster.machine.server) : addressHere(undefined);
}

function holdsIdentity(place: Place, cluster: ClusterConfig | undefined): boolean {
  const node = cluster?.machine?.server && cluster.nodes[0];
  const file = node ? nodeIdentity(node.name).file : "";
  if (!node || !existsSync(join(place.pki, `${file}.crt`))) return false;
  return new X509Certificate(readPem(place, file).cert).validToDate.getTime() > systemClock.now();
}
