/** Resources in a text: documents with a kind and a name, lists opened. */
import { parseYaml } from "#codec/yaml.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";

/** Throws for what is no resource. */
export function parseResources(text: string): KObject[] {
  const open = documentsOf(text);
  const found: KObject[] = [];
  while (open.length > 0) {
    const value = open.shift();
    if (value === null || value === undefined) continue;
    const object = checked(value);
    if (!object) continue;
    if (!object.kind.endsWith("List") || !("items" in object)) found.push(object);
    else if (Array.isArray(object.items)) open.push(...object.items);
    else if (object.items !== null && object.items !== undefined)
      throw new CliError(`expected array in ${object.kind}/items, but found ${typeof object.items}`);
  }
  return found;
}

/** What cannot be read at all: the file is meant to hold resources, and is no folder either. */
export class MalformedYaml extends CliError {}

function documentsOf(text: string): unknown[] {
  try {
    return parseYaml(text, { plainly: true }).documents.map(({ value }) => value);
  } catch (error) {
    throw new MalformedYaml((error as Error).message);
  }
}

function checked(value: unknown): KObject | undefined {
  if (typeof value !== "object" || Array.isArray(value)) throw new CliError("missing Resource metadata");
  const object = value as KObject;
  if (Object.keys(object).length === 0) return undefined;
  const shown = () => goMeta(object);
  if (typeof object.kind !== "string" || object.kind === "") throw new CliError(`missing kind in object ${shown()}`);
  if (!object.kind.endsWith("List")) {
    if (object.metadata === undefined || object.metadata === null) throw new CliError(`missing metadata.name in object ${shown()}`);
    if (!object.metadata.name) throw new CliError(`missing metadata.name in object ${shown()}`);
  }
  return object;
}

/** As Go prints the parts that it looked at. */
function goMeta({ apiVersion = "", kind = "", metadata }: Partial<KObject>): string {
  const map = (pairs: Record<string, string> | undefined) =>
    `map[${Object.keys(pairs ?? {})
      .sort()
      .map((key) => `${key}:${pairs![key]}`)
      .join(" ")}]`;
  return `{{${apiVersion} ${kind}} {{${metadata?.name ?? ""} ${metadata?.namespace ?? ""}} ${map(metadata?.labels)} ${map(metadata?.annotations)}}}`;
}
