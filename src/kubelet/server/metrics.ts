/** The kubelet's metrics under upstream's names. */
import { type Metric, processMetrics } from "#serve/mod.ts";
import { labels } from "../runtime/seen.ts";
import type { KubeletServerOptions } from "./source.ts";

type Source = Pick<KubeletServerOptions, "pods" | "seen" | "runtime" | "clock">;

export function kubeletMetrics({ pods, seen, clock }: Source): Metric[] {
  const all = pods().flatMap((pod) => seen(pod.metadata.uid ?? "") ?? []);
  const byState = (state: string) => all.flatMap((pod) => pod.containers).filter((container) => container.state === state).length;
  const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({ name, help, type: "gauge", samples });
  return [
    gauge("kubelet_running_pods", "Number of pods that have a running pod sandbox", [
      { value: all.filter((pod) => pod.sandboxes.some((sandbox) => sandbox.ready)).length },
    ]),
    gauge(
      "kubelet_running_containers",
      "Number of containers currently running",
      ["created", "exited", "running", "unknown"].map((state) => ({ labels: { container_state: state }, value: byState(state) })),
    ),
    gauge("kubelet_desired_pods", "The number of pods the kubelet is being instructed to run", [{ value: pods().length }]),
    ...processMetrics(clock.now() - process.uptime() * 1000),
  ];
}

/** `/metrics/resource`: what containers and pods use, with the time of each measurement. */
export async function resourceMetrics({ runtime, pods }: Source): Promise<Metric[]> {
  const known = new Set(pods().map((pod) => pod.metadata.uid));
  const cpu: Metric["samples"] = [];
  const memory: Metric["samples"] = [];
  const podCpu = new Map<string, Metric["samples"][number]>();
  const podMemory = new Map<string, Metric["samples"][number]>();
  for (const each of await runtime.containerStats()) {
    const own = each.attributes?.labels ?? {};
    if (!known.has(own[labels.podUid])) continue;
    const pod = { namespace: own[labels.podNamespace] ?? "", pod: own[labels.podName] ?? "" };
    const of = { container: own[labels.containerName] ?? "", ...pod };
    const add = (list: Metric["samples"], sums: typeof podCpu, value: number, timestamp: number | undefined) => {
      const atMs = (timestamp ?? 0) / 1e6;
      list.push({ labels: of, value, atMs });
      const key = `${pod.namespace}/${pod.pod}`;
      sums.set(key, { labels: pod, value: (sums.get(key)?.value ?? 0) + value, atMs });
    };
    add(cpu, podCpu, (each.cpu?.usageCoreNanoSeconds?.value ?? 0) / 1e9, each.cpu?.timestamp);
    add(memory, podMemory, each.memory?.workingSetBytes?.value ?? 0, each.memory?.timestamp);
  }
  const cpuHelp = (of: string) => `Cumulative cpu time consumed by the ${of} in core-seconds`;
  const memoryHelp = (of: string) => `Current working set of the ${of} in bytes`;
  return [
    { name: "container_cpu_usage_seconds_total", help: cpuHelp("container"), type: "counter", samples: cpu },
    { name: "container_memory_working_set_bytes", help: memoryHelp("container"), type: "gauge", samples: memory },
    { name: "pod_cpu_usage_seconds_total", help: cpuHelp("pod"), type: "counter", samples: [...podCpu.values()] },
    { name: "pod_memory_working_set_bytes", help: memoryHelp("pod"), type: "gauge", samples: [...podMemory.values()] },
    {
      name: "resource_scrape_error",
      help: "1 if there was an error while getting container metrics, 0 otherwise",
      type: "gauge",
      samples: [{ value: 0 }],
    },
  ];
}
