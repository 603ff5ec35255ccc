/** Follows the objects that Ingresses name, Secrets of users and ConfigMaps of headers, one by one: nobody else's come here. */
import type { KubeObject, Resource } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import { type Client, type Informer, informer } from "#client/mod.ts";

export interface NamedOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  changed(): void;
}

/** Each is a watch of its own. */
const most = 1000;

export class Named<T extends KubeObject> {
  readonly #resource: Resource<T>;
  readonly #options: NamedOptions;
  readonly #followed = new Map<string, Informer<T>>();

  constructor(resource: Resource<T>, options: NamedOptions) {
    this.#resource = resource;
    this.#options = options;
  }
  /** `key`: `namespace/name`. Unseen: it is not known yet whether there is one. */
  get(key: string): T | undefined | "unseen" {
    const one = this.#followed.get(key);
    return one?.hasSynced() ? one.get(key) : "unseen";
  }
  /** These from now on, and no others. */
  follow(keys: Iterable<string>): void {
    const wanted = new Set([...new Set(keys)].toSorted().slice(0, most));
    for (const [key, one] of this.#followed) {
      if (wanted.has(key)) continue;
      this.#followed.delete(key);
      one.close();
    }
    for (const key of wanted) if (!this.#followed.has(key)) this.#followed.set(key, this.#begin(key));
  }
  close(): void {
    this.follow([]);
  }

  #begin(key: string): Informer<T> {
    const { client, clock, random, log, changed } = this.#options;
    const [namespace, name] = key.split("/") as [string, string];
    const one = informer(client, this.#resource, { clock, random, log, namespace, fieldSelector: `metadata.name=${name}` });
    one.onChange(changed);
    void one.synced.then(changed);
    return one;
  }
}
