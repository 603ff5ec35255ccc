/** Sizes what can be scaled by what is measured of its pods. */
import { type HorizontalPodAutoscaler, horizontalpodautoscalers, type Pod, pods, resourcePath } from "#api/mod.ts";
import { again, type Caches, type Client, index, keyOf, type Reconciler, reconciler } from "#client/mod.ts";
import { matchesLabels, parseLabelSelector, type Selector, SelectorError, sameJson } from "#codec/mod.ts";
import { asResource } from "../discovery.ts";
import { type Kinds, servedKinds } from "./kinds.ts";
import { measure, read } from "./measure.ts";
import { concluded, type Decision, decide, isMeasured, stepsOf } from "./plan.ts";
import { type Memory, type Pace, type Read, type SeenAutoscaler, type Target, usualPace } from "./seen.ts";

const podsIn = index<Pod>(pods, ({ metadata }) => [metadata.namespace ?? ""]);

/** A picture is decided upon once: `plan` and `conclude` share it. */
type Looked = SeenAutoscaler & { key: string; decision?: Decision };

export function podAutoscalers({ autoscaling = usualPace }: { autoscaling?: Pace } = {}): Reconciler {
  const memories = new Map<string, Memory>();
  const selectors = new Map<string, Selector>();
  let kinds: Kinds | undefined;
  return reconciler<HorizontalPodAutoscaler, Looked>({
    name: "horizontal-pod-autoscaler-controller",
    account: "horizontal-pod-autoscaler",
    component: "horizontal-pod-autoscaler",
    workers: 5,
    of: horizontalpodautoscalers,
    // Its own status is nothing new to it.
    when: ({ type, object, old }) => type === "deleted" || !old || !sameJson(object.spec, old.spec),
    reads: [pods],
    async see(key, caches, { client, clock }) {
      const hpa = caches.get(horizontalpodautoscalers, key);
      if (!hpa) {
        memories.delete(key);
        selectors.delete(key);
        return undefined;
      }
      kinds ??= servedKinds(client, clock);
      const nothing = { key, pace: autoscaling, hpa, pods: [], rivals: [], measures: [], memory: memories.get(key) };
      const target = await readTarget(hpa, kinds, client);
      if ("error" in target || !isMeasured(hpa, target.ok.scale.spec?.replicas ?? 0)) return { ...nothing, target };
      const selector = selectorOf(target.ok);
      if ("error" in selector) return { ...nothing, target, selector };
      selectors.set(key, selector.ok);
      const all = podsOf(hpa, selector.ok, caches);
      const rivals = rivalsOf(hpa, all, caches, selectors);
      if (rivals.length > 1) return { ...nothing, target, selector, pods: all, rivals };
      const at = { client, kinds, hpa, selector: selector.ok };
      const measures = await Promise.all((hpa.spec?.metrics ?? []).map((metric) => measure(metric, at)));
      return { ...nothing, target, selector, pods: all, rivals, measures };
    },
    plan(seen, nowMs) {
      seen.decision = decide(seen, nowMs);
      memories.set(seen.key, seen.decision.memory);
      // Metrics change without telling.
      return [again(autoscaling.syncMs), ...stepsOf(seen.decision)];
    },
    conclude(seen, outcome, nowMs) {
      const { steps, memory } = concluded(seen.decision!, outcome, nowMs);
      memories.set(seen.key, memory);
      return steps;
    },
  });
}

async function readTarget({ spec, metadata }: HorizontalPodAutoscaler, kinds: Kinds, client: Client): Promise<Read<Target>> {
  const { apiVersion = "", kind = "", name = "" } = spec?.scaleTargetRef ?? {};
  const parts = apiVersion.split("/");
  if (parts.length > 2) return { error: `unexpected GroupVersion string: ${apiVersion}` };
  const found = await kinds.find(parts.length === 2 ? parts[0]! : "", kind);
  if ("error" in found) return found;
  let first: { error: string } | undefined;
  for (const resource of found.ok) {
    const path = resourcePath(asResource(resource), { namespace: metadata.namespace, name, subresource: "scale" });
    const scale = await read<Target["scale"]>(client, path, `${resource.resource}.${resource.group}`);
    if ("ok" in scale) return { ok: { scale: scale.ok, resource } };
    first ??= scale;
  }
  return first!;
}

function selectorOf({ scale }: Target): Read<Selector> {
  try {
    const text = scale.status?.selector ?? "";
    return text === "" ? { error: "selector is required" } : { ok: parseLabelSelector(text) };
  } catch (error) {
    if (error instanceof SelectorError) return { error: error.message };
    throw error;
  }
}

const podsOf = ({ metadata }: HorizontalPodAutoscaler, selector: Selector, caches: Caches): Pod[] =>
  caches.by(podsIn, metadata.namespace ?? "").filter((pod) => matchesLabels(selector, pod.metadata.labels));

/** As far as their targets have been looked at: this one, and others that lead to one of the same pods. */
function rivalsOf({ metadata }: HorizontalPodAutoscaler, all: readonly Pod[], caches: Caches, selectors: ReadonlyMap<string, Selector>) {
  return caches
    .list(horizontalpodautoscalers)
    .filter((each) => each.metadata.namespace === metadata.namespace)
    .filter((each) => {
      const selector = selectors.get(keyOf(each));
      return selector && all.some((pod) => matchesLabels(selector, pod.metadata.labels));
    })
    .map((each) => ({ name: each.metadata.name ?? "", namespace: each.metadata.namespace ?? "" }));
}
