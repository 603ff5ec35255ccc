/** Questions that several controllers ask about a pod. */
import { type Pod, type PodCondition, type PodTemplateSpec, pods } from "#api/mod.ts";
import { controllerOf, index } from "#client/mod.ts";

/** Pods by the uid of their controller. */
export const byController = index(pods, (pod) => [controllerOf(pod)?.uid ?? ""]);
/** Pods that nobody controls, by namespace. */
export const orphansIn = index(pods, (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace ?? ""]));
export const podsIn = index(pods, (pod) => [pod.metadata.namespace ?? ""]);
/** Pods by the node that they are bound to. */
export const onNode = index(pods, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Ready, and for at least so many seconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const since = Date.parse(ready.lastTransitionTime ?? "");
  return !Number.isNaN(since) && since + minReadySeconds * 1000 <= nowMs;
}

/** A pod as a template describes it. */
export function podFromTemplate(template: PodTemplateSpec | undefined, namespace: string, generateName: string): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName,
      namespace,
      ...(labels ? { labels: { ...labels } } : {}),
      ...(annotations ? { annotations: { ...annotations } } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec: structuredClone(template?.spec ?? {}),
  };
}
