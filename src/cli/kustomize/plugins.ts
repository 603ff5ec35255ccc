/** Built-in generators and transformers configured by resources of their own; programs and functions are refused. */
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import type { FieldSpec } from "./field-specs.ts";
import { type GeneratorSpec, generate } from "./generators.ts";
import type { Loader } from "./loader.ts";
import { parseResources } from "./parse.ts";
import { applyJson6902, applyPatch, applyStrategic, type PatchSpec, strategicPatches } from "./patches.ts";
import { type ReplacementSpec, replace, replacementsOf } from "./replacements.ts";
import { type Origin, Resource, type ResourceList } from "./resources.ts";
import type { Selector } from "./selectors.ts";
import type { Around, Step } from "./steps.ts";
import { addAffix, addPairs, type ImageSpec, type Subjects, setImages, setNamespace, setReplicas } from "./transformers.ts";

function builtIn(config: KObject): void {
  if (config.apiVersion !== "builtin") throw new CliError(`external plugins disabled; unable to load external plugin '${config.kind}'`);
}

/** Where the resource that configures a plugin stands, as annotations tell it. */
function originOf({ object, origin, name, namespace }: Resource): Origin | undefined {
  const { apiVersion, kind } = object;
  return origin && { configuredIn: origin.path, configuredBy: { apiVersion, kind, name, ...(namespace ? { namespace } : {}) } };
}

export function generatorsOf(configs: Resource[], loader: Loader): { resource: Resource; origin: Origin | undefined }[] {
  return configs.map((each) => {
    const config = each.object;
    builtIn(config);
    const { kind, metadata } = config;
    if (kind !== "ConfigMapGenerator" && kind !== "SecretGenerator") throw new CliError(`unable to load builtin ${kind}`);
    const spec = config as unknown as GeneratorSpec;
    const named = { ...spec, name: spec.name || metadata.name, namespace: spec.namespace || metadata.namespace };
    return { origin: originOf(each), resource: generate(kind === "SecretGenerator" ? "Secret" : "ConfigMap", named, { loader }) };
  });
}

/** The fields of all built-in configurations. */
interface Settings {
  fieldSpecs?: FieldSpec[];
  prefix?: string;
  suffix?: string;
  unsetOnly?: boolean;
  setRoleBindingSubjects?: Subjects;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  imageTag?: ImageSpec;
  replica?: { name: string; count: number };
  target?: Selector;
  jsonOp?: string;
  path?: string;
  paths?: string[];
  patches?: string;
  replacements?: ReplacementSpec[];
}

type Run = (list: ResourceList, config: KObject & Settings, around: Around) => void;

const transformers: Record<string, Run> = {
  PrefixTransformer: (list, { prefix = "", fieldSpecs = [] }) => addAffix(list, prefix, { specs: fieldSpecs, side: "prefix" }),
  SuffixTransformer: (list, { suffix = "", fieldSpecs = [] }) => addAffix(list, suffix, { specs: fieldSpecs, side: "suffix" }),
  NamespaceTransformer: (list, { metadata, fieldSpecs = [], unsetOnly, setRoleBindingSubjects }) => {
    if (metadata.namespace) setNamespace(list, metadata.namespace, { specs: fieldSpecs, unsetOnly, subjects: setRoleBindingSubjects });
  },
  LabelTransformer: (list, { labels = {}, fieldSpecs = [] }) => addPairs(list, labels, fieldSpecs),
  AnnotationsTransformer: (list, { annotations = {}, fieldSpecs = [] }) => addPairs(list, annotations, fieldSpecs),
  ImageTagTransformer: (list, { imageTag, fieldSpecs = [] }) => setImages(list, imageTag ?? { name: "" }, fieldSpecs),
  ReplicaCountTransformer: (list, { replica, fieldSpecs = [] }) => setReplicas(list, replica ?? { name: "", count: 0 }, fieldSpecs),
  PatchTransformer: (list, config, around) => applyPatch(list, config as unknown as PatchSpec, around),
  PatchJson6902Transformer: (list, { target, path, jsonOp }, { loader }) => applyJson6902(list, { target, path, patch: jsonOp }, loader),
  PatchStrategicMergeTransformer: (list, { paths = [], patches = "" }, { loader, schemas }) => {
    const inline = patches === "" ? [] : parseResources(patches).map((object) => new Resource(object));
    applyStrategic(list, [...paths.flatMap((entry) => strategicPatches(entry, loader)), ...inline], schemas);
  },
  ReplacementTransformer: (list, { replacements = [] }, { loader }) => {
    for (const each of replacementsOf(replacements, loader)) replace(list, each);
  },
};

export function transformersOf(configs: Resource[], around: Around): Step[] {
  return configs.map((each) => {
    const config = each.object;
    builtIn(config);
    const run = transformers[config.kind];
    if (!run) throw new CliError(`unable to load builtin ${config.kind}`);
    return { kind: config.kind, origin: originOf(each), run: (list) => run(list, config as KObject & Settings, around) };
  });
}
