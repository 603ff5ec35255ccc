/** What a CustomResourceDefinition may say, in upstream's order and words. */
import { checkDns1035Label, checkDns1123Subdomain } from "#codec/mod.ts";
import { immutable, subdomainName, validateObjectMeta, validateObjectMetaUpdate } from "../checks/object-meta.ts";
import { internalOf, oneOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { Problems as Found } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import { hasLooseDefaults } from "../structural/default-checks.ts";
import { fieldPathOf } from "../structural/field-path.ts";
import {
  anySchema,
  checkKeysOfMaps,
  checkSchema,
  hasInvalidType,
  type SchemaOptions,
  whyUnsupported,
} from "../structural/schema-checks.ts";
import { type SchemaJson, structuralOf } from "../structural/structural.ts";
import { structuralProblems } from "../structural/structural-checks.ts";
import { approvalOf, approvalPath } from "./approval.ts";
import { checkConversion } from "./conversion-checks.ts";

const versionFields = [
  ...["Name", "Served", "Storage", "Deprecated", "DeprecationWarning", "Schema", "Subresources", "AdditionalPrinterColumns"],
  "SelectableFields",
];

/** What is asked of a new definition; of one that was taken before, less. */
interface Strictness extends Omit<SchemaOptions, "hasStatus" | "unchanged"> {
  schemas: boolean;
  reviewVersions: boolean;
  anyCaBundle: boolean;
  /** Versions that may keep more selectable fields than are allowed. */
  manyFields: ReadonlySet<string>;
  /** Versions whose schema is what it was. */
  unchanged: ReadonlySet<string>;
}

const strict: Strictness = {
  schemas: true,
  validTypes: true,
  structural: true,
  prunedDefaults: true,
  atomicSets: true,
  keysOfMaps: true,
  reviewVersions: true,
  anyCaBundle: true,
  manyFields: new Set(),
  unchanged: new Set(),
};

export function checkNewDefinition(definition: AnyObject, problems: Problems): void {
  const { spec = {}, metadata } = definition;
  const named = `${spec.names?.plural ?? ""}.${spec.group ?? ""}`;
  const rule = (name: string, prefix: boolean) => [
    ...subdomainName(name, prefix),
    ...(name === named ? [] : ['must be spec.names.plural+"."+spec.group']),
  ];
  validateObjectMeta(metadata, { namespaced: false, name: rule }, problems);
  checkSpec(spec, strict, problems);
  checkRest(definition, undefined, problems);
}

export function checkChangedDefinition(next: AnyObject, old: AnyObject, problems: Problems): void {
  validateObjectMetaUpdate(next.metadata, old.metadata, problems);
  checkSpec(next.spec ?? {}, mildness(next.spec ?? {}, old), problems);
  if (isEstablished(old)) {
    immutable(next.spec?.scope, old.spec?.scope, "spec.scope", problems, "");
    immutable(next.spec?.names?.kind, old.spec?.names?.kind, "spec.names.kind", problems, "");
  }
  immutable(next.spec?.group, old.spec?.group, "spec.group", problems, "");
  immutable(next.spec?.names?.plural, old.spec?.names?.plural, "spec.names.plural", problems, "");
  checkRest(next, old, problems);
}

export function checkDefinitionStatus({ status = {} }: AnyObject, problems: Problems): void {
  checkNames(status.acceptedNames ?? {}, "status.acceptedNames", problems);
}

const isEstablished = ({ status }: AnyObject): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }: AnyObject) => type === "Established" && is === "True");

const schemasOf = ({ versions = [] }: AnyObject): SchemaJson[] =>
  (versions ?? []).flatMap(({ schema }: AnyObject) => (schema?.openAPIV3Schema ? [schema.openAPIV3Schema] : []));

/** Who was served before a rule came goes on being served. */
function mildness(next: AnyObject, old: AnyObject): Strictness {
  const schemas = schemasOf(old.spec ?? {});
  const breaks = (check: (schema: SchemaJson) => boolean) => schemas.some((schema) => anySchema(schema, check));
  const isLoose = (schema: SchemaJson) => whyUnsupported(schema) !== undefined || !structuralProblems(schema, "").none;
  const reviewed: string[] = old.spec?.conversion?.webhook?.conversionReviewVersions ?? [];
  const many = (old.spec?.versions ?? []).filter(({ name, selectableFields = [] }: AnyObject) => {
    const now = (next.versions ?? []).find((one: AnyObject) => one.name === name)?.selectableFields;
    return selectableFields.length > mostSelectable && semanticEqual(now, selectableFields);
  });
  return {
    schemas: (old.spec?.versions ?? []).length === schemas.length,
    validTypes: !breaks(hasInvalidType),
    structural: true,
    prunedDefaults: !schemas.some((schema) => !isLoose(schema) && hasLooseDefaults(structuralOf(schema))),
    atomicSets: !breaks(isLooseSet),
    keysOfMaps: !breaks((schema) => {
      const problems = new Found();
      checkKeysOfMaps(schema, "", problems);
      return !problems.none;
    }),
    reviewVersions: reviewed.length === 0 || reviewed.some(isReviewVersion),
    anyCaBundle: !isEstablished(old),
    manyFields: new Set(many.map(({ name }: AnyObject) => name)),
    unchanged: new Set(
      (next.versions ?? [])
        .filter(({ name, schema }: AnyObject) =>
          semanticEqual(schema, (old.spec?.versions ?? []).find((one: AnyObject) => one.name === name)?.schema),
        )
        .map(({ name }: AnyObject) => name),
    ),
  };
}

const isReviewVersion = (version: string) => version === "v1" || version === "v1beta1";

function isLooseSet(schema: SchemaJson): boolean {
  const { items } = schema;
  if (schema["x-kubernetes-list-type"] !== "set" || typeof items !== "object" || items === null || Array.isArray(items)) return false;
  if (items.type === "array") return (items["x-kubernetes-list-type"] ?? "atomic") !== "atomic";
  return items.type === "object" && items["x-kubernetes-map-type"] !== "atomic";
}

function checkSpec(spec: AnyObject, given: Strictness, problems: Problems): void {
  const { group = "", names = {}, versions } = spec;
  if (!group) problems.required("spec.group");
  else if (checkDns1123Subdomain(group).length > 0) problems.invalid("spec.group", group, checkDns1123Subdomain(group).join(","));
  else if (!group.includes(".")) problems.invalid("spec.group", group, "should be a domain with at least one dot");
  oneOf(spec.scope, ["Cluster", "Namespaced"], "spec.scope", problems);
  const list: AnyObject[] = versions ?? [];
  for (const [i, version] of list.entries())
    if (!version.schema?.openAPIV3Schema && (given.schemas || version.served))
      problems.required(`spec.versions[${i}].schema.openAPIV3Schema`, given.schemas ? "" : "because otherwise all fields are pruned");
  if (spec.preserveUnknownFields && schemasOf(spec).some((schema) => anySchema(schema, (own) => (own.default ?? null) !== null)))
    problems.invalid("spec.preserveUnknownFields", true, "must be false in order to use defaults in the schema");
  checkVersions(versions ?? undefined, given, problems);
  for (const key of ["plural", "singular", "kind", "listKind"]) if (!names[key]) problems.required(`spec.names.${key}`);
  checkNames(names, "spec.names", problems);
  checkShared(list, given, problems);
  checkConversion(spec.conversion, given, problems);
}

/** Upstream keeps what all versions say once, and names it so. */
function sharedOf(versions: readonly AnyObject[]): Record<string, boolean> {
  const keys = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"];
  return Object.fromEntries(keys.map((key) => [key, versions.every((version) => semanticEqual(version[key], versions[0]?.[key]))]));
}

function checkVersions(all: readonly AnyObject[] | undefined, given: Strictness, problems: Problems): void {
  const versions = all ?? [];
  const shared = sharedOf(versions);
  for (const [i, version] of versions.entries()) {
    const at = `spec.versions[${i}]`;
    const texts = checkDns1035Label(version.name ?? "");
    if (texts.length > 0) problems.invalid(`${at}.name`, version.name ?? "", texts.join(","));
    checkDeprecation(version, at, problems);
    const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
    const hasStatus = subresources?.status !== undefined;
    if (!shared.schema && schema?.openAPIV3Schema)
      checkSchema(
        schema.openAPIV3Schema,
        `${at}.schema.openAPIV3Schema`,
        { ...given, hasStatus, unchanged: given.unchanged.has(version.name ?? "") },
        problems,
      );
    if (!shared.subresources) checkSubresources(subresources, `${at}.subresources`, problems);
    if (!shared.additionalPrinterColumns) checkColumns(additionalPrinterColumns, `${at}.additionalPrinterColumns`, problems);
    if (!shared.selectableFields)
      checkSelectable(version, { at: `${at}.selectableFields`, name: version.name ?? "", given }, problems, selectableFields);
  }
  const shown = () =>
    all?.map((version) =>
      internalOf(
        {
          deprecated: false,
          ...version,
          ...Object.fromEntries(Object.entries(shared).map(([key, is]) => [key, is ? null : version[key]])),
        } as never,
        versionFields,
      ),
    );
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    problems.invalid("spec.versions", shown(), "must contain unique version names");
  if (versions.filter(({ storage }) => storage).length !== 1)
    problems.invalid("spec.versions", shown(), "must have exactly one version marked as storage version");
  const first = versions[0];
  if (first) {
    const texts = checkDns1035Label(first.name ?? "");
    if (first.name && texts.length > 0) problems.invalid("spec.version", first.name, texts.join(","));
  }
}

function checkShared(versions: readonly AnyObject[], given: Strictness, problems: Problems): void {
  const [first] = versions;
  if (!first) return;
  const shared = sharedOf(versions);
  const hasStatus = versions.some(({ subresources }) => subresources?.status !== undefined);
  if (shared.schema && first.schema?.openAPIV3Schema)
    checkSchema(
      first.schema.openAPIV3Schema,
      "spec.validation.openAPIV3Schema",
      { ...given, hasStatus, unchanged: given.unchanged.has(first.name ?? "") },
      problems,
    );
  if (shared.subresources) checkSubresources(first.subresources, "spec.subresources", problems);
  if (shared.additionalPrinterColumns) checkColumns(first.additionalPrinterColumns, "spec.additionalPrinterColumns", problems);
  if (shared.selectableFields) checkSelectable(first, { at: "spec.selectableFields", name: "", given }, problems, first.selectableFields);
}

function checkDeprecation({ deprecated, deprecationWarning: text }: AnyObject, at: string, problems: Problems): void {
  if (text === undefined) return;
  const tell = (why: string) => problems.invalid(`${at}.deprecationWarning`, text, why);
  if (!deprecated) return tell("can only be set for deprecated versions");
  if (Buffer.byteLength(text) > 256) tell("must be <= 256 characters long");
  if (text === "") tell("must not be an empty string");
  let index = 0;
  for (const char of text) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    if (/[\x00-\x1f\x7f-\x9f]/.test(char) || (char !== " " && /[\p{Z}\p{C}]/u.test(char))) {
      tell(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`);
      break;
    }
    index += Buffer.byteLength(char);
  }
}

function checkNames(names: AnyObject, path: string, problems: Problems): void {
  const label = (value: string, at: string) => {
    const texts = checkDns1035Label(value);
    if (texts.length > 0) problems.invalid(at, value, texts.join(","));
  };
  for (const key of ["plural", "singular"]) if (names[key]) label(names[key], `${path}.${key}`);
  for (const key of ["kind", "listKind"]) {
    const texts = names[key] ? checkDns1035Label(names[key].toLowerCase()) : [];
    if (texts.length > 0)
      problems.invalid(`${path}.${key}`, names[key], `may have mixed case, but should otherwise match: ${texts.join(",")}`);
  }
  for (const [i, name] of (names.shortNames ?? []).entries()) label(name, `${path}.shortNames[${i}]`);
  if (names.kind && names.kind === names.listKind)
    problems.invalid(`${path}.listKind`, names.listKind, "kind and listKind may not be the same");
  for (const [i, name] of (names.categories ?? []).entries()) label(name, `${path}.categories[${i}]`);
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

function checkColumns(columns: readonly AnyObject[] | undefined, path: string, problems: Problems): void {
  for (const [i, { name, type, format, jsonPath }] of (columns ?? []).entries()) {
    const at = `${path}[${i}]`;
    if (!name) problems.required(`${at}.name`);
    const oneOfTypes = `must be one of ${columnTypes.join(",")}`;
    if (!type) problems.required(`${at}.type`, oneOfTypes);
    else if (!columnTypes.includes(type)) problems.invalid(`${at}.type`, type, oneOfTypes);
    if (format && !columnFormats.includes(format)) problems.invalid(`${at}.format`, format, `must be one of ${columnFormats.join(",")}`);
    if (!jsonPath) problems.required(`${at}.JSONPath`);
    else checkSimplePath(jsonPath, `${at}.JSONPath`, problems);
  }
}

/** True: it is one. */
function checkSimplePath(path: string, at: string, problems: Problems): boolean {
  if (path.startsWith(".")) return true;
  problems.invalid(at, path, "must be a simple json path starting with .");
  return false;
}

function checkSubresources(subresources: AnyObject | undefined, path: string, problems: Problems): void {
  const { scale } = subresources ?? {};
  if (!scale) return;
  const check = (key: string, roots: readonly string[], text: string) => {
    const at = `${path}.scale.${key}`;
    const value: string = scale[key] ?? "";
    if (value === "") {
      if (key !== "labelSelectorPath") problems.required(at);
    } else if (checkSimplePath(value, at, problems) && !roots.some((root) => value.startsWith(root))) problems.invalid(at, value, text);
  };
  check("specReplicasPath", [".spec."], "should be a json path under .spec");
  check("statusReplicasPath", [".status."], "should be a json path under .status");
  check("labelSelectorPath", [".spec.", ".status."], "should be a json path under either .spec or .status");
}

const mostSelectable = 8;

function checkSelectable(
  { schema }: AnyObject,
  { at: path, name, given }: { at: string; name: string; given: Strictness },
  problems: Problems,
  fields: readonly AnyObject[] | undefined,
): void {
  if (!fields?.length) return;
  const openapi: SchemaJson | undefined = schema?.openAPIV3Schema;
  if (!openapi)
    return problems.invalid(
      path,
      "",
      name === ""
        ? "may only be set when validations.schema is included"
        : "may only be set when `version.schema.openAPIV3Schema` is not included",
    );
  const seen = new Set<string>();
  for (const [i, { jsonPath = "" }] of fields.entries()) {
    const at = `${path}[${i}].jsonPath`;
    if (jsonPath === "") {
      problems.required(at);
      continue;
    }
    const found = fieldPathOf(jsonPath, openapi, { brackets: false });
    if (typeof found === "string") {
      problems.invalid(at, jsonPath, `is an invalid path: ${found}`);
      continue;
    }
    if (found.root === "metadata") problems.invalid(at, jsonPath, "must not point to fields in metadata");
    if (!["string", "boolean", "integer"].includes(found.schema.type))
      problems.invalid(
        at,
        jsonPath,
        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
      );
    if (seen.has(found.path)) problems.duplicate(at, jsonPath);
    seen.add(found.path);
  }
  if (seen.size > mostSelectable && !given.manyFields.has(name)) problems.tooMany(path, seen.size, mostSelectable);
}

function checkRest(definition: AnyObject, old: AnyObject | undefined, problems: Problems): void {
  checkDefinitionStatus(definition, problems);
  checkStored(definition.status?.storedVersions ?? [], definition.spec?.versions ?? [], problems);
  checkApproval(definition, old, problems);
  if (definition.spec?.preserveUnknownFields && !old?.spec?.preserveUnknownFields)
    problems.invalid(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    );
}

function checkStored(stored: readonly string[], versions: readonly AnyObject[], problems: Problems): void {
  const at = "status.storedVersions";
  if (stored.length === 0) return problems.invalid(at, null, "must have at least one stored version");
  const left = new Map(stored.map((name, i) => [name, i]));
  // A name that comes again has been crossed out.
  for (const { name, storage } of versions)
    if (!left.delete(name) && storage) problems.invalid(at, stored, `must have the storage version ${name}`);
  for (const [name, i] of left)
    problems.invalid(
      `${at}[${i}]`,
      name,
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
    );
}

/** A client that changes something else need not mend what was taken before. */
function checkApproval(definition: AnyObject, old: AnyObject | undefined, problems: Problems): void {
  const now = approvalOf(definition);
  if (!now || (old && approvalOf(old)?.state === now.state)) return;
  if (now.state === "missing") problems.required(approvalPath, now.message);
  else if (now.state === "invalid") problems.invalid(approvalPath, now.told, now.message);
}
