/** Builds a kustomization: what it names, generated and transformed in kustomize's order, with names mended at the end. */
import { join } from "node:path";
import { readYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { configOf, configOfCrds, mergeConfigs } from "./config.ts";
import { type Config, defaultConfig } from "./default-specs.ts";
import { generate, hashOf } from "./generators.ts";
import { apiVersionOf } from "./ids.ts";
import { type Kustomization, readKustomization } from "./kustomization.ts";
import { type Loader, rootLoader } from "./loader.ts";
import type { Known } from "./merge.ts";
import { fixReferences } from "./name-references.ts";
import { withOrigins } from "./origins.ts";
import { MalformedYaml, parseResources } from "./parse.ts";
import { generatorsOf, transformersOf } from "./plugins.ts";
import { type Origin, Resource, ResourceList } from "./resources.ts";
import { builtInSchema, openApiSchemas } from "./schemas.ts";
import { type SortOptions, sorted } from "./sort.ts";
import { builtInTransformers, type Step } from "./steps.ts";
import { addPairs, withoutLocal } from "./transformers.ts";
import { markVars, mergeVars, resolveVars, type VarSpec } from "./vars.ts";

export interface BuildOptions {
  /** What the user wrote for the folder. */
  named?: string;
  /** False lets files lie anywhere. */
  restricted?: boolean;
  /** Deprecations, a line each. */
  warn(line: string): void;
  /** Of a kustomization that says nothing of it. */
  order?: "legacy" | "fifo";
}

/** What a kustomization and those below it have gathered so far. */
interface Gathered {
  list: ResourceList;
  config: Config;
  vars: VarSpec[];
}

/** A place in the tree of kustomizations. */
interface Place {
  loader: Loader;
  spec: Kustomization;
  file: string;
  /** From the outermost kustomization to this one. */
  path: string;
  build: Build;
}

interface Build {
  options: BuildOptions;
  /** Whether resources remember where they came from. */
  tracking: boolean;
  /** Of `openapi.path`. */
  schemas: Map<string, Known>;
}

const empty = (): Gathered => ({
  list: new ResourceList(),
  config: { ...defaultConfig, ...nothing },
  vars: [],
});

const nothing: Config = {
  namePrefix: [],
  nameSuffix: [],
  namespace: [],
  commonLabels: [],
  labels: [],
  templateLabels: [],
  commonAnnotations: [],
  nameReference: [],
  varReference: [],
  images: [],
  replicas: [],
};

export function build(folder: string, options: BuildOptions): KObject[] {
  const loader = rootLoader(folder, { restricted: options.restricted !== false, named: options.named });
  const { spec, file } = readKustomization(loader, options.warn);
  const metadata = spec.buildMetadata ?? [];
  const place: Place = { loader, spec, file, path: "", build: { options, tracking: metadata.length > 0, schemas: new Map() } };
  readSchemas(place);
  const { list, config, vars } = gather(empty(), place);
  for (const resource of list.all)
    if (resource.needsHash) {
      const hash = hashOf(resource);
      resource.remember();
      resource.setName(`${resource.name}-${hash}`);
    }
  fixReferences(list, config.nameReference);
  resolveVars(list, vars, config.varReference);
  list.all = sorted(withoutLocal(list.all), spec.sortOptions ?? defaultOrder(options));
  if (metadata.includes("managedByLabel"))
    addPairs(list, { "app.kubernetes.io/managed-by": "kustomize-v5.8.1" }, [{ path: "metadata/labels", create: true }]);
  return list.all.map((resource) => tidy(withOrigins(resource, metadata)));
}

const defaultOrder = ({ order = "legacy" }: BuildOptions): SortOptions => ({ order });

/** Annotations are texts; a map of them that was emptied is not shown. */
function tidy(object: KObject): KObject {
  const { annotations } = object.metadata;
  if (!annotations) return object;
  const entries = Object.entries(annotations).map(([key, value]): [string, string] => [key, String(value ?? "")]);
  if (entries.length === 0) delete object.metadata.annotations;
  else object.metadata.annotations = Object.fromEntries(entries);
  return object;
}

function readSchemas({ loader, spec, build: { schemas } }: Place): void {
  const path = spec.openapi?.path;
  if (!path) return;
  for (const [kind, known] of openApiSchemas(readYaml(loader.text(path)).value)) schemas.set(kind, known);
}

function gather(into: Gathered, place: Place): Gathered {
  const { spec, loader } = place;
  let { list, config, vars } = within("accumulating resources", () => gatherResources(into, place, spec.resources ?? []));
  config = mergeConfigs(mergeConfigs(config, configOf(loader, spec.configurations ?? [])), configOfCrds(loader, spec.crds ?? []));
  runGenerators(list, place);
  for (const path of spec.components ?? [])
    ({ list, config, vars } = within("accumulating components", () => gatherComponent({ list, config, vars }, place, path)));
  runTransformers(list, config, place);
  for (const path of spec.validators ?? []) refusePlugins(place, path);
  markVars(list, spec.vars ?? []);
  return { list, config, vars: mergeVars(vars, spec.vars ?? []) };
}

function within<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CliError) throw new CliError(`${what}: ${error.message}`);
    throw error;
  }
}

function gatherResources(into: Gathered, place: Place, paths: readonly string[]): Gathered {
  let gathered = into;
  for (const path of paths) {
    const failure = gatherFile(gathered.list, place, path);
    if (failure) gathered = gatherFolder(gathered, place, { path, failure });
  }
  return gathered;
}

interface Failure {
  message: string;
  /** The file is there, and is no YAML. */
  malformed: boolean;
}

/** Why a path is no file of resources. */
function gatherFile(list: ResourceList, place: Place, path: string): Failure | undefined {
  let step = "accumulating";
  try {
    const made = parseResources(place.loader.text(path)).map((object) => new Resource(object));
    step = "merging";
    for (const resource of made) {
      if (place.build.tracking) resource.origin = { path: join(place.path, path) };
      list.append(resource);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    const malformed = error instanceof MalformedYaml;
    const why = malformed ? `MalformedYAMLError: ${error.message} in File: ${path}` : error.message;
    return { message: `${step} resources from '${path}': ${why}`, malformed };
  }
}

function gatherFolder(into: Gathered, place: Place, at: { path: string; failure: Failure }): Gathered {
  const { path, failure } = at;
  let loader: Loader;
  try {
    loader = place.loader.child(path);
  } catch (error) {
    if (failure.malformed) throw new CliError(failure.message);
    throw new CliError(`accumulation err='${failure.message}': ${(error as Error).message}`);
  }
  return within(`accumulation err='${failure.message}'`, () => {
    const below = enter(place, loader, path);
    if (below.spec.kind === "Component") throw new CliError(`expected kind != 'Component' for path '${loader.root}'`);
    const found = within(`recursed accumulation of path '${loader.root}'`, () => gather(empty(), below));
    return within(`recursed merging from path '${loader.root}'`, () => {
      for (const resource of found.list.all) into.list.append(resource);
      return { list: into.list, config: mergeConfigs(into.config, found.config), vars: mergeVars(into.vars, found.vars) };
    });
  });
}

function gatherComponent(into: Gathered, place: Place, path: string): Gathered {
  const quoted = (what: string, error: unknown) => new CliError(`${what}${JSON.stringify((error as Error).message)}`);
  let loader: Loader;
  try {
    loader = place.loader.child(path);
  } catch (error) {
    throw quoted("loader.New ", error);
  }
  try {
    const below = enter(place, loader, path);
    if (below.spec.kind !== "Component")
      throw new CliError(`expected kind 'Component' for path '${loader.root}' but got '${below.spec.kind}'`);
    return within(`recursed accumulation of path '${loader.root}'`, () => gather(into, below));
  } catch (error) {
    throw quoted("accumulateDirectory: ", error);
  }
}

function enter(place: Place, loader: Loader, path: string): Place {
  const { spec, file } = within(`couldn't make target for path '${loader.root}'`, () =>
    readKustomization(loader, place.build.options.warn),
  );
  const below = { loader, spec, file, path: join(place.path, path), build: place.build };
  readSchemas(below);
  return below;
}

function runGenerators(list: ResourceList, place: Place): void {
  const { spec, loader } = place;
  const made = (kind: "ConfigMap" | "Secret", specs: Kustomization["configMapGenerator"] = []) => {
    for (const each of specs)
      absorb(list, place, generate(kind, each, { loader, options: spec.generatorOptions }), originOf(place, `${kind}Generator`));
  };
  made("ConfigMap", spec.configMapGenerator);
  made("Secret", spec.secretGenerator);
  for (const path of spec.generators ?? [])
    for (const { resource, origin } of generatorsOf(pluginConfigs(place, path), loader)) absorb(list, place, resource, origin);
}

function absorb(list: ResourceList, place: Place, resource: Resource, origin: Origin | undefined): void {
  if (place.build.tracking) resource.origin = origin;
  within("merging from generator", () => list.absorb(resource));
}

const originOf = (place: Place, kind: string): Origin => ({
  configuredIn: join(place.path, place.file),
  configuredBy: { apiVersion: "builtin", kind },
});

/** Resources that configure plugins: written in the kustomization itself, in a file, or made by a folder. */
function pluginConfigs(place: Place, path: string): Resource[] {
  try {
    const inline = parseResources(path).map((object) => new Resource(object));
    if (place.build.tracking) for (const each of inline) each.origin = { path: join(place.path, place.file) };
    if (inline.length > 0) return inline;
  } catch {
    // Not the configuration itself: the name of a file or folder.
  }
  return gatherResources(empty(), place, [path]).list.all;
}

function refusePlugins(place: Place, path: string): void {
  for (const { gvk } of pluginConfigs(place, path))
    throw new CliError(`external plugins disabled; unable to load external plugin '${gvk.kind}'`);
}

function runTransformers(list: ResourceList, config: Config, place: Place): void {
  const {
    loader,
    build: { schemas, tracking },
  } = place;
  const around = {
    loader,
    schemas: (resource: Resource) => schemas.get(`${apiVersionOf(resource.gvk)} ${resource.gvk.kind}`) ?? builtInSchema(resource.gvk),
  };
  const steps: Step[] = builtInTransformers(place.spec, config, around);
  for (const path of place.spec.transformers ?? []) steps.push(...transformersOf(pluginConfigs(place, path), around));
  for (const step of steps) {
    step.run(list);
    if (tracking) for (const resource of list.all) resource.transformations.push(step.origin ?? originOf(place, step.kind));
  }
}
