/**
 * Reads a plain value as an object of a declared kind: unknown fields are left out and named, wrong types refused in upstream's
 * words, and the result is what upstream would write back: declared order, empty optional fields gone. Each struct is compiled
 * once into closures. What is read is the caller's own: no part of it is shared with what was given.
 */
import { canonicalQuantity, parseGoDuration, QuantityError, setKey } from "#codec/mod.ts";
import { copierOf } from "./copiers.ts";
import { noteGivenEmpty } from "./empties.ts";
import { ObjectMeta } from "./meta/object-meta.ts";
import { type Either, type Embed, type Field, isEmbed, type ScalarKind, type Schema, type Struct, scalars } from "./schema.ts";
import { readCustom } from "./structural/reading.ts";
import { DecodeError, type Place, Trail } from "./trail.ts";

export { DecodeError } from "./trail.ts";

export interface Decoded {
  value: Record<string, unknown>;
  /** Paths of unknown fields, `spec.foo`, in the order met. */
  unknown: string[];
}

export interface DecodeOptions {
  /**
   * An object of the kind, decoded before, that `value` was made from. What `value` still shares with it below the first level
   * (members of spec, status, metadata) is copied without being read again.
   */
  base?: object;
  /** Of a custom kind: metadata that cannot be read is left out, field by field. */
  lenient?: boolean;
  /** Integers of more than 32 bits lose the upper ones where there is no room, and are not refused. */
  wraps?: boolean;
}

/**
 * A custom kind is read by its structural schema: what was sent is kept, in its order, and wrong types are a matter of validation.
 */
export function decode(schema: Struct, value: unknown, { base, lenient = false, wraps = false }: DecodeOptions = {}): Decoded {
  if (!isObject(value)) throw new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType(schema)}`);
  if (schema.structural) return readCustom(schema.structural, value, { readMeta, lenient });
  const trail = new Trail();
  trail.wraps = wraps;
  return { value: compiled(schema)(value, trail, base) as Record<string, unknown>, unknown: trail.unknown };
}

/** Reads a value as the metadata of an object. */
export const readMeta = (value: unknown, trail: Trail): unknown => compiled(ObjectMeta as Struct)(value, trail);

type Reader = (value: unknown, trail: Trail, base?: unknown) => unknown;

interface Slot extends Place {
  read: Reader;
  /** A copy of a value that was read before. */
  copy: (value: unknown) => unknown;
  /** What is written when the field is absent; undefined: nothing. */
  absent: (() => unknown) | undefined;
  /** True when a value read equals absence. */
  isEmpty: (value: unknown) => boolean;
}

const readers = new WeakMap<Struct, Reader>();
const nothing: Record<string, unknown> = {};
/** Where nothing is read, nothing is noted. */
const unwritten = new Trail();

function compiled(schema: Struct): Reader {
  const known = readers.get(schema);
  if (known) return known;
  let slots: Slot[] | undefined;
  const names = new Set<string>();
  const owner = schema.name.slice(schema.name.lastIndexOf(".") + 1);
  const reader: Reader = (value, trail, base) => {
    if (!isObject(value)) throw wrongType(value, goType(schema), trail);
    const known = isObject(base) ? base : nothing;
    if (!slots) {
      slots = slotsOf(schema, owner, []);
      for (const slot of slots) names.add(slot.name);
    }
    const out: Record<string, unknown> = {};
    let taken = 0;
    for (const slot of slots) {
      const item = value[slot.name];
      if (item === undefined || item === null) {
        if (item === null) taken++;
        if (slot.absent) out[slot.name] = slot.absent();
        continue;
      }
      taken++;
      const before = known[slot.name];
      if (item === before && trail.depth > 0) {
        out[slot.name] = typeof item === "object" ? slot.copy(item) : item;
        continue;
      }
      trail.steps[trail.depth++] = slot;
      const read = slot.read(item, trail, before);
      trail.depth--;
      if (!slot.isEmpty(read)) out[slot.name] = read;
      else {
        if (typeof read === "object") noteGivenEmpty(out, slot.name);
        if (slot.absent) out[slot.name] = slot.absent();
      }
    }
    const keys = Object.keys(value);
    if (keys.length !== taken) for (const key of keys) if (!names.has(key)) trail.unknown.push(trail.path(key));
    return out;
  };
  readers.set(schema, reader);
  return reader;
}

function slotsOf(schema: Struct, owner: string, embeds: readonly string[]): Slot[] {
  const own = schema.members.flatMap((member) => {
    if (!isEmbed(member)) return [slotOf(member, { owner, embeds })];
    const { embed } = member as Embed;
    return slotsOf(embed, owner, [...embeds, embed.name.slice(embed.name.lastIndexOf(".") + 1)]);
  });
  if (!schema.isKind) return own;
  const plain = (name: string): Slot => {
    const isEmpty = (value: unknown) => value === "";
    return { name, owner, embeds: [...embeds, "TypeMeta"], read: readString, copy: (value) => value, absent: undefined, isEmpty };
  };
  return [plain("kind"), plain("apiVersion"), ...own];
}

function slotOf(field: Field, place: Omit<Place, "name">): Slot {
  const { name, schema, pointer = false, always = false, omitZero = false } = field;
  const read = readerOf(schema, field.goType);
  const slot = { ...place, name, read, copy: copierOf(schema), absent: undefined, isEmpty: () => false };
  const nullWhenAbsent = always ? () => null : undefined;
  switch (schema.type) {
    case "struct":
      // A Go struct that is not a pointer is always written, even when it is empty.
      return { ...slot, absent: pointer ? nullWhenAbsent : () => read(nothing, unwritten) };
    case "list":
      return { ...slot, absent: nullWhenAbsent, isEmpty: (value) => !field.keepsEmpty && (value as unknown[]).length === 0 };
    case "map":
      return { ...slot, absent: nullWhenAbsent, isEmpty: (value) => !field.keepsEmpty && Object.keys(value as object).length === 0 };
    default: {
      if (pointer) return { ...slot, absent: nullWhenAbsent };
      const zero = zeroOf(schema.kind);
      // Go's times are structs: a zero one is written, as null.
      if (schema.kind === "time" || schema.kind === "microTime") return omitZero ? slot : { ...slot, absent: () => null };
      return { ...slot, absent: always && zero !== undefined ? () => zero : undefined, isEmpty: (value) => value === zero };
    }
  }
}

function zeroOf(kind: ScalarKind): unknown {
  switch (kind) {
    case "string":
    case "bytes":
      return "";
    case "int32":
    case "int64":
    case "double":
      return 0;
    case "bool":
      return false;
    case "quantity":
      return "0";
    default:
      return undefined;
  }
}

function readerOf(schema: Schema, named?: string): Reader {
  switch (schema.type) {
    case "struct":
      return (value, trail, base) => compiled(schema)(value, trail, base);
    case "list":
      return listReader(schema.of, named);
    case "map":
      return mapReader(schema.of, named ?? goType(schema));
    case "scalar":
      return schema.either ? eitherReader(schema.either) : named && schema.kind === "string" ? textOf(named) : scalarReaders[schema.kind];
  }
}

/** What is neither is nothing, but for a place that may hold `true`. Such places are read by code of their own, which knows of no unknown fields. */
function eitherReader(either: Either): Reader {
  const read = readEither(either);
  return (value, trail, base) => {
    const before = trail.unknown.length;
    const out = read(value, trail, base);
    trail.unknown.length = before;
    return out;
  };
}

function readEither({ struct, or }: Either): Reader {
  return (value, trail, base) => {
    if (isObject(value)) return compiled(struct())(value, trail, base);
    if (or === "bool") {
      if (typeof value === "boolean") return value;
      throw new DecodeError("boolean or JSON schema expected");
    }
    if (!Array.isArray(value)) return null;
    return listReader(or === "list" ? struct() : scalars.string)(value, trail);
  };
}

function listReader(of: Schema, named?: string, type = `[]${named ?? goType(of)}`): Reader {
  const read = readerOf(of, named);
  let copier: ((value: unknown) => unknown) | undefined;
  return (value, trail, base) => {
    if (!Array.isArray(value)) throw wrongType(value, type, trail);
    const known = Array.isArray(base) ? base : [];
    const out = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      const item = value[i];
      if (item === known[i] && item !== null) {
        copier ??= copierOf(of);
        out[i] = typeof item === "object" ? copier(item) : item;
        continue;
      }
      trail.steps[trail.depth++] = i;
      out[i] = item === null ? emptyOf(of) : read(item, trail, known[i]);
      trail.depth--;
    }
    return out;
  };
}

function mapReader(of: Schema, type: string): Reader {
  const element = /^map\[[\w.]+\](?!\[)(.+)$/.exec(type)?.[1];
  const read = of.type === "list" && element ? listReader(of.of, undefined, element) : readerOf(of);
  return (value, trail, base) => {
    if (!isObject(value)) throw wrongType(value, type, trail);
    const known = isObject(base) ? base : nothing;
    const out: Record<string, unknown> = {};
    // Go writes maps in key order.
    for (const key of Object.keys(value).sort()) {
      const item = value[key];
      trail.steps[trail.depth++] = key;
      const made = item === null ? emptyOf(of) : read(item, trail, Object.hasOwn(known, key) ? known[key] : undefined);
      trail.depth--;
      setKey(out, key, made);
    }
    return out;
  };
}

function emptyOf(schema: Schema): unknown {
  if (schema.type === "struct") return compiled(schema)(nothing, unwritten);
  return schema.type === "scalar" ? (zeroOf(schema.kind) ?? null) : null;
}

const textOf =
  (type: string): Reader =>
  (value, trail) => {
    if (typeof value !== "string") throw wrongType(value, type, trail);
    return value;
  };

const readString = textOf("string");

/** Integers that a double cannot hold come as bigints, and stay so. */
const integer =
  (type: "int32" | "int64", min: number, max: number): Reader =>
  (value, trail) => {
    if (typeof value === "bigint" && type === "int64") return value;
    if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(value, type, trail);
    if (typeof value === "bigint" || !Number.isInteger(value) || value < min || value > max)
      throw new DecodeError(`json: cannot unmarshal number ${String(value)} into Go struct field ${trail.field()} of type ${type}`);
    return value;
  };

const lowerBits = (value: unknown): unknown =>
  typeof value === "bigint" || Number.isInteger(value) ? Number(BigInt.asIntN(32, BigInt(value as number))) : value;

const readInt32 = integer("int32", -(2 ** 31), 2 ** 31 - 1);

const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const time =
  (digits: 0 | 6): Reader =>
  (value, trail) => {
    if (typeof value !== "string") throw wrongType(value, "string", trail);
    const match = timePattern.exec(value);
    const ms = match ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(ms))
      throw new DecodeError(
        `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
      );
    const whole = new Date(ms).toISOString().slice(0, 19);
    return digits === 0 ? `${whole}Z` : `${whole}.${(match![7] ?? ".").slice(1, 7).padEnd(6, "0")}Z`;
  };

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const scalarReaders: Record<ScalarKind, Reader> = {
  string: readString,
  int32: (value, trail) => (trail.wraps ? readInt32(lowerBits(value), trail) : readInt32(value, trail)),
  int64: integer("int64", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  double: (value, trail) => {
    if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(value, "float64", trail);
    return Number(value);
  },
  bool: (value, trail) => {
    if (typeof value !== "boolean") throw wrongType(value, "bool", trail);
    return value;
  },
  bytes: (value, trail) => {
    if (typeof value !== "string") throw wrongType(value, "[]uint8", trail);
    const plain = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
    if (!base64.test(plain)) throw new DecodeError(`illegal base64 data at input byte ${illegalAt(plain)}`);
    return plain;
  },
  quantity: (value, trail) => {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
      throw wrongType(value, "resource.Quantity", trail);
    try {
      return canonical(String(value).trim());
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodeError(error.message, { cause: error });
      throw error;
    }
  },
  time: time(0),
  microTime: time(6),
  duration: (value, trail) => {
    if (typeof value !== "string") throw wrongType(value, "string", trail);
    if (parseGoDuration(value) === undefined) throw new DecodeError(`time: invalid duration ${JSON.stringify(value)}`);
    return value;
  },
  intOrString: (value, trail) => (typeof value === "string" ? value : readInt32(value, trail)),
  raw: (value) => value,
  json: (value) => value,
  either: (value) => value,
};

const quantities = new Map<string, string>();

/** The same few amounts come again and again. */
function canonical(text: string): string {
  const known = quantities.get(text);
  if (known !== undefined) return known;
  const made = canonicalQuantity(text);
  if (quantities.size >= 4096) quantities.clear();
  quantities.set(text, made);
  return made;
}

function illegalAt(text: string): number {
  const at = text.search(/[^A-Za-z0-9+/=]/);
  return at >= 0 ? at : Math.max(0, text.length - (text.length % 4 || 4));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongType(value: unknown, type: string, trail: Trail): DecodeError {
  const into = trail.depth === 0 ? `value of type ${type}` : `struct field ${trail.field()} of type ${type}`;
  return new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go ${into}`);
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value === "bigint" ? "number" : typeof value;
}

/** The Go type that messages name: `[]v1.Container`, `map[string]string`, `v1.ObjectMeta`. */
function goType(schema: Schema): string {
  switch (schema.type) {
    case "list":
      return `[]${goType(schema.of)}`;
    case "map":
      return `map[string]${goType(schema.of)}`;
    case "struct":
      return schema.name.split(".").slice(-2).join(".");
    case "scalar":
      return (
        (
          { double: "float64", bytes: "[]uint8", quantity: "resource.Quantity", time: "v1.Time", microTime: "v1.MicroTime" } as Record<
            string,
            string
          >
        )[schema.kind] ?? schema.kind
      );
  }
}
