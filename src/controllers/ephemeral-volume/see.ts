/** Makes the claims of generic ephemeral volumes: they belong to their pod and go with it. */
import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims, pods, type Volume } from "#api/mod.ts";
import { controllerReference, create, isControlledBy, keyOf, reconciler, type Step, tell, via } from "#client/mod.ts";
import { podsByClaim } from "../pods.ts";

export interface SeenEphemeral {
  pod: Pod;
  claimNamed(name: string): PersistentVolumeClaim | undefined;
}

const hasEphemeral = (pod: Pod) => pod.spec?.volumes?.some((volume) => volume.ephemeral) === true;

export const ephemeralVolumes = reconciler<Pod, SeenEphemeral>({
  name: "ephemeral-volume-controller",
  component: "ephemeral_volume",
  workers: 5,
  of: pods,
  when: ({ type, object }) => type !== "deleted" && hasEphemeral(object),
  also: [
    // Whoever deletes it, the pod needs it.
    via(
      persistentvolumeclaims,
      (claim, caches) => caches.by(podsByClaim, keyOf(claim)).map(keyOf),
      ({ type }) => type === "deleted",
    ),
  ],
  see(key, caches) {
    const pod = caches.get(pods, key);
    if (!pod || pod.metadata.deletionTimestamp || !hasEphemeral(pod)) return undefined;
    return { pod, claimNamed: (name) => caches.get(persistentvolumeclaims, `${pod.metadata.namespace}/${name}`) };
  },
  plan: planEphemeral,
});

export function planEphemeral({ pod, claimNamed }: SeenEphemeral): Step[] {
  const { namespace, name: podName } = pod.metadata;
  const steps: Step[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (!volume.ephemeral) continue;
    const name = `${podName}-${volume.name}`;
    const known = claimNamed(name);
    if (!known) {
      const failed = ["FailedBinding", `ephemeral volume ${volume.name}: create PVC ${name}: {error}`] as const;
      steps.push(create(persistentvolumeclaims, claimOf(pod, volume, name), { told: { about: pod, failed } }));
    } else if (!isControlledBy(known, pod)) {
      const why = `PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`;
      // What follows is not tried: the pod cannot start without this one.
      return [...steps, tell(pod, "Warning", "FailedBinding", `ephemeral volume ${volume.name}: ${why}`)];
    }
  }
  return steps;
}

function claimOf(pod: Pod, { ephemeral }: Volume, name: string): PersistentVolumeClaim {
  const { metadata, spec } = ephemeral?.volumeClaimTemplate ?? {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      namespace: pod.metadata.namespace,
      ownerReferences: [controllerReference(pod)],
      ...(metadata?.annotations ? { annotations: metadata.annotations } : {}),
      ...(metadata?.labels ? { labels: metadata.labels } : {}),
    },
    spec: spec ?? {},
  };
}
