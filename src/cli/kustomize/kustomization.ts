/** A kustomization file: its fields, what is refused in them, and what is warned of. */
import { readYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import type { FieldSpec } from "./field-specs.ts";
import type { GeneratorOptions, GeneratorSpec } from "./generators.ts";
import type { Loader } from "./loader.ts";
import type { PatchSpec } from "./patches.ts";
import type { ReplacementSpec } from "./replacements.ts";
import type { SortOptions } from "./sort.ts";
import type { ImageSpec } from "./transformers.ts";
import type { VarSpec } from "./vars.ts";

export interface LabelSpec {
  pairs?: Record<string, string>;
  includeSelectors?: boolean;
  includeTemplates?: boolean;
  fields?: FieldSpec[];
}

export interface Kustomization {
  apiVersion?: string;
  kind?: string;
  metadata?: object;
  openapi?: Record<string, string>;
  namePrefix?: string;
  nameSuffix?: string;
  namespace?: string;
  commonLabels?: Record<string, string>;
  labels?: LabelSpec[];
  commonAnnotations?: Record<string, string>;
  patchesStrategicMerge?: string[];
  patchesJson6902?: PatchSpec[];
  patches?: PatchSpec[];
  images?: ImageSpec[];
  imageTags?: ImageSpec[];
  replacements?: ReplacementSpec[];
  replicas?: { name: string; count: number }[];
  vars?: VarSpec[];
  sortOptions?: SortOptions;
  resources?: string[];
  components?: string[];
  crds?: string[];
  bases?: string[];
  configMapGenerator?: GeneratorSpec[];
  secretGenerator?: GeneratorSpec[];
  helmGlobals?: object;
  helmCharts?: unknown[];
  helmChartInflationGenerator?: unknown[];
  generatorOptions?: GeneratorOptions;
  configurations?: string[];
  generators?: string[];
  transformers?: string[];
  validators?: string[];
  buildMetadata?: string[];
}

type Shape = "text" | "map" | "list";

const shapes: Record<keyof Kustomization, Shape> = {
  apiVersion: "text",
  kind: "text",
  metadata: "map",
  openapi: "map",
  namePrefix: "text",
  nameSuffix: "text",
  namespace: "text",
  commonLabels: "map",
  labels: "list",
  commonAnnotations: "map",
  patchesStrategicMerge: "list",
  patchesJson6902: "list",
  patches: "list",
  images: "list",
  imageTags: "list",
  replacements: "list",
  replicas: "list",
  vars: "list",
  sortOptions: "map",
  resources: "list",
  components: "list",
  crds: "list",
  bases: "list",
  configMapGenerator: "list",
  secretGenerator: "list",
  helmGlobals: "map",
  helmCharts: "list",
  helmChartInflationGenerator: "list",
  generatorOptions: "map",
  configurations: "list",
  generators: "list",
  transformers: "list",
  validators: "list",
  buildMetadata: "list",
};

const fileNames = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
const fix = "Run 'kustomize edit fix' to update your Kustomization automatically.";
const deprecated: [keyof Kustomization, string, string][] = [
  ["bases", "resources", ""],
  ["commonLabels", "labels", ""],
  ["imageTags", "images", ""],
  ["patchesJson6902", "patches", ""],
  ["patchesStrategicMerge", "patches", ""],
  ["vars", "replacements", "[EXPERIMENTAL] "],
];

export function readKustomization(loader: Loader, warn: (line: string) => void): { spec: Kustomization; file: string } {
  const found = fileNames.flatMap((file) => {
    try {
      return [{ file, text: loader.text(file) }];
    } catch {
      return [];
    }
  });
  if (found.length === 0)
    throw new CliError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${loader.root}'`);
  if (found.length > 1) throw new CliError(`Found multiple kustomization files under: ${loader.root}\n`);
  const [{ file, text }] = found as [{ file: string; text: string }];
  const spec = typed(parsed(text));
  for (const [old, instead, mark] of deprecated)
    if (spec[old] !== undefined && spec[old] !== null)
      warn(`# Warning: '${old}' is deprecated. Please use '${instead}' instead. ${mark}${fix}`);
  const said = Object.keys(spec).filter(
    (key) => !["apiVersion", "kind", "metadata"].includes(key) && spec[key as keyof Kustomization] !== null,
  );
  if (said.length === 0) throw new CliError("kustomization.yaml is empty");
  checkType(spec, loader);
  return { spec: completed(spec), file };
}

function parsed(text: string): unknown {
  try {
    return readYaml(text).value ?? {};
  } catch (error) {
    throw new CliError(`invalid Kustomization: ${(error as Error).message}`);
  }
}

/** Fields by their names whatever their case, as Go's JSON reads them; each of the shape that it has. */
function typed(value: unknown): Kustomization {
  const refuse = (why: string) => new CliError(`invalid Kustomization: json: ${why}`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse(`cannot unmarshal ${goKind(value)} into Go value of type types.Kustomization`);
  const byLower = new Map(Object.keys(shapes).map((name) => [name.toLowerCase(), name as keyof Kustomization]));
  const spec: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = Object.hasOwn(shapes, key) ? (key as keyof Kustomization) : byLower.get(key.toLowerCase());
    if (!name) throw refuse(`unknown field ${JSON.stringify(key)}`);
    if (item === null || item === undefined) continue;
    const shape = shapes[name];
    const fits =
      shape === "list"
        ? Array.isArray(item)
        : shape === "map"
          ? typeof item === "object" && !Array.isArray(item)
          : typeof item === "string";
    if (!fits) throw refuse(`cannot unmarshal ${goKind(item)} into Go struct field Kustomization.${name} of type ${goType(name, shape)}`);
    spec[name] = item;
  }
  checkTexts(spec as Kustomization);
  return spec as Kustomization;
}

type Texts = Record<string, unknown> | undefined | null;

/** Values that must be texts: YAML makes booleans of `yes` and numbers of `1`. */
function checkTexts(spec: Kustomization): void {
  const refuse = (value: unknown, field: string) =>
    new CliError(`invalid Kustomization: json: cannot unmarshal ${goKind(value)} into Go struct field ${field} of type string`);
  const all = (values: Texts, field: string) => {
    for (const value of Object.values(values ?? {})) if (typeof value !== "string") throw refuse(value, field);
  };
  const each = (items: unknown, field: string, names: string[]) => {
    for (const item of (items ?? []) as Record<string, unknown>[])
      for (const name of names)
        if (item[name] !== undefined && item[name] !== null && typeof item[name] !== "string") throw refuse(item[name], `${field}.${name}`);
  };
  const texts = (items: unknown, field: string) => {
    for (const item of (items ?? []) as unknown[]) if (typeof item !== "string") throw refuse(item, field);
  };
  for (const name of ["commonLabels", "commonAnnotations"] as const) all(spec[name] as Texts, `Kustomization.${name}`);
  for (const name of ["resources", "components", "crds", "bases", "configurations", "generators", "transformers", "validators"] as const)
    texts(spec[name], `Kustomization.${name}`);
  for (const { pairs } of spec.labels ?? []) all(pairs as Texts, "Label.labels.pairs");
  for (const name of ["labels", "annotations"] as const)
    all(spec.generatorOptions?.[name] as Texts, `GeneratorOptions.generatorOptions.${name}`);
  for (const [list, type] of [
    ["configMapGenerator", "ConfigMapArgs"],
    ["secretGenerator", "SecretArgs"],
  ] as const) {
    each(spec[list], `${type}.${list}.GeneratorArgs`, ["name", "namespace", "behavior"]);
    for (const item of spec[list] ?? []) {
      for (const name of ["literals", "files", "envs"] as const)
        texts(item[name], `KvPairSources.${list}.GeneratorArgs.KvPairSources.${name}`);
      for (const name of ["labels", "annotations"] as const)
        all(item.options?.[name] as Texts, `GeneratorOptions.${list}.GeneratorArgs.options.${name}`);
    }
  }
  each(spec.patches, "Patch.patches", ["patch", "path"]);
  each(spec.images, "Image.images", ["name", "newName", "newTag", "digest", "tagSuffix"]);
}

const goKind = (value: unknown) =>
  Array.isArray(value) ? "array" : value === null ? "null" : typeof value === "boolean" ? "bool" : typeof value;

const elements: Partial<Record<keyof Kustomization, string>> = {
  labels: "types.Label",
  patchesStrategicMerge: "types.PatchStrategicMerge",
  patchesJson6902: "types.Patch",
  patches: "types.Patch",
  images: "types.Image",
  imageTags: "types.Image",
  replacements: "types.ReplacementField",
  replicas: "types.Replica",
  vars: "types.Var",
  configMapGenerator: "types.ConfigMapArgs",
  secretGenerator: "types.SecretArgs",
  helmCharts: "types.HelmChart",
  helmChartInflationGenerator: "types.HelmChartArgs",
};

function goType(name: keyof Kustomization, shape: Shape): string {
  if (shape === "text") return "string";
  if (shape === "list") return `[]${elements[name] ?? "string"}`;
  return name === "commonLabels" || name === "commonAnnotations" || name === "openapi"
    ? "map[string]string"
    : `types.${name[0]!.toUpperCase()}${name.slice(1)}`;
}

function checkType(spec: Kustomization, loader: Loader): void {
  const kind = spec.kind || "Kustomization";
  const faults: string[] = [];
  if (kind !== "Kustomization" && kind !== "Component") faults.push("kind should be Kustomization or Component");
  const version = kind === "Component" ? "kustomize.config.k8s.io/v1alpha1" : "kustomize.config.k8s.io/v1beta1";
  if (spec.apiVersion && spec.apiVersion !== version) faults.push(`apiVersion for ${kind} should be ${version}`);
  if (faults.length > 0) throw new CliError(`Failed to read kustomization file under ${loader.root}:\n${faults.join("\n")}`);
  if ((spec.helmCharts?.length ?? 0) + (spec.helmChartInflationGenerator?.length ?? 0) > 0)
    throw new CliError(
      "must specify --enable-helm: helm charts are not inflated by this kubectl; run 'helm template' and name its output as a resource",
    );
}

/** Deprecated fields in those that took their place. */
function completed(spec: Kustomization): Kustomization {
  const { bases, imageTags, ...rest } = spec;
  return {
    ...rest,
    kind: spec.kind || "Kustomization",
    resources: [...(spec.resources ?? []), ...(bases ?? [])],
    images: [...(spec.images ?? []), ...(imageTags ?? [])],
  };
}
