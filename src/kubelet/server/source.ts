/** What the answers of the port are made from, and how a request's pod and container are found in it. */
import type { Pod } from "#api/mod.ts";
import type { Clock, Log } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { type HealthCheck, HttpError, type PortOptions } from "#serve/mod.ts";
import type { Observation } from "../eviction/judge.ts";
import type { MachineFacts } from "../metrics/cadvisor.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import { newestOf } from "../pod/containers.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import type { NodeLogSource } from "./node-logs.ts";
import type { PodDisks } from "./storage-usage.ts";
import type { Disks } from "./summary-storage.ts";
import type { UsageSource } from "./usage.ts";

export interface KubeletServerOptions extends Pick<PortOptions, "address" | "port" | "cert" | "key" | "clientCa" | "renewals"> {
  client: Client;
  runtime: Runtime;
  podLogs: string;
  nodeName: string;
  pods(): Pod[];
  seen(uid: string): SeenPod | undefined;
  health: readonly HealthCheck[];
  /** Where control groups are mounted, and which one the node is: absent, nothing is told of them. */
  cgroups?: UsageSource["cgroups"];
  /** What it counts of its own work. */
  metrics: NodeMetrics;
  /** What the machine tells for statistics; absent: it is left out of them. */
  machine?: MachineSource;
  /** Where containers that are written down lie; absent: none are. */
  checkpoints?: string;
  /** Absent: the node has no logs to show. */
  nodeLogs?: NodeLogSource;
  /** What this kubelet was told, as `/configz` shows it. */
  config: object;
  clock: Clock;
  log: Log;
}

export interface MachineSource {
  facts: MachineFacts;
  /** The file systems of the node and of images, and process numbers. */
  disks(): Promise<Disks & { pids: Observation | undefined }>;
  storage: PodDisks;
}

export function findPod(options: Pick<KubeletServerOptions, "pods" | "nodeName">, namespace: string, name: string): Pod {
  const pod = options.pods().find((each) => each.metadata.namespace === namespace && each.metadata.name === name);
  if (!pod) throw new HttpError(404, `pod does not exist: ${namespace}/${name} is not on node ${options.nodeName}`);
  return pod;
}

export function runningContainer(options: Pick<KubeletServerOptions, "seen">, pod: Pod, name: string): SeenContainer {
  const container = newestOf(options.seen(pod.metadata.uid ?? "")?.containers ?? [], name);
  if (!container) throw new HttpError(404, `container not found (${JSON.stringify(name)})`);
  if (container.state !== "running") throw new HttpError(500, `container ${name} in pod ${pod.metadata.name} is not running`);
  return container;
}
