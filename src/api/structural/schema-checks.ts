/** What a schema of a definition may say: the keywords that upstream knows, and how they go together. */
import type { Problems } from "../checks/problems.ts";
import { checkRules } from "./cel-checks.ts";
import { checkDefaults } from "./default-checks.ts";
import { fieldPathOf } from "./field-path.ts";
import { internalSchema } from "./internal-schema.ts";
import { type SchemaJson, structuralOf, type ValidationRuleJson } from "./structural.ts";
import { propertiesOf, schemaOr, structuralProblems } from "./structural-checks.ts";

/** What is asked of a schema; of one that was stored before, less than of a new one. */
export interface SchemaOptions {
  validTypes: boolean;
  structural: boolean;
  prunedDefaults: boolean;
  atomicSets: boolean;
  keysOfMaps: boolean;
  hasStatus: boolean;
  /** The schema of this version is what it was. */
  unchanged: boolean;
}

interface Place {
  /** Why a default must not be set here. */
  noDefault?: string;
  insideMeta?: boolean;
  isRoot?: boolean;
}

const allowedAtRoot = [
  ...["Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength", "MinLength"],
  ...["Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items", "Properties", "ExternalDocs", "Example"],
  ...["XPreserveUnknownFields", "XValidations"],
];
const notAtRoot = [
  ...[
    "id",
    "$schema",
    "$ref",
    "default",
    "enum",
    "maxProperties",
    "minProperties",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "additionalProperties",
  ],
  ...["patternProperties", "dependencies", "additionalItems", "definitions", "nullable", "x-kubernetes-embedded-resource"],
  ...["x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type", "x-kubernetes-map-type"],
];

export function checkSchema(schema: SchemaJson, path: string, options: SchemaOptions, problems: Problems): void {
  const before = problems.list.length;
  if (options.hasStatus) checkRootWithStatus(schema, path, problems);
  if (schema.nullable) problems.forbidden(`${path}.nullable`, "nullable cannot be true at the root");
  const unsupported = options.structural ? whyUnsupported(schema) : undefined;
  if (options.structural && !unsupported) {
    const structural = structuralProblems(schema, path);
    problems.list.push(...structural.list);
    if (structural.none) checkDefaults(structuralOf(schema), path, options.prunedDefaults, problems);
  }
  const isGood = problems.list.length === before && options.structural && !unsupported;
  checkKeywords(schema, path, { isRoot: true }, options, problems);
  // What is not a good schema has no types to check rules against.
  if (isGood && problems.list.length === before) checkRules(structuralOf(schema), path, options.unchanged, problems);
  if (unsupported && problems.list.length === before) problems.invalid(path, "", unsupported);
}

function checkRootWithStatus(schema: SchemaJson, path: string, problems: Problems): void {
  const isEnabled = "if the status subresource is enabled";
  if (schema.type !== undefined && schema.type !== "object")
    return problems.invalid(`${path}.type`, schema.type, `only "object" is allowed as the type at the root of the schema ${isEnabled}`);
  if (notAtRoot.some((key) => schema[key] !== undefined && schema[key] !== false))
    problems.invalid(
      path,
      internalSchema(schema),
      `only [${allowedAtRoot.join(" ")}] fields are allowed at the root of the schema ${isEnabled}`,
    );
}

const neverSupported = ["id", "schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"];

/** What cannot be read as a structural schema at all. */
export function whyUnsupported(schema: SchemaJson): string | undefined {
  for (const key of neverSupported)
    if (isSaid(schema[key === "schema" ? "$schema" : key])) return `OpenAPIV3Schema '${key}' is not supported`;
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  if (Array.isArray(schema.items) && schema.items.length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  for (const own of schemasIn(schema)) {
    const why = whyUnsupported(own);
    if (why) return why;
  }
  return undefined;
}

const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== "" && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** Every schema that stands directly in one. */
export function schemasIn(schema: SchemaJson): SchemaJson[] {
  const one = (value: unknown) => schemaOr(value) ?? [];
  const { items, additionalProperties, additionalItems, not, allOf = [], anyOf = [], oneOf = [] } = schema;
  const maps = [schema.properties, schema.patternProperties, schema.definitions, schema.dependencies];
  return [
    ...(Array.isArray(items) ? items : [one(items)].flat()),
    ...[one(additionalProperties), one(additionalItems), one(not)].flat(),
    ...[...allOf, ...anyOf, ...oneOf],
    ...maps.flatMap((map) => Object.values<unknown>(map ?? {}).flatMap(one)),
  ];
}

export function anySchema(schema: SchemaJson, test: (schema: SchemaJson) => boolean): boolean {
  return test(schema) || schemasIn(schema).some((own) => anySchema(own, test));
}

const types = ["array", "boolean", "integer", "number", "object", "string"];
export const hasInvalidType = ({ type }: SchemaJson): boolean => Boolean(type) && !types.includes(type);

function checkKeywords(schema: SchemaJson, path: string, place: Place, options: SchemaOptions, problems: Problems): void {
  checkStandard(schema, path, place, options, problems);
  if (schema.uniqueItems)
    problems.forbidden(`${path}.uniqueItems`, "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
  const below = (own: unknown, at: string, next: Place = {}) => {
    const one = schemaOr(own);
    if (one) checkKeywords(one, at, { ...place, isRoot: false, ...next }, options, problems);
  };
  const { additionalProperties } = schema;
  if (additionalProperties !== undefined) {
    if (propertiesOf(schema).length > 0 && additionalProperties !== true)
      problems.forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive");
    below(additionalProperties, `${path}.additionalProperties`, place.insideMeta ? { noDefault: noDefaultInMeta } : {});
  }
  for (const [name, own] of propertiesOf(schema)) below(own, `${path}.properties[${name}]`, placeOf(schema, name, place));
  below(schema.not, `${path}.not`);
  for (const key of ["allOf", "oneOf", "anyOf"]) for (const [i, own] of (schema[key] ?? []).entries()) below(own, `${path}.${key}[${i}]`);
  for (const [name, own] of Object.entries(schema.definitions ?? {})) below(own, `${path}.definitions[${name}]`);
  if (Array.isArray(schema.items)) for (const [i, own] of schema.items.entries()) below(own, `${path}.items[${i}]`);
  else below(schema.items, `${path}.items`);
  for (const [name, own] of Object.entries(schema.dependencies ?? {})) below(own, `${path}.dependencies[${name}]`);
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    problems.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined");
  checkMerging(schema, path, options, problems);
  if (options.keysOfMaps) checkKeysOfMaps(schema, path, problems);
  for (const [i, rule] of ((schema["x-kubernetes-validations"] ?? []) as ValidationRuleJson[]).entries())
    checkRule(rule, schema, `${path}.x-kubernetes-validations[${i}]`, problems);
}

const noDefaultInMeta = "inside additionalProperties applying to object metadata";

function placeOf(schema: SchemaJson, name: string, { isRoot }: Place): Place {
  const isMeta = name === "metadata" || name === "kind" || name === "apiVersion";
  if (!isMeta || (!isRoot && !schema["x-kubernetes-embedded-resource"])) return {};
  return { insideMeta: true, ...(isRoot ? { noDefault: `in top-level ${name}` } : {}) };
}

function checkStandard(schema: SchemaJson, path: string, place: Place, { validTypes }: SchemaOptions, problems: Problems): void {
  const { type = "" } = schema;
  if (validTypes && hasInvalidType(schema)) problems.notSupported(`${path}.type`, type, types);
  if (schema.default !== undefined && schema.default !== null && place.noDefault)
    problems.forbidden(`${path}.default`, `must not be set ${place.noDefault}`);
  if (schema.id) problems.forbidden(`${path}.id`, "id is not supported");
  for (const key of ["additionalItems", "patternProperties", "definitions", "dependencies", "$ref"])
    if (key === "additionalItems" || key === "$ref" ? schema[key] !== undefined : isSaid(schema[key]))
      problems.forbidden(`${path}.${key}`, `${key} is not supported`);
  if (type === "null") problems.forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative");
  if (Array.isArray(schema.items) && schema.items.length > 0)
    problems.forbidden(`${path}.items`, "items must be a schema object and not an array");
  if (place.insideMeta && schema["x-kubernetes-embedded-resource"])
    problems.forbidden(`${path}.x-kubernetes-embedded-resource`, "must not be used inside of resource meta");
}

function checkMerging(schema: SchemaJson, path: string, { atomicSets }: SchemaOptions, problems: Problems): void {
  const { type = "" } = schema;
  const [mapType, listType] = [schema["x-kubernetes-map-type"], schema["x-kubernetes-list-type"]];
  const must = (wanted: string, key: string) => {
    const text = `must be ${wanted} if ${key} is specified`;
    if (type === "") problems.required(`${path}.type`, text);
    else problems.invalid(`${path}.type`, type, text);
  };
  if (mapType !== undefined && type !== "object") must("object", "x-kubernetes-map-type");
  if (mapType !== undefined && mapType !== "atomic" && mapType !== "granular")
    problems.notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]);
  if (listType !== undefined && type !== "array") must("array", "x-kubernetes-list-type");
  else if (atomicSets && listType === "set") checkSetItems(schemaOr(schema.items), path, problems);
  if (listType !== undefined && !["atomic", "set", "map"].includes(listType))
    problems.notSupported(`${path}.x-kubernetes-list-type`, listType, ["atomic", "set", "map"]);
  const keys: string[] = schema["x-kubernetes-list-map-keys"] ?? [];
  if (keys.length > 0 && listType !== "map") {
    const text = "must be map if x-kubernetes-list-map-keys is non-empty";
    if (listType === undefined) problems.required(`${path}.x-kubernetes-list-type`, text);
    else problems.invalid(`${path}.x-kubernetes-list-type`, listType, text);
  }
  if (listType === "map") checkMapItems(schema, keys, path, problems);
}

function checkSetItems(items: SchemaJson | undefined, path: string, problems: Problems): void {
  const text = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const listType = items?.["x-kubernetes-list-type"];
  if (items?.type === "array" && listType !== undefined && listType !== "atomic")
    problems.invalid(`${path}.items.x-kubernetes-list-type`, listType, text);
  if (items?.type === "object" && items["x-kubernetes-map-type"] !== "atomic")
    problems.invalid(`${path}.items.x-kubernetes-map-type`, listType ?? null, text);
}

function checkMapItems({ items }: SchemaJson, keys: readonly string[], path: string, problems: Problems): void {
  if (keys.length === 0) problems.required(`${path}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map");
  if (items === undefined || items === null) problems.required(`${path}.items`, "must have a schema if x-kubernetes-list-type is map");
  else if (Array.isArray(items))
    problems.invalid(`${path}.items`, items, "must only have a single schema if x-kubernetes-list-type is map");
  const own = schemaOr(items);
  if (!own) return;
  if (own.type !== "object")
    return problems.invalid(`${path}.items.type`, own.type ?? "", "must be object if parent array's x-kubernetes-list-type is map");
  const seen = new Set<string>();
  for (const key of keys) {
    const property = own.properties?.[key];
    if (!property) problems.invalid(`${path}.x-kubernetes-list-map-keys`, keys, "entries must all be names of item properties");
    else if (property.type === "array" || property.type === "object")
      problems.invalid(
        `${path}.items.properties[${key}].type`,
        own.type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      );
    if (seen.has(key)) problems.invalid(`${path}.x-kubernetes-list-map-keys`, keys, "must not contain duplicate entries");
    seen.add(key);
  }
}

export function checkKeysOfMaps(schema: SchemaJson, path: string, problems: Problems): void {
  const items = schemaOr(schema.items);
  const listType = schema["x-kubernetes-list-type"];
  if (!items || (listType !== "set" && listType !== "map")) return;
  if (items.nullable) problems.forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  if (listType !== "map") return;
  for (const key of schema["x-kubernetes-list-map-keys"] ?? []) {
    const property = items.properties?.[key];
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    const must = "this property is in x-kubernetes-list-map-keys, so it";
    if (!items.required?.includes(key) && (property.default === undefined || property.default === null))
      problems.required(`${at}.default`, `${must} must have a default or be a required property`);
    if (property.nullable) problems.forbidden(`${at}.nullable`, `${must} cannot be nullable`);
  }
}

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];
const breaks = /[\n\r]/;

function checkRule(rule: ValidationRuleJson, schema: SchemaJson, at: string, problems: Problems): void {
  const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
  const text = (rule.rule ?? "").trim();
  if (text === "") problems.required(`${at}.rule`, "rule is not specified");
  else if (message !== "" && message.trim() === "") problems.invalid(`${at}.message`, message, "must be non-empty if specified");
  else if (breaks.test(message.trim())) problems.invalid(`${at}.message`, message, "must not contain line breaks");
  else if (breaks.test(text) && message.trim() === "")
    problems.required(`${at}.message`, "message must be specified if rule contains line breaks");
  if (messageExpression !== "" && messageExpression.trim() === "")
    problems.required(`${at}.messageExpression`, "messageExpression must be non-empty if specified");
  if (reason !== undefined && !reasons.includes(reason)) problems.notSupported(`${at}.reason`, reason, reasons);
  if (fieldPath === "") return;
  if (fieldPath.trim() === "") problems.invalid(`${at}.fieldPath`, fieldPath, "must be non-empty if specified");
  if (breaks.test(fieldPath)) problems.invalid(`${at}.fieldPath`, fieldPath, "must not contain line breaks");
  if (!whyUnsupported(schema) && typeof fieldPathOf(fieldPath, schema) === "string")
    problems.invalid(`${at}.fieldPath`, fieldPath, "must be a valid path");
}
