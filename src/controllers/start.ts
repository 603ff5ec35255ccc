/** Starts all controllers over one set of informers, each as its own service account. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { type Client, informers, runReconciler } from "#client/mod.ts";
import { all, type Settings } from "./all.ts";

export interface ControllersOptions extends Settings {
  /** Follows what there is: an identity that may list and watch everything. Nothing is written by it. */
  client: Client;
  /** The API as this service account of kube-system: each controller writes as its own. */
  as(account: string): Client;
  clock: Clock;
  random: Random;
  log: Log;
}

export interface Controllers {
  close(): Promise<void>;
}

export function startControllers(options: ControllersOptions): Controllers {
  const { client, as, clock, random, log } = options;
  const shared = informers(client, { clock, random, log });
  const reconcilers = Object.values(all).flatMap((entry) => (typeof entry === "function" ? (entry(options) ?? []) : entry));
  const running = reconcilers.map((each) => runReconciler(each, { informers: shared, client: as(each.account), clock, log }));
  return {
    async close() {
      await Promise.all(running.map((each) => each.close()));
      shared.close();
    },
  };
}
