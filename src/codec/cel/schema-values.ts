/** Views of values that a schema says more of than JSON does. */
import type { Value } from "./declare.ts";
import { equals } from "./equality.ts";
import { parseDate, parseDuration, parseTimestamp } from "./time.ts";
import { double, Fault, isList, isMap, List, type ListValue, MapLike, mapGet } from "./value.ts";

export type View = (value: Value) => Value;

const wrong = (what: string, text: string): never => {
  throw new Fault(`Invalid ${what} ${text}: cannot be parsed`);
};

/** Of a type that is one value: `number`, or the format of a string. */
export function scalarView(kind: string): View {
  return (value) => {
    if (kind === "number") return typeof value === "number" ? double(value) : typeof value === "bigint" ? double(Number(value)) : value;
    if (typeof value !== "string") return value;
    switch (kind) {
      case "duration":
        return parseDuration(value) ?? wrong("duration", value);
      case "date":
        return parseDate(value) ?? wrong("date formatted string", value);
      case "date-time":
        return parseTimestamp(value) ?? wrong("date-time formatted string", value);
      case "byte":
        return new Uint8Array(Buffer.from(value, "base64"));
    }
    return value;
  };
}

/** An object's fields under the names that CEL uses, or the entries of a map. */
export class SchemaMap extends MapLike {
  readonly #raw: Record<string, Value>;
  readonly #views: ReadonlyMap<string, { written: string; view: View }> | View;

  constructor(raw: Record<string, Value>, views: ReadonlyMap<string, { written: string; view: View }> | View) {
    super();
    this.#raw = raw;
    this.#views = views;
  }

  get size(): number {
    let size = 0;
    for (const _ of this.entries()) size++;
    return size;
  }

  get(key: Value): Value {
    if (typeof key !== "string") return undefined;
    if (typeof this.#views === "function") return Object.hasOwn(this.#raw, key) ? viewed(this.#raw[key], this.#views) : undefined;
    const field = this.#views.get(key);
    const value = field && Object.hasOwn(this.#raw, field.written) ? this.#raw[field.written] : undefined;
    // A field that is null counts as one that is not there.
    return value === undefined || value === null ? undefined : viewed(value, field!.view);
  }

  *entries(): Iterable<readonly [Value, Value]> {
    const names = typeof this.#views === "function" ? Object.keys(this.#raw) : this.#views.keys();
    for (const name of names) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }
}

const viewed = (value: Value, view: View): Value => (value === null ? null : view(value));

/** Of `x-kubernetes-list-type`: a set, a map by its keys, or (undefined) as it stands. */
export class SchemaList extends List {
  readonly #raw: readonly Value[];
  readonly #view: View;
  readonly #kind: "set" | readonly string[] | undefined;

  constructor(raw: readonly Value[], view: View, kind?: "set" | readonly string[]) {
    super();
    this.#raw = raw;
    this.#view = view;
    this.#kind = kind;
  }

  get length(): number {
    return this.#raw.length;
  }

  at(index: number): Value {
    return viewed(this.#raw[index], this.#view);
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (const each of this.#raw) yield viewed(each, this.#view);
  }

  /** Sets and maps are equal whatever their order. */
  override equalsList(other: ListValue): boolean | undefined {
    if (this.#kind === undefined) return undefined;
    if (this.length !== other.length) return false;
    const byKey = new Map(Array.from(this, (each) => [this.#keyOf(each), each]));
    for (const each of other) {
      const own = byKey.get(this.#keyOf(each));
      if (own === undefined || !equals(own, each)) return false;
    }
    return true;
  }

  /** What is there already is replaced, or not added again. */
  override concat(other: ListValue): ListValue | undefined {
    if (this.#kind === undefined || !isList(other)) return undefined;
    const merged = new Map(Array.from(this, (each) => [this.#keyOf(each), each]));
    for (const each of other) {
      const key = this.#keyOf(each);
      if (this.#kind !== "set" || !merged.has(key)) merged.set(key, each);
    }
    return new SchemaList([...merged.values()], (value) => value, this.#kind);
  }

  #keyOf(element: Value): string {
    if (!Array.isArray(this.#kind)) return JSON.stringify(element);
    return JSON.stringify(this.#kind.map((key) => (isMap(element) ? (mapGet(element, key) ?? null) : null)));
  }
}
