/**
 * Deletes what has lost its owners, and carries out the two slow ways of deletion: *foreground* (dependents first) and
 * *orphan* (dependents are set free).
 */
import { builtInKinds, type KubeObject, type OwnerReference } from "#api/mod.ts";
import { isConflict, isNotFound, orUndefined, retryOnConflict, runController } from "#client/mod.ts";
import { allSynced, type Context, type Controller } from "../shared.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";

const events = new Set(["events"]);

export function garbageCollector(context: Context): Controller {
  const { client, clock, log } = context;
  const graph = new OwnerGraph();
  const absent = new Map<string, number>();
  const resources = builtInKinds.filter(
    (resource) =>
      ["list", "watch", "delete"].every((verb) => resource.verbs.includes(verb)) &&
      !events.has(resource.resource) &&
      !(resource.group === "autoscaling" && resource.version === "v1"),
  );
  const informers = resources.map((resource) => context.watch<KubeObject>(resource));
  const controller = runController({ name: "garbage-collector", clock, log, workers: 8, reconcile });
  const { queue } = controller;

  informers.forEach((informer, index) => {
    const resource = resources[index]!;
    informer.onChange(({ type, object }) => {
      if (type === "deleted") {
        const gone = graph.remove(object.metadata.uid ?? "");
        for (const dependent of gone?.dependents ?? []) queue.add(dependent);
        for (const owner of gone?.owners ?? []) if (graph.nodes.get(owner.uid ?? "")?.foreground) queue.add(owner.uid!);
        return;
      }
      const node = graph.put(resource, object);
      if (node.owners.length > 0 || node.foreground || node.orphaning) queue.add(node.uid);
      if (node.foreground) for (const dependent of node.dependents) queue.add(dependent);
      for (const owner of node.owners) if (graph.nodes.get(owner.uid ?? "")?.foreground) queue.add(owner.uid!);
    });
  });

  async function reconcile(uid: string): Promise<void> {
    await allSynced(...informers);
    const node = graph.nodes.get(uid);
    if (!node) return;
    if (node.orphaning) return orphanDependents(node);
    if (node.foreground) return finishForeground(node);
    if (node.beingDeleted || node.owners.length === 0) return;
    await judge(node);
  }

  async function judge(node: GraphNode): Promise<void> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const owner of node.owners) {
      const known = graph.nodes.get(owner.uid ?? "");
      if (known && inReach(known, node)) (known.foreground ? waiting : solid).push(owner);
      else if (await isAbsent(owner, node)) dangling.push(owner);
      else solid.push(owner);
    }
    if (solid.length > 0) {
      if (dangling.length + waiting.length > 0) await dropOwners(node, [...dangling, ...waiting]);
      return;
    }
    if (waiting.length + dangling.length === 0) return;
    // A circle: one of our own dependents waits for its dependents, and so, in the end, for us. We no longer hold our owners up.
    if (waiting.length > 0 && [...node.dependents].some((uid) => graph.nodes.get(uid)?.foreground)) await unblockOwners(node);
    const object = await live(node);
    if (!object || object.metadata.deletionTimestamp) return;
    const { finalizers = [] } = object.metadata;
    const policy =
      waiting.length > 0 && node.dependents.size > 0
        ? "Foreground"
        : finalizers.includes("orphan")
          ? "Orphan"
          : finalizers.includes("foregroundDeletion")
            ? "Foreground"
            : "Background";
    try {
      await client.delete(node.resource, refOf(node), { propagationPolicy: policy, preconditions: { uid: node.uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /** An owner that the graph does not have may be too new for it, or of a kind that is not followed: ask. */
  async function isAbsent(owner: OwnerReference, node: GraphNode): Promise<boolean> {
    const key = `${owner.uid}/${node.namespace}`;
    if (absent.has(key)) return true;
    const resource = builtInKinds.find(({ apiVersion, kind }) => apiVersion === owner.apiVersion && kind === owner.kind);
    // A kind that nobody serves: nothing can be said of it, and nothing is deleted for it.
    if (!resource) return false;
    if (resource.namespaced && !node.namespace) return false;
    const ref = resource.namespaced ? { namespace: node.namespace, name: owner.name ?? "" } : { name: owner.name ?? "" };
    const found = await orUndefined(client.get(resource, ref));
    if (found?.metadata.uid === owner.uid) return false;
    absent.set(key, 1);
    if (absent.size > 500) absent.delete(absent.keys().next().value!);
    return true;
  }

  async function dropOwners(node: GraphNode, owners: readonly OwnerReference[]): Promise<void> {
    const gone = new Set(owners.map((owner) => owner.uid));
    await change(node, (object) => ({
      ...object,
      metadata: { ...object.metadata, ownerReferences: (object.metadata.ownerReferences ?? []).filter((owner) => !gone.has(owner.uid)) },
    }));
  }

  async function unblockOwners(node: GraphNode): Promise<void> {
    await change(node, (object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        ownerReferences: (object.metadata.ownerReferences ?? []).map((owner) => ({ ...owner, blockOwnerDeletion: false })),
      },
    }));
  }

  async function finishForeground(node: GraphNode): Promise<void> {
    const blocking = [...node.dependents]
      .map((uid) => graph.nodes.get(uid))
      .filter((dependent) => dependent?.owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true));
    for (const dependent of node.dependents) if (!graph.nodes.get(dependent)?.beingDeleted) queue.add(dependent);
    if (blocking.length === 0) await dropFinalizer(node, "foregroundDeletion");
  }

  async function orphanDependents(node: GraphNode): Promise<void> {
    for (const uid of node.dependents) {
      const dependent = graph.nodes.get(uid);
      if (dependent) await dropOwners(dependent, [{ uid: node.uid }]);
    }
    await dropFinalizer(node, "orphan");
  }

  async function dropFinalizer(node: GraphNode, finalizer: string): Promise<void> {
    await change(node, (object) => ({
      ...object,
      metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((each) => each !== finalizer) },
    }));
  }

  async function change(node: GraphNode, edit: (object: KubeObject) => KubeObject): Promise<void> {
    await retryOnConflict(async () => {
      const object = await live(node);
      if (object) await client.update(node.resource, edit(object)).catch(ignoreMissing);
    });
  }

  async function live(node: GraphNode): Promise<KubeObject | undefined> {
    const object = (await orUndefined(client.get(node.resource, refOf(node)))) as KubeObject | undefined;
    if (object?.metadata.uid === node.uid) return object;
    // The graph is behind: the object is gone, or another has its name.
    graph.remove(node.uid);
    return undefined;
  }

  return { close: () => controller.close() };
}

function ignoreMissing(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

const refOf = ({ namespace, name }: GraphNode) => (namespace ? { namespace, name } : { name });

/** A namespaced owner counts only for objects of its namespace. */
function inReach(owner: GraphNode, dependent: GraphNode): boolean {
  return owner.namespace === "" || owner.namespace === dependent.namespace;
}
