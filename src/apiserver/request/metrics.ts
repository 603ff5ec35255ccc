/** Counters of the request pipeline in Prometheus' text format: few, cheap, under upstream's names. */

import type { RequestInfo } from "../contract.ts";
import type { ResourceCache } from "../read/cache.ts";

export interface ServerMetrics {
  observe(info: RequestInfo, code: number, ms: number): void;
  text(): Promise<string>;
}

interface Series {
  labels: string;
  count: number;
  seconds: number;
}

/** Names come from the outside: more than this many different ones are counted together. */
const seriesLimit = 2000;

interface Looked {
  watches(): number;
  caches: ReadonlyMap<string, ResourceCache>;
  /** Lines of parts that count by themselves. */
  parts: readonly (() => string[])[];
}

export function createMetrics({ watches, caches, parts }: Looked): ServerMetrics {
  const series = new Map<string, Series>();
  return {
    observe({ verb, group, version, resource, subresource, isResource }, code, ms) {
      const id = isResource ? `${verb} ${group} ${version} ${resource} ${subresource} ${code}` : `${verb} - ${code}`;
      let one = series.get(id);
      if (!one) {
        if (series.size >= seriesLimit) return;
        const pairs = { code, group, resource, subresource, verb: verb.toUpperCase(), version };
        one = {
          labels: Object.entries(pairs)
            .map(([key, value]) => `${key}=${JSON.stringify(String(value))}`)
            .join(","),
          count: 0,
          seconds: 0,
        };
        series.set(id, one);
      }
      one.count++;
      one.seconds += ms / 1000;
    },
    async text() {
      const lines = ["# HELP apiserver_request_total Requests by verb, resource and code.", "# TYPE apiserver_request_total counter"];
      for (const { labels, count } of series.values()) lines.push(`apiserver_request_total{${labels}} ${count}`);
      lines.push("# HELP apiserver_request_duration_seconds Time spent on requests.", "# TYPE apiserver_request_duration_seconds summary");
      for (const { labels, count, seconds } of series.values()) {
        lines.push(
          `apiserver_request_duration_seconds_sum{${labels}} ${seconds}`,
          `apiserver_request_duration_seconds_count{${labels}} ${count}`,
        );
      }
      lines.push(
        "# HELP apiserver_longrunning_requests Open watches.",
        "# TYPE apiserver_longrunning_requests gauge",
        `apiserver_longrunning_requests ${watches()}`,
      );
      lines.push("# HELP apiserver_storage_objects Stored objects by resource.", "# TYPE apiserver_storage_objects gauge");
      for (const { definition, records } of caches.values())
        lines.push(
          `apiserver_storage_objects{resource="${definition.group ? `${definition.resource}.${definition.group}` : definition.resource}"} ${records.size}`,
        );
      for (const linesOf of parts) lines.push(...linesOf());
      const memory = process.memoryUsage();
      lines.push("# TYPE process_resident_memory_bytes gauge", `process_resident_memory_bytes ${memory.rss}`);
      return `${lines.join("\n")}\n`;
    },
  };
}
