/** Who owns whom: kept current from the changes of every resource. */
import type { KubeObject, OwnerReference, Resource } from "#api/mod.ts";

export interface GraphNode {
  uid: string;
  resource: Resource;
  namespace: string;
  name: string;
  owners: readonly OwnerReference[];
  /** Uids of objects that name this one as an owner. */
  dependents: Set<string>;
  beingDeleted: boolean;
  /** Waits until its blocking dependents are gone. */
  foreground: boolean;
  /** Wants its dependents to be set free. */
  orphaning: boolean;
}

export class OwnerGraph {
  readonly nodes = new Map<string, GraphNode>();
  /** Owners that are named and have not been seen: their dependents by uid. */
  #waiting = new Map<string, Set<string>>();

  put(resource: Resource, object: KubeObject): GraphNode {
    const { metadata } = object;
    const uid = metadata.uid!;
    const old = this.nodes.get(uid);
    const owners = metadata.ownerReferences ?? [];
    for (const owner of old?.owners ?? []) if (!owners.some((each) => each.uid === owner.uid)) this.#unlink(owner.uid ?? "", uid);
    const node: GraphNode = {
      uid,
      resource,
      namespace: metadata.namespace ?? "",
      name: metadata.name ?? "",
      owners,
      dependents: old?.dependents ?? this.#waiting.get(uid) ?? new Set(),
      beingDeleted: metadata.deletionTimestamp !== undefined,
      foreground: metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes("foregroundDeletion") === true,
      orphaning: metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes("orphan") === true,
    };
    this.#waiting.delete(uid);
    this.nodes.set(uid, node);
    for (const owner of owners) this.#dependentsOf(owner.uid ?? "").add(uid);
    return node;
  }

  remove(uid: string): GraphNode | undefined {
    const node = this.nodes.get(uid);
    if (!node) return undefined;
    this.nodes.delete(uid);
    for (const owner of node.owners) this.#unlink(owner.uid ?? "", uid);
    if (node.dependents.size > 0) this.#waiting.set(uid, node.dependents);
    return node;
  }

  #dependentsOf(uid: string): Set<string> {
    const node = this.nodes.get(uid);
    if (node) return node.dependents;
    const waiting = this.#waiting.get(uid) ?? new Set<string>();
    this.#waiting.set(uid, waiting);
    return waiting;
  }

  #unlink(owner: string, dependent: string): void {
    const set = this.nodes.get(owner)?.dependents ?? this.#waiting.get(owner);
    set?.delete(dependent);
    if (set?.size === 0) this.#waiting.delete(owner);
  }
}
