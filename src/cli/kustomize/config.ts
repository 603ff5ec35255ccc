/** The places that transformers go to: the built-in ones, and those of `configurations` files and of `crds`. */
import { readYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import { type Config, defaultConfig, type NameReference } from "./default-specs.ts";
import { type FieldSpec, mergeSpecs } from "./field-specs.ts";
import { type Gvk, sameGvk, splitVersion } from "./ids.ts";
import type { Loader } from "./loader.ts";

const specLists = [
  "namePrefix",
  "nameSuffix",
  "namespace",
  "commonLabels",
  "labels",
  "templateLabels",
  "commonAnnotations",
  "varReference",
  "images",
  "replicas",
] as const;

export function configOf(loader: Loader, files: readonly string[]): Config {
  return files.reduce((config, file) => mergeConfigs(config, readConfig(loader, file)), { ...defaultConfig } as Config);
}

function readConfig(loader: Loader, file: string): Partial<Config> {
  const { value } = readYaml(loader.text(file));
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value))
    throw new CliError(
      `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type builtinconfig.TransformerConfig`,
    );
  const unknown = Object.keys(value).find((key) => !(specLists as readonly string[]).includes(key) && key !== "nameReference");
  if (unknown) throw new CliError(`error unmarshaling JSON: while decoding JSON: json: unknown field ${JSON.stringify(unknown)}`);
  return value as Partial<Config>;
}

export function mergeConfigs(into: Config, more: Partial<Config>): Config {
  const result = { ...into };
  for (const list of specLists) result[list] = mergeSpecs(into[list], more[list] ?? []);
  result.nameReference = (more.nameReference ?? []).reduce(addReference, into.nameReference);
  return result;
}

function addReference(all: NameReference[], more: NameReference): NameReference[] {
  const at = all.findIndex((each) => sameGvk(each, more));
  if (at < 0) return [...all, { ...more, fieldSpecs: more.fieldSpecs ?? [] }];
  return all.with(at, { ...all[at]!, fieldSpecs: mergeSpecs(all[at]!.fieldSpecs, more.fieldSpecs ?? []) });
}

interface Definition {
  Schema?: OpenApiSchema;
  schema?: OpenApiSchema;
}

interface OpenApiSchema {
  properties?: Record<string, OpenApiSchema>;
  $ref?: string;
  [extension: `x-kubernetes-${string}`]: unknown;
}

/** What the definitions of `crds` say: which fields are labels, annotations and names of other objects. */
export function configOfCrds(loader: Loader, files: readonly string[]): Partial<Config> {
  let config: Config = {
    ...defaultConfig,
    namePrefix: [],
    nameSuffix: [],
    namespace: [],
    commonLabels: [],
    labels: [],
    templateLabels: [],
  } as Config;
  config = { ...config, commonAnnotations: [], nameReference: [], varReference: [], images: [], replicas: [] };
  for (const file of files) {
    const content = loader.text(file);
    const { value } = readYaml(content);
    const definitions = (value ?? {}) as Record<string, Definition>;
    if (typeof definitions !== "object" || "kind" in definitions) continue;
    for (const [name, definition] of Object.entries(definitions)) {
      const gvk = gvkOfDefinition(name, definition);
      if (gvk) config = walkSchema(config, { gvk, schema: schemaOf(definition), definitions, path: [], depth: 0 });
    }
  }
  return config;
}

const schemaOf = (definition: Definition | undefined): OpenApiSchema =>
  definition?.Schema ?? definition?.schema ?? (definition as OpenApiSchema) ?? {};

/** The kind of a definition that is a resource's: it has a kind, a version and metadata. */
function gvkOfDefinition(name: string, definition: Definition): Gvk | undefined {
  const { properties } = schemaOf(definition);
  if (!properties?.kind || !properties.apiVersion || !properties.metadata) return undefined;
  return { kind: name.slice(name.lastIndexOf(".") + 1) };
}

const deepest = 32;

function walkSchema(
  config: Config,
  at: { gvk: Gvk; schema: OpenApiSchema; definitions: Record<string, Definition>; path: string[]; depth: number },
): Config {
  if (at.depth > deepest) return config;
  let result = config;
  for (const [name, property] of Object.entries(at.schema.properties ?? {})) {
    const path = [...at.path, name];
    const spec: FieldSpec = { ...at.gvk, path: path.join("/") };
    if ("x-kubernetes-annotation" in property) result = mergeConfigs(result, { commonAnnotations: [spec] });
    if ("x-kubernetes-label-selector" in property) result = mergeConfigs(result, { commonLabels: [spec] });
    if ("x-kubernetes-identity" in property) result = mergeConfigs(result, { namePrefix: [spec] });
    const kind = property["x-kubernetes-object-ref-kind"];
    if (typeof kind === "string") result = mergeConfigs(result, { nameReference: [referenceOf(kind, property, spec)] });
    const referred = property.$ref ? schemaOf(at.definitions[property.$ref.slice(property.$ref.lastIndexOf("/") + 1)]) : property;
    if (referred.properties) result = walkSchema(result, { ...at, schema: referred, path, depth: at.depth + 1 });
  }
  return result;
}

function referenceOf(kind: string, property: OpenApiSchema, spec: FieldSpec): NameReference {
  const { group, version } = splitVersion(String(property["x-kubernetes-object-ref-api-version"] ?? ""));
  const key = property["x-kubernetes-object-ref-name-key"] ?? "name";
  const path =
    property.properties || property.$ref || property["x-kubernetes-object-ref-name-key"] ? `${spec.path}/${String(key)}` : spec.path;
  return { kind, ...(group ? { group } : {}), ...(version ? { version } : {}), fieldSpecs: [{ ...spec, path }] };
}
