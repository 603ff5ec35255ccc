/** One zone of the cluster: every Service's names, which namespaces exist, and how many times it has changed. */
import type { EndpointSlice, Service } from "#api/mod.ts";
import { addressOf, addressRecord, type Names, type Naming, type RecordData, recordsOf } from "./records.ts";

export type Lookup = { found: true; records: readonly RecordData[] } | { found: false };

export interface ZoneOptions extends Naming {
  /** Where the zone is answered. */
  addresses?: readonly string[];
  /** Only these namespaces are told of; empty: all. */
  namespaces?: readonly string[];
  /** Whether a pod's address is one that a name may be made of; absent: none is. */
  hasPod?(address: string, namespace: string): boolean;
}

export class Zone {
  readonly domain: string;
  /** Rises with every change: prepared answers of an older version are thrown away. */
  version = 0;
  #owned = new Map<string, Names>();
  #names = new Map<string, Map<string, RecordData[]>>();
  #namespaces = new Set<string>();
  readonly #options: ZoneOptions;
  readonly #only: ReadonlySet<string>;

  constructor(domain: string, options: ZoneOptions = {}) {
    this.domain = domain;
    this.#options = options;
    this.#only = new Set(options.namespaces);
  }

  /** `service` undefined: it is gone. */
  setService(key: string, service: Service | undefined, slices: readonly EndpointSlice[]): void {
    const told = service && this.#tells(service.metadata.namespace ?? "") ? service : undefined;
    const next: Names = told ? recordsOf(told, slices, this.domain, this.#options) : new Map();
    const before = this.#owned.get(key);
    if (before ? sameNames(before, next) : next.size === 0) return;
    this.version++;
    for (const name of before?.keys() ?? []) {
      const owners = this.#names.get(name);
      owners?.delete(key);
      if (owners?.size === 0) this.#names.delete(name);
    }
    if (told) this.#owned.set(key, next);
    else this.#owned.delete(key);
    for (const [name, records] of next) {
      const owners = this.#names.get(name) ?? new Map<string, RecordData[]>();
      this.#names.set(name, owners.set(key, records));
    }
  }

  setNamespace(name: string, exists: boolean): void {
    if (!this.#tells(name) || this.#namespaces.has(name) === exists) return;
    this.version++;
    if (exists) this.#namespaces.add(name);
    else this.#namespaces.delete(name);
  }

  /** A name in the domain, or a reverse one; plain. */
  lookup(name: string): Lookup {
    const owners = this.#names.get(name);
    if (owners) return { found: true, records: [...owners.values()].flat() };
    if (name === this.domain) return { found: true, records: [{ type: "NS", target: nameServer(this.domain) }] };
    const within = this.domain === "" || name.endsWith(`.${this.domain}`);
    if (!within) return { found: false };
    return this.#implied((this.domain === "" ? name : name.slice(0, -(this.domain.length + 1))).split("."));
  }

  #tells(namespace: string): boolean {
    return this.#only.size === 0 || this.#only.has(namespace);
  }

  /** Names that exist without a record of their own. */
  #implied(labels: string[]): Lookup {
    const last = labels.at(-1);
    if (labels.length === 1 && last === "dns-version") return { found: true, records: [{ type: "TXT", text: "1.1.0" }] };
    if (last === "dns" && labels.length <= 2) {
      if (labels.length === 1) return { found: true, records: [] };
      return labels[0] === "ns" ? { found: true, records: (this.#options.addresses ?? []).map(addressRecord) } : { found: false };
    }
    if (last !== "svc" && last !== "pod") return { found: false };
    if (labels.length === 1) return { found: true, records: [] };
    const namespace = labels.at(-2)!;
    if (!this.#namespaces.has(namespace)) return { found: false };
    if (last === "pod") return this.#pod(labels, namespace);
    if (labels.length === 2) return { found: true, records: [] };
    return { found: false };
  }

  #pod(labels: string[], namespace: string): Lookup {
    const { hasPod } = this.#options;
    if (!hasPod || labels.length > 3) return { found: false };
    if (labels.length === 2) return { found: true, records: [] };
    const address = addressOf(labels[0]!);
    return address && hasPod(address, namespace) ? { found: true, records: [addressRecord(address)] } : { found: false };
  }
}

export const nameServer = (domain: string): string => (domain === "" ? "ns.dns" : `ns.dns.${domain}`);

function sameNames(a: Names, b: Names): boolean {
  if (a.size !== b.size) return false;
  for (const [name, records] of a) if (JSON.stringify(records) !== JSON.stringify(b.get(name))) return false;
  return true;
}
