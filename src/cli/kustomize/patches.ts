/** Patches of both kinds, in all the ways that a kustomization may name them. */
import { applyJsonPatch } from "#codec/json-patch.ts";
import { readYaml, writeYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { idText } from "./ids.ts";
import type { Loader } from "./loader.ts";
import { type Known, mergePatch } from "./merge.ts";
import { parseResources } from "./parse.ts";
import { Resource, type ResourceList } from "./resources.ts";
import { CompiledSelector, type Selector } from "./selectors.ts";

export interface PatchSpec {
  path?: string;
  patch?: string;
  target?: Selector;
  options?: { allowNameChange?: boolean; allowKindChange?: boolean };
}

export type Schemas = (resource: Resource) => Known | undefined;

interface Around {
  loader: Loader;
  schemas: Schemas;
}

/** An entry of `patches`. */
export function applyPatch(list: ResourceList, spec: PatchSpec, around: Around): void {
  const { text, source } = sourceOf(spec, around.loader);
  const { merges, operations } = parsePatch(text, source);
  if (operations) return applyOperations(list, { operations, target: spec.target, source, text });
  for (const patch of merges!) {
    patch.allowNameChange = spec.options?.allowNameChange ?? false;
    patch.allowKindChange = spec.options?.allowKindChange ?? false;
  }
  if (!spec.target) return applyMerges(list, merges!, around.schemas);
  if (merges!.length > 1)
    throw new CliError(
      `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source}`,
    );
  const selector = new CompiledSelector(spec.target);
  const chosen = list.all.filter((each) => selector.resource(each));
  for (const resource of chosen) mergeInto(list, resource, merges![0]!, around.schemas);
}

function sourceOf(spec: PatchSpec, loader: Loader): { text: string; source: string } {
  const patch = (spec.patch ?? "").trim();
  const shown = () => writeYaml(spec);
  if (patch === "" && !spec.path)
    throw new CliError(
      `trouble configuring builtin PatchTransformer with config: \`\n${shown()}\`: must specify one of patch and path in\n${shown()}`,
    );
  if (patch !== "" && spec.path)
    throw new CliError(
      `trouble configuring builtin PatchTransformer with config: \`\n${shown()}\`: patch and path can't be set at the same time\n${shown()}`,
    );
  if (patch !== "") return { text: patch, source: `[patch: ${JSON.stringify(patch)}]` };
  const source = `[path: ${JSON.stringify(spec.path)}]`;
  try {
    return { text: loader.text(spec.path!), source };
  } catch (error) {
    throw new CliError(`failed to get the patch file from path(${spec.path}): ${(error as Error).message}`);
  }
}

function parsePatch(text: string, source: string): { merges?: Resource[]; operations?: unknown[] } {
  const value = parsed(text);
  if (Array.isArray(value)) return { operations: value };
  try {
    return { merges: parseResources(text).map((object) => new Resource(object)) };
  } catch {
    throw new CliError(`unable to parse SM or JSON patch from ${source}`);
  }
}

function parsed(text: string): unknown {
  try {
    return readYaml(text).value;
  } catch {
    return undefined;
  }
}

export function applyMerges(list: ResourceList, patches: Resource[], schemas: Schemas): void {
  for (const patch of patches) {
    let target: Resource;
    try {
      target = list.one(patch.id);
    } catch (error) {
      throw new CliError(`no resource matches strategic merge patch ${JSON.stringify(idText(patch.id))}: ${(error as Error).message}`);
    }
    mergeInto(list, target, patch, schemas);
  }
}

/** An entry of `patchesStrategicMerge`: the patch itself, or a file with patches. */
export function strategicPatches(entry: string, loader: Loader): Resource[] {
  let objects: KObject[] = [];
  try {
    objects = parseResources(entry);
  } catch {
    objects = parseResources(loader.text(entry));
  }
  return objects.map((object) => new Resource(object));
}

/** Applies deprecated strategic merges, whose target is named by the patch. */
export function applyStrategic(list: ResourceList, patches: Resource[], schemas: Schemas): void {
  for (const patch of patches) mergeInto(list, list.one(patch.id), patch, schemas);
}

function mergeInto(list: ResourceList, target: Resource, patch: Resource, schemas: Schemas): void {
  const { name, namespace } = target;
  const { kind } = target.gvk;
  if (patch.allowNameChange || patch.allowKindChange) target.remember();
  const merged = mergePatch(target.object, structuredClone(patch.object), schemas(target)) as KObject | undefined;
  if (!merged || Object.keys(merged).length === 0) {
    list.all = list.all.filter((each) => each !== target);
    return;
  }
  const { namespace: _, ...metadata } = (merged.metadata ?? {}) as KObject["metadata"];
  target.object = {
    ...merged,
    apiVersion: target.object.apiVersion,
    kind: patch.allowKindChange ? merged.kind : kind,
    metadata: {
      ...metadata,
      ...(patch.allowNameChange ? {} : { name }),
      ...(namespace ? { namespace } : {}),
    },
  };
}

function applyOperations(list: ResourceList, how: { operations: unknown[]; target?: Selector; source: string; text: string }): void {
  if (!how.target) throw new CliError(`must specify a target for JSON patch ${how.source}`);
  const selector = new CompiledSelector(how.target);
  for (const resource of list.all.filter((each) => selector.resource(each))) {
    resource.remember();
    resource.object = patched(resource, how.operations);
  }
}

function patched(resource: Resource, operations: unknown[]): KObject {
  try {
    return applyJsonPatch(resource.object, operations) as KObject;
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

/** An entry of `patchesJson6902`: its one target must be there. */
export function applyJson6902(list: ResourceList, spec: PatchSpec, loader: Loader): void {
  const { target } = spec;
  if (!target?.name) throw new CliError("must specify the target name");
  if (!spec.path && !spec.patch) throw new CliError("must specify a file path or inline patch content");
  if (spec.path && spec.patch) throw new CliError(`patch and path can't be set at the same time`);
  const text = spec.patch ?? loader.text(spec.path!);
  const operations = parsed(text);
  if (!Array.isArray(operations)) throw new CliError(`failed to parse json patch from ${JSON.stringify(text)}`);
  const { group = "", version = "", kind = "", name, namespace = "" } = target;
  const resource = list.one({ group, version, kind, name, namespace });
  resource.object = patched(resource, operations);
}
