/** Follows what the cluster has names for, and holds the zones that the configuration in force asks for. */

import { namespaces } from "#api/core/namespace.ts";
import { pods } from "#api/core/pod.ts";
import { services } from "#api/core/service.ts";
import { endpointslices } from "#api/discovery/endpoint-slice.ts";
import type { Pod } from "#api/mod.ts";
import { type Clock, canonical, type Log, type Random } from "#base/mod.ts";
import type { Client } from "#client/contract.ts";
import { index } from "#client/indexes.ts";
import { type Informer, informer, keyOf } from "#client/informer.ts";
import { type Lookup, Zone } from "./zone.ts";

export type PodMode = "disabled" | "insecure" | "verified";

export interface NamesOptions {
  /** Forward zones; the first one is the one that reverse names lead to. */
  domains: readonly string[];
  namespaces: readonly string[];
  endpointPodNames: boolean;
  noEndpoints: boolean;
  pods: PodMode;
}

/** The zones of one plugin. */
export interface ClusterNames {
  readonly synced: boolean;
  /** Rises with each change. */
  readonly version: number;
  lookup(domain: string, name: string): Lookup;
  reverse(name: string): Lookup;
  /** Of `pods verified`: whose address it is. */
  namespaceOfPod(address: string): string | undefined;
}

export interface NameSource {
  /** The same zones for the same options. */
  zones(options: NamesOptions): ClusterNames;
  /** Of all zones together. */
  readonly version: number;
}

const byService = index(endpointslices, ({ metadata }) => {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name ? [`${metadata.namespace}/${name}`] : [];
});

const byAddress = index(pods, ({ status, spec }) => {
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (isOver || spec?.hostNetwork) return [];
  return [...new Set([status?.podIP, ...(status?.podIPs ?? []).map(({ ip }) => ip)])].flatMap((ip) => (ip ? [canonical(ip)] : []));
});

export interface NamesGiven {
  client: Client;
  clock: Clock;
  random?: Random | undefined;
  log: Log;
  /** Where the zones are answered. */
  addresses: readonly string[];
}

export class Names implements NameSource {
  readonly #given: NamesGiven;
  readonly #follow;
  readonly #held = new Map<string, Held>();
  #pods: Informer<Pod> | undefined;
  #version = 0;

  constructor(given: NamesGiven) {
    this.#given = given;
    const { client } = given;
    this.#follow = {
      services: informer(client, services, given),
      slices: informer(client, endpointslices, given),
      namespaces: informer(client, namespaces, given),
    };
    const update = (key: string) => {
      for (const held of this.#held.values()) this.#setService(held, key);
    };
    this.#follow.services.onChange(({ object }) => update(keyOf(object)));
    this.#follow.slices.onChange(({ object, old }) => {
      for (const key of new Set([...byService.of(object), ...(old ? byService.of(old) : [])])) update(key);
    });
    this.#follow.namespaces.onChange(({ type, object }) => {
      for (const held of this.#held.values()) setNamespace(held, object.metadata.name ?? "", type !== "deleted");
    });
  }
  get synced(): Promise<unknown> {
    return Promise.all(Object.values(this.#follow).map((each) => each.synced));
  }
  get version(): number {
    let sum = this.#version;
    for (const { zones } of this.#held.values()) for (const zone of zones) sum += zone.version;
    return sum;
  }
  zones(options: NamesOptions): ClusterNames {
    const key = JSON.stringify(options);
    let held = this.#held.get(key);
    if (!held) this.#held.set(key, (held = this.#hold(options)));
    const { zones } = held;
    const hasSynced = () => this.#hasSynced(options);
    return {
      get synced() {
        return hasSynced();
      },
      get version() {
        return zones.reduce((sum, zone) => sum + zone.version, 0);
      },
      lookup: (domain, name) => zones.find((zone) => zone.domain === domain)?.lookup(name) ?? { found: false },
      reverse: (name) => zones[0]?.lookup(name) ?? { found: false },
      namespaceOfPod: (address) => this.#pods?.by(byAddress, canonical(address))[0]?.metadata.namespace,
    };
  }
  /** What no configuration asks for any more is forgotten. */
  keepOnly(options: readonly NamesOptions[]): void {
    const keys = new Set(options.map((each) => JSON.stringify(each)));
    // Versions never come back, or what was prepared for other zones would be told.
    for (const [key, { zones }] of this.#held)
      if (!keys.has(key)) {
        this.#held.delete(key);
        this.#version += zones.reduce((sum, zone) => sum + zone.version, 1);
      }
    if (options.some(({ pods: mode }) => mode === "verified")) return;
    this.#pods?.close();
    this.#pods = undefined;
  }
  close(): void {
    for (const each of Object.values(this.#follow)) each.close();
    this.#pods?.close();
  }
  #hasSynced({ pods: mode }: NamesOptions): boolean {
    return Object.values(this.#follow).every((each) => each.hasSynced()) && (mode !== "verified" || this.#pods?.hasSynced() === true);
  }
  #hold(options: NamesOptions): Held {
    const { addresses } = this.#given;
    const { pods: mode, domains, namespaces: only, endpointPodNames } = options;
    if (mode === "verified") this.#followPods();
    const hasPod = {
      disabled: undefined,
      insecure: () => true,
      verified: (address: string, namespace: string) =>
        this.#pods?.by(byAddress, canonical(address)).some(({ metadata }) => metadata.namespace === namespace) ?? false,
    }[mode];
    const zones = domains.map(
      (domain) => new Zone(domain, { addresses, namespaces: only, endpointPodNames, ...(hasPod ? { hasPod } : {}) }),
    );
    const held = { zones, options };
    for (const each of this.#follow.namespaces.list()) setNamespace(held, each.metadata.name ?? "", true);
    for (const each of this.#follow.services.list()) this.#setService(held, keyOf(each));
    return held;
  }
  #followPods(): void {
    if (this.#pods) return;
    this.#pods = informer(this.#given.client, pods, this.#given);
    // Names of pods come and go without a zone's change.
    this.#pods.onChange(() => void this.#version++);
  }
  #setService({ zones, options }: Held, key: string): void {
    const service = this.#follow.services.get(key);
    const slices = options.noEndpoints ? [] : this.#follow.slices.by(byService, key);
    for (const zone of zones) zone.setService(key, service, slices);
  }
}

interface Held {
  zones: readonly Zone[];
  options: NamesOptions;
}

function setNamespace({ zones }: Held, name: string, exists: boolean): void {
  for (const zone of zones) zone.setNamespace(name, exists);
}
