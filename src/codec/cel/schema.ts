/**
 * A structural schema as CEL sees it: the type of what it describes, how large it may be, and views of its values. Values that
 * JSON holds as CEL means them are used as they are; views stand where the schema says more (a timestamp in a string, a
 * double without a fraction, lists that are sets or maps, names that CEL cannot spell).
 */

import type { KnownSize } from "./cost/size.ts";
import { escapeName } from "./escape.ts";
import { SchemaList, SchemaMap, scalarView, type View } from "./schema-values.ts";
import {
  boolType,
  bytesType,
  doubleType,
  durationType,
  dynType,
  intType,
  listOf,
  mapOf,
  objectOf,
  stringType,
  type Type,
  timestampType,
} from "./types.ts";

/** The members that matter, as OpenAPI writes them. */
export interface StructuralSchema {
  type?: string;
  format?: string;
  properties?: Readonly<Record<string, StructuralSchema>>;
  additionalProperties?: StructuralSchema | boolean;
  items?: StructuralSchema;
  required?: readonly string[];
  nullable?: boolean;
  default?: unknown;
  enum?: readonly unknown[];
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-list-type"?: string;
  "x-kubernetes-list-map-keys"?: readonly string[];
}

export interface SchemaType {
  readonly type: Type;
  /** Characters, elements or entries at most; what a request can hold when the schema does not say. */
  readonly maxElements: number;
  /** Bytes of JSON that the smallest value takes. */
  readonly minSize: number;
  readonly key?: SchemaType;
  readonly element?: SchemaType;
  /** By the name that CEL uses. */
  readonly fields?: ReadonlyMap<string, SchemaType>;
  readonly view: View;
  /** Its values need no view: they are handed out as they are. */
  readonly isPlain: boolean;
}

const largestRequest = 3 * 1024 * 1024;
const sizes = { string: 2, bool: 4, number: 1, duration: 3, date: 12, dateTime: 21 };
const same: View = (value) => value;

interface Options {
  /** The root of a resource has apiVersion, kind and metadata, whether the schema says so or not. */
  isRoot?: boolean;
  /** Names the type, and those of its parts below it. */
  name?: string;
}

/** Undefined for a schema that says nothing of what it describes: such a field cannot be named. */
export function schemaType(schema: StructuralSchema, { isRoot = false, name = "object" }: Options = {}): SchemaType | undefined {
  const made = typeOfSchema(schema, isRoot, name);
  return made && schema.nullable ? { ...made, isPlain: false } : made;
}

function typeOfSchema(schema: StructuralSchema, isRoot: boolean, name: string): SchemaType | undefined {
  if (schema["x-kubernetes-int-or-string"])
    return simple(dynType, 1, schema.maxLength === undefined ? largestRequest - 2 : longestText(schema), same);
  switch (schema.type) {
    case "array":
      return listType(schema, name);
    case "object":
      return objectType(isRoot || schema["x-kubernetes-embedded-resource"] ? withMetadata(schema) : schema, name);
    case "string":
      return textType(schema);
    case "boolean":
      return simple(boolType, sizes.bool, 0, same);
    case "number":
      return { ...simple(doubleType, sizes.number, 0, scalarView("number")), isPlain: false };
    case "integer":
      return simple(intType, sizes.number, 0, same);
  }
  return undefined;
}

const simple = (type: Type, minSize: number, maxElements: number, view: View): SchemaType => ({
  type,
  minSize,
  maxElements,
  view,
  isPlain: true,
});
/** A character may take four bytes, and lengths are of characters. */
const longestText = ({ maxLength = 0 }: StructuralSchema) => Math.max(0, maxLength) * 4;

function textType(schema: StructuralSchema): SchemaType {
  const { format, maxLength, enum: values } = schema;
  const special = (type: Type, minSize: number, maxElements: number): SchemaType => ({
    ...simple(type, minSize, maxElements, scalarView(format!)),
    isPlain: false,
  });
  switch (format) {
    case "byte":
      return special(bytesType, sizes.string, maxLength === undefined ? largestRequest - 2 : Math.max(0, maxLength));
    case "duration":
      return special(durationType, sizes.duration, 32);
    case "date":
      return special(timestampType, sizes.date, 12);
    case "date-time":
      return special(timestampType, sizes.dateTime, 32);
  }
  const longest = maxLength !== undefined ? longestText(schema) : values?.length ? longestOf(values) : largestRequest - 2;
  return simple(stringType, sizes.string, longest, same);
}

const longestOf = (values: readonly unknown[]) =>
  Math.max(0, ...values.map((each) => (typeof each === "string" ? Buffer.byteLength(each) : 0)));

function listType(schema: StructuralSchema, name: string): SchemaType | undefined {
  const element = schema.items && schemaType(schema.items, { name: `${name}.@idx` });
  if (!element) return undefined;
  const kind = schema["x-kubernetes-list-type"];
  const keys = kind === "map" ? (schema["x-kubernetes-list-map-keys"] ?? []) : undefined;
  const isPlain = element.isPlain && kind !== "set" && kind !== "map";
  return {
    type: listOf(element.type),
    minSize: 2,
    maxElements: schema.maxItems === undefined ? Math.floor((largestRequest - 2) / (element.minSize + 1)) : Math.max(0, schema.maxItems),
    element,
    isPlain,
    view: isPlain
      ? same
      : (value) => (Array.isArray(value) ? new SchemaList(value, viewOf(element), kind === "set" ? "set" : keys) : value),
  };
}

function objectType(schema: StructuralSchema, name: string): SchemaType | undefined {
  const { properties = {}, required = [], additionalProperties } = schema;
  if (typeof additionalProperties === "object") return mapType(schema, additionalProperties, name);
  const fields = new Map<string, SchemaType>();
  const views = new Map<string, { written: string; view: View }>();
  let minSize = 2;
  let isPlain = true;
  for (const [written, property] of Object.entries(properties)) {
    const spelled = escapeName(written);
    const type = schemaType(property, { name: `${name}.${spelled ?? written}` });
    if (!type) continue;
    isPlain &&= type.isPlain && spelled === written;
    if (spelled !== undefined) {
      fields.set(spelled, type);
      views.set(spelled, { written, view: viewOf(type) });
    }
    if (required.includes(written) && (property.default === undefined || property.default === null))
      minSize += Buffer.byteLength(written) + type.minSize + 4;
  }
  return {
    type: objectOf(name, (field) => fields.get(field)?.type),
    minSize,
    maxElements: 0,
    fields,
    isPlain,
    view: isPlain ? same : (value) => (isObject(value) ? new SchemaMap(value, views) : value),
  };
}

function mapType(schema: StructuralSchema, of: StructuralSchema, name: string): SchemaType | undefined {
  const element = schemaType(of, { name: `${name}.@elem` });
  if (!element) return undefined;
  return {
    type: mapOf(stringType, element.type),
    minSize: 2,
    maxElements:
      schema.maxProperties === undefined ? Math.floor((largestRequest - 2) / (element.minSize + 6)) : Math.max(0, schema.maxProperties),
    key: simple(stringType, sizes.string, 0, same),
    element,
    isPlain: element.isPlain,
    view: element.isPlain ? same : (value) => (isObject(value) ? new SchemaMap(value, viewOf(element)) : value),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const viewOf = ({ view, isPlain }: SchemaType): View => (isPlain ? same : view);

const text: StructuralSchema = { type: "string" };
const metadata: StructuralSchema = { type: "object", properties: { name: text, generateName: text } };
const withMetadata = (schema: StructuralSchema): StructuralSchema => ({
  ...schema,
  properties: { ...schema.properties, kind: text, apiVersion: text, metadata },
});

/** For `Program.estimate`: every variable is of this type, as `self` and `oldSelf` are. */
export function knownSizeOf(root: SchemaType): KnownSize {
  return (path) => {
    if (path === undefined || path.length === 0) return undefined;
    let at: SchemaType | undefined = root;
    for (const step of path.slice(1)) {
      if (step === "@items" || step === "@values") at = at.element;
      else if (step === "@keys") at = at.key;
      else at = at.fields?.get(step);
      if (!at) return undefined;
    }
    return { min: 0, max: at.maxElements };
  };
}
