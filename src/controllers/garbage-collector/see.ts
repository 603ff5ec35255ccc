/**
 * Deletes what has lost its owners, and carries out the two slow ways of deletion: *foreground* (dependents first) and
 * *orphan* (dependents are set free).
 */
import type { KubeObject, OwnerReference } from "#api/mod.ts";
import { type Client, orUndefined, type Reconciler, reconciler } from "#client/mod.ts";
import { asResource } from "../discovery.ts";
import { followEverything, type Kinds } from "./follow.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";
import { planGarbage, type SeenObject } from "./plan.ts";

const mostAbsent = 500;
const readsAtOnce = 32;

export function garbageCollector(): Reconciler {
  const graph = new OwnerGraph();
  const { source, kinds } = followEverything(graph);
  const absent = new Set<string>();
  const misplaced = new Set<string>();
  let wake: (key: string) => void = () => {};
  return reconciler<never, SeenObject>({
    name: "garbage-collector-controller",
    account: "generic-garbage-collector",
    workers: 20,
    also: [
      source,
      {
        follows: [],
        start({ add }) {
          wake = add;
          return () => {};
        },
      },
    ],
    async see(uid, _, { client }) {
      await kinds.ready;
      const node = graph.nodes.get(uid);
      if (!node) return undefined;
      const look = new Look({ client, graph, kinds, absent, misplaced, wake });
      if (node.orphaning) return look.orphaning(node);
      if (node.foreground) return look.foreground(node);
      return node.beingDeleted || node.owners.length === 0 ? undefined : look.owned(node);
    },
    plan: planGarbage,
  });
}

interface Surroundings {
  client: Client;
  graph: OwnerGraph;
  kinds: Kinds;
  /** Owners that were asked for and are gone; bounded. */
  absent: Set<string>;
  /** Owners in other namespaces that were told; bounded. */
  misplaced: Set<string>;
  wake(uid: string): void;
}

/** One look at an object and those around it, in the graph where that is enough, else by asking. */
class Look {
  readonly #at: Surroundings;
  constructor(surroundings: Surroundings) {
    this.#at = surroundings;
  }

  async owned(node: GraphNode): Promise<SeenObject | undefined> {
    const { graph } = this.#at;
    const known = node.owners.map((owner) => graph.nodes.get(owner.uid ?? ""));
    // The usual case costs no request.
    if (known.every((owner) => owner && !owner.foreground && inReach(owner, node))) return undefined;
    const object = await this.#live(node);
    if (!object) return undefined;
    const [solid, dangling, waiting, foreign]: OwnerReference[][] = [[], [], [], []];
    for (const owner of object.metadata.ownerReferences ?? []) {
      const there = graph.nodes.get(owner.uid ?? "");
      if (there && inReach(there, node)) (there.foreground ? waiting! : solid!).push(owner);
      else {
        if (there && this.#isNews(owner, node)) foreign!.push(owner);
        ((await this.#isAbsent(owner, node)) ? dangling! : solid!).push(owner);
      }
    }
    return {
      is: "owned",
      resource: node.resource,
      object,
      owners: { solid: solid!, dangling: dangling!, waiting: waiting! },
      foreign: foreign!,
      hasDependents: node.dependents.size > 0,
      inCircle: [...node.dependents].some((uid) => graph.nodes.get(uid)?.foreground),
    };
  }

  async foreground(node: GraphNode): Promise<SeenObject | undefined> {
    const dependents = [...node.dependents].flatMap((uid) => this.#at.graph.nodes.get(uid) ?? []);
    for (const dependent of dependents) if (!dependent.beingDeleted) this.#at.wake(dependent.uid);
    const blocking = dependents.some(({ owners }) => owners.some((owner) => owner.uid === node.uid && owner.blockOwnerDeletion === true));
    const object = blocking ? undefined : await this.#live(node);
    return object && { is: "unblocked", resource: node.resource, object };
  }

  async orphaning(node: GraphNode): Promise<SeenObject | undefined> {
    const object = await this.#live(node);
    if (!object) return undefined;
    const nodes = [...node.dependents].flatMap((uid) => this.#at.graph.nodes.get(uid) ?? []);
    const dependents: { resource: GraphNode["resource"]; object: KubeObject }[] = [];
    for (let from = 0; from < nodes.length; from += readsAtOnce) {
      const batch = nodes.slice(from, from + readsAtOnce);
      const found = await Promise.all(batch.map((each) => this.#live(each)));
      for (const [at, each] of found.entries()) if (each) dependents.push({ resource: batch[at]!.resource, object: each });
    }
    const owned = dependents.filter((each) => each.object.metadata.ownerReferences?.some(({ uid }) => uid === node.uid));
    return { is: "orphaning", resource: node.resource, object, dependents: owned };
  }

  /** An owner that the graph does not have may be too new for it, or of a kind that is not followed: ask. */
  async #isAbsent(owner: OwnerReference, node: GraphNode): Promise<boolean> {
    const { client, kinds, absent } = this.#at;
    const key = `${owner.uid}/${node.namespace}`;
    if (absent.has(key)) return true;
    const kind = kinds.find(owner.apiVersion ?? "", owner.kind ?? "");
    // A kind that nobody serves: nothing can be said of it, and nothing is deleted for it.
    if (!kind || (kind.namespaced && !node.namespace)) return false;
    const name = owner.name ?? "";
    const ref = kind.namespaced ? { namespace: node.namespace, name } : { name };
    const found = (await orUndefined(client.get(asResource(kind), ref))) as KubeObject | undefined;
    if (found?.metadata.uid === owner.uid) return false;
    remember(absent, key);
    return true;
  }

  #isNews(owner: OwnerReference, node: GraphNode): boolean {
    const key = `${owner.uid}/${node.uid}`;
    if (this.#at.misplaced.has(key)) return false;
    remember(this.#at.misplaced, key);
    return true;
  }

  async #live({ uid, resource, namespace, name }: GraphNode): Promise<KubeObject | undefined> {
    const { client, graph, wake } = this.#at;
    const object = (await orUndefined(client.get(resource, namespace ? { namespace, name } : { name }))) as KubeObject | undefined;
    if (object?.metadata.uid === uid) return object;
    // The graph is behind: the object is gone, or another has its name. Its dependents must hear of it.
    for (const dependent of graph.remove(uid)?.dependents ?? []) wake(dependent);
    return undefined;
  }
}

function remember(keys: Set<string>, key: string): void {
  keys.add(key);
  if (keys.size > mostAbsent) keys.delete(keys.values().next().value!);
}

/** A namespaced owner counts only for objects of its namespace. */
function inReach(owner: GraphNode, dependent: GraphNode): boolean {
  return owner.namespace === "" || owner.namespace === dependent.namespace;
}
