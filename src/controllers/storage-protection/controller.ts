/** Lets a claim or a volume that is being deleted go as soon as nothing uses it any more. */
import {
  type KubeObject,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type Resource,
} from "#api/mod.ts";
import { type Informer, index, isConflict, isNotFound, keyOf, runController } from "#client/mod.ts";
import { isFinished } from "../pods.ts";
import { allSynced, type Context, type Controller } from "../shared.ts";

const byClaim = index(pods, (pod) => claimsOf(pod).map((claim) => `${pod.metadata.namespace}/${claim}`));

interface Protection<T extends KubeObject> {
  name: string;
  resource: Resource<T>;
  finalizer: string;
  isUsed(object: T): boolean | undefined;
}

export function storageProtectionController(context: Context): Controller {
  const allPods = context.watch(pods);
  const claims = protect(context, [allPods], {
    name: "pvc-protection",
    resource: persistentvolumeclaims,
    finalizer: "kubernetes.io/pvc-protection",
    isUsed: (claim: PersistentVolumeClaim) => allPods.by(byClaim, keyOf(claim)).some((pod) => pod.spec?.nodeName && !isFinished(pod)),
  });
  const volumes = protect(context, [], {
    name: "pv-protection",
    resource: persistentvolumes,
    finalizer: "kubernetes.io/pv-protection",
    isUsed: (volume) => volume.status?.phase === "Bound",
  });
  allPods.onChange(({ type, object }) => {
    if (type === "deleted" || isFinished(object))
      for (const claim of claimsOf(object)) claims.look(`${object.metadata.namespace}/${claim}`);
  });
  return {
    async close() {
      await Promise.all([claims.close(), volumes.close()]);
    },
  };
}

/** Names of the claims that a pod mounts; a generic ephemeral volume has one named after pod and volume. */
function claimsOf(pod: Pod): string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim?.claimName) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [`${pod.metadata.name}-${volume.name}`] : [];
  });
}

function protect<T extends KubeObject>(
  { client, clock, log, watch }: Context,
  needed: readonly Pick<Informer, "synced">[],
  { name, resource, finalizer, isUsed }: Protection<T>,
): Controller & { look(key: string): void } {
  const all = watch(resource);
  const controller = runController({ name, clock, log, workers: 1, reconcile });
  all.onChange(({ type, object }) => {
    if (type !== "deleted" && object.metadata.deletionTimestamp) controller.queue.add(keyOf(object));
  });

  async function reconcile(key: string): Promise<void> {
    await allSynced(all, ...needed);
    const object = all.get(key);
    const { deletionTimestamp, finalizers = [] } = object?.metadata ?? {};
    if (!object || !deletionTimestamp || !finalizers.includes(finalizer) || isUsed(object)) return;
    const metadata = { ...object.metadata, finalizers: finalizers.filter((each) => each !== finalizer) };
    try {
      await client.update(resource, { ...object, apiVersion: resource.apiVersion, kind: resource.kind, metadata });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  return { close: () => controller.close(), look: (key) => controller.queue.add(key) };
}
