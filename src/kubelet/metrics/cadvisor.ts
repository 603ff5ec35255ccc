/** `/metrics/cadvisor`: what the node, its pods and its containers use, under the names that dashboards know. The texts are pure. */
import { availableParallelism, totalmem } from "node:os";
import type { Pod } from "#api/mod.ts";
import type { Metric } from "#serve/mod.ts";
import type { CgroupTrees } from "../resources/cgroup-trees.ts";
import { cgroupParent } from "../resources/resources.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeenPod } from "../runtime/seen.ts";
import { type GroupDetail, groupDetail } from "./group-detail.ts";
import { type InterfaceCounts, interfacesOf } from "./interfaces.ts";

export interface Metered {
  labels: Record<string, string>;
  detail: GroupDetail | undefined;
  interfaces: readonly InterfaceCounts[];
  startedAtMs: number | undefined;
}

export interface CadvisorSource {
  trees: CgroupTrees;
  root: string;
  pods(): Pod[];
  seen(uid: string): SeenPod | undefined;
  runtime: Pick<Runtime, "sandboxPid">;
}

/** A process of each sandbox, by its id: it does not change as long as the sandbox is up. */
export class Sandboxes {
  readonly #runtime: Pick<Runtime, "sandboxPid">;
  #pids = new Map<string, number>();

  constructor(runtime: Pick<Runtime, "sandboxPid">) {
    this.#runtime = runtime;
  }

  /** Undefined for a pod on the node's own network, whose traffic is the node's. */
  async interfacesOf(pod: Pod, seen: SeenPod | undefined): Promise<InterfaceCounts[] | undefined> {
    const sandbox = seen?.sandboxes[0];
    if (!sandbox?.ready || pod.spec?.hostNetwork) return undefined;
    const pid = this.#pids.get(sandbox.id) ?? (await this.#runtime.sandboxPid(sandbox.id).catch(() => undefined));
    if (pid === undefined) return undefined;
    this.#pids.set(sandbox.id, pid);
    return interfacesOf(pid);
  }

  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#pids.keys()) if (!ids.has(id)) this.#pids.delete(id);
  }
}

export async function meter({ trees, root, pods, seen }: CadvisorSource, sandboxes: Sandboxes): Promise<Metered[]> {
  const base = root === "/" ? "" : root;
  const groups = ["/", ...(base ? [base] : []), `${base}/kubepods`, `${base}/kubepods/burstable`, `${base}/kubepods/besteffort`];
  const ofNode = await Promise.all(
    groups.map(
      async (id): Promise<Metered> => ({
        labels: { container: "", id, image: "", name: "", namespace: "", pod: "" },
        detail: await groupDetail(trees, id),
        interfaces: id === "/" ? await interfacesOf(undefined) : [],
        startedAtMs: undefined,
      }),
    ),
  );
  const all = pods();
  sandboxes.keep(new Set(all.flatMap((pod) => seen(pod.metadata.uid ?? "")?.sandboxes.map(({ id }) => id) ?? [])));
  const ofPods = await Promise.all(all.map((pod) => meterPod(pod, seen(pod.metadata.uid ?? ""), { trees, root }, sandboxes)));
  return [...ofNode, ...ofPods.flat()].filter(({ detail, interfaces }) => detail || interfaces.length > 0);
}

async function meterPod(
  pod: Pod,
  seen: SeenPod | undefined,
  { trees, root }: Pick<CadvisorSource, "trees" | "root">,
  sandboxes: Sandboxes,
): Promise<Metered[]> {
  const group = cgroupParent(root, pod);
  const of = { namespace: pod.metadata.namespace ?? "", pod: pod.metadata.name ?? "" };
  const started = Date.parse(pod.status?.startTime ?? "");
  const whole: Metered = {
    labels: { container: "", id: group, image: "", name: "", ...of },
    detail: await groupDetail(trees, group),
    interfaces: (await sandboxes.interfacesOf(pod, seen)) ?? [],
    startedAtMs: Number.isNaN(started) ? undefined : started,
  };
  const running = (seen?.containers ?? []).filter(({ state }) => state === "running");
  const containers = await Promise.all(
    running.map(async ({ id, name, image, startedAt }): Promise<Metered> => {
      const at = `${group}/${id}`;
      const detail = await groupDetail(trees, at);
      return { labels: { container: name, id: at, image, name: id, ...of }, detail, interfaces: [], startedAtMs: startedAt };
    }),
  );
  return [whole, ...containers];
}

type Value = (detail: GroupDetail) => number | undefined;

const ofGroups: readonly [name: string, type: Metric["type"], help: string, value: Value, more?: Record<string, string>][] = [
  ["container_cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed in seconds.", ({ cpu }) => cpu.total, { cpu: "total" }],
  ["container_cpu_user_seconds_total", "counter", "Cumulative user cpu time consumed in seconds.", ({ cpu }) => cpu.user],
  ["container_cpu_system_seconds_total", "counter", "Cumulative system cpu time consumed in seconds.", ({ cpu }) => cpu.system],
  ["container_memory_cache", "gauge", "Number of bytes of page cache memory.", ({ memory }) => memory.cache],
  ["container_memory_rss", "gauge", "Size of RSS in bytes.", ({ memory }) => memory.rss],
  ["container_memory_mapped_file", "gauge", "Size of memory mapped files in bytes.", ({ memory }) => memory.mapped],
  ["container_memory_swap", "gauge", "Container swap usage in bytes.", ({ memory }) => memory.swap],
  ["container_memory_failcnt", "counter", "Number of memory usage hits limits", ({ memory }) => memory.failures],
  [
    "container_memory_usage_bytes",
    "gauge",
    "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ({ memory }) => memory.usage,
  ],
  ["container_memory_max_usage_bytes", "gauge", "Maximum memory usage recorded in bytes", ({ memory }) => memory.most],
  ["container_memory_working_set_bytes", "gauge", "Current working set in bytes.", ({ memory }) => memory.workingSet],
  ["container_memory_total_active_file_bytes", "gauge", "Current total active file in bytes.", ({ memory }) => memory.activeFile],
  ["container_memory_total_inactive_file_bytes", "gauge", "Current total inactive file in bytes.", ({ memory }) => memory.inactiveFile],
  ["container_threads", "gauge", "Number of threads running inside the container", ({ threads }) => threads],
  ["container_spec_cpu_period", "gauge", "CPU period of the container.", ({ limits }) => limits.periodUs],
  ["container_spec_cpu_quota", "gauge", "CPU quota of the container.", ({ limits }) => limits.quotaUs],
  ["container_spec_cpu_shares", "gauge", "CPU share of the container.", ({ limits }) => limits.shares],
  ["container_spec_memory_limit_bytes", "gauge", "Memory limit for the container.", ({ limits }) => limits.memoryBytes],
];

/** Told only where CPU is limited: elsewhere nothing is ever held back. */
const ofQuotas: typeof ofGroups = [
  ["container_cpu_cfs_periods_total", "counter", "Number of elapsed enforcement period intervals.", ({ cpu }) => cpu.periods],
  ["container_cpu_cfs_throttled_periods_total", "counter", "Number of throttled period intervals.", ({ cpu }) => cpu.throttledPeriods],
  [
    "container_cpu_cfs_throttled_seconds_total",
    "counter",
    "Total time duration the container has been throttled.",
    ({ cpu }) => cpu.throttled,
  ],
];

const ofInterfaces: readonly [name: string, help: string, value: (counts: InterfaceCounts) => number][] = [
  ["container_network_receive_bytes_total", "Cumulative count of bytes received", ({ received }) => received.bytes],
  ["container_network_receive_packets_total", "Cumulative count of packets received", ({ received }) => received.packets],
  ["container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", ({ received }) => received.errors],
  [
    "container_network_receive_packets_dropped_total",
    "Cumulative count of packets dropped while receiving",
    ({ received }) => received.dropped,
  ],
  ["container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", ({ sent }) => sent.bytes],
  ["container_network_transmit_packets_total", "Cumulative count of packets transmitted", ({ sent }) => sent.packets],
  ["container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", ({ sent }) => sent.errors],
  [
    "container_network_transmit_packets_dropped_total",
    "Cumulative count of packets dropped while transmitting",
    ({ sent }) => sent.dropped,
  ],
];

export function cadvisorMetrics(all: readonly Metered[], atMs: number, machine: MachineFacts): Metric[] {
  const of = ([name, type, help, value, more = {}]: (typeof ofGroups)[number], some: readonly Metered[]): Metric => ({
    name,
    help,
    type,
    samples: some.flatMap(({ labels, detail }) => {
      const found = detail && value(detail);
      return found === undefined ? [] : [{ labels: { ...labels, ...more }, value: found, atMs }];
    }),
  });
  const limited = all.filter(({ detail }) => detail?.limits.quotaUs !== undefined);
  const metrics: Metric[] = [
    ...ofGroups.map((row) => of(row, all)),
    ...ofQuotas.map((row) => of(row, limited)),
    faults(all, atMs),
    {
      name: "container_start_time_seconds",
      help: "Start time of the container since unix epoch in seconds.",
      type: "gauge",
      samples: all.flatMap(({ labels, startedAtMs }) => (startedAtMs === undefined ? [] : [{ labels, value: startedAtMs / 1000, atMs }])),
    },
    {
      name: "container_last_seen",
      help: "Last time a container was seen by the exporter",
      type: "gauge",
      samples: all.map(({ labels }) => ({ labels, value: Math.trunc(atMs / 1000), atMs })),
    },
    ...ofInterfaces.map(
      ([name, help, value]): Metric => ({
        name,
        help,
        type: "counter",
        samples: all.flatMap(({ labels, interfaces }) =>
          interfaces.map((counts) => ({ labels: { ...labels, interface: counts.name }, value: value(counts), atMs })),
        ),
      }),
    ),
    ...ofMachine(machine),
  ];
  return metrics.filter(({ samples }) => samples.length > 0);
}

function faults(all: readonly Metered[], atMs: number): Metric {
  return {
    name: "container_memory_failures_total",
    help: "Cumulative count of memory allocation failures.",
    type: "counter",
    samples: all.flatMap(({ labels, detail }) =>
      detail
        ? (["pgfault", "pgmajfault"] as const).map((failure) => ({
            labels: { ...labels, failure_type: failure, scope: "hierarchy" },
            value: failure === "pgfault" ? detail.memory.pageFaults : detail.memory.majorPageFaults,
            atMs,
          }))
        : [],
    ),
  };
}

export interface MachineFacts {
  bootId: string;
  machineId: string;
  cores: number;
  memoryBytes: number;
}

export const machineFacts = (ids: Pick<MachineFacts, "bootId" | "machineId">): MachineFacts => ({
  ...ids,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
});

function ofMachine({ bootId, machineId, cores, memoryBytes }: MachineFacts): Metric[] {
  const labels = { boot_id: bootId, machine_id: machineId, system_uuid: machineId };
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: "gauge", samples: [{ labels, value }] });
  return [
    gauge("machine_cpu_cores", "Number of logical CPU cores.", cores),
    gauge("machine_memory_bytes", "Amount of memory installed on the machine.", memoryBytes),
    {
      name: "machine_scrape_error",
      help: "1 if there was an error while getting machine metrics, 0 otherwise.",
      type: "gauge",
      samples: [{ value: 0 }],
    },
    {
      name: "container_scrape_error",
      help: "1 if there was an error while getting container metrics, 0 otherwise",
      type: "gauge",
      samples: [{ value: 0 }],
    },
  ];
}
