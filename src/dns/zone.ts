/** The cluster zone: every Service's names, which namespaces exist, and how many times it has changed. */
import type { EndpointSlice, Service } from "#api/mod.ts";
import { addressOf, addressRecord, type Names, type RecordData, recordsOf } from "./records.ts";

export type Lookup = { found: true; records: readonly RecordData[] } | { found: false };

export class Zone {
  readonly domain: string;
  /** Rises with every change: prepared answers of an older version are thrown away. */
  version = 0;
  #owned = new Map<string, Names>();
  #names = new Map<string, Map<string, RecordData[]>>();
  #namespaces = new Set<string>();

  readonly #addresses: readonly string[];

  /** `addresses`: where the zone is answered. */
  constructor(domain: string, addresses: readonly string[] = []) {
    this.domain = domain;
    this.#addresses = addresses;
  }

  /** `service` undefined: it is gone. */
  setService(key: string, service: Service | undefined, slices: readonly EndpointSlice[]): void {
    const next: Names = service ? recordsOf(service, slices, this.domain) : new Map();
    const before = this.#owned.get(key);
    if (before && sameNames(before, next)) return;
    this.version++;
    for (const name of before?.keys() ?? []) {
      const owners = this.#names.get(name);
      owners?.delete(key);
      if (owners?.size === 0) this.#names.delete(name);
    }
    if (service) this.#owned.set(key, next);
    else this.#owned.delete(key);
    for (const [name, records] of next) {
      const owners = this.#names.get(name) ?? new Map<string, RecordData[]>();
      this.#names.set(name, owners.set(key, records));
    }
  }

  setNamespace(name: string, exists: boolean): void {
    if (this.#namespaces.has(name) === exists) return;
    this.version++;
    if (exists) this.#namespaces.add(name);
    else this.#namespaces.delete(name);
  }

  /** Whether this zone answers for the name: the cluster domain and the reverse names that it holds. */
  isOurs(name: string): boolean {
    return name === this.domain || name.endsWith(`.${this.domain}`) || (/\.(in-addr|ip6)\.arpa$/.test(name) && this.#names.has(name));
  }

  lookup(name: string): Lookup {
    const owners = this.#names.get(name);
    if (owners) return { found: true, records: [...owners.values()].flat() };
    if (name === this.domain) return { found: true, records: [{ type: "NS", target: `ns.dns.${this.domain}` }] };
    const labels = name.slice(0, -(this.domain.length + 1)).split(".");
    return this.#implied(labels);
  }

  /** Names that exist without a record of their own. */
  #implied(labels: string[]): Lookup {
    const last = labels.at(-1);
    if (labels.length === 1 && last === "dns-version") return { found: true, records: [{ type: "TXT", text: "1.1.0" }] };
    if (last === "dns" && labels.length <= 2) {
      if (labels.length === 1) return { found: true, records: [] };
      return labels[0] === "ns" ? { found: true, records: this.#addresses.map(addressRecord) } : { found: false };
    }
    if (last !== "svc" && last !== "pod") return { found: false };
    if (labels.length === 1) return { found: true, records: [] };
    if (!this.#namespaces.has(labels.at(-2)!)) return { found: false };
    if (labels.length === 2) return { found: true, records: [] };
    if (last === "pod" && labels.length === 3) {
      const address = addressOf(labels[0]!);
      if (address) return { found: true, records: [addressRecord(address)] };
    }
    const protocol = labels.length === 4 && (labels[0] === "_tcp" || labels[0] === "_udp");
    const service = protocol && this.#names.has(`${labels.slice(1).join(".")}.${this.domain}`);
    return service ? { found: true, records: [] } : { found: false };
  }
}

function sameNames(a: Names, b: Names): boolean {
  if (a.size !== b.size) return false;
  for (const [name, records] of a) if (JSON.stringify(records) !== JSON.stringify(b.get(name))) return false;
  return true;
}
