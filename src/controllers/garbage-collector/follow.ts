/** Keeps the graph of owners current from every kind that can be deleted, custom ones as they come and go. */
import { customresourcedefinitions, type KubeObject, type Resource } from "#api/mod.ts";
import { atMost, every, messageOf, type Timer } from "#base/mod.ts";
import type { Change, Hub, Source } from "#client/mod.ts";
import { asResource, type Discovered, discover, isTwin } from "../discovery.ts";
import type { OwnerGraph } from "./graph.ts";

/** How soon new kinds are followed at the latest; upstream's period. */
const periodMs = 30_000;
/** Definitions of custom kinds change several times while they are established: one look is enough. */
const afterDefinitionMs = 500;
/** Until discovery has answered once. */
const firstPeriodMs = 1000;
/** A kind whose objects do not come must not hold up all others: an owner that is not in the graph is asked for. */
const patienceMs = 30_000;

export interface Kinds {
  /** By group and kind, whatever the version. */
  find(apiVersion: string, kind: string): Discovered | undefined;
  /** Resolves when all kinds that were found first are followed. */
  ready: Promise<void>;
}

export function followEverything(graph: OwnerGraph): { source: Source; kinds: Kinds } {
  const known = new Map<string, Discovered>();
  let done = () => {};
  const ready = new Promise<void>((resolve) => {
    done = resolve;
  });
  const source: Source = { follows: [], start: (hub) => follow(hub, graph, known, done) };
  const find = (apiVersion: string, kind: string) => known.get(`${groupOf(apiVersion)}/${kind}`);
  return { source, kinds: { find, ready } };
}

const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? apiVersion.split("/")[0]! : "");

function follow(hub: Hub, graph: OwnerGraph, known: Map<string, Discovered>, done: () => void): () => void {
  const followed = new Map<string, { synced: Promise<void>; stop(): void }>();
  let closed = false;
  let first = true;
  const look = async () => {
    const { kinds, failures } = await discover(hub.client);
    if (closed) return;
    const wanted = new Map(kinds.filter(canBeFollowed).map((kind) => [`${kind.apiVersion}/${kind.resource}`, kind]));
    for (const kind of kinds) known.set(`${kind.group}/${kind.kind}`, kind);
    for (const [id, kind] of wanted) if (!followed.has(id)) followed.set(id, begin(hub, graph, kind));
    // A group that does not answer is not gone.
    if (failures.length > 0) return;
    for (const [id, { stop }] of followed) {
      if (wanted.has(id)) continue;
      stop();
      followed.delete(id);
    }
  };
  const ending = new AbortController();
  const turn = async () => {
    try {
      await look();
    } catch (error) {
      hub.log.debug("garbage collector: kinds could not be discovered", { error: messageOf(error) });
      return;
    }
    if (!first) return;
    first = false;
    timer.cancel();
    if (!closed) timer = every(hub.clock, periodMs, turn);
    await atMost(hub.clock, patienceMs, Promise.all([...followed.values()].map((each) => each.synced)), ending.signal);
    done();
  };
  let timer = every(hub.clock, firstPeriodMs, turn);
  void turn();
  let soon: Timer | undefined;
  const stopListening = hub.informer<KubeObject>(customresourcedefinitions as Resource).onChange(() => {
    if (first || closed) return;
    soon ??= hub.clock.after(afterDefinitionMs, () => {
      soon = undefined;
      void turn();
    });
  });
  return () => {
    closed = true;
    ending.abort();
    stopListening();
    soon?.cancel();
    timer.cancel();
    for (const { stop } of followed.values()) stop();
    done();
  };
}

/** Events own nothing, belong to nobody and are many. */
function canBeFollowed(kind: Discovered): boolean {
  return ["list", "watch", "delete"].every((verb) => kind.verbs.includes(verb)) && kind.resource !== "events" && !isTwin(kind);
}

function begin(hub: Hub, graph: OwnerGraph, kind: Discovered): { synced: Promise<void>; stop(): void } {
  const resource = asResource(kind);
  const informer = hub.informer<KubeObject>(resource);
  const uids = new Set<string>();
  const gone = (uid: string) => {
    uids.delete(uid);
    const node = graph.remove(uid);
    for (const dependent of node?.dependents ?? []) hub.add(dependent);
    for (const owner of node?.owners ?? []) if (graph.nodes.get(owner.uid ?? "")?.foreground) hub.add(owner.uid!);
  };
  const stop = informer.onChange((change) => {
    const uid = change.object.metadata.uid ?? "";
    if (change.type === "deleted") return gone(uid);
    if (!concerns(change)) return;
    uids.add(uid);
    const node = graph.put(resource, change.object);
    if (node.owners.length > 0 || node.foreground || node.orphaning) hub.add(uid);
    if (node.foreground) for (const dependent of node.dependents) hub.add(dependent);
    for (const owner of node.owners) if (graph.nodes.get(owner.uid ?? "")?.foreground) hub.add(owner.uid!);
  });
  return {
    synced: informer.synced,
    stop() {
      stop();
      hub.drop(resource);
      for (const uid of [...uids]) gone(uid);
    },
  };
}

/** Most updates change nothing that the graph holds. */
function concerns({ old, object }: Change<KubeObject>): boolean {
  if (!old) return true;
  const of = ({ metadata }: KubeObject) => [metadata.ownerReferences, metadata.finalizers];
  if (old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp) return true;
  return JSON.stringify(of(old)) !== JSON.stringify(of(object));
}
