/** Who has which external address, and who may have one beside another. */
import type { Service } from "#api/mod.ts";
import { canonical } from "#base/mod.ts";

/** Of a Service, as far as others care. */
export interface Holder {
  /** `namespace/name`. */
  key: string;
  /** Services with the same text may have an address together. */
  sharing: string | undefined;
  /** `TCP 80`. */
  ports: readonly string[];
  /** Which pods answer, where only nodes that have one take traffic; empty where every node does. */
  backend: string;
}

/** The annotations of MetalLB, by its newer and its older prefix. */
export function annotationOf({ metadata }: Service, name: string): string | undefined {
  return metadata.annotations?.[`metallb.io/${name}`] ?? metadata.annotations?.[`metallb.universe.tf/${name}`];
}

export function holderOf(service: Service): Holder {
  const { metadata, spec } = service;
  const local = spec?.externalTrafficPolicy === "Local";
  return {
    key: `${metadata.namespace}/${metadata.name}`,
    sharing: annotationOf(service, "allow-shared-ip") || undefined,
    ports: (spec?.ports ?? []).map(({ protocol = "TCP", port }) => `${protocol} ${port}`),
    backend: local ? `${metadata.namespace} ${JSON.stringify(Object.entries(spec?.selector ?? {}).toSorted())}` : "",
  };
}

interface Entry extends Holder {
  /** It is about to lose the address: what waits for that is no failure. */
  leaving: boolean;
}

export class Book {
  #entries = new Map<string, Entry[]>();

  add(address: string, holder: Holder, leaving = false): void {
    const key = canonical(address);
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), { ...holder, leaving }]);
  }

  /** Why this one cannot have the address; undefined: it can. `wait`: not yet. */
  against(address: string, holder: Holder): { why: string; wait: boolean } | undefined {
    const found = this.#others(address, holder).flatMap((other) => {
      const why = apart(holder, other);
      return why === undefined ? [] : [{ why: `${address} belongs to Service ${other.key}${why}`, wait: other.leaving }];
    });
    return found.find(({ wait }) => !wait) ?? found[0];
  }

  /** Addresses that others have and share with this one. */
  sharedWith(holder: Holder): string[] {
    if (!holder.sharing) return [];
    return [...this.#entries.keys()].filter((address) => this.#others(address, holder).length > 0 && !this.against(address, holder));
  }

  #others(address: string, holder: Holder): Entry[] {
    return (this.#entries.get(canonical(address)) ?? []).filter(({ key }) => key !== holder.key);
  }
}

/** Why two cannot have one address; empty: no reason but that it is taken. */
function apart(one: Holder, other: Holder): string | undefined {
  if (!one.sharing && !other.sharing) return "";
  if (one.sharing !== other.sharing) return ": their annotations metallb.io/allow-shared-ip differ";
  const port = one.ports.find((each) => other.ports.includes(each));
  if (port) return `: both have port ${port}`;
  if (one.backend !== other.backend) return ": with externalTrafficPolicy Local both must select the same pods";
  return undefined;
}
