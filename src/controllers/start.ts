/** Starts all controllers over one set of informers, each as its own service account. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { type Client, elect, eventRecorder, informers, runReconciler } from "#client/mod.ts";
import { all, type Settings } from "./all.ts";

export interface ControllersOptions extends Settings {
  /** Follows what there is: an identity that may list and watch everything. Nothing is written by it. */
  client: Client;
  /** The API as this service account of kube-system: each controller writes as its own. */
  as(account: string): Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** Where several processes run controllers: only the one that holds the lease acts. */
  leaderElection?: {
    /** Another for every process. */
    identity: string;
  };
}

/** Upstream's name of the lease, in kube-system, and of the source of its events. */
const leaseName = "kube-controller-manager";
/** The identity of the process: of controllers that upstream has no role for. */
const manager = "system:kube-controller-manager";

export interface Controllers {
  close(): Promise<void>;
}

export function startControllers(options: ControllersOptions): Controllers {
  if (!options.leaderElection) return run(options);
  const { client, clock, random, log, leaderElection } = options;
  return elect({
    client,
    name: leaseName,
    identity: leaderElection.identity,
    clock,
    random,
    log,
    recorder: eventRecorder(client, { component: leaseName, clock, log }),
    async lead(signal) {
      const running = run(options);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await running.close();
    },
  });
}

function run(options: ControllersOptions): Controllers {
  const { client, as, clock, random, log } = options;
  const shared = informers(client, { clock, random, log });
  const reconcilers = Object.values(all).flatMap((entry) => (typeof entry === "function" ? (entry(options) ?? []) : entry));
  const running = reconcilers.map((each) =>
    runReconciler(each, { informers: shared, client: each.account === manager ? client : as(each.account), clock, log }),
  );
  return {
    async close() {
      await Promise.all(running.map((each) => each.close()));
      shared.close();
    },
  };
}
