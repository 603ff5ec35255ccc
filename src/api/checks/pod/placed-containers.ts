/** All containers of a pod with where they stand. */
import type { AnyObject } from "../../rules.ts";

/** Containers with their paths, in upstream's order. */
export function placedContainers(spec: AnyObject, field: string): [AnyObject, string][] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    (spec[list] ?? []).map((container: AnyObject, i: number): [AnyObject, string] => [container, `${field}.${list}[${i}]`]),
  );
}
