/** Starts all controllers over one set of informers, each as its own service account. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { type Client, type Count, eventRecorder, informers, leading, runReconciler } from "#client/mod.ts";
import { all, type Settings } from "./all.ts";

export interface ControllersOptions extends Settings {
  /** Follows what there is: an identity that may list and watch everything. Nothing is written by it. */
  client: Client;
  /** The API as this service account of kube-system: each controller writes as its own. */
  as(account: string): Client;
  clock: Clock;
  random: Random;
  log: Log;
  /** Which of them run, by name; absent: all. */
  runs?(name: string): boolean;
  /** Keys under way at once, by controller; absent: its own number. */
  workers?: Readonly<Record<string, number>>;
  /** Where several processes run controllers: only the one that holds the lease acts. */
  leaderElection?: {
    /** Another for every process. */
    identity: string;
  };
}

/** Upstream's name of the lease, in kube-system, and of the source of its events. */
const leaseName = "kube-controller-manager";
/** Those that upstream has as a part of another. */
const wholeOf: Readonly<Record<string, string>> = {
  "job-orphans": "job-controller",
  "persistentvolume-binder-volumes": "persistentvolume-binder-controller",
  "resourceclaim-cleaning": "resourceclaim-controller",
  "stale-pod-disruption": "disruption-controller",
};
/** By upstream's names. */
export const controllerNames: readonly string[] = Object.keys(all).filter((name) => !Object.hasOwn(wholeOf, name));
/** The identity of the process: of controllers that upstream has no role for. */
const manager = "system:kube-controller-manager";

export interface Controllers {
  /** Of those that act in this process. */
  counts(): readonly Count[];
  close(): Promise<void>;
}

export function startControllers(options: ControllersOptions): Controllers {
  const { client, clock, random, log, leaderElection } = options;
  let acting: Controllers | undefined;
  const start = () => {
    const running = run(options);
    acting = running;
    return {
      close() {
        acting = undefined;
        return running.close();
      },
    };
  };
  const led = leading(
    start,
    leaderElection && {
      client,
      name: leaseName,
      identity: leaderElection.identity,
      clock,
      random,
      log,
      recorder: eventRecorder(client, { component: leaseName, clock, log }),
    },
  );
  return { counts: () => acting?.counts() ?? [], close: () => led.close() };
}

function run(options: ControllersOptions): Controllers {
  const { client, as, clock, random, log, runs = () => true, workers = {} } = options;
  const shared = informers(client, { clock, random, log });
  const wanted = Object.entries(all).filter(([name]) => runs(wholeOf[name] ?? name));
  const reconcilers = wanted.flatMap(([name, entry]) => {
    const each = typeof entry === "function" ? entry(options) : entry;
    const own = workers[wholeOf[name] ?? name];
    return each ? [own ? { ...each, workers: own } : each] : [];
  });
  const running = reconcilers.map((each) =>
    runReconciler(each, { informers: shared, client: each.account === manager ? client : as(each.account), clock, log }),
  );
  return {
    counts: () => running.flatMap((each) => each.counts()),
    async close() {
      await Promise.all(running.map((each) => each.close()));
      shared.close();
    },
  };
}
