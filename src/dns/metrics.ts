/** What was asked and answered, counted by CoreDNS's names of metrics, in Prometheus' text format. */
import { type Metric, metricsText, processMetrics } from "#serve/metrics.ts";
import { dotted, rcodeName, typeName } from "./message.ts";

export interface Count {
  value: number;
}

export interface Histogram {
  readonly bounds: readonly number[];
  /** One more than there are bounds: the last is of what is above all. */
  readonly counts: number[];
  sum: number;
}

export function observe(histogram: Histogram, value: number): void {
  const { bounds, counts } = histogram;
  let at = 0;
  while (at < bounds.length && value > bounds[at]!) at++;
  counts[at]!++;
  histogram.sum += value;
}

type Labels = Record<string, string>;

interface Family<T> {
  help: string;
  type: "counter" | "gauge" | "histogram";
  series: Map<string, { labels: Labels; held: T }>;
}

/** Of one metric; what is more is counted together, without labels. */
const mostSeries = 5000;

const secondsBounds = Array.from({ length: 16 }, (_, i) => 0.00025 * 2 ** i);
const sizeBounds = [0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000];

/** All that is counted of one query, found once per kind of query. */
export interface Asked {
  requests: Count;
  requestBytes: Histogram;
  responseBytes: Histogram;
  seconds: Histogram;
  /** By response code and plugin. */
  responses(rcode: number, plugin: string): Count;
}

export interface AskedLabels {
  server: string;
  /** Plain. */
  zone: string;
  type: number;
  stream: boolean;
  family: 4 | 6;
}

/** Types that have a name of their own in metrics; the rest is `other`. */
const counted = new Set("A AAAA MX SOA CNAME PTR TXT NS SRV DS DNSKEY RRSIG NSEC NSEC3 HTTPS IXFR AXFR ANY".split(" "));

export class Metrics {
  readonly #counts = new Map<string, Family<Count>>();
  readonly #histograms = new Map<string, Family<Histogram>>();
  readonly #asked = new Map<string, Asked>();
  readonly #startedAtMs: number;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }
  counter(name: string, help: string, labels: Labels = {}): Count {
    return seriesOf(this.#counts, { name, help, type: "counter", labels }, () => ({ value: 0 }));
  }
  gauge(name: string, help: string, labels: Labels = {}): Count {
    return seriesOf(this.#counts, { name, help, type: "gauge", labels }, () => ({ value: 0 }));
  }
  histogram(name: string, help: string, bounds: readonly number[], labels: Labels): Histogram {
    const fresh = () => ({ bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 });
    return seriesOf(this.#histograms, { name, help, type: "histogram", labels }, fresh);
  }
  seconds(name: string, help: string, labels: Labels): Histogram {
    return this.histogram(name, help, secondsBounds, labels);
  }
  /** Forgets a metric that is of a configuration, as which plugins there are. */
  forget(name: string): void {
    this.#counts.delete(name);
  }
  asked(labels: AskedLabels): Asked {
    const { server, zone, stream, family } = labels;
    const type = counted.has(typeName(labels.type)) ? typeName(labels.type) : "other";
    const key = `${server} ${zone} ${type} ${stream ? "tcp" : "udp"} ${family}`;
    const known = this.#asked.get(key);
    if (known) return known;
    const made = this.#makeAsked({ server, zone: dotted(zone), type, proto: stream ? "tcp" : "udp", family: family === 4 ? "1" : "2" });
    if (this.#asked.size < mostSeries) this.#asked.set(key, made);
    return made;
  }
  #makeAsked({ server, zone, type, proto, family }: Record<"server" | "zone" | "type" | "proto" | "family", string>): Asked {
    const common = { server, zone, view: "" };
    const responses = new Map<string, Count>();
    return {
      requests: this.counter("coredns_dns_requests_total", "DNS requests.", {
        ...common,
        proto,
        family,
        type,
      }),
      seconds: this.seconds("coredns_dns_request_duration_seconds", "Time from a request to its answer.", {
        ...common,
      }),
      requestBytes: this.histogram("coredns_dns_request_size_bytes", "Size of requests in bytes.", sizeBounds, {
        ...common,
        proto,
      }),
      responseBytes: this.histogram("coredns_dns_response_size_bytes", "Size of responses in bytes.", sizeBounds, {
        ...common,
        proto,
      }),
      responses: (rcode, plugin) => {
        const key = `${rcode} ${plugin}`;
        let count = responses.get(key);
        if (!count) {
          const labels = { ...common, rcode: rcodeName(rcode), plugin };
          count = this.counter("coredns_dns_responses_total", "Responses by their code.", labels);
          responses.set(key, count);
        }
        return count;
      },
    };
  }
  text(): string {
    const counts = [...this.#counts].map(
      ([name, { help, type, series }]): Metric => ({
        name,
        help,
        type,
        samples: [...series.values()].map(({ labels, held }) => ({ labels, value: held.value })),
      }),
    );
    const histograms = [...this.#histograms].map(
      ([name, { help, series }]): Metric => ({ name, help, type: "histogram", samples: [...series.values()].flatMap(samplesOf) }),
    );
    return metricsText([...counts, ...histograms, ...processMetrics(this.#startedAtMs)]);
  }
}

function seriesOf<T>(
  families: Map<string, Family<T>>,
  of: { name: string; labels: Labels } & Omit<Family<T>, "series">,
  fresh: () => T,
): T {
  let family = families.get(of.name);
  if (!family) families.set(of.name, (family = { help: of.help, type: of.type, series: new Map() }));
  const key = JSON.stringify(of.labels);
  let one = family.series.get(key) ?? (family.series.size >= mostSeries ? family.series.get("{}") : undefined);
  if (!one) {
    const full = family.series.size >= mostSeries;
    one = { labels: full ? {} : of.labels, held: fresh() };
    family.series.set(full ? "{}" : key, one);
  }
  return one.held;
}

function samplesOf({ labels, held: { bounds, counts, sum } }: { labels: Labels; held: Histogram }): Metric["samples"] {
  let total = 0;
  const buckets = counts.map((count, at) => {
    total += count;
    return { suffix: "_bucket", labels: { ...labels, le: at < bounds.length ? String(bounds[at]) : "+Inf" }, value: total };
  });
  return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: total }];
}
