/** Objects in the text of a manifest: YAML documents, one or several JSON objects, lists opened. */
import { parseExact } from "#codec/exact-integers.ts";
import type { parseYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";

export interface Manifest {
  object: KObject;
  source: string;
}

interface How {
  /** What is wrong is said without "error:" before it. */
  raw?: boolean;
  /** Where what is wrong with one object goes, while the others are read on. Without, the first error is thrown. */
  errors?: unknown[];
}

export async function parseManifests(content: string, source: string, how: How = {}): Promise<Manifest[]> {
  const values = await parseValues(content, source, how);
  return values.flatMap((value) => {
    try {
      return open(value, source);
    } catch (error) {
      if (!how.errors) throw error;
      how.errors.push(error);
      return [];
    }
  });
}

async function parseValues(content: string, source: string, how: How): Promise<unknown[]> {
  if (content.trimStart().startsWith("{")) {
    try {
      return [parseExact(content)];
    } catch {
      // Several JSON objects, or flow-style YAML: the YAML reader takes both, the first after splitting.
      const several = splitJson(content);
      if (several) return several;
    }
  }
  const { parseYaml, YamlError } = await import("#codec/yaml.ts");
  try {
    return parseYaml(content).documents.map((document) => document.value);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const message = error.message.startsWith("invalid Yaml") ? error.message : `error converting YAML to JSON: ${error.message}`;
    const failure = new CliError(`error parsing ${source}: ${message}`, { raw: how.raw });
    if (!how.errors) throw failure;
    how.errors.push(failure);
    return documentsBefore(content, parseYaml);
  }
}

/** The values of the documents before the first that is no YAML. */
function documentsBefore(content: string, parse: typeof parseYaml): unknown[] {
  const values: unknown[] = [];
  for (const text of content.split(/^---.*\n/m)) {
    try {
      values.push(...parse(text).documents.map((document) => document.value));
    } catch {
      break;
    }
  }
  return values;
}

/** Objects written one after the other without separators. */
function splitJson(content: string): unknown[] | undefined {
  const values: unknown[] = [];
  let depth = 0;
  let inString = false;
  let start = -1;
  for (let i = 0; i < content.length; i++) {
    const character = content[i];
    if (inString) {
      if (character === "\\") i++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" && depth++ === 0) start = i;
    else if (character === "}" && --depth === 0) {
      try {
        values.push(parseExact(content.slice(start, i + 1)));
      } catch {
        return undefined;
      }
    } else if (depth === 0 && !/\s/.test(character)) return undefined;
  }
  return depth === 0 && !inString ? values : undefined;
}

function open(value: unknown, source: string): Manifest[] {
  if (value === null || value === undefined) return [];
  const refuse = (message: string) => new CliError(`unable to decode ${JSON.stringify(source)}: ${message}`);
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new CliError(
      `error validating ${JSON.stringify(source)}: error validating data: json: cannot unmarshal ${Array.isArray(value) ? "array" : typeof value} into Go value of type map[string]interface {}`,
    );
  }
  const object = value as KObject;
  const shown = () => JSON.stringify(sortKeys(object));
  if (!object.kind || typeof object.kind !== "string") throw refuse(`Object 'Kind' is missing in '${shown()}'`);
  if (!object.apiVersion || typeof object.apiVersion !== "string") throw refuse(`Object 'apiVersion' is missing in '${shown()}'`);
  if (Array.isArray(object.items)) return object.items.flatMap((item) => open(itemOf(object, item), source));
  object.metadata ??= { name: "" };
  for (const field of ["labels", "annotations"] as const) {
    const wrong = Object.values(object.metadata[field] ?? {}).find((item) => typeof item !== "string" && item !== null) as unknown;
    if (wrong === undefined) continue;
    const type = typeof wrong === "boolean" ? "bool" : Array.isArray(wrong) ? "array" : typeof wrong;
    throw refuse(`json: cannot unmarshal ${type} into Go struct field ObjectMeta.metadata.${field} of type string`);
  }
  return [{ object, source }];
}

/** What the server gives as a list does not repeat the kind in its items. A list in a list is no object that can be made. */
function itemOf(list: KObject, item: unknown): unknown {
  if (typeof item !== "object" || item === null) return item;
  if (Array.isArray((item as KObject).items)) throw new CliError("*unstructured.Unstructured is not a list: no Items field in this object");
  const { kind, apiVersion } = item as Partial<KObject>;
  return kind && apiVersion ? item : { ...item, kind: list.kind.replace(/List$/, ""), apiVersion: list.apiVersion };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys((value as Record<string, unknown>)[key])]),
  );
}
