/** Fills in what a client may leave out. */
import type { Served } from "./catalog.ts";
import { fillDeclared } from "./declared-defaults.ts";
import type { KubeObject } from "./resource.ts";

/** Changes the object in place: absent fields get upstream's defaults. */
export function applyDefaults({ rules, schema }: Pick<Served, "rules" | "schema">, object: KubeObject): void {
  rules.defaults?.(object);
  fillDeclared(schema, object);
}
