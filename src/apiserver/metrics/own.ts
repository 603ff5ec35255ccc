/** What the server tells of itself beside its requests: what it keeps, who waits for a seat, what it is. */
import { readdirSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import type { APIService } from "#api/mod.ts";
import { type ResourceCache, ringLimit } from "../read/cache.ts";
import type { Fairness } from "../request/fairness/fairness.ts";
import { featureGates } from "../settings/feature-gates.ts";
import { family, histogramFamily, type Labels } from "./series.ts";

export function storageLines(caches: Iterable<ResourceCache>): string[] {
  const all = [...caches];
  const about = ({ definition: { group, resource } }: ResourceCache): Labels => ({ group, resource });
  const whole = ({ definition: { group, resource } }: ResourceCache): Labels => ({ resource: group ? `${resource}.${group}` : resource });
  return [
    ...family(
      "apiserver_storage_objects",
      "gauge",
      "Stored objects.",
      "STABLE",
      all.map((cache) => [whole(cache), cache.records.size]),
    ),
    ...family(
      "apiserver_resource_objects",
      "gauge",
      "Stored objects.",
      "ALPHA",
      all.map((cache) => [about(cache), cache.records.size]),
    ),
    ...family(
      "apiserver_watch_cache_resource_version",
      "gauge",
      "The version that a watch cache has seen, its last 15 digits.",
      "ALPHA",
      all.map((cache) => [about(cache), Number(cache.revision) % 1e15]),
    ),
    ...family(
      "watch_cache_capacity",
      "gauge",
      "How many changes a watch cache holds.",
      "ALPHA",
      all.map((cache) => [about(cache), ringLimit]),
    ),
    ...family(
      "apiserver_storage_events_received_total",
      "counter",
      "Changes that the store told of.",
      "BETA",
      all.filter(({ received }) => received > 0).map((cache) => [about(cache), cache.received]),
    ),
  ];
}

export function apiServiceLines(services: readonly APIService[]): string[] {
  const isAway = ({ status }: APIService) =>
    status?.conditions?.some(({ type, status: is }) => type === "Available" && is === "True") !== true;
  const values = services.map((service) => [{ name: service.metadata.name ?? "" }, isAway(service) ? 1 : 0] as const);
  return family("aggregator_unavailable_apiservice", "gauge", "APIServices that are not available.", "ALPHA", values);
}

export function flowLines(fairness: Fairness): string[] {
  const levels = [...fairness.levels.values()];
  const flows = [...fairness.counts.values()];
  const of = ({ schema, level }: (typeof flows)[number]): Labels => ({ flow_schema: schema, priority_level: level });
  const prefix = "apiserver_flowcontrol_";
  const gauge = (name: string, help: string, pick: (counts: (typeof flows)[number]) => number) =>
    family(
      prefix + name,
      "gauge",
      help,
      "BETA",
      flows.map((counts) => [of(counts), pick(counts)]),
    );
  return [
    ...family(
      `${prefix}nominal_limit_seats`,
      "gauge",
      "Seats of a priority level as configured.",
      "BETA",
      levels.map(({ name, share }) => [{ priority_level: name }, share.nominal]),
    ),
    ...family(
      `${prefix}current_limit_seats`,
      "gauge",
      "Seats that a priority level has now.",
      "ALPHA",
      levels.map(({ name, queues, isExempt, share }) => [{ priority_level: name }, isExempt ? share.nominal : queues.limit]),
    ),
    ...gauge("current_executing_requests", "Requests that hold seats.", ({ executing }) => executing),
    ...gauge("current_executing_seats", "Seats that are held.", ({ seats }) => seats),
    ...gauge("current_inqueue_requests", "Requests that wait for seats.", ({ waiting }) => waiting),
    ...family(
      `${prefix}dispatched_requests_total`,
      "counter",
      "Requests that were let in.",
      "BETA",
      flows.filter(({ dispatched }) => dispatched > 0).map((counts) => [of(counts), counts.dispatched]),
    ),
    ...family(
      `${prefix}rejected_requests_total`,
      "counter",
      "Requests that were turned away.",
      "BETA",
      flows.flatMap((counts) => [...counts.rejected].map(([reason, count]) => [{ ...of(counts), reason }, count] as const)),
    ),
    ...histogramFamily(`${prefix}request_wait_duration_seconds`, "How long requests waited for seats.", "BETA", [
      ...flows.map((counts) => [{ ...of(counts), execute: true }, counts.waited] as const),
      ...flows.map((counts) => [{ ...of(counts), execute: false }, counts.waitedInVain] as const),
    ]),
  ];
}

export function processLines(startedAtMs: number, version: string): string[] {
  const { user, system } = process.cpuUsage();
  const one = (name: string, type: "counter" | "gauge", help: string, value: number | undefined) =>
    family(name, type, help, "ALPHA", value === undefined ? [] : [[{}, value]]);
  const [major = "", minor = ""] = version.replace(/^v/, "").split(".");
  const build = {
    build_date: "1970-01-01T00:00:00Z",
    compiler: "node",
    git_commit: "",
    git_tree_state: "",
    git_version: version,
    go_version: `node${process.version}`,
    major,
    minor,
    platform: `linux/${arch() === "x64" ? "amd64" : arch()}`,
  };
  return [
    ...family("kubernetes_build_info", "gauge", "What this program is.", "BETA", [[build, 1]]),
    ...family("version_info", "gauge", "Which versions this program is like.", "ALPHA", [[versionsOf(Number(minor), version), 1]]),
    ...family("kubernetes_feature_enabled", "gauge", "Feature gates, and whether they are on.", "BETA", gateLines),
    ...one("process_cpu_seconds_total", "counter", "Seconds of CPU that this process has used.", (user + system) / 1e6),
    ...one("process_max_fds", "gauge", "How many files may be open.", mostFiles()),
    ...one("process_open_fds", "gauge", "How many files are open.", openFiles()),
    ...one("process_resident_memory_bytes", "gauge", "Memory that this process holds.", process.memoryUsage.rss()),
    ...one("process_start_time_seconds", "gauge", "When it started, in seconds since 1970.", startedAtMs / 1000),
    ...one("process_virtual_memory_bytes", "gauge", "Address space that this process has.", virtualBytes()),
  ];
}

const versionsOf = (minor: number, version: string): Labels => ({
  binary: version.replace(/^v/, ""),
  component: "kube",
  emulation: `1.${minor}`,
  min_compat: `1.${minor - 1}`,
});

const gateLines = featureGates.map(({ name, stage, isOn }) => [{ name, stage }, isOn ? 1 : 0] as const);

/** Where there is no /proc, nothing is told. */
function fromProc<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const openFiles = () => fromProc(() => readdirSync("/proc/self/fd").length);
const mostFiles = () => fromProc(() => Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1]));
const virtualBytes = () => fromProc(() => Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024);
