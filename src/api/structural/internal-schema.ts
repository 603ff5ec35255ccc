/** A schema as messages of upstream print one: its internal type, in that type's order, with everything that is absent. */
import type { SchemaJson } from "./structural.ts";

type Kind = "text" | "bool" | "value" | "schema" | "schemas" | "map" | "orSchemas" | "orBool" | "orTexts";

/** Go's name, ours, and what it holds; `value` is null when absent. */
const members: readonly (readonly [string, string, Kind])[] = [
  ["ID", "id", "text"],
  ["Schema", "$schema", "text"],
  ["Ref", "$ref", "value"],
  ["Description", "description", "text"],
  ["Type", "type", "text"],
  ["Nullable", "nullable", "bool"],
  ["Format", "format", "text"],
  ["Title", "title", "text"],
  ["Default", "default", "value"],
  ["Maximum", "maximum", "value"],
  ["ExclusiveMaximum", "exclusiveMaximum", "bool"],
  ["Minimum", "minimum", "value"],
  ["ExclusiveMinimum", "exclusiveMinimum", "bool"],
  ["MaxLength", "maxLength", "value"],
  ["MinLength", "minLength", "value"],
  ["Pattern", "pattern", "text"],
  ["MaxItems", "maxItems", "value"],
  ["MinItems", "minItems", "value"],
  ["UniqueItems", "uniqueItems", "bool"],
  ["MultipleOf", "multipleOf", "value"],
  ["Enum", "enum", "value"],
  ["MaxProperties", "maxProperties", "value"],
  ["MinProperties", "minProperties", "value"],
  ["Required", "required", "value"],
  ["Items", "items", "orSchemas"],
  ["AllOf", "allOf", "schemas"],
  ["OneOf", "oneOf", "schemas"],
  ["AnyOf", "anyOf", "schemas"],
  ["Not", "not", "schema"],
  ["Properties", "properties", "map"],
  ["AdditionalProperties", "additionalProperties", "orBool"],
  ["PatternProperties", "patternProperties", "map"],
  ["Dependencies", "dependencies", "orTexts"],
  ["AdditionalItems", "additionalItems", "orBool"],
  ["Definitions", "definitions", "map"],
  ["ExternalDocs", "externalDocs", "value"],
  ["Example", "example", "value"],
  ["XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", "value"],
  ["XEmbeddedResource", "x-kubernetes-embedded-resource", "bool"],
  ["XIntOrString", "x-kubernetes-int-or-string", "bool"],
  ["XListMapKeys", "x-kubernetes-list-map-keys", "value"],
  ["XListType", "x-kubernetes-list-type", "value"],
  ["XMapType", "x-kubernetes-map-type", "value"],
  ["XValidations", "x-kubernetes-validations", "value"],
];

export function internalSchema(schema: SchemaJson): Record<string, unknown> {
  return Object.fromEntries(members.map(([name, key, kind]) => [name, shown(schema[key], kind)]));
}

function shown(value: unknown, kind: Kind): unknown {
  if (kind === "text") return value ?? "";
  if (kind === "bool") return value ?? false;
  if (value === undefined || value === null) return null;
  switch (kind) {
    case "schema":
      return internalSchema(value as SchemaJson);
    case "schemas":
      return (value as SchemaJson[]).map(internalSchema);
    case "map":
      return mapped(value as object, (own) => internalSchema(own as SchemaJson));
    case "orSchemas":
      if (Array.isArray(value)) return { Schema: null, JSONSchemas: value.map(internalSchema) };
      return { Schema: internalSchema(value as SchemaJson), JSONSchemas: null };
    case "orBool":
      if (typeof value === "boolean") return { Allows: value, Schema: null };
      return { Allows: true, Schema: internalSchema(value as SchemaJson) };
    case "orTexts":
      return mapped(value as object, (own) =>
        Array.isArray(own) ? { Schema: null, Property: own } : { Schema: internalSchema(own as SchemaJson), Property: null },
      );
    default:
      return value;
  }
}

const mapped = (map: object, one: (own: unknown) => unknown) =>
  Object.fromEntries(
    Object.entries(map)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, own]) => [key, one(own)]),
  );
