/** Fills in what a user may leave out. */
import type { KubeObject, Resource } from "../resource.ts";
import { defaulters } from "./kinds.ts";

/** Changes the object in place: absent fields get upstream's defaults. */
export function applyDefaults(resource: Pick<Resource, "apiVersion" | "kind">, object: KubeObject): void {
  defaulters[`${resource.apiVersion}/${resource.kind}`]?.(object);
}

export { defaultPodSpec } from "./pod.ts";
