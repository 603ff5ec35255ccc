/** What makes a schema structural: everything that restricts a value restricts one whose type is declared. */
import { bodyOf, Problems } from "../checks/problems.ts";
import { type SchemaJson, whyNoPattern } from "./structural.ts";

type Level = "root" | "item" | "field";

export const propertiesOf = (schema: SchemaJson): [string, SchemaJson][] => Object.entries(schema.properties ?? {});
export const schemaOr = (value: unknown): SchemaJson | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as SchemaJson) : undefined;

/** In the order of the texts, as upstream sorts them. */
export function structuralProblems(schema: SchemaJson, path: string): Problems {
  const problems = new Problems();
  checkInvariants(schema, "root", path, problems);
  checkCombined(schema, schema, path, path, problems);
  const text = (error: (typeof problems.list)[number]) => `${error.field}: ${bodyOf(error)}`;
  problems.list.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
  return problems;
}

const typeTexts: Record<Level, string> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkInvariants(schema: SchemaJson, level: Level, path: string, problems: Problems): void {
  const { type = "" } = schema;
  const items = schemaOr(schema.items);
  if (type === "array" && !items) problems.required(`${path}.items`, "must be specified");
  if (items) checkInvariants(items, "item", `${path}.items`, problems);
  for (const [name, own] of propertiesOf(schema)) checkInvariants(own, "field", `${path}.properties[${name}]`, problems);
  if (schema.additionalProperties !== undefined) {
    if (level === "root") problems.forbidden(`${path}.additionalProperties`, "must not be used at the root");
    const additional = schemaOr(schema.additionalProperties);
    if (additional) checkInvariants(additional, "field", `${path}.additionalProperties`, problems);
  }
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (intOrString && preserves)
    problems.invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, "must be false if x-kubernetes-int-or-string is true");
  if (intOrString && embedded)
    problems.invalid(`${path}.x-kubernetes-embedded-resource`, true, "must be false if x-kubernetes-int-or-string is true");
  checkValues(schema, { anyOf: isEither(schema.anyOf), firstAllOf: isEither(schema.allOf?.[0]?.anyOf) }, path, problems);
  if (embedded && type !== "object") {
    const text = "must be object if x-kubernetes-embedded-resource is true";
    if (type === "") problems.required(`${path}.type`, text);
    else problems.invalid(`${path}.type`, type, text);
  } else if (type === "" && !intOrString && !preserves) problems.required(`${path}.type`, typeTexts[level]);
  if (embedded && schema.additionalProperties !== undefined)
    problems.forbidden(`${path}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set");
  if (level === "root" && type !== "" && type !== "object") problems.invalid(`${path}.type`, type, "must be object at the root");
  checkMetaMembers(schema, level, path, problems);
  if (embedded && !preserves && propertiesOf(schema).length === 0)
    problems.required(
      `${path}.properties`,
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
}

function checkMetaMembers(schema: SchemaJson, level: Level, path: string, problems: Problems): void {
  const isObject = level === "root" || schema["x-kubernetes-embedded-resource"] === true;
  for (const name of ["kind", "apiVersion"]) {
    const own = schema.properties?.[name];
    if (own && isObject && own.type !== "string") problems.invalid(`${path}.properties[${name}].type`, own.type ?? "", "must be string");
  }
  const metadata = schemaOr(schema.properties?.metadata);
  if (!metadata) return;
  const at = `${path}.properties[metadata]`;
  if (isObject && metadata.type !== "object") problems.invalid(`${at}.type`, metadata.type ?? "", "must be object");
  if (level !== "root") return;
  const { type: _type, default: _default, properties, ...rest } = metadata;
  const names = Object.keys(properties ?? {});
  const isNamed = names.length === 0 || names.every((name) => name === "name" || name === "generateName");
  const more = Object.values(rest).some((value) => value !== undefined && value !== "" && value !== false);
  if (!isNamed || more)
    problems.forbidden(at, "must not specify anything other than name and generateName, but metadata is implicitly specified");
}

const isEither = (anyOf: unknown): boolean =>
  Array.isArray(anyOf) && JSON.stringify(anyOf) === JSON.stringify([{ type: "integer" }, { type: "string" }]);

/** `skip`: alternatives that say `integer or string`, the one thing about types that they may say. */
function checkValues(schema: SchemaJson, skip: { anyOf: boolean; firstAllOf: boolean }, path: string, problems: Problems): void {
  const each = (key: string) => ((schema[key] ?? []) as SchemaJson[]).entries();
  if (!skip.anyOf) for (const [i, own] of each("anyOf")) checkNested(own, false, `${path}.anyOf[${i}]`, problems);
  for (const [i, own] of each("allOf")) checkNested(own, skip.firstAllOf && i === 0, `${path}.allOf[${i}]`, problems);
  for (const [i, own] of each("oneOf")) checkNested(own, false, `${path}.oneOf[${i}]`, problems);
  if (schema.not) checkNested(schema.not, false, `${path}.not`, problems);
  if (schema.pattern) {
    const why = whyNoPattern(schema.pattern);
    if (why !== undefined) problems.invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${why}`);
  }
}

const forbiddenInside: readonly [key: string, text: string][] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function checkNested(schema: SchemaJson, skipAnyOf: boolean, path: string, problems: Problems): void {
  checkValues(schema, { anyOf: skipAnyOf, firstAllOf: false }, path, problems);
  const items = schemaOr(schema.items);
  if (items) checkNested(items, false, `${path}.items`, problems);
  for (const [name, own] of propertiesOf(schema)) checkNested(own, false, `${path}.properties[${name}]`, problems);
  for (const [key, text] of forbiddenInside) {
    const value = schema[key];
    const isSaid = key === "additionalProperties" ? value === true || schemaOr(value) : Array.isArray(value) ? value.length > 0 : value;
    if (isSaid || (key === "default" && value !== undefined && value !== null)) problems.forbidden(`${path}.${key}`, text);
  }
  if (schema.properties?.metadata) problems.forbidden(`${path}.properties[metadata]`, "must not be specified in a nested context");
}

/** What alternatives restrict is declared outside of them too. `at`: where it would be declared. */
function checkCombined(values: SchemaJson, declared: SchemaJson | undefined, at: string, path: string, problems: Problems): void {
  if (values.not) checkComplete(values.not, declared, at, `${path}.not`, problems);
  for (const key of ["allOf", "anyOf", "oneOf"])
    for (const [i, own] of ((values[key] ?? []) as SchemaJson[]).entries())
      checkComplete(own, declared, at, `${path}.${key}[${i}]`, problems);
}

function checkComplete(values: SchemaJson, declared: SchemaJson | undefined, at: string, path: string, problems: Problems): void {
  if (!declared) return problems.required(at, `because it is defined in ${path}`);
  checkCombined(values, declared, at, path, problems);
  const items = schemaOr(values.items);
  if (items) checkComplete(items, schemaOr(declared.items), `${at}.items`, `${path}.items`, problems);
  for (const [name, own] of propertiesOf(values))
    checkComplete(own, schemaOr(declared.properties?.[name]), `${at}.properties[${name}]`, `${path}.properties[${name}]`, problems);
}
