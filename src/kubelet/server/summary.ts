/** What pods and the node use, as `/stats/summary` tells it. */
import { freemem, loadavg, totalmem } from "node:os";
import type { Pod } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { ContainerStatsMessage, Runtime } from "../runtime/runtime.ts";
import { labels } from "../runtime/seen.ts";

interface SummaryInput {
  runtime: Runtime;
  nodeName: string;
  pods(): Pod[];
  clock: Clock;
}

export async function summaryOf({ runtime, nodeName, pods, clock }: SummaryInput): Promise<object> {
  const stats = await runtime.containerStats();
  const byPod = new Map<string, ContainerStatsMessage[]>();
  for (const each of stats) {
    const uid = each.attributes?.labels[labels.podUid] ?? "";
    byPod.set(uid, [...(byPod.get(uid) ?? []), each]);
  }
  const time = new Date(clock.now()).toISOString();
  return {
    node: {
      nodeName,
      memory: { time, availableBytes: freemem(), workingSetBytes: totalmem() - freemem() },
      cpu: { time, usageNanoCores: Math.round(loadavg()[0]! * 1e9) },
    },
    pods: pods().map((pod) => ({
      podRef: { name: pod.metadata.name, namespace: pod.metadata.namespace, uid: pod.metadata.uid },
      startTime: pod.status?.startTime,
      containers: (byPod.get(pod.metadata.uid ?? "") ?? []).map((each) => ({
        name: each.attributes?.metadata?.name,
        cpu: { time, usageCoreNanoSeconds: each.cpu?.usageCoreNanoSeconds?.value ?? 0 },
        memory: { time, workingSetBytes: each.memory?.workingSetBytes?.value ?? 0 },
      })),
    })),
  };
}
