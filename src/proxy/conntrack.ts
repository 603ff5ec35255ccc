/** The kernel remembers where a UDP flow went: when an endpoint leaves, or the first one comes, what it remembers is wrong. */
import { type Log, messageOf } from "#base/mod.ts";
import type { ServiceEntry, ServiceTable } from "./service-table.ts";

type Run = (command: string, args: readonly string[]) => Promise<unknown>;

/** Removes remembered UDP flows to endpoints that are gone and to Services that had none. */
export async function cutStaleFlows(before: ServiceTable, now: ServiceTable, run: Run, log: Log): Promise<void> {
  for (const args of staleFlows(before, now)) {
    try {
      await run("conntrack", args);
    } catch (error) {
      // The tool fails when there was nothing to delete.
      if (!messageOf(error).includes("0 flow entries")) log.debug("proxy: flows not removed", { error: messageOf(error) });
    }
  }
}

/** The tool's arguments, one list for each removal. */
export function staleFlows(before: ServiceTable, now: ServiceTable): string[][] {
  const commands: string[][] = [];
  const current = new Map(now.entries.map((entry) => [entry.key, entry]));
  for (const old of before.entries) {
    if (old.protocol !== "udp") continue;
    const next = current.get(old.key);
    const kept = new Set(next ? allTargets(next) : []);
    for (const target of allTargets(old)) {
      if (kept.has(target)) continue;
      const ip = target.slice(0, target.lastIndexOf(":"));
      for (const address of addresses(old)) commands.push(["-D", "-p", "udp", "--orig-dst", address, "--dst-nat", ip]);
      if (old.nodePort !== undefined) commands.push(["-D", "-p", "udp", "--dport", String(old.nodePort), "--dst-nat", ip]);
    }
  }
  const had = new Map(before.entries.map((entry) => [entry.key, entry]));
  for (const entry of now.entries) {
    if (entry.protocol !== "udp" || allTargets(entry).length === 0) continue;
    const old = had.get(entry.key);
    if (old && allTargets(old).length > 0) continue;
    for (const address of addresses(entry)) commands.push(["-D", "-p", "udp", "--orig-dst", address]);
    if (entry.nodePort !== undefined) commands.push(["-D", "-p", "udp", "--dport", String(entry.nodePort)]);
  }
  return commands;
}

const addresses = (entry: ServiceEntry) => [...entry.clusterIps, ...entry.externalIps];
const allTargets = (entry: ServiceEntry) => [
  ...new Set([...entry.targets, ...entry.externalTargets].map(({ ip, port }) => `${ip}:${port}`)),
];
