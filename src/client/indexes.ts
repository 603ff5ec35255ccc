/** Ways to find objects in an informer's copy other than by their key. The value itself is the key: no two can collide. */
import type { KubeObject, Resource } from "#api/mod.ts";

/** Made once, at the top of a module. Each informer that is asked by it keeps the answers current from then on. */
export interface Index<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  /** The values under which the object is found; none: it is not found. Pure. */
  of(object: T): readonly string[];
}

export function index<T extends KubeObject>(resource: Resource<T>, of: (object: T) => readonly string[]): Index<T> {
  return Object.freeze({ resource, of });
}
