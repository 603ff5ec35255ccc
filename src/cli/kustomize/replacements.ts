/** Replacements: the value of one field in others, whole or between marks. */
import { readYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import { effectiveNamespace, type Gvk, type Id, idText, selectedBy } from "./ids.ts";
import type { Loader } from "./loader.ts";
import { find, lookup, type Place, splitFieldPath } from "./paths.ts";
import type { Resource, ResourceList } from "./resources.ts";
import { CompiledSelector, type Selector } from "./selectors.ts";

interface FieldOptions {
  delimiter?: string;
  index?: number;
  create?: boolean;
}

interface Source extends Gvk {
  name?: string;
  namespace?: string;
  fieldPath?: string;
  options?: FieldOptions;
}

interface Target {
  select?: Selector;
  reject?: Selector[];
  fieldPaths?: string[];
  options?: FieldOptions;
}

export interface ReplacementSpec {
  path?: string;
  source?: Source;
  sourceValue?: string;
  targets?: Target[];
}

export function replacementsOf(specs: ReplacementSpec[], loader: Loader): ReplacementSpec[] {
  return specs.flatMap((spec) => {
    if (!spec.path) return [spec];
    if (spec.source || spec.targets?.length) throw new CliError("cannot specify both path and inline replacement");
    const { value } = readYaml(loader.text(spec.path));
    if (typeof value !== "object" || value === null)
      throw new CliError(`unsupported replacement type encountered within replacement path: ${value === null ? "invalid" : typeof value}`);
    return Array.isArray(value) ? (value as ReplacementSpec[]) : [value as ReplacementSpec];
  });
}

export function replace(list: ResourceList, spec: ReplacementSpec): void {
  if ((spec.sourceValue === undefined && !spec.source) || !spec.targets)
    throw new CliError("replacements must specify a source and at least one target");
  const value = wantedValue(list, spec);
  for (const target of spec.targets) {
    if (!target.select) throw new CliError("target must specify resources to select");
    const chosen = new CompiledSelector(target.select);
    const rejected = (target.reject ?? []).map((each) => new CompiledSelector(each));
    for (const resource of list.all) {
      if (!chosen.labels(resource)) continue;
      if (rejected.some((each) => (each.selector.labelSelector || each.selector.annotationSelector) && each.labels(resource))) continue;
      const ids = [resource.id, ...resource.previousIds];
      if (rejected.some((each) => !each.isEmpty() && ids.some((id) => each.id(id)))) continue;
      if (ids.some((id) => chosen.id(id))) copyTo(resource, value, target);
    }
  }
}

function wantedValue(list: ResourceList, spec: ReplacementSpec): unknown {
  const { source } = spec;
  if (spec.sourceValue !== undefined && source) throw new CliError("value and resource selectors are mutually exclusive");
  if (!source) return spec.sourceValue;
  const found = list.all.filter((resource) => [resource.id, ...resource.previousIds].some((id) => fits(id, source)));
  if (found.length > 1) throw new CliError(`multiple matches for selector ${sourceText(source)}`);
  if (found.length === 0) throw new CliError(`nothing selected by ${sourceText(source)}`);
  const fieldPath = source.fieldPath || "metadata.name";
  const value = lookup(found[0]!.object, splitFieldPath(fieldPath));
  if (isEmpty(value)) throw new CliError(`fieldPath \`${fieldPath}\` is missing for replacement source ${idText(asId(source))}`);
  const { delimiter, index = 0 } = source.options ?? {};
  if (!delimiter) return value;
  if (typeof value === "object") throw new CliError("delimiter option can only be used with scalar nodes");
  const parts = String(value).split(delimiter);
  if (index < 0 || index >= parts.length) throw new CliError(`options.index ${index} is out of bounds for value ${String(value)}`);
  // A part of a number stays one where it can.
  return typeof value === "string" ? parts[index] : plain(parts[index]!);
}

const asId = ({ group = "", version = "", kind = "", name = "", namespace = "" }: Source): Id => ({
  group,
  version,
  kind,
  name,
  namespace,
});

function fits(id: Id, source: Source): boolean {
  const wanted = asId(source);
  return (
    (!wanted.name || wanted.name === id.name) &&
    (!wanted.namespace || effectiveNamespace(wanted) === effectiveNamespace(id)) &&
    selectedBy(id, wanted)
  );
}

function sourceText(source: Source): string {
  const { delimiter, index = 0, create } = source.options ?? {};
  const options = delimiter || create ? [`${delimiter ?? ""}(${index}), create=${Boolean(create)}`] : [];
  return [idText(asId(source)), ...(source.fieldPath ? [source.fieldPath] : []), ...options].join(":");
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function copyTo(resource: Resource, value: unknown, target: Target): void {
  const { options = {} } = target;
  for (const path of target.fieldPaths?.length ? target.fieldPaths : ["metadata.name"]) {
    const lost = options.create
      ? `unable to find or create field ${JSON.stringify(path)} in replacement target`
      : `unable to find field ${JSON.stringify(path)} in replacement target`;
    let places: Place[];
    try {
      places = find(resource.object, splitFieldPath(path), options.create ? value : undefined);
    } catch (error) {
      throw new CliError(`${lost}: ${(error as Error).message}`);
    }
    if (places.length === 0) throw new CliError(lost);
    for (const place of places) set(place, value, options);
  }
}

function set(place: Place, value: unknown, options: FieldOptions): void {
  const old = place.get();
  let wanted = value;
  const scalar = old === undefined || old === null || typeof old !== "object";
  if (options.delimiter) {
    if (!scalar) throw new CliError("delimiter option can only be used with scalar nodes");
    const parts = String(old ?? "").split(options.delimiter);
    const { index = 0 } = options;
    const text = typeof value === "object" ? "" : String(value);
    if (index < 0) parts.unshift(text);
    else if (index >= parts.length) parts.push(text);
    else parts[index] = text;
    wanted = parts.join(options.delimiter);
  }
  if (!scalar) place.set(structuredClone(wanted));
  else if (place.made) place.set(typeof wanted === "object" ? structuredClone(wanted) : plain(String(wanted)));
  else place.set(coerced(old, typeof wanted === "object" && wanted !== null ? "" : String(wanted)));
}

/** The text as the type that the field has already. */
function coerced(old: unknown, text: string): unknown {
  if (typeof old === "string") return text;
  const value = plain(text);
  if (typeof old === "number" && typeof value !== "number" && typeof value !== "bigint")
    throw new CliError(`yaml: unmarshal errors:\n  cannot decode !!str \`${text}\` as a !!int`);
  if (typeof old === "boolean" && typeof value !== "boolean")
    throw new CliError(`yaml: unmarshal errors:\n  cannot decode !!str \`${text}\` as a !!bool`);
  return value;
}

/** A text as YAML reads it without quotes. */
function plain(text: string): unknown {
  try {
    const { value } = readYaml(text);
    return typeof value === "object" ? text : value;
  } catch {
    return text;
  }
}
