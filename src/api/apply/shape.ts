/** How server-side apply sees a value: what is one leaf, and what is merged by field, key or element. */
export type Shape =
  | { kind: "leaf" }
  /** Free JSON: objects merge by field, everything else is a leaf. */
  | { kind: "free" }
  | { kind: "map"; of: Shape }
  | { kind: "struct"; fields: ReadonlyMap<string, ShapeField>; filled: readonly ShapeField[] }
  | { kind: "set" }
  | { kind: "keyed"; of: Shape; keys: readonly { name: string; fallback: unknown }[] };

export interface ShapeField {
  name: string;
  shape: Shape;
  /** What upstream's type holds when nothing was said: structs that are no pointers are always there. Undefined: absent. */
  zero: unknown;
  /** An empty list or map counts as absent in whole objects, though it is there: upstream's types do not write it. */
  omitsEmpty?: boolean;
}

/** Whether a whole object says it, be it null. */
export function isSaid({ name, omitsEmpty }: ShapeField, object: Readonly<Record<string, unknown>>): boolean {
  const value = object[name];
  if (value === undefined) return false;
  return !omitsEmpty || typeof value !== "object" || value === null || Object.keys(value).length > 0;
}

/** What a whole object has there. */
export const wholeValue = (field: ShapeField, object: Readonly<Record<string, unknown>>): unknown =>
  isSaid(field, object) ? (object[field.name] ?? field.zero) : field.zero;

/** The path element of a list element; undefined when it has no keys. */
export function elementName(shape: Shape, item: unknown): string | undefined {
  if (shape.kind === "set") return `v:${JSON.stringify(item)}`;
  if (shape.kind !== "keyed" || item === null || typeof item !== "object") return undefined;
  let text = "";
  for (const { name, fallback } of shape.keys) {
    const value = (item as Record<string, unknown>)[name] ?? fallback;
    if (value !== undefined) text += `${text ? "," : ""}"${name}":${JSON.stringify(value)}`;
  }
  return text ? `k:{${text}}` : undefined;
}
