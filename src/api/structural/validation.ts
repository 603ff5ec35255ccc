/**
 * Judges a value by a structural schema, in upstream's order and words. What an update leaves as it was is not complained of
 * again: a definition that has become stricter does not stop the objects of before from being changed.
 */
import { sameJson } from "#codec/mod.ts";
import type { FieldError, ProblemType } from "../checks/problems.ts";
import { fitsFormat } from "./formats.ts";
import type { Structural, Values } from "./structural.ts";

type Json = Record<string, unknown>;

interface Complaint extends FieldError {
  /** What makes two complaints one. */
  text: string;
}

export interface Judged {
  /** Where the value stands in its object: "" or "status". */
  at?: string;
  /** What stood there before; undefined: nothing that the value can be compared with. */
  old?: unknown;
}

export function judge(schema: Structural, value: unknown, { at = "", old }: Judged = {}): FieldError[] {
  const judge = new Judge(at);
  judge.value(schema, value, old);
  const seen = new Set<string>();
  return judge.errors
    .filter(({ text }) => !seen.has(text) && seen.add(text))
    .map(({ type, field, badValue, detail }) => ({ type, field, badValue, detail }));
}

class Judge {
  errors: Complaint[] = [];
  /** How much of a schema a value fits: among alternatives, the complaints of the nearest are shown. */
  matches = 0;
  readonly #at: string;
  readonly #path: (string | number)[] = [];

  constructor(at: string) {
    this.#at = at;
  }

  value(schema: Structural, value: unknown, old: unknown): void {
    const before = this.errors.length;
    if (value === null) this.#nothing(schema);
    else this.#something(schema, value, old);
    if (this.errors.length > before && old !== undefined && isSame(schema, value, old)) this.errors.length = before;
  }

  #nothing({ types, nullable, values }: Structural): void {
    this.matches++;
    if (types.length > 0 && !nullable) this.#typeError(types.join(","), "null");
    if (values?.enum.length) this.#enum(values, null);
  }

  #something(schema: Structural, value: unknown, old: unknown): void {
    const { types, values } = schema;
    this.matches += 2;
    if (types.length > 0 || values?.format) {
      this.matches++;
      this.#type(schema, value);
    }
    if (values) this.#combined(schema, values, value, old);
    this.matches += 2;
    switch (typeof value) {
      case "string":
        this.matches++;
        if (values) this.#text(values, value);
        break;
      case "number":
      case "bigint":
        this.matches += 2;
        this.#number(schema, values, value);
        break;
      case "object":
        if (Array.isArray(value)) this.#list(schema, value, old);
    }
    this.matches++;
    if (values?.enum.length) this.#enum(values, value);
    if (typeof value === "object" && !Array.isArray(value)) this.#object(schema, value as Json, old);
  }

  #type({ types, values }: Structural, value: unknown): void {
    const format = values?.format ?? "";
    const found = typeOf(value);
    const fits = types.includes(found) || (found === "integer" && types.includes("number"));
    const isNumber = types.includes("number") || types.includes("integer");
    if (format && typeof value !== "string" && !Array.isArray(value) && !fits)
      return this.#typeError(format, found === "number" ? "float64" : found === "integer" ? "int64" : "");
    if (format && !isNumber && (typeof value === "string" || Array.isArray(value))) return;
    if (!fits) this.#typeError(types.join(","), found);
  }

  #typeError(wanted: string, found: string): void {
    this.#add("FieldValueTypeInvalid", found, `must be of type ${wanted}: ${JSON.stringify(found)}`);
  }

  #text({ maxLength, minLength, pattern, matches, format }: Values, value: string): void {
    const length = maxLength === undefined && minLength === undefined ? 0 : runes(value);
    if (maxLength !== undefined && length > maxLength)
      this.#problem("FieldValueTooLong", "<value omitted>", `may not be more than ${maxLength} byte${maxLength === 1 ? "" : "s"}`);
    else if (minLength !== undefined && length < minLength)
      this.#add("FieldValueInvalid", value, `should be at least ${minLength} chars long`);
    else if (matches && !matches(value)) this.#add("FieldValueInvalid", value, `should match '${pattern}'`);
    if (format && !/^(?:int32|int64|float|double)$/.test(format) && !fitsFormat(format, value))
      this.#add("FieldValueTypeInvalid", value, `must be of type ${format}: ${JSON.stringify(value)}`);
  }

  #number({ types }: Structural, values: Values | undefined, value: number | bigint): void {
    const type = types.length === 1 ? types[0]! : "";
    const format = values?.format ?? "";
    this.#range(type, format, "Checked", value);
    if (!values) return;
    const { multipleOf, maximum, minimum, exclusiveMaximum, exclusiveMinimum } = values;
    const number = Number(value);
    // Upstream cuts a bound to a whole number for a whole value, when the type allows the bound.
    const bound = (which: string, limit: number) => {
      const fits = this.#range(type, format, which, limit);
      return fits && typeOf(value) === "integer" ? Math.trunc(limit) : limit;
    };
    if (multipleOf !== undefined) this.#multiple(bound("MultipleOf", multipleOf), value);
    if (maximum !== undefined) {
      const most = bound("Maximum boundary", maximum);
      if (exclusiveMaximum ? number >= most : number > most)
        this.#add("FieldValueInvalid", value, `should be less than ${exclusiveMaximum ? "" : "or equal to "}${goNumber(most)}`);
    }
    if (minimum !== undefined) {
      const least = bound("Minimum boundary", minimum);
      if (exclusiveMinimum ? number <= least : number < least)
        this.#add("FieldValueInvalid", value, `should be greater than ${exclusiveMinimum ? "" : "or equal to "}${goNumber(least)}`);
    }
  }

  #multiple(factor: number, value: number | bigint): void {
    if (factor <= 0) {
      const text = `factor MultipleOf declared for ${this.#name()} must be positive: ${goNumber(factor)}`;
      this.errors.push({ type: "FieldValueInvalid", field: this.#field(), badValue: factor, detail: text, text });
      return;
    }
    const times = factor < 1 ? (1 / factor) * Number(value) : Number(value) / factor;
    if (!isWhole(times)) this.#add("FieldValueInvalid", value, `should be a multiple of ${goNumber(factor)}`);
  }

  /** Whether the value is one of the type. */
  #range(type: string, format: string, which: string, value: number | bigint): boolean {
    const isInteger = type === "integer";
    const number = Number(value);
    const fits = isInteger
      ? Number.isInteger(number) &&
        (format === "int32" ? number >= -(2 ** 31) && number < 2 ** 31 : number >= -(2 ** 63) && number <= 2 ** 63)
      : format !== "float" || Math.abs(number) <= 3.4028234663852886e38;
    if (fits) return true;
    const wanted = format ? `${type} with format ${format}` : `${type} (default format)`;
    this.#loose(`${which} value must be of type ${wanted} in ${this.#name()}`);
    return false;
  }

  #list(schema: Structural, list: unknown[], old: unknown): void {
    const { items, values } = schema;
    if (items) {
      const before = correlated(schema, list, old);
      for (let i = 0; i < list.length; i++) {
        this.#path.push(i);
        this.value(items, list[i], before?.(i));
        this.#path.pop();
      }
    }
    this.matches += 2;
    if (!values) return;
    const { minItems, maxItems } = values;
    if (minItems !== undefined && list.length < minItems)
      this.#add("FieldValueInvalid", list.length, `should have at least ${minItems} items`);
    if (maxItems !== undefined && list.length > maxItems) this.#tooMany(list.length, maxItems);
  }

  #object({ properties, additional, values }: Structural, object: Json, old: unknown): void {
    const before = isObject(old) ? old : undefined;
    const below = (schema: Structural, key: string) => {
      this.#path.push(key);
      const isOwnType = this.#path.length === 1 && this.#at === "" && (key === "kind" || key === "apiVersion");
      this.value(schema, object[key], before && !isOwnType && Object.hasOwn(before, key) ? before[key] : undefined);
      this.#path.pop();
    };
    this.matches++;
    if (values) {
      const { minProperties, maxProperties } = values;
      const count = Object.keys(object).length;
      if (minProperties !== undefined && count < minProperties)
        this.#add("FieldValueInvalid", count, `should have at least ${minProperties} properties`);
      if (maxProperties !== undefined && count > maxProperties) this.#tooMany(count, maxProperties);
    }
    if (additional !== undefined && additional !== true)
      for (const key of Object.keys(object)) {
        if (properties?.has(key)) continue;
        if (additional === false) this.#unwanted(key);
        else below(additional, key);
      }
    if (properties) for (const [key, schema] of properties) if (Object.hasOwn(object, key)) below(schema, key);
    for (const key of values?.required ?? [])
      if (!Object.hasOwn(object, key)) {
        this.#path.push(key);
        this.#problem("FieldValueRequired", "", "");
        this.#path.pop();
      }
  }

  #unwanted(key: string): void {
    const name = this.#name();
    const text = `${name}.${key} in body is a forbidden property`;
    this.errors.push({ type: "FieldValueInvalid", field: this.#field(), badValue: key, detail: text, text });
  }

  #enum({ enum: allowed }: Values, value: unknown): void {
    if (allowed.some((one) => one !== null && sameJson(one, value))) return;
    const shown = allowed.map((one) => JSON.stringify(typeof one === "string" ? one : JSON.stringify(one))).join(", ");
    this.#problem("FieldValueNotSupported", value, `supported values: ${shown}`);
  }

  /** anyOf, oneOf, allOf, not. */
  #combined(schema: Structural, { anyOf, oneOf, allOf, not }: Values, value: unknown, old: unknown): void {
    this.matches++;
    if (anyOf.length > 0) {
      const tried = this.#firstOf(anyOf, value, old);
      if (tried.errors.length > 0) this.#loose(`${JSON.stringify(this.#name())} must validate at least one schema (anyOf)`);
      this.#take(tried);
    }
    if (oneOf.length > 0) {
      const tried = oneOf.map((one) => this.#alternative(one, value, old));
      const good = tried.filter(({ errors }) => errors.length === 0);
      if (good.length === 1) this.#take(good[0]!);
      else {
        const many = good.length === 0 ? "Found none valid" : `Found ${good.length} valid alternatives`;
        this.#loose(`${JSON.stringify(this.#name())} must validate one and only one schema (oneOf). ${many}`);
        if (good.length === 0) this.#take(nearest(tried));
      }
    }
    if (allOf.length > 0) {
      const tried = allOf.map((one) => this.#alternative(one, value, old));
      const good = tried.filter(({ errors }) => errors.length === 0).length;
      tried.forEach((one) => this.#take(one));
      if (good < allOf.length)
        this.#loose(`${JSON.stringify(this.#name())} must validate all the schemas (allOf)${good === 0 ? ". None validated" : ""}`);
    }
    if (not && this.#alternative(not, value, old).errors.length === 0)
      this.#loose(`${JSON.stringify(this.#name())} must not validate the schema (not)`);
  }

  #firstOf(schemas: readonly Structural[], value: unknown, old: unknown): Tried {
    const tried: Tried[] = [];
    for (const schema of schemas) {
      const one = this.#alternative(schema, value, old);
      if (one.errors.length === 0) return one;
      tried.push(one);
    }
    return nearest(tried);
  }

  #alternative(schema: Structural, value: unknown, old: unknown): Tried {
    const { errors, matches } = this;
    this.errors = [];
    this.matches = 0;
    this.#something(schema, value, old);
    const tried = { errors: this.errors, matches: this.matches };
    this.errors = errors;
    this.matches = matches;
    return tried;
  }

  #take({ errors, matches }: Tried): void {
    this.errors.push(...errors);
    this.matches += matches;
  }

  #tooMany(actual: number, most: number): void {
    this.#problem("FieldValueTooMany", actual, `must have at most ${most} item${most === 1 ? "" : "s"}`);
  }

  /** `spec.size in body should be …` */
  #add(type: ProblemType, badValue: unknown, what: string): void {
    const text = `${this.#name()} in body ${what}`;
    this.errors.push({ type, field: this.#field(), badValue, detail: text, text });
  }

  #problem(type: ProblemType, badValue: unknown, detail: string): void {
    this.errors.push({ type, field: this.#field(), badValue, detail, text: `${this.#name()} ${type} ${detail}` });
  }

  /** What upstream says of no field in particular. */
  #loose(text: string): void {
    this.errors.push({ type: "FieldValueInvalid", field: this.#at || "<nil>", badValue: "", detail: text, text });
  }

  #name(): string {
    let name = "";
    for (const step of this.#path) name += typeof step === "number" ? `[${step}]` : `${name && "."}${step}`;
    return name;
  }

  #field(): string {
    const name = this.#name();
    return name === "" ? this.#at || "<nil>" : this.#at ? `${this.#at}.${name}` : name;
  }
}

interface Tried {
  errors: Complaint[];
  matches: number;
}

const nearest = (tried: readonly Tried[]): Tried => tried.reduce((best, one) => (one.matches > best.matches ? one : best));

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  switch (typeof value) {
    case "bigint":
      return "integer";
    case "number":
      // Larger whole numbers come as bigints, unless they are written with an exponent.
      return Number.isSafeInteger(value) ? "integer" : "number";
    default:
      return typeof value;
  }
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, Math.abs(value));

/** As Go prints a float. */
function goNumber(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential().replace(/e-(\d)$/, "e-0$1");
  return String(value).replace(/e\+(\d)$/, "e+0$1");
}

function runes(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The old element of each index: elements of lists by key are found by it, those of other lists are not the same thing. */
export function correlated(schema: Structural, list: readonly unknown[], old: unknown): ((index: number) => unknown) | undefined {
  if (schema.listType !== "map" || !Array.isArray(old)) return undefined;
  const idOf = (item: unknown) => (isObject(item) ? JSON.stringify(schema.listKeys.map((key) => item[key])) : undefined);
  const byKey = new Map(old.map((item) => [idOf(item), item]));
  return (index) => {
    const id = idOf(list[index]);
    return id === undefined ? undefined : byKey.get(id);
  };
}

/** Lists by key are the same in any order. */
export function isSame(schema: Structural | undefined, value: unknown, old: unknown): boolean {
  if (Array.isArray(value) && Array.isArray(old) && schema?.listType === "map") {
    const of = correlated(schema, value, old)!;
    return value.length === old.length && value.every((item, i) => of(i) !== undefined && isSame(schema.items, item, of(i)));
  }
  if (isObject(value) && isObject(old)) {
    const keys = Object.keys(value);
    if (keys.length !== Object.keys(old).length) return false;
    return keys.every((key) => {
      const own = schema?.properties?.get(key) ?? (typeof schema?.additional === "object" ? schema.additional : undefined);
      return own !== undefined && Object.hasOwn(old, key) && isSame(own, value[key], old[key]);
    });
  }
  return sameJson(value, old);
}
