/**
 * Which pods a selector means, kept from one pass to the next: a pod that changed is asked about the few selectors that may mean
 * it, and a set that did not change stays the same object, so that nobody need compare it.
 */
import type { Family } from "#base/mod.ts";
import { matchesLabels, type Selector } from "#codec/mod.ts";
import type { ElementSet } from "#linux/mod.ts";
import { commentOf, setTypes } from "./names.ts";
import type { Group } from "./parse.ts";
import type { Peer } from "./peers.ts";
import { SelectorIndex } from "./selector-index.ts";

export interface World {
  /** By uid, no two with one address. */
  peers: ReadonlyMap<string, Peer>;
  namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Sets by group's key and by port's name (`tcp/http`). */
export interface Wanted {
  groups: ReadonlyMap<string, Group>;
  ports: ReadonlySet<string>;
}

export class Members {
  #wanted: Wanted = { groups: new Map(), ports: new Set() };
  #index = new SelectorIndex<Group>([], ({ pods }) => pods);
  #groups = new Map<string, ElementSet>();
  #ports = new Map<string, ElementSet>();
  #world: World = { peers: new Map(), namespaces: new Map() };
  readonly #type: string;

  constructor(family: Family) {
    this.#type = setTypes[family];
  }

  of(wanted: Wanted, world: World): { groups: ReadonlyMap<string, ElementSet>; ports: ReadonlyMap<string, ElementSet> } {
    const changes = changesOf(this.#world.peers, world.peers);
    const relabelled = this.#world.namespaces !== world.namespaces;
    if (wanted !== this.#wanted) this.#index = new SelectorIndex(wanted.groups.values(), ({ pods }) => pods);
    const isKept = (key: string, { namespace }: Group) => this.#groups.has(key) && (typeof namespace === "string" || !relabelled);
    const fresh = [...wanted.groups].filter(([key, group]) => !isKept(key, group));
    const groups = wanted === this.#wanted ? this.#groups : pick(this.#groups, wanted.groups.keys());
    this.#apply(groups, changes, world);
    fill(groups, fresh, world, this.#type);
    const ports = new Map<string, ElementSet>();
    for (const key of wanted.ports) ports.set(key, this.#port(key, changes, world));
    this.#groups = groups;
    this.#ports = ports;
    this.#world = world;
    this.#wanted = wanted;
    return { groups, ports };
  }

  /** Changes the sets that those pods leave and enter; others stay the same objects. */
  #apply(groups: Map<string, ElementSet>, { gone, come }: Changes, world: World): void {
    const touched = new Map<string, { gone: string[]; come: string[] }>();
    const touch = (key: string) => touched.get(key) ?? touched.set(key, { gone: [], come: [] }).get(key)!;
    // By labels alone: what its namespace was called then does not matter, for the set knows whether it had the address.
    for (const peer of gone) for (const group of this.#index.candidates(peer.labels)) touch(group.key).gone.push(peer.ip);
    for (const peer of come)
      for (const group of this.#index.candidates(peer.labels)) if (matches(group, peer, world)) touch(group.key).come.push(peer.ip);
    for (const [key, { gone: left, come: entered }] of touched) {
      const set = groups.get(key);
      const removed = left.filter((ip) => set?.elements.has(ip) && !entered.includes(ip));
      if (!set || (removed.length === 0 && entered.every((ip) => set.elements.has(ip)))) continue;
      const elements = new Map(set.elements);
      for (const ip of removed) elements.delete(ip);
      for (const ip of entered) elements.set(ip, "");
      groups.set(key, { ...set, elements });
    }
  }

  #port(key: string, changes: Changes, world: World): ElementSet {
    const old = this.#ports.get(key);
    if (old && !hasPort(changes.gone, key) && !hasPort(changes.come, key)) return old;
    const elements = new Map<string, string>();
    for (const { ip, ports } of world.peers.values()) for (const number of ports.get(key) ?? []) elements.set(`${ip} . ${number}`, "");
    return { kind: "set", type: `${this.#type} . inet_service`, elements };
  }
}

interface Changes {
  gone: Peer[];
  come: Peer[];
}

/** A pod that changed has gone as it was, and come as it is. */
function changesOf(before: World["peers"], now: World["peers"]): Changes {
  const changes: Changes = { gone: [], come: [] };
  for (const [key, peer] of before) if (now.get(key) !== peer) changes.gone.push(peer);
  for (const [key, peer] of now) if (before.get(key) !== peer) changes.come.push(peer);
  return changes;
}

const hasPort = (peers: readonly Peer[], key: string): boolean => peers.some(({ ports }) => ports.has(key));

function pick<T>(all: ReadonlyMap<string, T>, keys: Iterable<string>): Map<string, T> {
  const picked = new Map<string, T>();
  for (const key of keys) {
    const found = all.get(key);
    if (found) picked.set(key, found);
  }
  return picked;
}

/** Groups that are new, or whose namespaces changed: every pod is asked. */
function fill(groups: Map<string, ElementSet>, fresh: readonly [string, Group][], world: World, type: string): void {
  if (fresh.length === 0) return;
  const members = new Map(fresh.map(([key]) => [key, new Map<string, string>()]));
  const index = new SelectorIndex(
    fresh.map(([, group]) => group),
    ({ pods }) => pods,
  );
  for (const peer of world.peers.values())
    for (const group of index.candidates(peer.labels)) if (matches(group, peer, world)) members.get(group.key)!.set(peer.ip, "");
  for (const [key, elements] of members) groups.set(key, { kind: "set", type, flags: commentOf(key), elements });
}

function matches({ namespace, pods }: Group, peer: Peer, world: World): boolean {
  if (typeof namespace === "string" ? namespace !== peer.namespace : !inNamespaces(namespace, peer.namespace, world)) return false;
  return matchesLabels(pods, peer.labels);
}

/** A namespace that is not known yet has no labels that anybody could allow. */
function inNamespaces(selector: Selector, name: string, { namespaces }: World): boolean {
  const labels = namespaces.get(name);
  return labels !== undefined && matchesLabels(selector, labels);
}
