/** Counters, gauges and histograms in Prometheus' text format. */
export { Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";
