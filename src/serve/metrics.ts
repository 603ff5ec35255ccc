/** Metrics in Prometheus' text format, from values that are read when they are asked for. Pure. */

export interface Metric {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  samples: {
    labels?: Record<string, string>;
    value: number;
    /** Milliseconds since 1970. */
    atMs?: number;
    /** Of a histogram: `_bucket`, `_sum` or `_count`. */
    suffix?: string;
  }[];
}

export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(
        ({ labels = {}, value, atMs, suffix = "" }) =>
          `${name}${suffix}${labelsText(labels)} ${value}${atMs === undefined ? "" : ` ${Math.trunc(atMs)}`}`,
      ),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

function labelsText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}="${value.replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`))}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

/** What every process tells of itself. */
export function processMetrics(startedAtMs: number): Metric[] {
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: "gauge", samples: [{ value }] });
  return [
    {
      name: "process_cpu_seconds_total",
      help: "Total user and system CPU time spent in seconds.",
      type: "counter",
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge("process_resident_memory_bytes", "Resident memory size in bytes.", process.memoryUsage.rss()),
    gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", startedAtMs / 1000),
  ];
}
