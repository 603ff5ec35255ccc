/** Reads the metrics APIs. What they refuse is an outcome, in the words that upstream's clients have for it. */
import type { CrossVersionObjectReference, HorizontalPodAutoscaler, LabelSelector, MetricSpec, PodMetrics } from "#api/mod.ts";
import type { Client } from "#client/mod.ts";
import { formatSelector, labelSelectorFrom, milliValue, parseGoDuration, parseQuantity, type Selector } from "#codec/mod.ts";
import type { Kinds } from "./kinds.ts";
import type { Measure, PodMetric, Read } from "./seen.ts";

/** What a value of the custom metrics API counts for when it does not say. */
const usualWindowMs = 60_000;
const customGroup = "custom.metrics.k8s.io";

export interface Measuring {
  client: Client;
  kinds: Kinds;
  hpa: HorizontalPodAutoscaler;
  /** Of the pods. */
  selector: Selector;
}

export function measure(spec: MetricSpec, at: Measuring): Promise<Measure> {
  switch (spec.type) {
    case "Resource":
      return resourceOf(spec.resource?.name ?? "", undefined, at);
    case "ContainerResource":
      return resourceOf(spec.containerResource?.name ?? "", spec.containerResource?.container ?? "", at);
    case "Pods":
      return podsOf(spec.pods?.metric ?? { name: "" }, at);
    case "Object":
      return objectOf(spec.object?.metric ?? { name: "" }, spec.object?.describedObject ?? { kind: "", name: "" }, at);
    default:
      return externalOf(spec.external?.metric ?? { name: "" }, at);
  }
}

async function resourceOf(resource: string, container: string | undefined, { client, hpa, selector }: Measuring): Promise<Measure> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${hpa.metadata.namespace}/pods?${new URLSearchParams({ labelSelector: formatSelector(selector) })}`;
  const answer = await read<{ items?: PodMetrics[] }>(client, path, "pods.metrics.k8s.io");
  if ("error" in answer) return pods({ error: `unable to fetch metrics from resource metrics API: ${answer.error}` });
  const items = answer.ok.items ?? [];
  if (items.length === 0) return pods({ error: "no metrics returned from resource metrics API" });
  const found = new Map<string, PodMetric>();
  for (const { metadata, timestamp, window, containers = [] } of items) {
    const counted = container === undefined ? containers : containers.filter(({ name }) => name === container);
    const values = counted.map(({ usage }) => usage?.[resource]);
    // Of a pod whose containers were not all measured, nothing is known.
    if (values.length === 0 || values.some((value) => value === undefined)) continue;
    const milli = values.reduce((sum, value) => sum + milliValue(parseQuantity(value!)), 0);
    found.set(metadata?.name ?? "", { milli, atMs: Date.parse(timestamp ?? ""), windowMs: parseGoDuration(window ?? "") ?? 0 });
  }
  return pods({ ok: found });
}

/** A value of the custom metrics API, in both of its versions. */
interface MetricValue {
  describedObject?: { name?: string };
  timestamp?: string;
  window?: number;
  windowSeconds?: number;
  value: string;
}

interface Metric {
  name?: string;
  selector?: LabelSelector;
}

async function podsOf({ name, selector: own }: Metric, at: Measuring): Promise<Measure> {
  const query = { labelSelector: formatSelector(at.selector), ...metricQuery(own) };
  const answer = await custom(at, `pods/*/${name}`, query);
  if ("error" in answer) return pods(answer);
  if (answer.ok.length === 0) return pods({ error: "no metrics returned from custom metrics API" });
  const each = answer.ok.map(({ describedObject, timestamp, value, ...times }): [string, PodMetric] => {
    const seconds = times.windowSeconds ?? times.window;
    const windowMs = seconds === undefined ? usualWindowMs : seconds * 1000;
    return [describedObject?.name ?? "", { milli: milliValue(parseQuantity(value)), atMs: Date.parse(timestamp ?? ""), windowMs }];
  });
  return pods({ ok: new Map(each) });
}

async function objectOf(metric: Metric, about: CrossVersionObjectReference, at: Measuring): Promise<Measure> {
  const path = await objectPath(metric.name ?? "", about, at);
  if ("error" in path) return { of: "object", milli: { error: `unable to fetch metrics from custom metrics API: ${path.error}` } };
  const answer = await custom(at, path.ok, metricQuery(metric.selector));
  if ("error" in answer) return { of: "object", milli: answer };
  const [value, ...more] = answer.ok;
  if (value && more.length === 0) return { of: "object", milli: { ok: milliValue(parseQuantity(value.value)) } };
  const count = answer.ok.length;
  const error = `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${count} results when we asked for exactly one`;
  return { of: "object", milli: { error } };
}

/** A reference cannot leave its namespace, not even when it names one. */
async function objectPath(metric: string, { apiVersion = "", kind = "", name = "" }: CrossVersionObjectReference, { kinds }: Measuring) {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  if (kind === "Namespace" && group === "") return { ok: `metrics/${metric}` };
  const found = await kinds.find(group, kind);
  if ("error" in found) return found;
  const { resource } = found.ok[0]!;
  return { ok: `${group ? `${resource}.${group}` : resource}/${name}/${metric}` };
}

async function custom({ client, hpa }: Measuring, path: string, query: Record<string, string>): Promise<Read<MetricValue[]>> {
  const failed = (error: string) => ({ error: `unable to fetch metrics from custom metrics API: ${error}` });
  const group = await read<{ preferredVersion?: { version: string } }>(client, `/apis/${customGroup}`, customGroup);
  if ("error" in group) return failed(`no custom metrics API (${customGroup}) registered`);
  const version = group.ok.preferredVersion?.version;
  if (version !== "v1beta1" && version !== "v1beta2") return failed("no known available metric versions found");
  const url = `/apis/${customGroup}/${version}/namespaces/${hpa.metadata.namespace}/${path}?${new URLSearchParams(query)}`;
  const [resource = ""] = path.split("/");
  const answer = await read<{ items?: MetricValue[] }>(client, url, `${resource}.${customGroup}`);
  return "error" in answer ? failed(answer.error) : { ok: answer.ok.items ?? [] };
}

async function externalOf({ name = "", selector }: Metric, { client, hpa }: Measuring): Promise<Measure> {
  const failed = (error: string): Measure => ({ of: "external", milli: { error } });
  const query = new URLSearchParams({ labelSelector: selectorText(selector) });
  const url = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${hpa.metadata.namespace}/${name}?${query}`;
  const answer = await read<{ items?: { value: string }[] }>(client, url, `${name}.external.metrics.k8s.io`);
  if ("error" in answer) return failed(`unable to fetch metrics from external metrics API: ${answer.error}`);
  const values = (answer.ok.items ?? []).map(({ value }) => milliValue(parseQuantity(value)));
  return values.length > 0 ? { of: "external", milli: { ok: values } } : failed("no metrics returned from external metrics API");
}

const pods = (read: Read<ReadonlyMap<string, PodMetric>>): Measure => ({ of: "pods", pods: read });
const selectorText = (selector: LabelSelector | undefined) => (selector ? formatSelector(labelSelectorFrom(selector)) : "");
const metricQuery = (selector: LabelSelector | undefined) => ({ metricLabelSelector: selectorText(selector) });

/** What an answer without a message of its own is called. */
const plainWords: Readonly<Record<number, string>> = {
  403: "forbidden",
  404: "the server could not find the requested resource",
  503: "the server is currently unable to handle the request",
};

export async function read<T>(client: Client, path: string, resource: string): Promise<Read<T>> {
  const { status, object } = await client.transport.request({ method: "GET", path });
  if (status < 400) return { ok: object as T };
  const { kind, message } = (object ?? {}) as { kind?: string; message?: string };
  if (kind === "Status" && message) return { error: message };
  const text = plainWords[status] ?? `the server responded with the status code ${status} but did not return more information`;
  return { error: `${text} (get ${resource})` };
}
