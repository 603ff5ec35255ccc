/** Questions that several controllers ask about a pod, and the pod that a template describes. */
import { type KubeObject, type Pod, type PodTemplateSpec, pods } from "#api/mod.ts";
import { claimKeysOfPod, conditionOf, controllerOf, controllerReference, index, timeOf } from "#client/mod.ts";

/** Pods by the uid of their controller. */
export const byController = index(pods, (pod) => [controllerOf(pod)?.uid ?? ""]);
/** Pods that nobody controls, by namespace. */
export const orphansIn = index(pods, (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace ?? ""]));
export const podsIn = index(pods, (pod) => [pod.metadata.namespace ?? ""]);
/** Pods by the node that they are bound to. */
export const onNode = index(pods, (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));

/** Pods by the claims that they mount. */
export const podsByClaim = index(pods, claimKeysOf);

/** Pods by the claims for devices that they use. */
export const podsByResourceClaim = index(pods, claimKeysOfPod);

/** Keys of the claims that a pod names; a generic ephemeral volume has one named after pod and volume. */
export function claimKeysOf({ metadata, spec }: Pod): string[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim?.claimName) return [`${metadata.namespace}/${persistentVolumeClaim.claimName}`];
    return ephemeral ? [`${metadata.namespace}/${metadata.name}-${name}`] : [];
  });
}

export const readyOf = (pod: Pod) => conditionOf(pod.status?.conditions, "Ready");

export function isReady(pod: Pod): boolean {
  return readyOf(pod)?.status === "True";
}

/** Neither finished nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** On its way out and not there yet. */
export function isTerminating(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Ready, and for at least so many seconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  if (!isReady(pod)) return false;
  return minReadySeconds === 0 || (availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY) <= nowMs;
}

/** When a ready pod becomes available; undefined when it does not say since when it is ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const since = timeOf(readyOf(pod)?.lastTransitionTime);
  return since === undefined ? undefined : since + minReadySeconds * 1000;
}

/** A pod as a template describes it, controlled by the owner, named after it by the server. */
export function podFromTemplate(template: PodTemplateSpec | undefined, owner: KubeObject): Pod {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template?.spec ?? {},
  };
}

/** What users are told when a controller makes or ends a pod: upstream's reasons and messages. */
export const toldOfCreate = (about: KubeObject) =>
  ({
    about,
    done: ["SuccessfulCreate", "Created pod: {name}"],
    failed: ["FailedCreate", "Error creating: {error}"],
  }) as const;
export const toldOfDelete = (about: KubeObject) =>
  ({
    about,
    done: ["SuccessfulDelete", "Deleted pod: {name}"],
    failed: ["FailedDelete", "Error deleting: {error}"],
  }) as const;
