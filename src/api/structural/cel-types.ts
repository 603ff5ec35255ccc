/** How rules in CEL see a schema: its type, and how large what fits it can be. */
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  escapeName,
  intType,
  listOf,
  mapOf,
  objectOf,
  stringType,
  type Type,
  timestampType,
} from "#codec/cel/mod.ts";
import { type Structural, structuralOf } from "./structural.ts";

export interface Declared {
  type: Type;
  /** The fewest bytes of JSON. */
  minSize: number;
  /** The most elements, members or bytes; 0 of what has none. */
  maxElements: number;
  element?: Declared;
  /** By the names that expressions spell. */
  fields?: ReadonlyMap<string, Declared>;
}

/** The largest request that upstream reckons with. */
export const maxRequestBytes = 3 * 1024 * 1024;

const text = structuralOf({ type: "string" });
const metadata = structuralOf({ type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } });

/** Of the root of an object, whose type and name are always there to be asked. */
export function withObjectMembers(schema: Structural): Structural {
  const { properties } = schema;
  const meta = properties?.get("metadata");
  const isText = (one: Structural | undefined) => one?.type === "string";
  const hasAll = isText(properties?.get("kind")) && isText(properties?.get("apiVersion")) && meta?.type === "object";
  if (hasAll && isText(meta?.properties?.get("name")) && isText(meta?.properties?.get("generateName"))) return schema;
  return {
    ...schema,
    properties: new Map([...(properties ?? []), ["kind", text] as const, ["apiVersion", text] as const, ["metadata", metadata] as const]),
  };
}

const simple = (type: Type, minSize: number, maxElements = 0): Declared => ({ type, minSize, maxElements });
const bool = simple(boolType, 4);
const whole = simple(intType, 1);
const fraction = simple(doubleType, 1);

/** Undefined for what rules cannot see: values without a type, and lists and maps of such. */
export function declaredOf(schema: Structural, isRoot: boolean, name = "selfType"): Declared | undefined {
  const { values } = schema;
  if (schema.intOrString)
    return simple(dynType, 1, values?.maxLength === undefined ? maxRequestBytes - 2 : Math.max(0, values.maxLength) * 4);
  const own = isRoot ? withObjectMembers(schema) : schema;
  switch (own.type) {
    case "array": {
      const element = own.items && declaredOf(own.items, own.items.embedded, `${name}.@idx`);
      if (!element) return undefined;
      const most = values?.maxItems ?? Math.floor((maxRequestBytes - 2) / (element.minSize + 1));
      return { type: listOf(element.type), minSize: 2, maxElements: Math.max(0, most), element };
    }
    case "object":
      return typeof own.additional === "object" ? mapped(own, own.additional, name) : object(own, name);
    case "string":
      return ofText(own);
    case "boolean":
      return bool;
    case "number":
      return fraction;
    case "integer":
      return whole;
    default:
      return undefined;
  }
}

function mapped({ values }: Structural, additional: Structural, name: string): Declared | undefined {
  const element = declaredOf(additional, additional.embedded, `${name}.@elem`);
  if (!element) return undefined;
  const most = values?.maxProperties ?? Math.floor((maxRequestBytes - 2) / (element.minSize + 6));
  return { type: mapOf(stringType, element.type), minSize: 2, maxElements: Math.max(0, most), element };
}

function object({ properties, values }: Structural, name: string): Declared {
  const fields = new Map<string, Declared>();
  let minSize = 2;
  for (const [key, property] of properties ?? []) {
    const declared = declaredOf(property, property.embedded, `${name}.${key}`);
    if (!declared) continue;
    const escaped = escapeName(key);
    if (escaped !== undefined) fields.set(escaped, declared);
    if (values?.required.includes(key) && property.default === undefined) minSize += Buffer.byteLength(key) + declared.minSize + 4;
  }
  return { type: objectOf(name, (field) => fields.get(field)?.type), minSize, maxElements: 0, fields };
}

function ofText({ values }: Structural): Declared {
  const { maxLength, enum: allowed = [] } = values ?? {};
  const longest = maxRequestBytes - 2;
  switch (values?.format) {
    case "byte":
      return simple(bytesType, 2, maxLength === undefined ? longest : Math.max(0, maxLength));
    case "duration":
      return simple(durationType, 3, 32);
    case "date":
      return simple(timestampType, 12, 12);
    case "date-time":
      return simple(timestampType, 21, 32);
  }
  if (maxLength !== undefined) return simple(stringType, 2, Math.max(0, maxLength) * 4);
  if (allowed.length === 0) return simple(stringType, 2, longest);
  return simple(stringType, 2, Math.max(0, ...allowed.map((one) => (typeof one === "string" ? Buffer.byteLength(one) : 0))));
}

/** What is known of the size of a part: its path begins with `self` or `oldSelf`. */
export function sizeAt(declared: Declared, path: readonly string[] | undefined): { min: number; max: number } | undefined {
  if (!path?.length) return undefined;
  let at: Declared | undefined = declared;
  for (const step of path.slice(1)) {
    if (step === "@keys") return at.element && !at.fields && at.type.kind === "map" ? { min: 0, max: 0 } : undefined;
    at = step === "@items" || step === "@values" ? at.element : at.fields?.get(step);
    if (!at) return undefined;
  }
  return { min: 0, max: at.maxElements };
}
