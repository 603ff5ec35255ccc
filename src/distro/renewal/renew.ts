/** Renews what is about to run out, while the cluster runs: the supervisor has it done now and then; who uses the files reads them again. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Clock } from "#base/mod.ts";
import { ensureCertificates, type Pem, readPem } from "../certificates.ts";
import type { ClusterConfig } from "../cluster.ts";
import { ensureCredentials } from "../join/credentials.ts";
import { knownKubeconfigs } from "../kubeconfig/record.ts";
import { withLock } from "../lock.ts";
import type { Place } from "../place.ts";

/** Names of the files that are new. */
export function renewDue(place: Place, cluster: ClusterConfig, clock: Clock): Promise<string[]> {
  return withLock(place, clock, async () => {
    const server = cluster.machine?.server;
    if (server !== undefined) return ensureCredentials({ place, cluster, node: cluster.nodes[0]!, server, clock });
    const before = readPem(place, "admin");
    const renewed = await ensureCertificates(place, cluster, clock);
    if (renewed.includes("admin")) enterAnew(knownKubeconfigs(place), before, readPem(place, "admin"));
    return renewed;
  });
}

/** Whoever is the administrator in these files stays it; nothing else in them is touched. */
export function enterAnew(kubeconfigs: readonly string[], before: Pem, now: Pem): void {
  const coded = (text: string) => Buffer.from(text).toString("base64");
  for (const file of kubeconfigs) {
    if (!existsSync(file)) continue;
    const text = readFileSync(file, "utf8");
    const renewed = text.replaceAll(coded(before.cert), coded(now.cert)).replaceAll(coded(before.key), coded(now.key));
    if (renewed !== text) writeFileSync(file, renewed);
  }
}
