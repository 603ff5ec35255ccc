/** `spoke run control-plane | agent | dns | ingress | registry | supervisor | revive | bring-up | renew`: the processes that `up` and the supervisor start; not for people. */
import { createLog, type Log, systemClock } from "#base/mod.ts";
import { isWithinUnit } from "../boot.ts";
import { readCluster } from "../cluster.ts";
import { readOptions } from "../options.ts";
import { type Place, placeOf } from "../place.ts";

export interface ProcessContext {
  place: Place;
  log: Log;
  /** Aborts when this process is asked to end. */
  signal: AbortSignal;
}

export async function command(words: string[]): Promise<number> {
  const { values, positionals } = readOptions(words, {
    name: "run",
    words: "control-plane | agent | dns | ingress | registry | supervisor | revive | bring-up | renew",
    mostWords: 1,
    about: "One of the processes that up and the supervisor start; not for people.",
    options: { node: { type: "string", value: "NODE", text: "of which node, for agent and dns" } },
  });
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort());
  const place = placeOf(values.name);
  const log = createLog({ level: process.env.SPOKE_DEBUG ? "debug" : "info" });
  process.on("uncaughtException", (error) => {
    log.error("this process ends: an error that nobody expected", { error: error.stack ?? String(error) });
    process.exit(70);
  });
  process.on("unhandledRejection", (reason) => {
    log.error("this process ends: a rejection that nobody expected", { error: reason instanceof Error ? reason.stack : String(reason) });
    process.exit(70);
  });
  const cluster = readCluster(place);
  if (positionals[0] === "bring-up" || (positionals[0] === "revive" && !cluster && isWithinUnit()))
    return (await import("../bring-up/bring-up.ts")).bringUp(place);
  if (!cluster) throw new Error(`there is no cluster "${values.name}" in ${place.state}`);
  const context = { place, log, signal: stop.signal };
  switch (positionals[0]) {
    case "supervisor":
      await (await import("../supervisor.ts")).runSupervisor({ ...context, clock: systemClock });
      return 0;
    case "control-plane":
      await (await import("../control-plane.ts")).runControlPlane(context, cluster);
      return 0;
    case "ingress":
      await (await import("../ingress.ts")).runIngress(context, cluster);
      return 0;
    case "registry":
      await (await import("../registry/process.ts")).runRegistry(context, cluster);
      return 0;
    case "revive":
      await (await import("../supervisor.ts")).revive(place, cluster, systemClock);
      return 0;
    case "renew": {
      const renewed = await (await import("../renewal/renew.ts")).renewDue(place, cluster, systemClock);
      if (renewed.length > 0) process.stdout.write(`renewed: ${renewed.join(", ")}\n`);
      return 0;
    }
    case "agent":
    case "dns": {
      const node = cluster.nodes.find((candidate) => candidate.name === values.node);
      if (!node) throw new Error(`cluster "${cluster.name}" has no node ${JSON.stringify(values.node)}`);
      if (positionals[0] === "dns") await (await import("../dns/dns-process.ts")).runDns(context, cluster, node);
      else await (await import("../agent.ts")).runAgent(context, cluster, node);
      return 0;
    }
    default:
      throw new Error(
        "usage: spoke run control-plane | agent --node NAME | dns --node NAME | ingress | registry | supervisor | revive | bring-up | renew",
      );
  }
}
