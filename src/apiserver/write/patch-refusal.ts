/** What is said when a patch makes something that is no object of the kind: what it made, as upstream's patchers print it, and why. */
import type { PatchType, Schema, Served } from "#api/mod.ts";
import { goJson, goPrint } from "#codec/mod.ts";
import type { Stored } from "../read/record.ts";

export interface Refusal {
  /** The object that the patch made; of a strategic merge the patch alone. */
  shown(): string;
  why(message: string): string;
}

export function refusalOf(
  { schema }: Served,
  kind: PatchType,
  { patch, made, old }: { patch: unknown; made: unknown; old?: Stored },
): Refusal {
  if (kind === "strategic") return { shown: () => goPrint(patch ?? {}), why: (message) => restoreError(message, schema) };
  return { shown: () => (schema.structural ? goJson(made) : patchedText(made, old, schema)), why: (message) => message };
}

/**
 * Upstream's patcher reads only the members that it changes: those it prints with their keys in order, and what it left alone as
 * the kind's encoder wrote it. What a patch leaves alone is shared with the old object.
 */
export function patchedText(made: unknown, old: unknown, schema: Schema | undefined): string {
  if (Array.isArray(made)) {
    const of = schema?.type === "list" ? schema.of : undefined;
    return `[${made.map((item, i) => patchedText(item, Array.isArray(old) ? old[i] : undefined, of)).join(",")}]`;
  }
  if (!isObject(made)) return goJson(made);
  const before = isObject(old) ? old : {};
  const names = made === old && schema?.type === "struct" ? declaredOrder(made, schema.fields) : Object.keys(made).sort();
  const members = names.filter((name) => made[name] !== undefined);
  const inner = (name: string) =>
    schema?.type === "struct" ? schema.fields.get(name)?.schema : schema?.type === "map" ? schema.of : undefined;
  return `{${members.map((name) => `${goJson(name)}:${patchedText(made[name], before[name], inner(name))}`).join(",")}}`;
}

function declaredOrder(object: Record<string, unknown>, fields: ReadonlyMap<string, unknown>): string[] {
  // Of an object in another, Go has the kind before the version.
  const known = [...new Set(["kind", "apiVersion", ...fields.keys()])].filter((name) => fields.has(name) && name in object);
  return known.length === Object.keys(object).length ? known : Object.keys(object);
}

/** What a strategic merge or an apply made is converted into the kind upstream, and not read from text: that has words of its own for a wrong type. */
export function restoreError(message: string, schema: Schema): string {
  if (message.startsWith("illegal base64 data")) return `error decoding from json: ${message}`;
  const match = /^json: cannot unmarshal (\S+)(?: (\S+))? into Go struct field [^.\s]+\.(\S+) of type (.+)$/.exec(message);
  if (!match) return message;
  const [, found, number, path, type] = match as unknown as [string, string, string | undefined, string, string];
  const to = part(at({ schema }, path.split(".")), type);
  if (to?.type === "list" || type.startsWith("[]")) return `cannot restore slice from ${kindOf(found)}`;
  if (to?.type === "map" || type.startsWith("map[")) return `cannot restore map from ${kindOf(found)}`;
  if (to?.type !== "scalar") return `cannot restore struct from: ${kindOf(found)}`;
  switch (to.kind) {
    case "time":
    case "microTime":
    case "duration":
      return `json: cannot unmarshal ${found} into Go value of type string`;
    case "quantity":
      return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    case "intOrString":
      return `json: cannot unmarshal ${found === "number" ? `number ${number}` : found} into Go value of type int32`;
    case "int32":
    case "int64":
      return found === "number" ? `cannot convert float64 to ${type}` : `unrecognized type: ${to.kind}`;
    case "string":
      return found === "number"
        ? `cannot convert ${/[.e]/i.test(number ?? "") ? "float64" : "int64"} to ${type}`
        : "unrecognized type: string";
    case "bool":
      return "unrecognized type: bool";
    default:
      return type.includes(".") ? `cannot restore struct from: ${kindOf(found)}` : `unrecognized type: ${type}`;
  }
}

const kindOf = (found: string): string => ({ array: "slice", object: "map", number: "int64" })[found] ?? found;

interface Found {
  schema: Schema | undefined;
  goType?: string | undefined;
}

/** What is at a path that names neither items of lists nor keys of maps. */
function at({ schema, goType }: Found, path: readonly string[]): Found {
  const [name, ...rest] = path;
  if (name === undefined || !schema) return { schema, goType };
  if (schema.type === "list" || schema.type === "map") return at({ schema: schema.of }, path);
  if (schema.type !== "struct") return { schema: undefined };
  // Structs whose fields stand in others are named on the way: `PersistentVolumeSource`.
  if (!schema.fields.has(name) && /^[A-Z]/.test(name)) return at({ schema }, rest);
  return at(schema.fields.get(name) ?? { schema: undefined }, rest);
}

/** What of it has the type that was wanted: itself, or what is in it. */
function part({ schema, goType }: Found, type: string): Schema | undefined {
  if (schema?.type === "list" && !type.startsWith("[]")) return part({ schema: schema.of }, type);
  if (schema?.type === "map" && !type.startsWith("map[") && type !== goType) return part({ schema: schema.of }, type);
  return schema;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
