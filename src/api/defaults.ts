/** Fills in what a client may leave out. */
import type { Served } from "./catalog.ts";
import type { KubeObject } from "./resource.ts";

/** Changes the object in place: absent fields get upstream's defaults. */
export function applyDefaults({ rules }: Pick<Served, "rules">, object: KubeObject): void {
  rules.defaults?.(object);
}
