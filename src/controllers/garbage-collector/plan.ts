/** What becomes of an object whose owners are gone, and of one that waits for its dependents: pure. */
import type { KubeObject, OwnerReference, Resource } from "#api/mod.ts";
import { lanes, patch, remove, type Step, tell } from "#client/mod.ts";

export type SeenObject =
  | SeenOwned
  /** Waits until nothing blocks it, and nothing does. */
  | { is: "unblocked"; resource: Resource; object: KubeObject }
  /** Its dependents are to be set free. */
  | { is: "orphaning"; resource: Resource; object: KubeObject; dependents: readonly { resource: Resource; object: KubeObject }[] };

export interface SeenOwned {
  is: "owned";
  resource: Resource;
  object: KubeObject;
  owners: Owners;
  hasDependents: boolean;
  /** Owners in other namespaces that have not been told yet. */
  foreign?: readonly OwnerReference[];
  /** One of its dependents waits for its own dependents: and so, in the end, for this object. */
  inCircle: boolean;
}

export interface Owners {
  /** There, and to stay. */
  solid: readonly OwnerReference[];
  /** Gone. */
  dangling: readonly OwnerReference[];
  /** Being deleted, and waiting for us to go first. */
  waiting: readonly OwnerReference[];
}

export function planGarbage(seen: SeenObject): Step[] {
  const { resource, object } = seen;
  if (seen.is === "owned") return [...(seen.foreign ?? []).map((owner) => misplaced(object, owner)), ...judge(seen)];
  if (seen.is === "unblocked") return [withoutFinalizer(resource, object, "foregroundDeletion")];
  const gone = new Set([object.metadata.uid]);
  const freed = seen.dependents.map((each) => [withoutOwners(each.resource, each.object, gone)]);
  return [lanes(freed), withoutFinalizer(resource, object, "orphan")];
}

function judge({ resource, object, owners, hasDependents, inCircle }: SeenOwned): Step[] {
  const { solid, dangling, waiting } = owners;
  const lost = [...dangling, ...waiting];
  if (lost.length === 0) return [];
  // Owners that wait must be let go too, or they would wait for ever.
  if (solid.length > 0) return [withoutOwners(resource, object, new Set(lost.map(({ uid }) => uid)))];
  if (object.metadata.deletionTimestamp) return [];
  const { finalizers = [], resourceVersion } = object.metadata;
  const isHeld = waiting.length > 0 && hasDependents;
  const policy =
    isHeld || (finalizers.includes("foregroundDeletion") && !finalizers.includes("orphan"))
      ? "Foreground"
      : finalizers.includes("orphan")
        ? "Orphan"
        : "Background";
  if (isHeld && inCircle) return [unblocking(resource, object), remove(resource, object, { policy })];
  // Who gets an owner in the last moment stays.
  return [remove(resource, object, { policy, ...(resourceVersion ? { version: resourceVersion } : {}) })];
}

function misplaced(object: KubeObject, { apiVersion, kind, name, uid }: OwnerReference): Step {
  const { namespace = "" } = object.metadata;
  const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
  const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
  return tell(object, "Warning", "OwnerRefInvalidNamespace", message);
}

/** Lists are replaced whole, so the version that was looked at is named. */
function change(resource: Resource, object: KubeObject, metadata: object): Step {
  return patch(resource, object, { metadata: { resourceVersion: object.metadata.resourceVersion, ...metadata } }, { type: "merge" });
}

function withoutOwners(resource: Resource, object: KubeObject, gone: ReadonlySet<string | undefined>): Step {
  const left = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !gone.has(uid));
  return change(resource, object, { ownerReferences: left.length > 0 ? left : null });
}

function unblocking(resource: Resource, object: KubeObject): Step {
  const ownerReferences = (object.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false }));
  return change(resource, object, { ownerReferences });
}

function withoutFinalizer(resource: Resource, object: KubeObject, finalizer: string): Step {
  const left = (object.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  return change(resource, object, { finalizers: left.length > 0 ? left : null });
}
