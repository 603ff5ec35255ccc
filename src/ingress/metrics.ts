/** What was answered, counted: by Ingress, Service and status, in Prometheus' text format. */
import { type Metric, metricsText, processMetrics } from "#serve/mod.ts";
import type { Visit } from "./proxy/answerer.ts";

export interface Now {
  startedAtMs: number;
  connections: number;
  tunnels: number;
  ports: string[];
}

interface Count {
  labels: Record<string, string>;
  requests: number;
  seconds: number;
  bytesIn: number;
  bytesOut: number;
}

/** More Ingresses and statuses than this are counted together. */
const mostSeries = 10_000;
const others = "others";

export class Metrics {
  readonly #counts = new Map<string, Count>();
  /** Found without making a name for each request; routes of a table that is replaced are forgotten with it. */
  readonly #byRoute = new WeakMap<object, Map<number, Count>>();

  visited({ route, status, bytesIn, bytesOut, tookMs }: Visit): void {
    const key = route ?? nobody;
    let known = this.#byRoute.get(key);
    if (!known) this.#byRoute.set(key, (known = new Map()));
    let count = known.get(status);
    if (!count) known.set(status, (count = this.#countOf(route, status)));
    count.requests++;
    count.seconds += tookMs / 1000;
    count.bytesIn += bytesIn;
    count.bytesOut += bytesOut;
  }
  text({ startedAtMs, connections, tunnels, ports }: Now): string {
    const counter = (name: string, help: string, of: (count: Count) => number): Metric => ({
      name,
      help,
      type: "counter",
      samples: [...this.#counts.values()].map((count) => ({ labels: count.labels, value: of(count) })),
    });
    const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: "gauge", samples: [{ value }] });
    return metricsText([
      counter("spoke_ingress_requests_total", "Requests answered.", ({ requests }) => requests),
      counter("spoke_ingress_request_seconds_total", "Time from a request's head to the end of its answer.", ({ seconds }) => seconds),
      counter("spoke_ingress_request_bytes_total", "Bytes of bodies that clients sent.", (count) => count.bytesIn),
      counter("spoke_ingress_response_bytes_total", "Bytes of bodies that clients were sent.", (count) => count.bytesOut),
      gauge("spoke_ingress_connections", "Connections of clients that are open.", connections),
      gauge("spoke_ingress_tunnels", "Connections that went over to another protocol.", tunnels),
      {
        name: "spoke_ingress_port",
        help: "Ports that are answered on.",
        type: "gauge",
        samples: ports.map((at) => ({ labels: { at }, value: 1 })),
      },
      ...processMetrics(startedAtMs),
    ]);
  }

  #countOf(route: Visit["route"], status: number): Count {
    const id = route ? `${route.ingress} ${route.host} ${route.path} ${status}` : `- ${status}`;
    const known = this.#counts.get(id);
    if (known) return known;
    const isOver = this.#counts.size >= mostSeries;
    const rest = isOver ? this.#counts.get(others) : undefined;
    if (rest) return rest;
    const [namespace = "", ingress = ""] = route?.ingress.split("/") ?? [];
    const service = route?.target.kind === "service" ? route.target.service : "";
    const labels = { namespace, ingress, host: route?.host ?? "", path: route?.path ?? "", service, status: String(status) };
    const count: Count = { labels: isOver ? { ingress: others } : labels, requests: 0, seconds: 0, bytesIn: 0, bytesOut: 0 };
    this.#counts.set(isOver ? others : id, count);
    return count;
  }
}

const nobody = {};
