/** The kernel remembers where a UDP flow went: when an endpoint leaves, or the first one comes, what it remembers is wrong. */
import { type Family, type Log, messageOf } from "#base/mod.ts";
import { type ServiceEntry, type ServiceTable, textOf } from "./service-table.ts";

type Run = (command: string, args: readonly string[]) => Promise<unknown>;

interface Cutting {
  family: Family;
  run: Run;
  log: Log;
}

/** Removes remembered UDP flows to endpoints that are gone and to Services that had none. */
export async function cutStaleFlows(before: ServiceTable, now: ServiceTable, { family, run, log }: Cutting): Promise<void> {
  for (const args of staleFlows(before, now, family)) {
    try {
      await run("conntrack", args);
    } catch (error) {
      // The tool fails when there was nothing to delete.
      if (!messageOf(error).includes("0 flow entries")) log.debug("proxy: flows not removed", { error: messageOf(error) });
    }
  }
}

/** The tool's arguments, one list for each removal. */
export function staleFlows(before: ServiceTable, now: ServiceTable, family: Family = "IPv4"): string[][] {
  const of = family === "IPv6" ? ["-f", "ipv6"] : [];
  const commands: string[][] = [];
  const current = new Map(now.entries.map((entry) => [entry.key, entry]));
  for (const old of before.entries) {
    if (old.protocol !== "udp") continue;
    const next = current.get(old.key);
    const kept = next && allTargets(next);
    for (const [text, { ip }] of allTargets(old)) {
      if (kept?.has(text)) continue;
      for (const address of addresses(old)) commands.push(["-D", ...of, "-p", "udp", "--orig-dst", address, "--dst-nat", ip]);
      if (old.nodePort !== undefined) commands.push(["-D", ...of, "-p", "udp", "--dport", String(old.nodePort), "--dst-nat", ip]);
    }
  }
  const had = new Map(before.entries.map((entry) => [entry.key, entry]));
  for (const entry of now.entries) {
    if (entry.protocol !== "udp" || allTargets(entry).size === 0) continue;
    const old = had.get(entry.key);
    if (old && allTargets(old).size > 0) continue;
    for (const address of addresses(entry)) commands.push(["-D", ...of, "-p", "udp", "--orig-dst", address]);
    if (entry.nodePort !== undefined) commands.push(["-D", ...of, "-p", "udp", "--dport", String(entry.nodePort)]);
  }
  return commands;
}

const addresses = (entry: ServiceEntry) => [...entry.clusterIps, ...entry.externalIps];
/** By what they are written as. */
const allTargets = ({ targets, externalTargets }: ServiceEntry) =>
  new Map([...targets, ...externalTargets].map((target) => [textOf(target), target]));
