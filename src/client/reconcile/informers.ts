/** One informer a resource, shared by all reconcilers of a process. */
import type { KubeObject, Resource } from "#api/mod.ts";
import type { Client } from "../contract.ts";
import { type Informer, type InformerOptions, informer } from "../informer.ts";

export interface Informers {
  of<T extends KubeObject>(resource: Resource<T>): Informer<T>;
  /** Ends one: its resource is no longer served. */
  drop(resource: Resource): void;
  close(): void;
}

export function informers(client: Client, options: Pick<InformerOptions, "clock" | "log" | "random">): Informers {
  const known = new Map<string, Informer>();
  return {
    of<T extends KubeObject>(resource: Resource<T>): Informer<T> {
      const id = `${resource.apiVersion}/${resource.resource}`;
      let one = known.get(id);
      if (!one) known.set(id, (one = informer(client, resource, options)));
      return one as unknown as Informer<T>;
    },
    drop({ apiVersion, resource }) {
      const id = `${apiVersion}/${resource}`;
      known.get(id)?.close();
      known.delete(id);
    },
    close() {
      for (const each of known.values()) each.close();
      known.clear();
    },
  };
}
