/** How field selectors read an object: by the path of a field, as text. */

// biome-ignore lint/suspicious/noExplicitAny: fields of any kind are read by name.
export type ReadField = (object: any) => string;

/** `otherwise`: what an absent field reads as. */
export function field(path: string, otherwise = ""): ReadField {
  const parts = path.split(".");
  return (object) => {
    let value: unknown = object;
    for (const part of parts) value = (value as Record<string, unknown> | undefined)?.[part];
    return value === undefined || value === null || value === "" ? otherwise : String(value);
  };
}

export function fields(...paths: string[]): Record<string, ReadField> {
  return Object.fromEntries(paths.map((path) => [path, field(path)]));
}

/** Of the object that an Event is about: by these Events are selected. */
export const involvedFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
