/** What rules in CEL see of an object: its members by the names that expressions spell, numbers, times and bytes by their types. */
import { CelObject, double, escapeName, List, type ListValue, parseDuration, parseTimestamp } from "#codec/cel/mod.ts";
import { goJson, sameJson, setKey } from "#codec/mod.ts";
import { withObjectMembers } from "./cel-types.ts";
import type { Structural } from "./structural.ts";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** Free JSON can be compared, and nothing else. */
class Preserved extends CelObject {
  readonly typeName = "unknown";
  readonly #value: unknown;
  constructor(value: unknown) {
    super();
    this.#value = value;
  }
  equals(other: unknown): boolean {
    return other instanceof Preserved && sameJson(this.#value, other.#value);
  }
}

/** A list whose order is of no meaning: elements are the same by what they are (sets) or by their keys (maps). */
class Unordered extends List {
  readonly length: number;
  readonly #elements: readonly unknown[];
  readonly #idOf: (element: unknown) => string;

  constructor(elements: readonly unknown[], idOf: (element: unknown) => string) {
    super();
    this.#elements = elements;
    this.#idOf = idOf;
    this.length = elements.length;
  }
  at(index: number): unknown {
    return this.#elements[index];
  }
  [Symbol.iterator](): Iterator<unknown> {
    return this.#elements[Symbol.iterator]();
  }
  override equalsList(other: ListValue): boolean | undefined {
    if (other.length !== this.length) return false;
    const byId = new Map(this.#elements.map((element) => [this.#idOf(element), element]));
    for (const element of other) {
      const id = this.#idOf(element);
      if (!byId.has(id) || wholeId(byId.get(id)) !== wholeId(element)) return false;
    }
    return true;
  }
  /** What the other has of the same key takes its place. */
  override concat(other: ListValue): ListValue {
    const byId = new Map(this.#elements.map((element) => [this.#idOf(element), element]));
    for (const element of other) byId.set(this.#idOf(element), element);
    return new Unordered([...byId.values()], this.#idOf);
  }
}

/** A text that two values share when they are equal. */
function wholeId(value: unknown): string {
  if (value instanceof CelObject) return `${value.typeName} ${String(value)}`;
  if (value instanceof List) return goJson([...value].map(wholeId));
  if (Array.isArray(value)) return goJson(value.map(wholeId));
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("base64")}`;
  if (!isObject(value)) return goJson(value);
  return goJson(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wholeId(item)])));
}

/** Converts values by their schemas; what was converted for one rule is there for the next. */
export class Values {
  readonly #known = new WeakMap<object, unknown>();

  of(schema: Structural, value: unknown, isRoot = schema.embedded): unknown {
    if (value === null || value === undefined) return null;
    if (schema.intOrString) return value;
    if (typeof value !== "object") return scalar(schema, value);
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const made = Array.isArray(value) ? this.#list(schema, value) : this.#object(schema, value as Json, isRoot);
    this.#known.set(value, made);
    return made;
  }

  #list({ items, listType, listKeys }: Structural, list: readonly unknown[]): unknown {
    if (!items) return new Preserved(list);
    const made = list.map((item) => this.of(items, item));
    if (listType === "set") return new Unordered(made, wholeId);
    if (listType !== "map") return made;
    const keys = listKeys.map((key) => escapeName(key) ?? key);
    return new Unordered(made, (element) => goJson(keys.map((key) => (isObject(element) ? wholeId(element[key]) : null))));
  }

  #object(schema: Structural, object: Json, isRoot: boolean): unknown {
    if (schema.type !== "object") return new Preserved(object);
    const { properties, additional } = isRoot ? withObjectMembers(schema) : schema;
    const out: Json = {};
    for (const key of Object.keys(object)) {
      const own = properties?.get(key);
      // A member that is null counts as one that is not there.
      if (own && object[key] === null) continue;
      if (own) setKey(out, escapeName(key) ?? key, this.of(own, object[key]));
      else if (!properties && typeof additional === "object") setKey(out, key, this.of(additional, object[key]));
    }
    return out;
  }
}

function scalar({ type, values }: Structural, value: unknown): unknown {
  if (type === "number") return typeof value === "number" || typeof value === "bigint" ? double(Number(value)) : value;
  if (type === "" && typeof value !== "object") return new Preserved(value);
  if (type !== "string" || typeof value !== "string") return value;
  switch (values?.format) {
    case "duration":
      return parseDuration(value) ?? value;
    case "date":
      return parseTimestamp(`${value}T00:00:00Z`) ?? value;
    case "date-time":
      return parseTimestamp(value.toUpperCase()) ?? value;
    case "byte":
      return new Uint8Array(Buffer.from(value, "base64"));
    default:
      return value;
  }
}
