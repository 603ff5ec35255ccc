/**
 * A controller as a value: what wakes it, what it looks at (`see`), and what follows from that (`plan`, pure).
 *
 *     change ─▶ key ─▶ see ─▶ plan ─▶ steps ─▶ (conclude ─▶ steps) ─▶ copies show what was written ─▶ next look at the key
 */
import type { KubeObject, Resource } from "#api/mod.ts";
import type { Clock, Log } from "#base/mod.ts";
import type { Client } from "../contract.ts";
import type { Index } from "../indexes.ts";
import { type Change, type Informer, keyOf } from "../informer.ts";
import type { Outcome, Step } from "./step.ts";

/** The copies that a reconciler follows. Objects are shared and frozen. Keys are `namespace/name`, or `name`. */
export interface Caches {
  get<T extends KubeObject>(resource: Resource<T>, key: string): T | undefined;
  list<T extends KubeObject>(resource: Resource<T>): T[];
  by<T extends KubeObject>(index: Index<T>, value: string): T[];
}

/** What `see` has besides the copies. */
export interface Looking {
  /** For what no copy shows; only to read. Writes are steps. */
  client: Client;
  clock: Clock;
  log: Log;
}

/** What a controller counts, as Prometheus names it; read when it is asked for. */
export interface Count {
  name: string;
  help: string;
  type: "counter" | "gauge";
  samples: { labels: Record<string, string>; value: number }[];
}

/** Something that puts keys into the queue. */
export interface Source {
  readonly follows: readonly Resource[];
  /** Returns the way to stop. */
  start(hub: Hub): () => void;
}

export interface Hub extends Looking {
  caches: Caches;
  informer<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  /** Ends the informer of a resource that nobody else follows: a kind that is gone. */
  drop(resource: Resource): void;
  add(key: string): void;
  addAfter(key: string, ms: number): void;
}

export interface Definition<T extends KubeObject, Seen> {
  /** Upstream's name of the controller. */
  name: string;
  /** Its service account in kube-system, when that is called otherwise. */
  account?: string;
  /** The source of its events, when that is called otherwise. */
  component?: string;
  /** Keys under way at once: upstream's number. */
  workers: number;
  /** Every change of these brings their own key. */
  of?: Resource<T>;
  /** Which changes of `of` count; all unless told. */
  when?(change: Change<T>): boolean;
  also?: readonly Source[];
  /** Resources that are looked at and wake nobody. */
  reads?: readonly Resource[];
  /** What there is for this key; undefined: nothing is to be done. */
  see(key: string, caches: Caches, looking: Looking): Seen | undefined | Promise<Seen | undefined>;
  plan(seen: Seen, nowMs: number): readonly Step[];
  /** What follows from how the plan went: a status that tells of failures. */
  conclude?(seen: Seen, outcome: Outcome, nowMs: number): readonly Step[];
  /** For the metrics of the process. */
  counts?(caches: Caches): readonly Count[];
}

// biome-ignore lint/suspicious/noExplicitAny: what one reconciler sees is nobody else's business; lists hold all kinds.
export interface Reconciler extends Omit<Definition<any, any>, "of" | "when" | "also" | "reads" | "account" | "component"> {
  readonly account: string;
  readonly component: string;
  readonly of: Resource | undefined;
  readonly sources: readonly Source[];
  readonly follows: readonly Resource[];
}

export function reconciler<T extends KubeObject, Seen>(definition: Definition<T, Seen>): Reconciler {
  const { name, account = name, component = name, of, when, also = [], reads = [] } = definition;
  const sources = [...(of ? [via(of, (object) => [keyOf(object)], when)] : []), ...also];
  const follows = new Set([...sources.flatMap((source) => source.follows), ...reads]);
  return Object.freeze({ ...definition, account, component, of, sources, follows: [...follows] });
}

/** Changes of `resource` bring these keys, of the object as it is and as it was. */
export function via<T extends KubeObject>(
  resource: Resource<T>,
  keys: (object: T, caches: Caches) => Iterable<string>,
  when: (change: Change<T>) => boolean = () => true,
): Source {
  return {
    follows: [resource],
    start: ({ informer, caches, add }) =>
      informer(resource).onChange((change) => {
        if (!when(change)) return;
        for (const key of keys(change.object, caches)) add(key);
        if (change.old) for (const key of keys(change.old, caches)) add(key);
      }),
  };
}
