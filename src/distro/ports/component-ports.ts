/** Ports of the components that share the control plane's process: the controller manager's and the scheduler's, as upstream's. */
import { gitVersion } from "#apiserver/mod.ts";
import { type Clock, type Lifetime, type Log, messageOf } from "#base/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { type ComponentPortOptions, openComponentPort, processMetrics } from "#serve/mod.ts";

/** For the first cluster of a machine; the next ones' lie ten higher each. */
const ports = { controllers: 10257, scheduler: 10259 } as const;
const betweenClusters = 10;

const names = { controllers: "kube-controller-manager", scheduler: "kube-scheduler" } as const;

const settingsOf = (part: keyof typeof ports, LeaderElect: boolean) =>
  part === "controllers"
    ? { "kubecontrollermanager.config.k8s.io": { Generic: { Controllers: ["*"], LeaderElection: { LeaderElect } } } }
    : { "kubescheduler.config.k8s.io": { LeaderElection: { LeaderElect }, Profiles: [{ SchedulerName: "default-scheduler" }] } };

interface Given {
  cluster: Cluster;
  slot: number;
  /** Other control planes may be there. */
  leaderElect: boolean;
  serving: Pick<ComponentPortOptions, "cert" | "key" | "clientCa" | "renewals">;
  clock: Clock;
  log: Log;
  lifetime: Lifetime;
}

export const componentPort = (part: keyof typeof ports, slot: number): number => ports[part] + slot * betweenClusters;

/** A port that is taken is no reason to end: what it would tell, other ports tell too. */
export async function openComponentPorts({ cluster, slot, leaderElect, serving, clock, log, lifetime }: Given): Promise<void> {
  const startedMs = clock.now();
  for (const part of ["controllers", "scheduler"] as const) {
    const own = log.with({ component: part });
    try {
      const port = await openComponentPort({
        ...serving,
        name: names[part],
        version: gitVersion.replace(/^v|\+.*$/g, ""),
        address: "127.0.0.1",
        port: componentPort(part, slot),
        client: cluster.client,
        clock,
        log: own,
        health: [
          {
            name: part,
            check() {
              const problem = cluster.problemOf(part);
              if (problem) throw new Error(problem);
            },
          },
        ],
        metrics: () => [...processMetrics(startedMs), ...cluster.countsOf(part)],
        config: () => settingsOf(part, leaderElect),
      });
      lifetime.add(() => port.close());
    } catch (error) {
      own.warn("its port cannot be opened", { port: componentPort(part, slot), error: messageOf(error) });
    }
  }
}
