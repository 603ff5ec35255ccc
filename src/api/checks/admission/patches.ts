/** What a mutation writes its changes with: `Object{spec: Object.spec{replicas: 3}}` and `JSONPatch{op: "add", path: "/a", value: 1}`. */
import { CelMap, CelObject, dynType, Fault, type ObjectType, objectOf, stringType, type Type } from "#codec/cel/mod.ts";

/** Fields of an object, of which only the path is known. */
export class PatchObject extends CelObject {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, unknown>;
  constructor(typeName: string, fields: ReadonlyMap<string, unknown>) {
    super();
    this.typeName = typeName;
    this.fields = fields;
  }
  override get celType(): Type {
    return objectOf(this.typeName);
  }
  override get(name: string): unknown {
    return this.fields.get(name);
  }
  equals(other: unknown): boolean {
    return other instanceof PatchObject && JSON.stringify(jsonOf(other)) === JSON.stringify(jsonOf(this));
  }
}

const patchFields: Record<string, Type> = { op: stringType, path: stringType, from: stringType, value: dynType };

/** One operation of a JSON patch. */
export class PatchOperation extends CelObject {
  readonly typeName = "JSONPatch";
  readonly fields: ReadonlyMap<string, unknown>;
  constructor(fields: ReadonlyMap<string, unknown>) {
    super();
    this.fields = fields;
  }
  override get celType(): Type {
    return objectOf(this.typeName);
  }
  override get(name: string): unknown {
    return this.fields.get(name);
  }
  equals(other: unknown): boolean {
    return other === this;
  }
}

/** The type of that name, if it is one of a mutation's. */
export function patchTypes(name: string): ObjectType | undefined {
  if (name === "JSONPatch") return { type: objectOf(name, (field) => patchFields[field]), make: (fields) => new PatchOperation(fields) };
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  return { type: objectOf(name, () => dynType), make: (fields) => new PatchObject(name, fields) };
}

/** As JSON, with what CEL made of its own in it. Faults for what JSON has not. */
export function jsonOf(value: unknown): unknown {
  if (value instanceof PatchObject) return Object.fromEntries(Array.from(value.fields, ([name, each]) => [name, jsonOf(each)]));
  if (value instanceof CelMap) {
    return Object.fromEntries(
      Array.from(value.entries(), ([key, each]) => {
        if (typeof key !== "string") throw new Fault(`map key ${JSON.stringify(String(key))} is not a string`);
        return [key, jsonOf(each)];
      }),
    );
  }
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof CelObject) throw new Fault(`unable to convert ${value.typeName} to JSON`);
  if (Symbol.iterator in value && !(value instanceof Uint8Array)) return Array.from(value as Iterable<unknown>, jsonOf);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  const held = (value as { value?: unknown }).value;
  // Numbers of CEL's own, as `Double` and `Uint`.
  if (Object.getPrototypeOf(value) !== Object.prototype && (typeof held === "number" || typeof held === "bigint")) return held;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, jsonOf(each)]));
}

/** Complaints about objects whose type is not named after where they stand. */
export function misplaced(value: unknown, path: string): string[] {
  if (value instanceof PatchObject) {
    const wrong =
      value.typeName === path
        ? []
        : [
            `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
          ];
    return [...wrong, ...Array.from(value.fields).flatMap(([name, each]) => misplaced(each, `${path}.${name}`))];
  }
  if (value instanceof CelMap) return Array.from(value.entries()).flatMap(([, each]) => misplaced(each, path));
  if (Array.isArray(value)) return value.flatMap((each) => misplaced(each, path));
  return [];
}
