/** What an autoscaler does about its target, and what it says of itself. Pure: what it remembers comes in and goes out as data. */
import {
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerStatus,
  horizontalpodautoscalers,
  type MetricStatus,
  type Scale,
} from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { type Outcome, type Step, status, tell, timestamp, update, withCondition } from "#client/mod.ts";
import { sameJson } from "#codec/mod.ts";
import { asResource } from "../discovery.ts";
import { type Behavior, type Held, heldByBehavior, heldPlainly, withChange } from "./limits.ts";
import { type Proposal, propose } from "./replicas.ts";
import type { Memory, SeenAutoscaler } from "./seen.ts";

export interface Decision {
  hpa: HorizontalPodAutoscaler;
  status: HorizontalPodAutoscalerStatus;
  /** In the order in which they are told. */
  events: { type: "Normal" | "Warning"; reason: string; message: string }[];
  /** The scale as it shall be; absent: it stays. */
  rescale?: { scale: Scale; from: number; to: number; reason: string; resource: ReturnType<typeof asResource> };
  memory: Memory;
}

type Bounds = Pick<HorizontalPodAutoscaler, "spec">;

const minOf = ({ spec }: Bounds) => spec?.minReplicas ?? 1;
const noMemory: Memory = { recommendations: [], ups: [], downs: [] };

/** Within its bounds, and not switched off by hand, metrics decide. */
export function isMeasured(hpa: Bounds, replicas: number): boolean {
  return replicas !== 0 && replicas <= (hpa.spec?.maxReplicas ?? 0) && replicas >= minOf(hpa);
}

/** Collects what is said, condition by condition. */
class Saying {
  readonly events: Decision["events"] = [];
  conditions: NonNullable<HorizontalPodAutoscalerStatus["conditions"]>;
  readonly #nowMs: number;
  constructor(hpa: HorizontalPodAutoscaler, nowMs: number) {
    this.conditions = hpa.status?.conditions ?? [];
    this.#nowMs = nowMs;
  }
  set(type: string, isTrue: boolean, reason: string, message: string): void {
    this.conditions = withCondition(this.conditions, { type, status: isTrue ? "True" : "False", reason, message }, this.#nowMs);
  }
  warn(reason: string, message: string): void {
    this.events.push({ type: "Warning", reason, message });
  }
}

export function decide(seen: SeenAutoscaler, nowMs: number): Decision {
  const { hpa, target } = seen;
  const saying = new Saying(hpa, nowMs);
  const was = hpa.status ?? { desiredReplicas: 0 };
  const done = (status: Partial<HorizontalPodAutoscalerStatus>, memory: Memory): Decision => ({
    hpa,
    status: { ...was, ...status, conditions: saying.conditions },
    events: saying.events,
    memory,
  });
  if ("error" in target) {
    saying.warn("FailedGetScale", target.error);
    saying.set("AbleToScale", false, "FailedGetScale", `the HPA controller was unable to get the target's current scale: ${target.error}`);
    return done({}, seen.memory ?? noMemory);
  }
  saying.set("AbleToScale", true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
  const current = target.ok.scale.spec?.replicas ?? 0;
  const first = { ...noMemory, recommendations: [{ replicas: current, atMs: nowMs }] };
  const memory = seen.memory?.recommendations.length
    ? seen.memory
    : { ...first, ...(seen.memory && { ups: seen.memory.ups, downs: seen.memory.downs }) };
  const { maxReplicas = 0 } = hpa.spec ?? {};
  const told = (desired: number, metrics: MetricStatus[] | undefined) => statusOf(hpa, current, desired, metrics);
  if (current === 0) {
    saying.set("ScalingActive", false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
    return done(told(current, undefined), memory);
  }
  if (!isMeasured(hpa, current)) {
    const [to, why] = current > maxReplicas ? [maxReplicas, "above Spec.MaxReplicas"] : [minOf(hpa), "below Spec.MinReplicas"];
    const rescale = rescaleOf(seen, to, `Current number of replicas ${why}`);
    return { ...done(told(to, undefined), memory), rescale };
  }
  const { best, statuses, error } = computed(seen, saying, nowMs);
  if (!best) {
    saying.warn("FailedComputeMetricsReplicas", error ?? "");
    return done(told(was.desiredReplicas ?? 0, statuses), memory);
  }
  const held = hold(seen, { current, desired: best.replicas }, memory, nowMs);
  sayHeld(held, saying);
  const next = { ...memory, recommendations: held.recommendations };
  const decision = done(told(held.replicas, statuses), next);
  if (held.replicas === current) return decision;
  const reason = best.replicas > current ? `${best.metric} above target` : best.replicas < current ? "All metrics below target" : "";
  return { ...decision, rescale: rescaleOf(seen, held.replicas, reason) };
}

function statusOf(hpa: HorizontalPodAutoscaler, current: number, desired: number, metrics: MetricStatus[] | undefined) {
  const { lastScaleTime } = hpa.status ?? {};
  return {
    currentReplicas: current,
    desiredReplicas: desired,
    ...(lastScaleTime ? { lastScaleTime } : {}),
    currentMetrics: metrics ?? null,
  } as Partial<HorizontalPodAutoscalerStatus>;
}

interface Computed {
  best: Proposal | undefined;
  statuses: MetricStatus[] | undefined;
  error?: string;
}

/** The metric that asks for most wins; while some are not known, nothing is taken away. */
function computed(seen: SeenAutoscaler, saying: Saying, nowMs: number): Computed {
  const unfit = whyUnfit(seen, saying);
  if (unfit) return { best: undefined, statuses: undefined, error: unfit };
  const specs = seen.hpa.spec?.metrics ?? [];
  const failures: { reason: string; error: string; whole: string }[] = [];
  let best: Proposal | undefined;
  const statuses = specs.map((spec, i): MetricStatus => {
    const proposed = propose(spec, seen.measures[i]!, seen, nowMs);
    if ("whole" in proposed) {
      saying.warn(proposed.reason, proposed.error);
      failures.push(proposed);
      return { type: "" };
    }
    if (!best || proposed.replicas > best.replicas) best = proposed;
    return proposed.status;
  });
  const [first] = failures;
  const spec = (seen.target as { ok: { scale: Scale } }).ok.scale.spec?.replicas ?? 0;
  const error = first && `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.whole}`;
  if (!best || (first && best.replicas < spec)) {
    const { reason = "", error: why = "" } = first ?? {};
    saying.set("ScalingActive", false, reason, `the HPA was unable to compute the replica count: ${why}`);
    return { best: undefined, statuses, error };
  }
  const message = `the HPA was able to successfully calculate a replica count from ${best.metric}`;
  saying.set("ScalingActive", true, "ValidMetricFound", message);
  return { best, statuses };
}

function whyUnfit({ selector, rivals, target }: SeenAutoscaler, saying: Saying): string | undefined {
  const say = (reason: string, message: string, condition: [reason: string, message: string] = [reason, message]) => {
    saying.warn(reason, message);
    saying.set("ScalingActive", false, ...condition);
    return message;
  };
  const text = (target as { ok: { scale: Scale } }).ok.scale.status?.selector ?? "";
  if (text === "")
    return say("SelectorRequired", "selector is required", ["InvalidSelector", "the HPA target's scale is missing a selector"]);
  if (selector && "error" in selector)
    return say("InvalidSelector", `couldn't convert selector into a corresponding internal selector object: ${selector.error}`);
  if (rivals.length < 2) return undefined;
  const all = rivals.map(({ name, namespace }) => `{${name} ${namespace}}`).join(" ");
  return say("AmbiguousSelector", `pods by selector ${text} are controlled by multiple HPAs: [${all}]`);
}

const behaviorOf = ({ spec }: HorizontalPodAutoscaler): Behavior | undefined =>
  spec?.behavior && { up: spec.behavior.scaleUp ?? {}, down: spec.behavior.scaleDown ?? {} };

function hold(
  { hpa, pace }: SeenAutoscaler,
  { current, desired }: { current: number; desired: number },
  memory: Memory,
  nowMs: number,
): Held {
  const wanted = { current, desired, min: minOf(hpa), max: hpa.spec?.maxReplicas ?? 0, downWindowMs: pace.downWindowMs };
  const behavior = behaviorOf(hpa);
  return behavior ? heldByBehavior(wanted, behavior, memory, nowMs) : heldPlainly(wanted, memory, nowMs);
}

function sayHeld({ stabilized, limited }: Held, saying: Saying): void {
  saying.set("AbleToScale", true, ...(stabilized ?? (["ReadyForNewScale", "recommended size matches current size"] as const)));
  saying.set("ScalingLimited", limited.isLimited, ...limited.why);
}

function rescaleOf({ target }: SeenAutoscaler, to: number, reason: string): NonNullable<Decision["rescale"]> {
  const { scale, resource } = (target as { ok: { scale: Scale; resource: Parameters<typeof asResource>[0] } }).ok;
  const next = { ...scale, spec: { ...scale.spec, replicas: to } };
  return { scale: next, from: scale.spec?.replicas ?? 0, to, reason, resource: asResource(resource) };
}

export function stepsOf({ hpa, rescale, events }: Decision): Step[] {
  const told = events.map(({ type, reason, message }) => tell(hpa, type, reason, message));
  return rescale ? [...told, update(rescale.resource, rescale.scale, { subresource: "scale" })] : told;
}

/** What follows when the scale was written, or was not: status, events and what is remembered. */
export function concluded(decision: Decision, { wrote, failures }: Outcome, nowMs: number): { steps: Step[]; memory: Memory } {
  const { hpa, rescale, memory } = decision;
  if (!rescale) return { steps: statusSteps(hpa, decision.status), memory };
  const { from, to, reason } = rescale;
  const said = new Saying({ ...hpa, status: decision.status }, nowMs);
  if (wrote.length === 0) {
    const error = failures[0] ? messageOf(failures[0].error) : "the target is gone";
    said.set("AbleToScale", false, "FailedUpdateScale", `the HPA controller was unable to update the target scale: ${error}`);
    const status = { ...decision.status, desiredReplicas: hpa.status?.desiredReplicas ?? 0, conditions: said.conditions };
    const event = tell(hpa, "Warning", "FailedRescale", `New size: ${to}; reason: ${reason}; error: ${error}`);
    return { steps: [event, ...statusSteps(hpa, status)], memory };
  }
  said.set("AbleToScale", true, "SucceededRescale", `the HPA controller was able to update the target scale to ${to}`);
  const status = { ...decision.status, lastScaleTime: timestamp(nowMs), conditions: said.conditions };
  const event = tell(hpa, "Normal", "SuccessfulRescale", `New size: ${to}; reason: ${reason}`);
  const behavior = behaviorOf(hpa);
  return {
    steps: [event, ...statusSteps(hpa, status)],
    memory: behavior ? withChange(memory, behavior, to - from, nowMs) : memory,
  };
}

function statusSteps(hpa: HorizontalPodAutoscaler, next: HorizontalPodAutoscalerStatus): Step[] {
  const told = { about: hpa, failed: ["FailedUpdateStatus", "{error}"] } as const;
  return sameJson(hpa.status ?? {}, next) ? [] : [status(horizontalpodautoscalers, { ...hpa, status: next }, { told })];
}
