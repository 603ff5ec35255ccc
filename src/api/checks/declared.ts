/**
 * What a declaration itself says of an object's fields: required, enum, bounds, format. Each struct is compiled once into a
 * straight line of checks, in declared order, which is upstream's. Kinds without checks of their own are held to this; others
 * call it for the parts of which upstream asks no more.
 */
import { checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue, inclusiveRangeText } from "#codec/mod.ts";
import { LabelSelector } from "../meta/object-meta.ts";
import type { AnyObject } from "../rules.ts";
import type { Field, FieldFormat, Schema, Struct } from "../schema.ts";
import { deviceKey, driverName, poolName } from "./kinds/device-names.ts";
import { validateLabelSelector } from "./primitives.ts";
import type { Problems } from "./problems.ts";
import { isExtended } from "./resources.ts";

type Check = (value: unknown, path: string, problems: Problems) => void;

/** A part of an object, `spec.iscsi`, or with an empty path all of one but its metadata and status. What is absent is good. */
export function checkDeclared(schema: Struct, part: unknown, path: string, problems: Problems): void {
  if (part !== undefined && part !== null) checkOf(schema)(part, path, problems);
}

/** Some fields of a part, in an order of upstream's that is not the declared one. */
export function checkFields(schema: Struct, part: AnyObject, path: string, names: readonly string[], problems: Problems): void {
  for (const name of names) fieldCheck(schema.fields.get(name)!)(part[name], path ? `${path}.${name}` : name, problems);
}

/** The values that a field may have, in the order in which messages name them. */
export function enumOf(schema: Struct, name: string): readonly string[] {
  const values = schema.fields.get(name)?.enum;
  if (!values) throw new Error(`${schema.name}.${name} has no enum`);
  return values;
}

const compiled = new WeakMap<Struct, Check>();
const compiledFields = new WeakMap<Field, Check>();
/** Of every object: these have rules of their own. */
const apart = new Set(["apiVersion", "kind", "metadata", "status"]);

function checkOf(schema: Struct): Check {
  const known = compiled.get(schema);
  if (known) return known;
  let checks: (readonly [string, Check])[] | undefined;
  const check: Check = (value, path, problems) => {
    if (typeof value !== "object" || value === null) return;
    checks ??= [...schema.fields.values()]
      .filter(({ name }) => !schema.isKind || !apart.has(name))
      .map((field) => [field.name, fieldCheck(field)] as const);
    for (const [name, one] of checks) one((value as AnyObject)[name], path ? `${path}.${name}` : name, problems);
  };
  compiled.set(schema, check);
  return check;
}

function fieldCheck(field: Field): Check {
  let check = compiledFields.get(field);
  if (!check) compiledFields.set(field, (check = checkOfField(field)));
  return check;
}

function checkOfField(field: Field): Check {
  const { required, mayBeEmpty, emptyIsMissing, pointer, format, minimum, schema } = field;
  const present = presentCheck(field);
  const isNumber = schema.type === "scalar" && (schema.kind === "int32" || schema.kind === "int64");
  return (value, path, problems) => {
    // An empty text behind a pointer is there.
    if (!isAbsent(value) || (value === "" && pointer && format)) {
      present(value, path, problems);
    } else if (required && !mayBeEmpty) {
      // An absent number is 0, and an absent name an empty one: what is wrong is told of those.
      if (isNumber && minimum !== undefined) present(0, path, problems);
      else if (format && !emptyIsMissing && schema.type === "scalar") present("", path, problems);
      else if (schema.type === "struct" && !pointer && required === true) present({}, path, problems);
      else problems.required(path, typeof required === "string" ? required : "");
    }
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function presentCheck(field: Field): Check {
  const { schema, keyFormat } = field;
  const one = elementCheck(schema.type === "list" || schema.type === "map" ? schema.of : schema, field) ?? (() => {});
  if (schema.type === "list") {
    const [inSize, distinct] = [sizeCheck(field), distinctCheck(field)];
    return (value, path, problems) => {
      // Too long a list is not looked at further.
      if (!Array.isArray(value) || !inSize(value.length, path, problems)) return;
      for (const [i, item] of value.entries()) one(item, `${path}[${i}]`, problems);
      distinct(value, path, problems);
    };
  }
  if (schema.type !== "map") return one;
  const [key, inSize] = [keyFormat ? formats[keyFormat] : () => {}, sizeCheck(field)];
  return (value, path, problems) => {
    const entries = Object.entries(value as object);
    if (!inSize(entries.length, path, problems)) return;
    for (const [name, item] of entries) {
      key(name, path, problems);
      one(item, `${path}[${name}]`, problems);
    }
  };
}

/** False when there are too many. */
function sizeCheck({ minItems = 0, maxItems = Number.POSITIVE_INFINITY }: Field) {
  return (size: number, path: string, problems: Problems): boolean => {
    if (size > maxItems) problems.tooMany(path, size, maxItems);
    if (size < minItems) problems.invalid(path, size, `must have at least ${minItems} item${minItems === 1 ? "" : "s"}`);
    return size <= maxItems;
  };
}

function distinctCheck({ distinct }: Field): (list: unknown[], path: string, problems: Problems) => void {
  if (distinct === undefined) return () => {};
  const keyOf = (item: unknown) => (distinct === true ? item : ((item as AnyObject)[distinct] ?? ""));
  return (list, path, problems) => {
    const seen = new Set<unknown>();
    for (const [i, item] of list.entries()) {
      const key = keyOf(item);
      if (seen.has(key)) problems.duplicate(`${path}[${i}]`, key);
      seen.add(key);
    }
  };
}

function elementCheck(schema: Schema, field: Field): Check | undefined {
  if (schema === LabelSelector) return (value, path, problems) => validateLabelSelector(value as AnyObject, path, problems);
  if (field.apart) return undefined;
  if (schema.type === "struct") return (value, path, problems) => checkOf(schema)(value, path, problems);
  if (schema.type !== "scalar") return undefined;
  const checks = [enumCheck(field), boundsCheck(field), formatCheck(field), lengthCheck(field)].filter((check) => check !== undefined);
  if (checks.length <= 1) return checks[0];
  return (value, path, problems) => {
    for (const check of checks) check(value, path, problems);
  };
}

function enumCheck({ enum: values }: Field): Check | undefined {
  if (!values?.length) return undefined;
  return (value, path, problems) => {
    if (!values.includes(value as string)) problems.notSupported(path, value, values);
  };
}

function boundsCheck({ minimum, maximum, must }: Field): Check | undefined {
  if (minimum === undefined && maximum === undefined) return undefined;
  const low = minimum ?? Number.NEGATIVE_INFINITY;
  const high = maximum ?? Number.POSITIVE_INFINITY;
  const range =
    maximum === undefined
      ? `must be greater than or equal to ${minimum}`
      : minimum === undefined
        ? `must be less than or equal to ${maximum}`
        : inclusiveRangeText(minimum, maximum);
  const [tooLow, tooHigh] = typeof must === "object" ? must : [must ?? range, must ?? range];
  return (value, path, problems) => {
    if ((value as number) < low) problems.invalid(path, value, tooLow);
    else if ((value as number) > high) problems.invalid(path, value, tooHigh);
  };
}

function lengthCheck({ minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Field): Check | undefined {
  if (minLength === 0 && maxLength === Number.POSITIVE_INFINITY) return undefined;
  return (value, path, problems) => {
    const length = Buffer.byteLength(String(value));
    if (length > maxLength) problems.tooLong(path, maxLength);
    else if (length < minLength) problems.invalid(path, value, `must be at least ${minLength} character${minLength === 1 ? "" : "s"} long`);
  };
}

type FormatCheck = (text: string, path: string, problems: Problems) => void;

const bySyntax =
  (check: (text: string) => string[]): FormatCheck =>
  (text, path, problems) =>
    problems.invalids(path, text, check(text));

const [number, word] = ["(?:0|[1-9]\\d*)", "[0-9a-zA-Z-]+"];
const before = `(?:${number}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
const semanticVersion = new RegExp(`^${number}\\.${number}\\.${number}(?:-${before}(?:\\.${before})*)?(?:\\+${word}(?:\\.${word})*)?$`);

const formats: Record<FieldFormat, FormatCheck> = {
  "dns-label": bySyntax(checkDns1123Label),
  "dns-subdomain": bySyntax(checkDns1123Subdomain),
  "label-key": bySyntax(checkLabelKey),
  "label-value": bySyntax(checkLabelValue),
  "driver-name": driverName,
  "pool-name": poolName,
  "device-key": deviceKey,
  "semantic-version": (text, path, problems) => {
    if (!semanticVersion.test(text)) problems.invalid(path, text, "must be a string compatible with semver.org spec 2.0.0");
  },
  "extended-resource": (text, path, problems) => {
    if (!isExtended(text)) problems.invalid(path, text, "must be a valid extended resource name");
  },
};

function formatCheck({ format }: Field): Check | undefined {
  if (!format) return undefined;
  const check = formats[format];
  return (value, path, problems) => check(String(value), path, problems);
}
