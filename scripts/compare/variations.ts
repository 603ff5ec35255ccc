/**
 * Makes wrong, odd and other objects out of a good one: every member removed, emptied, too long, out of range, given twice, of
 * another type, and every member that it lacks added. What an object may have is read off its declaration.
 */
import type { Field, Schema, Struct } from "#api/mod.ts";

export type Json = Record<string, unknown>;

export interface Variation {
  /** `spec.containers[0].image too long`. */
  what: string;
  object: Json;
}

type Step = string | number;

interface Place {
  path: readonly Step[];
  value: unknown;
  schema: Schema | undefined;
  field: Field | undefined;
}

const apart = new Set(["apiVersion", "kind", "status"]);
/** Of metadata, what every kind answers alike is varied in a few members only. */
const variedMetadata = new Set(["name", "generateName", "namespace", "labels", "annotations", "finalizers", "ownerReferences"]);

/** `only`: in this member. */
export function* variationsOf(object: Json, schema: Struct, only?: "status"): Generator<Variation> {
  yield { what: "as it is", object };
  for (const place of only ? placesIn(object, schema, only) : placesOf(object, schema, [], undefined)) {
    for (const [what, value] of changesOf(place))
      yield { what: `${textOf(place.path)} ${what}`, object: changed(object, place.path, value) };
    if (isPlain(place.value) && place.schema?.type === "struct") {
      for (const [name, value] of additionsOf(place.value as Json, place.schema)) {
        if (place.path.length === 0 ? apart.has(name) : place.path[0] === "metadata" && !variedMetadata.has(name)) continue;
        yield { what: `${textOf([...place.path, name])} added`, object: changed(object, [...place.path, name], value) };
      }
      yield { what: `${textOf([...place.path, "bogus"])} unknown`, object: changed(object, [...place.path, "bogus"], 1) };
    }
  }
}

function placesIn(object: Json, schema: Struct, name: string): Generator<Place> {
  const field = schema.fields.get(name);
  return placesOf(object[name], field?.schema, [name], field);
}

function* placesOf(value: unknown, schema: Schema | undefined, path: readonly Step[], field: Field | undefined): Generator<Place> {
  yield { path, value, schema, field };
  if (Array.isArray(value)) {
    const of = schema?.type === "list" ? schema.of : undefined;
    for (const [i, item] of value.entries()) yield* placesOf(item, of, [...path, i], field);
  } else if (isPlain(value)) {
    for (const [key, item] of Object.entries(value as Json)) {
      if (path.length === 0 && apart.has(key)) continue;
      const inner = schema?.type === "struct" ? schema.fields.get(key) : undefined;
      yield* placesOf(item, inner?.schema ?? (schema?.type === "map" ? schema.of : undefined), [...path, key], inner);
    }
  }
}

const gone = Symbol("gone");

function* changesOf({ path, value, schema, field }: Place): Generator<[string, unknown]> {
  if (path.length === 0) return;
  yield ["removed", gone];
  if (typeof value === "string") yield* textChanges(value, schema, field);
  else if (typeof value === "number") yield* numberChanges(value);
  else if (typeof value === "boolean") yield* [["turned", !value] as [string, unknown], ["of another type", "yes"] as [string, unknown]];
  else if (Array.isArray(value)) yield* listChanges(value);
  else if (isPlain(value)) {
    yield ["empty", {}];
    yield ["of another type", []];
    if (schema?.type === "map") {
      const [first] = Object.values(value as Json);
      yield ["with a bad key", { ...(value as Json), "not a key!": first }];
      yield ["with a long key", { ...(value as Json), ["k".repeat(260)]: first }];
    }
  }
}

function* textChanges(value: string, schema: Schema | undefined, field: Field | undefined): Generator<[string, unknown]> {
  yield ["empty", ""];
  yield ["odd", "Not_Valid! x"];
  yield ["another", "bogus"];
  yield ["too long", "x".repeat(300)];
  yield ["of another type", 7];
  if (schema?.type === "scalar" && (schema.kind === "quantity" || schema.kind === "intOrString")) {
    for (const other of ["-1", "0", "1m", "3000000", "101%", "-5%", "1x"]) yield [`= ${other}`, other];
    yield ["= -1 as a number", -1];
  }
  for (const other of field?.enum ?? []) if (other !== value) yield [`= ${other}`, other];
  if (/^\d+\.\d+\.\d+\.\d+/.test(value))
    for (const other of ["::1", "10.0.0.300", "010.0.0.1", "127.0.0.1", "169.254.1.1"]) yield [`= ${other}`, other];
  if (/[/]/.test(value)) for (const other of ["/", "../up", "relative", "/a/../b", "a b"]) yield [`= ${other}`, other];
}

function* numberChanges(value: number): Generator<[string, unknown]> {
  for (const other of [-1, 0, 1, 101, 65536, 3_000_000, 2 ** 31, 1.5]) if (other !== value) yield [`= ${other}`, other];
  yield ["of another type", "text"];
}

function* listChanges(value: unknown[]): Generator<[string, unknown]> {
  yield ["empty", []];
  yield ["of another type", {}];
  if (value.length === 0) return;
  yield ["with its first twice", [...value, value[0]]];
  yield ["of 70", Array.from({ length: 70 }, (_, i) => (typeof value[0] === "string" ? `${value[0]}${i}` : value[0]))];
}

/** Members that are absent, each with the plainest value and, of a struct, one that has its members. */
function* additionsOf(value: Json, schema: Struct): Generator<[string, unknown]> {
  for (const field of schema.fields.values()) {
    if (value[field.name] !== undefined) continue;
    for (const sample of samplesOf(field.schema, field)) yield [field.name, sample];
  }
}

function* samplesOf(schema: Schema, field: Field | undefined): Generator<unknown> {
  switch (schema.type) {
    case "scalar":
      yield* scalarSamples(schema.kind, field);
      return;
    case "list":
      for (const sample of samplesOf(schema.of, field)) yield [sample];
      return;
    case "map":
      for (const sample of samplesOf(schema.of, field)) yield { key: sample };
      return;
    default: {
      yield {};
      const whole: Json = {};
      for (const inner of schema.fields.values()) {
        if (inner.schema.type !== "scalar") continue;
        const [sample] = scalarSamples(inner.schema.kind, inner);
        whole[inner.name] = sample;
      }
      if (Object.keys(whole).length > 0) yield whole;
    }
  }
}

/** One with all its members, so deep. */
export function sampleOf(schema: Schema, field: Field | undefined, depth = 4): unknown {
  if (schema.type === "scalar") return scalarSamples(schema.kind, field).next().value;
  if (schema.type === "list") return [sampleOf(schema.of, field, depth - 1)];
  if (schema.type === "map") return { key: sampleOf(schema.of, field, depth - 1) };
  const inner = depth > 0 ? [...schema.fields.values()] : [];
  return Object.fromEntries(inner.map((one) => [one.name, sampleOf(one.schema, one, depth - 1)]));
}

function* scalarSamples(kind: string, field: Field | undefined): Generator<unknown> {
  switch (kind) {
    case "string":
      yield field?.enum?.[0] ?? "sample";
      if (field?.enum) yield "Bogus";
      return;
    case "int32":
    case "int64":
      yield* [1, -1];
      return;
    case "double":
      yield 1.5;
      return;
    case "bool":
      yield* [true, false];
      return;
    case "bytes":
      yield "AAEC";
      return;
    case "quantity":
      yield "1";
      return;
    case "time":
      yield "2026-01-01T00:00:00Z";
      return;
    case "microTime":
      yield "2026-01-01T00:00:00.000000Z";
      return;
    case "intOrString":
      yield* [1, "text"];
      return;
    default:
      yield { kind: "Any" };
  }
}

/** A copy with one member changed; what is not on the way is shared. */
function changed(object: unknown, [step, ...rest]: readonly Step[], value: unknown): Json {
  const copy = (Array.isArray(object) ? [...object] : { ...(object as Json) }) as Json;
  const next = rest.length > 0 ? changed(copy[step as string], rest, value) : value;
  if (next !== gone) copy[step as string] = next;
  else if (Array.isArray(copy)) copy.splice(step as number, 1);
  else delete copy[step as string];
  return copy;
}

function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(path: readonly Step[]): string {
  return path.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");
}
