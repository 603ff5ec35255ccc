/**
 * What a CustomResourceDefinition says of its objects: one tree, read once from the JSON of the definition, over which everything
 * else is a walk (reading, defaulting, validation, uniqueness, field ownership, OpenAPI).
 */
import { RE2JS } from "re2js";

/** `openAPIV3Schema` and every schema in it, as it is written. */
// biome-ignore lint/suspicious/noExplicitAny: JSON schemas hold JSON of every kind; the declaration has checked their types.
export type SchemaJson = Readonly<Record<string, any>>;

export interface ValidationRuleJson {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export interface Structural {
  /** Empty: any, and so is that of free JSON. */
  readonly type: string;
  /** What a value may be: the type, or both of an int-or-string. */
  readonly types: readonly string[];
  readonly nullable: boolean;
  /** Undefined: none. */
  readonly default: unknown;
  readonly properties: ReadonlyMap<string, Structural> | undefined;
  /** Of the members that are not properties. Undefined: there are none; true and false say nothing of them. */
  readonly additional: Structural | boolean | undefined;
  readonly items: Structural | undefined;
  /** Members that are not declared stay. */
  readonly preserves: boolean;
  /** An object with apiVersion, kind and metadata of its own. */
  readonly embedded: boolean;
  readonly intOrString: boolean;
  readonly listType: string | undefined;
  readonly listKeys: readonly string[];
  readonly mapType: string | undefined;
  readonly values: Values | undefined;
  readonly rules: readonly ValidationRuleJson[];
  /** Whether a default stands in it or below. */
  readonly defaults: boolean;
  readonly source: SchemaJson;
}

/** What holds for the value alone. */
export interface Values {
  readonly format: string;
  readonly maximum: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly minimum: number | undefined;
  readonly exclusiveMinimum: boolean;
  readonly multipleOf: number | undefined;
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: string;
  readonly matches: ((text: string) => boolean) | undefined;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
  readonly enum: readonly unknown[];
  readonly required: readonly string[];
  readonly allOf: readonly Structural[];
  readonly anyOf: readonly Structural[];
  readonly oneOf: readonly Structural[];
  readonly not: Structural | undefined;
}

export function structuralOf(source: SchemaJson): Structural {
  const { type = "" } = source;
  const intOrString = source["x-kubernetes-int-or-string"] === true;
  const properties = source.properties
    ? new Map(Object.entries<SchemaJson>(source.properties).map(([name, own]) => [name, structuralOf(own)]))
    : undefined;
  const { additionalProperties, items: itemsJson } = source;
  const additional = isSchema(additionalProperties) ? structuralOf(additionalProperties) : (additionalProperties as boolean | undefined);
  const items = isSchema(itemsJson) ? structuralOf(itemsJson) : undefined;
  const below = [...(properties?.values() ?? []), ...(typeof additional === "object" ? [additional] : []), ...(items ? [items] : [])];
  return {
    type,
    types: intOrString ? ["integer", "string"] : type ? [type] : [],
    nullable: source.nullable === true,
    default: source.default ?? undefined,
    properties: properties?.size ? properties : undefined,
    additional,
    items,
    preserves: source["x-kubernetes-preserve-unknown-fields"] === true,
    embedded: source["x-kubernetes-embedded-resource"] === true,
    intOrString,
    listType: source["x-kubernetes-list-type"],
    listKeys: source["x-kubernetes-list-map-keys"] ?? [],
    mapType: source["x-kubernetes-map-type"],
    values: valuesOf(source),
    rules: source["x-kubernetes-validations"] ?? [],
    defaults: below.some((one) => one.defaults || one.default !== undefined),
    source,
  };
}

const isSchema = (value: unknown): value is SchemaJson => typeof value === "object" && value !== null && !Array.isArray(value);

const valueKeys = [
  ...["format", "maximum", "minimum", "multipleOf", "maxLength", "minLength", "pattern", "maxItems", "minItems"],
  ...["maxProperties", "minProperties", "enum", "required", "allOf", "anyOf", "oneOf", "not"],
];

function valuesOf(source: SchemaJson): Values | undefined {
  if (!valueKeys.some((key) => source[key] !== undefined)) return undefined;
  const many = (key: string) => ((source[key] ?? []) as SchemaJson[]).map(structuralOf);
  const pattern: string = source.pattern ?? "";
  return {
    format: supportedFormat(source),
    maximum: source.maximum,
    exclusiveMaximum: source.exclusiveMaximum === true,
    minimum: source.minimum,
    exclusiveMinimum: source.exclusiveMinimum === true,
    multipleOf: source.multipleOf,
    maxLength: source.maxLength,
    minLength: source.minLength,
    pattern,
    matches: pattern ? matcherOf(pattern) : undefined,
    maxItems: source.maxItems,
    minItems: source.minItems,
    maxProperties: source.maxProperties,
    minProperties: source.minProperties,
    enum: source.enum ?? [],
    required: source.required ?? [],
    allOf: many("allOf"),
    anyOf: many("anyOf"),
    oneOf: many("oneOf"),
    not: source.not ? structuralOf(source.not) : undefined,
  };
}

/** Undefined for what is no regular expression: the definition is refused for it, and here nothing matches. */
function matcherOf(pattern: string): (text: string) => boolean {
  const why = whyNoPattern(pattern);
  if (why !== undefined) return () => false;
  const compiled = RE2JS.compile(pattern);
  return (text) => compiled.matcher(text).find();
}

export function whyNoPattern(pattern: string): string | undefined {
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const textFormats = new Set(
  [
    "bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn hexcolor rgbcolor",
    "byte password date duration datetime k8sshortname k8slongname",
  ]
    .join(" ")
    .split(" "),
);
const numberFormats: Readonly<Record<string, readonly string[]>> = { integer: ["int32", "int64"], number: ["float", "double"] };

/** Formats are written with and without dashes. */
export const plainFormat = (format: string): string => format.replaceAll("-", "");

/** A format that nothing is held to is as good as none. */
export function supportedFormat({ format = "", type = "", ...rest }: SchemaJson): string {
  if (format === "" || rest["x-kubernetes-int-or-string"] === true) return "";
  if (type === "" || type === "string") return textFormats.has(plainFormat(format)) ? format : "";
  return numberFormats[type]?.includes(format) ? format : "";
}
