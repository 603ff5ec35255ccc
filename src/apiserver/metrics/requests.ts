/** What is counted of every request, under upstream's names: how many, how long, how large, how many at once. */
import type { Clock } from "#base/mod.ts";
import type { RequestInfo } from "../contract.ts";
import { family, Histogram, histogramFamily, type Labels } from "./series.ts";

const durationBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const sliBounds = durationBounds.slice(2);
const sizeBounds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** Kinds come and go, and each has a few dozen series: what is beyond is counted nowhere. */
const mostSeries = 20_000;
const windowMs = 1000;

const connecting = new Set(["log", "exec", "portforward", "attach", "proxy"]);
const methods: Readonly<Record<string, string>> = {
  get: "GET",
  list: "LIST",
  watch: "WATCH",
  create: "POST",
  update: "PUT",
  patch: "PATCH",
  delete: "DELETE",
  deletecollection: "DELETE",
};
/** Paths off the resources that upstream counts; others are of endless number. */
const paths: Readonly<Record<string, string>> = {
  "/healthz": "/healthz",
  "/livez": "/livez",
  "/readyz": "/readyz",
  "/metrics": "/metrics",
  "/openapi/v2": "openapi/v2",
  "/openapi/v3": "openapi/v3",
};

export interface Observed {
  info: RequestInfo;
  isDryRun: boolean;
  isApply: boolean;
  code: number;
  ms: number;
  /** Of that: spent waiting for a seat. */
  waitedMs: number;
}

/** All that is counted of requests that look alike. */
export class RequestSeries {
  readonly labels: Labels;
  readonly isDryRun: boolean;
  readonly isRead: boolean;
  readonly codes = new Map<number, number>();
  readonly durations = new Histogram(durationBounds);
  readonly sli = new Histogram(sliBounds);
  readonly sizes = new Histogram(sizeBounds);

  constructor({ info, isDryRun, isApply }: Pick<Observed, "info" | "isDryRun" | "isApply">) {
    const { verb, group, version, resource, subresource, isResource, path } = info;
    this.isDryRun = isDryRun;
    this.isRead = verb === "get" || verb === "list";
    const method = isApply ? "APPLY" : connecting.has(subresource) ? "CONNECT" : (methods[verb] ?? verb.toUpperCase());
    this.labels = {
      component: isResource ? "apiserver" : "",
      group,
      resource,
      scope: scopeOf(info),
      subresource: isResource ? subresource : paths[path]!,
      verb: method,
      version,
    };
  }

  observe({ code, ms, waitedMs }: Observed): void {
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    const seconds = ms / 1000;
    this.durations.observe(seconds);
    if (!this.isDryRun) this.sli.observe(seconds - waitedMs / 1000);
  }

  size(bytes: number): void {
    if (this.isRead) this.sizes.observe(bytes);
  }
}

export function scopeOf({ name, verb, namespace, isResource }: RequestInfo): string {
  if (name !== "" || (verb === "create" && isResource)) return "resource";
  return namespace !== "" ? "namespace" : isResource ? "cluster" : "";
}

export class RequestMetrics {
  readonly #series = new Map<string, RequestSeries>();
  readonly #clock: Clock;
  readonly #isKnown: (info: RequestInfo) => boolean;
  /** Of requests that only read, and of others. */
  readonly #inflight = { readOnly: new Peak(), mutating: new Peak() };
  /** Streams that are open, by what they look like. */
  readonly #streams = new Map<RequestSeries, number>();

  /** `isKnown`: whether there is such a resource. */
  constructor(clock: Clock, isKnown: (info: RequestInfo) => boolean) {
    this.#clock = clock;
    this.#isKnown = isKnown;
  }

  /** Undefined for what nobody serves: its names come from outside, and are without number. */
  observe(observed: Observed): RequestSeries | undefined {
    const series = this.#of(observed);
    series?.observe(observed);
    return series;
  }

  /** A request takes a seat, or leaves it. */
  enter({ verb, isResource }: RequestInfo): Peak {
    const isReading = verb === "get" || verb === "list" || verb === "watch" || (!isResource && verb === "head");
    const peak = isReading ? this.#inflight.readOnly : this.#inflight.mutating;
    peak.enter(this.#clock.monotonic());
    return peak;
  }

  /** A stream begins: exec, attach, port-forward, proxy, logs. Call what is returned when it ends. */
  stream(info: RequestInfo): () => void {
    const series = this.#of({ info, isDryRun: false, isApply: false });
    if (!series) return () => {};
    this.#streams.set(series, (this.#streams.get(series) ?? 0) + 1);
    return () => void this.#streams.set(series, this.#streams.get(series)! - 1);
  }

  /** `watches`: those that are open, by what they look like. */
  lines(watches: Iterable<readonly [Labels, number]>): string[] {
    const all = [...this.#series.values()];
    const dry = ({ labels, isDryRun }: RequestSeries): Labels => ({ ...labels, dry_run: isDryRun ? "All" : "" });
    const now = this.#clock.monotonic();
    return [
      ...family(
        "apiserver_request_total",
        "counter",
        "Requests by verb, resource, scope and code.",
        "STABLE",
        all.flatMap((one) => [...one.codes].map(([code, count]) => [{ ...dry(one), code }, count] as const)),
      ),
      ...histogramFamily(
        "apiserver_request_duration_seconds",
        "How long requests took.",
        "STABLE",
        all.map((one) => [dry(one), one.durations]),
      ),
      ...histogramFamily(
        "apiserver_request_sli_duration_seconds",
        "How long requests took, without their waiting for a seat.",
        "ALPHA",
        all.map((one) => [one.labels, one.sli]),
      ),
      ...histogramFamily(
        "apiserver_response_sizes",
        "How many bytes were answered to reads.",
        "STABLE",
        all.map((one) => [one.labels, one.sizes]),
      ),
      ...family("apiserver_longrunning_requests", "gauge", "Requests that go on until somebody ends them.", "STABLE", [
        ...watches,
        ...[...this.#streams].map(([{ labels }, count]) => [labels, count] as const),
      ]),
      ...family(
        "apiserver_current_inflight_requests",
        "gauge",
        "The most requests that were under way at once in the last second.",
        "STABLE",
        [
          [{ request_kind: "mutating" }, this.#inflight.mutating.most(now)],
          [{ request_kind: "readOnly" }, this.#inflight.readOnly.most(now)],
        ],
      ),
    ];
  }

  #of(about: Pick<Observed, "info" | "isDryRun" | "isApply">): RequestSeries | undefined {
    const { info, isDryRun, isApply } = about;
    const { verb, group, version, resource, subresource, isResource, path } = info;
    const key = isResource
      ? `${verb} ${group} ${version} ${resource} ${subresource} ${scopeOf(info)}${isDryRun ? " dry" : ""}${isApply ? " apply" : ""}`
      : `${verb} ${path}`;
    const known = this.#series.get(key);
    if (known) return known;
    const isCounted = isResource ? this.#isKnown(info) : Object.hasOwn(paths, path);
    if (!isCounted || this.#series.size >= mostSeries) return undefined;
    const made = new RequestSeries(about);
    this.#series.set(key, made);
    return made;
  }
}

/** The most that there were at once within the last second. */
class Peak {
  #now = 0;
  #most = 0;
  #before = 0;
  #since = 0;

  enter(atMs: number): void {
    this.#turn(atMs);
    if (++this.#now > this.#most) this.#most = this.#now;
  }

  leave(): void {
    this.#now--;
  }

  most(atMs: number): number {
    this.#turn(atMs);
    return Math.max(this.#most, this.#before);
  }

  #turn(atMs: number): void {
    const past = atMs - this.#since;
    if (past < windowMs) return;
    this.#before = past < 2 * windowMs ? this.#most : this.#now;
    this.#most = this.#now;
    this.#since = atMs;
  }
}
