/** How many replicas one metric asks for, and what the status tells of it. Pure; amounts are thousandths. */
import type { LabelSelector, MetricSpec, MetricStatus, MetricTarget, Pod } from "#api/mod.ts";
import { conditionOf, timeOf } from "#client/mod.ts";
import { formatQuantity, milliValue, parseQuantity, quantityToNumber } from "#codec/mod.ts";
import { goSelector } from "../go-selector.ts";
import { isReady } from "../pods.ts";
import type { Measure, Pace, PodMetric, Read, SeenAutoscaler } from "./seen.ts";

export interface Proposal {
  replicas: number;
  /** As reasons name it. */
  metric: string;
  status: MetricStatus;
}

/** `error` as events and conditions tell it; `whole` as it is told of all metrics together. */
export type Proposed = Proposal | { reason: string; error: string; whole: string };

/** How far usage may be from its target before anything is done. */
interface Tolerance {
  down: number;
  up: number;
}

interface Situation {
  spec: number;
  current: number;
  pods: readonly Pod[];
  tolerance: Tolerance;
  pace: Pace;
  nowMs: number;
}

const most = 2 ** 31 - 1;

export function propose(metric: MetricSpec, measured: Measure, seen: SeenAutoscaler, nowMs: number): Proposed {
  const { scale } = (seen.target as { ok: { scale: { spec?: { replicas?: number }; status?: { replicas?: number } } } }).ok;
  const at = {
    spec: scale.spec?.replicas ?? 0,
    current: scale.status?.replicas ?? 0,
    pods: seen.pods,
    tolerance: toleranceOf(seen),
    pace: seen.pace,
    nowMs,
  };
  const { prefix, reason } = names[metric.type as keyof typeof names] ?? names.External;
  const result = byType(metric, measured, seen, at);
  if (!("error" in result)) return result.ok;
  return { reason, error: result.error, whole: `${prefix(metric)}: ${result.error}` };
}

const names = {
  Resource: { reason: "FailedGetResourceMetric", prefix: (m: MetricSpec) => `failed to get ${m.resource?.name} resource metric value` },
  ContainerResource: {
    reason: "FailedGetContainerResourceMetric",
    prefix: (m: MetricSpec) => `failed to get ${m.containerResource?.container} container metric value`,
  },
  Pods: { reason: "FailedGetPodsMetric", prefix: () => "failed to get pods metric value" },
  Object: { reason: "FailedGetObjectMetric", prefix: () => "failed to get object metric value" },
  External: {
    reason: "FailedGetExternalMetric",
    prefix: (m: MetricSpec) => `failed to get ${m.external?.metric?.name} external metric value`,
  },
};

function byType(metric: MetricSpec, measured: Measure, seen: SeenAutoscaler, at: Situation): Read<Proposal> {
  if (measured.of === "object") return ofObject(metric, measured.milli, seen, at);
  if (measured.of === "external") return ofExternal(metric, measured.milli, seen, at);
  if (metric.type === "Pods") return ofPods(metric, measured.pods, at);
  return ofResource(metric, measured.pods, at);
}

function toleranceOf({ hpa, pace }: SeenAutoscaler): Tolerance {
  const own = (rules: { tolerance?: string } | undefined) =>
    rules?.tolerance === undefined ? pace.tolerance : quantityToNumber(parseQuantity(rules.tolerance));
  const { behavior } = hpa.spec ?? {};
  return { down: own(behavior?.scaleDown), up: own(behavior?.scaleUp) };
}

const isWithin = (ratio: number, { down, up }: Tolerance) => 1 - down <= ratio && ratio <= 1 + up;

type Metrics = ReadonlyMap<string, PodMetric>;

function ofResource(metric: MetricSpec, read: Read<Metrics>, at: Situation): Read<Proposal> {
  const source = metric.type === "Resource" ? metric.resource! : metric.containerResource!;
  const container = metric.containerResource?.container;
  const { name = "", target = {} as MetricTarget } = source;
  const status = (current: object): MetricStatus => {
    const part = { name, ...(container === undefined ? {} : { container }), current };
    return { type: metric.type, [container === undefined ? "resource" : "containerResource"]: part } as MetricStatus;
  };
  const isRaw = target.averageValue !== undefined;
  const failed = (error: string) => ({ error: `failed to get ${name} ${isRaw ? "usage" : "utilization"}: ${error}` });
  if (!isRaw && target.averageUtilization === undefined)
    return { error: "invalid resource metric source: neither an average utilization target nor an average value (usage) target was set" };
  if ("error" in read) return failed(`unable to get metrics for resource ${name}: ${read.error}`);
  if (isRaw) {
    const plain = plainReplicas(read.ok, milliOf(target.averageValue), at, name);
    if ("error" in plain) return failed(plain.error);
    const current = { averageValue: amountOf(name, plain.ok.usage) };
    return { ok: { replicas: plain.ok.replicas, metric: `${name} resource`, status: status(current) } };
  }
  const shares = sharedReplicas(read.ok, { target: target.averageUtilization!, resource: name, container }, at);
  if ("error" in shares) return failed(shares.error);
  const { replicas, utilization, usage } = shares.ok;
  const words = `${name}${container === undefined ? "" : " container"} resource utilization (percentage of request)`;
  return { ok: { replicas, metric: words, status: status({ averageUtilization: utilization, averageValue: amountOf(name, usage) }) } };
}

/** Memory is written in powers of two and whole bytes, as the metrics are. */
function amountOf(resource: string, milli: number): string {
  const isBinary = resource === "memory";
  const whole = isBinary && milli >= 1_024_000 ? Math.ceil(milli / 1000) * 1000 : milli;
  return formatQuantity({ nanos: BigInt(whole) * 1_000_000n, format: isBinary ? "BinarySI" : "DecimalSI" });
}

const milliOf = (quantity: string | undefined): number => milliValue(parseQuantity(quantity ?? "0"));

function ofPods({ pods }: MetricSpec, read: Read<Metrics>, at: Situation): Read<Proposal> {
  const { metric = { name: "" }, target } = pods!;
  if ("error" in read) return { error: `unable to get metric ${metric.name}: ${read.error}` };
  const plain = plainReplicas(read.ok, milliOf(target?.averageValue), at, "");
  if ("error" in plain) return plain;
  const { replicas, usage } = plain.ok;
  const status = { type: "Pods", pods: { metric: identifier(metric), current: { averageValue: amountOf("", usage) } } };
  return { ok: { replicas, metric: `pods metric ${metric.name}`, status: status as MetricStatus } };
}

interface Grouped {
  ready: number;
  /** With metrics of ready pods only. */
  metrics: Map<string, PodMetric>;
  unready: string[];
  missing: string[];
}

function grouped(metrics: Metrics, { pods, pace, nowMs }: Situation, resource: string): Grouped {
  const out: Grouped = { ready: 0, metrics: new Map(metrics), unready: [], missing: [] };
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const { phase } = pod.status ?? {};
    const metric = metrics.get(name);
    if (pod.metadata.deletionTimestamp || phase === "Failed") out.metrics.delete(name);
    else if (phase === "Pending" || (metric && resource === "cpu" && isStarting(pod, metric, pace, nowMs))) {
      out.unready.push(name);
      out.metrics.delete(name);
    } else if (metric) out.ready++;
    else out.missing.push(name);
  }
  return out;
}

/** Whether its CPU does not count yet: it is not ready, or was not for a whole window. */
function isStarting({ status }: Pod, { atMs, windowMs }: PodMetric, { startupMs, firstReadinessMs }: Pace, nowMs: number): boolean {
  const ready = conditionOf(status?.conditions, "Ready");
  const started = timeOf(status?.startTime);
  if (!ready || started === undefined) return true;
  const changed = timeOf(ready.lastTransitionTime) ?? 0;
  if (started + startupMs > nowMs) return ready.status === "False" || atMs < changed + windowMs;
  return ready.status === "False" && started + firstReadinessMs > changed;
}

const nobody = "no pods returned by selector while calculating replica count";
const noMetrics = "did not receive metrics for targeted pods (pods might be unready)";

function plainReplicas(metrics: Metrics, target: number, at: Situation, resource: string): Read<{ replicas: number; usage: number }> {
  if (at.pods.length === 0) return { error: nobody };
  const group = grouped(metrics, at, resource);
  if (group.metrics.size === 0) return { error: noMetrics };
  const usageOf = (all: Metrics) => Math.trunc(sum(all.values()) / all.size);
  const usage = usageOf(group.metrics);
  const replicas = weighed(group, at, {
    ratio: usage / target,
    missingDown: () => target,
    again: (all) => usageOf(all) / target,
  });
  return { ok: { replicas, usage } };
}

interface Share {
  target: number;
  resource: string;
  container: string | undefined;
}

function sharedReplicas(metrics: Metrics, { target, resource, container }: Share, at: Situation) {
  if (at.pods.length === 0) return { error: nobody };
  const group = grouped(metrics, at, resource);
  if (group.metrics.size === 0) return { error: noMetrics };
  const requests = requestsOf(at.pods, container, resource);
  if ("error" in requests) return requests;
  const now = utilizationOf(group.metrics, requests.ok);
  if (!now) return { error: "no metrics returned matched known pods" };
  const fallback = Math.max(100, target);
  const replicas = weighed(group, at, {
    ratio: now.percent / target,
    missingDown: (name) => Math.trunc(((requests.ok.get(name) ?? 0) * fallback) / 100),
    again: (all) => (utilizationOf(all, requests.ok)?.percent ?? 0) / target,
  });
  return { ok: { replicas, utilization: now.percent, usage: now.average } };
}

function utilizationOf(metrics: Metrics, requests: ReadonlyMap<string, number>): { percent: number; average: number } | undefined {
  const known = [...metrics].filter(([name]) => requests.has(name));
  const used = sum(known.map(([, metric]) => metric));
  const asked = known.reduce((total, [name]) => total + requests.get(name)!, 0);
  return asked === 0 ? undefined : { percent: Math.trunc((used * 100) / asked), average: Math.trunc(used / known.length) };
}

interface Weighing {
  ratio: number;
  /** What a pod without metrics is taken to use before pods are removed: it must not look idle. */
  missingDown(name: string): number;
  again(metrics: Metrics): number;
}

/** Pods that are not known are taken to be such that the change is smaller; where that turns it around, nothing changes. */
function weighed(
  { ready, metrics, unready, missing }: Grouped,
  { spec, tolerance }: Situation,
  { ratio, missingDown, again }: Weighing,
): number {
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && missing.length === 0) return isWithin(ratio, tolerance) ? spec : Math.ceil(ratio * ready);
  const all = new Map(metrics);
  const take = (name: string, milli: number) => void all.set(name, { milli, atMs: 0, windowMs: 0 });
  if (ratio < 1) for (const name of missing) take(name, missingDown(name));
  if (ratio > 1) for (const name of missing) take(name, 0);
  if (upWithUnready) for (const name of unready) take(name, 0);
  const next = again(all);
  if (isWithin(next, tolerance) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return spec;
  const replicas = Math.ceil(next * all.size);
  return (next < 1 && replicas > spec) || (next > 1 && replicas < spec) ? spec : replicas;
}

const sum = (metrics: Iterable<PodMetric>): number => [...metrics].reduce((total, { milli }) => total + milli, 0);

function requestsOf(pods: readonly Pod[], container: string | undefined, resource: string): Read<Map<string, number>> {
  const out = new Map<string, number>();
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const request = requestOf(pod, container, resource);
    if ("error" in request) return request;
    out.set(name, request.ok);
  }
  return { ok: out };
}

function requestOf(pod: Pod, container: string | undefined, resource: string): Read<number> {
  const name = pod.metadata.name ?? "";
  const whole = pod.spec?.resources?.requests;
  if (container === undefined && whole && Object.keys(whole).length > 0) {
    const request = whole[resource];
    return request === undefined ? { error: `missing pod-level request for ${resource} in Pod ${name}` } : { ok: milliOf(request) };
  }
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const all = [...(pod.spec?.containers ?? []), ...sidecars];
  const counted = container === undefined ? all : all.filter((each) => each.name === container);
  if (container !== undefined && counted.length === 0) return { error: `container ${container} not found in Pod ${name}` };
  let total = 0;
  for (const each of counted) {
    const request = each.resources?.requests?.[resource];
    if (request === undefined) return { error: `missing request for ${resource} in container ${each.name} of Pod ${name}` };
    total += milliOf(request);
  }
  return { ok: total };
}

function ofObject({ object }: MetricSpec, read: Read<number>, { hpa }: SeenAutoscaler, at: Situation): Read<Proposal> {
  const { metric = { name: "" }, target, describedObject } = object!;
  const current = (value: object) =>
    ({ type: "Object", object: { metric: identifier(metric), current: value, describedObject } }) as unknown as MetricStatus;
  const about = `${describedObject?.kind} ${hpa.metadata.namespace}/${describedObject?.name}`;
  const isValue = target?.type === "Value" && target.value !== undefined;
  if (!isValue && !(target?.type === "AverageValue" && target.averageValue !== undefined))
    return { error: "invalid object metric source: neither a value target nor an average value target was set" };
  if ("error" in read) {
    const error = `unable to get metric ${metric.name}: ${read.error} on ${about}`;
    return { error: isValue ? error : `failed to get ${metric.name} object metric: ${error}` };
  }
  if (isValue) {
    const replicas = byRatio(read.ok / milliOf(target.value), at);
    if ("error" in replicas) return replicas;
    const words = `${describedObject?.kind} metric ${metric.name}`;
    return { ok: { replicas: replicas.ok, metric: words, status: current({ value: amountOf("", read.ok) }) } };
  }
  const { replicas, usage } = perPod(read.ok, milliOf(target!.averageValue), at);
  return { ok: { replicas, metric: externalWords(metric), status: current({ averageValue: amountOf("", usage) }) } };
}

function ofExternal({ external }: MetricSpec, read: Read<readonly number[]>, { hpa }: SeenAutoscaler, at: Situation): Read<Proposal> {
  const { metric = { name: "" }, target } = external!;
  const current = (value: object) =>
    ({ type: "External", external: { metric: identifier(metric), current: value } }) as unknown as MetricStatus;
  const isAverage = target?.averageValue !== undefined;
  if (!isAverage && target?.value === undefined)
    return { error: "invalid external metric source: neither a value target nor an average value target was set" };
  const failed = (error: string) => ({
    error: isAverage ? `failed to get ${metric.name} external metric: ${error}` : `failed to get external metric ${metric.name}: ${error}`,
  });
  if ("error" in read)
    return failed(`unable to get external metric ${hpa.metadata.namespace}/${metric.name}/${goSelector(metric.selector)}: ${read.error}`);
  const total = read.ok.reduce((all, value) => all + value, 0);
  if (isAverage) {
    const { replicas, usage } = perPod(total, milliOf(target!.averageValue), at);
    return { ok: { replicas, metric: externalWords(metric), status: current({ averageValue: amountOf("", usage) }) } };
  }
  const replicas = byRatio(total / milliOf(target!.value), at);
  if ("error" in replicas) return failed(replicas.error);
  return { ok: { replicas: replicas.ok, metric: externalWords(metric), status: current({ value: amountOf("", total) }) } };
}

function byRatio(ratio: number, { spec, pods, tolerance }: Situation): Read<number> {
  if (spec === 0) return { ok: Math.ceil(ratio) };
  if (isWithin(ratio, tolerance)) return { ok: spec };
  if (pods.length === 0) return { error: `unable to calculate ready pods: ${nobody}` };
  const ready = pods.filter((pod) => pod.status?.phase === "Running" && isReady(pod)).length;
  return { ok: Math.min(most, Math.ceil(ratio * ready)) };
}

function perPod(usage: number, target: number, { current, tolerance }: Situation): { replicas: number; usage: number } {
  const replicas = isWithin(usage / (target * current), tolerance) ? current : Math.min(most, Math.ceil(usage / target));
  return { replicas, usage: current === 0 ? usage : Math.ceil(usage / current) };
}

interface Metric {
  name?: string;
  selector?: LabelSelector;
}

const identifier = ({ name, selector }: Metric) => ({ name, ...(selector ? { selector } : {}) });
/** Upstream says so of objects too. */
const externalWords = ({ name, selector }: Metric) => `external metric ${name}(${goSelector(selector)})`;
