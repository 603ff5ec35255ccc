/** From the bytes of a body to an object of a kind: read, decoded, completed, in upstream's words when it cannot be. */

import {
  applyDefaults,
  DecodeError,
  type DecodeOptions,
  decode,
  decodeProtobuf,
  ProtobufError,
  type Resource,
  type Served,
} from "#api/mod.ts";
import { messageOf, settle } from "#base/mod.ts";
import { parseJson, readYamlInTurns } from "#codec/mod.ts";
import type { Media } from "../http/negotiate.ts";
import type { Stored } from "../read/record.ts";
import { badRequest } from "./errors.ts";

export type FieldValidation = "Strict" | "Warn" | "Ignore";

export interface Decoded {
  object: Stored;
  warnings: string[];
}

/** Reads a body into a plain value. JSON is tried as it is; YAML is read as its JSON meaning. */
export async function readBody(bytes: Buffer, media: Media): Promise<unknown> {
  if (media === "protobuf") return fromProtobuf(bytes);
  if (media === "yaml") {
    try {
      return (await readYamlBody(bytes)).value ?? undefined;
    } catch (error) {
      throw badRequest(`error converting YAML to JSON: ${messageOf(error)}`);
    }
  }
  try {
    return parseJson(bytes);
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: ${messageOf(error)}`);
  }
}

/** An applied configuration, and what is said twice in it. */
export async function readApplied(bytes: Buffer): Promise<{ value: unknown; duplicates: string[] }> {
  try {
    const { value, duplicates } = await readYamlBody(bytes);
    return { value: value ?? undefined, duplicates };
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${messageOf(error)}`);
  }
}

/** A large YAML body is read in turns, so that it delays nobody else. */
function readYamlBody(bytes: Buffer): Promise<{ value: unknown; duplicates: string[] }> {
  return readYamlInTurns(bytes.toString(), () => settle(1));
}

/**
 * As `readBody`, for an object of a kind that is known from the URL: the refusal names it and shows where the body begins.
 * `onDuplicate` is told of each key that occurs twice, in the words of a strict decoding error.
 */
export async function readObjectBody(kind: string, bytes: Buffer, media: Media, onDuplicate?: (text: string) => void): Promise<object> {
  const refuse = (why: string) =>
    badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${beginningOf(bytes)})`);
  let value: unknown;
  if (media === "protobuf") return fromProtobuf(bytes);
  try {
    if (media === "yaml") {
      const { value: read, duplicates } = await readYamlBody(bytes);
      value = read;
      if (duplicates.length > 0) onDuplicate?.(`yaml: unmarshal errors:\n  ${duplicates.join("\n  ")}`);
    } else value = parseJson(bytes, onDuplicate ? { onDuplicate: (path) => onDuplicate(`duplicate field ${JSON.stringify(path)}`) } : {});
  } catch (error) {
    throw refuse(media === "yaml" ? messageOf(error) : `couldn't get version/kind; json parse error: ${messageOf(error)}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw refuse(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${type} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
  );
}

function fromProtobuf(bytes: Buffer): Record<string, unknown> {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    throw error instanceof ProtobufError ? badRequest(error.message) : error;
  }
}

function beginningOf(bytes: Buffer): string {
  if (bytes.length === 0) return "<empty>";
  if (bytes[0] === 0x7b) return bytes.length > 30 ? `${bytes.toString("utf8", 0, 30)} ...` : bytes.toString();
  return bytes.length > 30 ? `${bytes.toString("hex", 0, 30)} ...` : bytes.toString("hex");
}

/** Reads a value as an object of the kind: unknown fields are dropped, refused or warned about, as asked. `base`: see `decode`. */
export function decodeAs(
  definition: Pick<Resource, "kind" | "version" | "apiVersion" | "schema">,
  value: unknown,
  validation: FieldValidation,
  duplicates: string[] = [],
  options: Pick<DecodeOptions, "base" | "wraps"> = {},
): Decoded {
  let decoded: { value: Record<string, unknown>; unknown: string[] };
  try {
    decoded = decode(definition.schema, value, options);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw badRequest(
      `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: ${error.message}`,
    );
  }
  const object = decoded.value as Stored;
  const { unknown } = decoded;
  object.metadata ??= {};
  const unknownTexts = unknown.map((path) => `unknown field ${JSON.stringify(path)}`);
  // Upstream reads custom objects in two steps.
  const texts = definition.schema.structural ? [...duplicates, ...unknownTexts] : [...unknownTexts, ...duplicates];
  if (validation === "Ignore") texts.length = 0;
  if (texts.length && validation === "Strict")
    throw badRequest(
      `${definition.kind} in version ${JSON.stringify(definition.version)} cannot be handled as a ${definition.kind}: strict decoding error: ${texts.join(", ")}`,
    );
  return { object, warnings: texts.flatMap(linesOf) };
}

/** What a YAML reader complains of in one go is warned of line by line. */
function linesOf(text: string): string[] {
  const head = "yaml: unmarshal errors:\n";
  return text.startsWith(head)
    ? text
        .slice(head.length)
        .split("\n")
        .map((line) => line.trim())
    : [text];
}

export function setDefaults(definition: Served, object: Stored): void {
  applyDefaults(definition, object);
}
