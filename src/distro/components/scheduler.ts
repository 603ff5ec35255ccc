/** The scheduler alone, in the place of upstream's kube-scheduler: its command line, and what follows from it. */
import { type Log, systemClock, systemRandom } from "#base/mod.ts";
import { eventRecorder } from "#client/mod.ts";
import type { FlagTable, FlagValues } from "#codec/mod.ts";
import { parseGoDuration } from "#codec/mod.ts";
import { readSchedulerConfiguration, type SchedulerSettings, startScheduler, usualLongestWaitMs } from "#scheduler/mod.ts";
import type { Dialect } from "./command-line.ts";
import { commonFixed, commonFlags, commonIdle, commonRefused } from "./common-flags.ts";
import { type CommonFlags, runPart, shownElection } from "./part.ts";
import { readNamed } from "./serving-certificate.ts";

const port = 10_259;
const table = {
  ...commonFlags(port, "kube-scheduler"),
  config: ["file", undefined],
  "pod-max-in-unschedulable-pods-duration": ["durationMs", usualLongestWaitMs],
} as const satisfies FlagTable;
type SchedulerFlags = FlagValues<typeof table>;

export const schedulerDialect: Dialect<typeof table> = {
  name: "scheduler",
  about: "The scheduler alone, in the place of upstream's kube-scheduler.",
  table,
  fixed: commonFixed,
  idle: commonIdle,
  refused: {
    ...commonRefused,
    "write-config-to": "it is not obeyed yet",
  },
};

export async function runScheduler(flags: SchedulerFlags, { log, signal }: { log: Log; signal: AbortSignal }): Promise<void> {
  const { config } = flags;
  const settings = config ? readSchedulerConfiguration(readNamed("config", config), { alone: true }) : undefined;
  const all = withFile(flags, settings?.process);
  let synced: boolean | undefined;
  await runPart(
    all,
    {
      name: "kube-scheduler",
      component: "default-scheduler",
      start({ client }) {
        const recorder = eventRecorder(client, { component: "default-scheduler", clock: systemClock, log });
        synced = false;
        const running = startScheduler({
          client,
          recorder,
          clock: systemClock,
          random: systemRandom,
          log,
          longestWaitMs: flags["pod-max-in-unschedulable-pods-duration"],
          ...(settings ? { settings } : {}),
        });
        void running.ready.then(() => {
          synced = true;
        });
        return {
          close() {
            synced = undefined;
            return running.close();
          },
        };
      },
      // One that stands by looks at nothing.
      ready: [
        {
          name: "sched-handler-sync",
          check() {
            if (synced === false) throw new Error("its first picture of the cluster is not complete");
          },
        },
      ],
      config: () => shown(all, settings),
    },
    { log, signal },
  );
}

/** As upstream: with a file, its kubeconfig counts and the flag's does not; of the lease, flags that were said come first. */
function withFile(flags: SchedulerFlags, file: SchedulerSettings["process"]): CommonFlags {
  if (!file) return flags;
  const lease = file.leaderElection ?? {};
  const said = (name: keyof SchedulerFlags) => flags.given.has(name as never);
  const duration = (name: "leader-elect-lease-duration" | "leader-elect-renew-deadline" | "leader-elect-retry-period", text?: string) =>
    said(name) || !text ? flags[name] : (parseGoDuration(text) ?? flags[name]);
  return {
    ...flags,
    kubeconfig: file.clientConnection?.kubeconfig ?? "",
    "leader-elect": said("leader-elect") ? flags["leader-elect"] : (lease.leaderElect ?? true),
    "leader-elect-lease-duration": duration("leader-elect-lease-duration", lease.leaseDuration),
    "leader-elect-renew-deadline": duration("leader-elect-renew-deadline", lease.renewDeadline),
    "leader-elect-retry-period": duration("leader-elect-retry-period", lease.retryPeriod),
    "leader-elect-resource-name": said("leader-elect-resource-name")
      ? flags["leader-elect-resource-name"]
      : lease.resourceName || flags["leader-elect-resource-name"],
    "leader-elect-resource-namespace": said("leader-elect-resource-namespace")
      ? flags["leader-elect-resource-namespace"]
      : lease.resourceNamespace || flags["leader-elect-resource-namespace"],
  };
}

const shown = (flags: CommonFlags, settings: SchedulerSettings | undefined) => ({
  componentconfig: {
    kind: "KubeSchedulerConfiguration",
    apiVersion: "kubescheduler.config.k8s.io/v1",
    leaderElection: shownElection(flags),
    clientConnection: { kubeconfig: flags.kubeconfig, contentType: "application/json" },
    podInitialBackoffSeconds: (settings?.initialBackoffMs ?? 1000) / 1000,
    podMaxBackoffSeconds: (settings?.mostBackoffMs ?? 10_000) / 1000,
    profiles: (settings?.profiles ?? [{ schedulerName: "default-scheduler" }]).map(({ schedulerName }) => ({ schedulerName })),
  },
});
