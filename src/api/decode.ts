/**
 * Reads a plain value as an object of a declared kind: unknown fields are left out and named, wrong types refused in upstream's
 * words, and the result is what upstream would write back: declared order, empty optional fields gone. Each struct is compiled
 * once into closures.
 */
import { canonicalQuantity, QuantityError } from "#codec/mod.ts";
import { type Embed, type Field, isEmbed, type ScalarKind, type Schema, type Struct } from "./schema.ts";

export interface Decoded {
  value: Record<string, unknown>;
  /** Paths of unknown fields, `spec.foo`, in the order met. */
  unknown: string[];
}

/** A value of a wrong type. The message is upstream's. */
export class DecodeError extends Error {
  override name = "DecodeError";
}

/**
 * `base`: an object of the kind, decoded before and frozen, that `value` was made from. What `value` still shares with it below
 * the first level (members of spec, status, metadata) is taken over unread.
 */
export function decode(schema: Struct, value: unknown, base?: object): Decoded {
  const unknown: string[] = [];
  if (!isObject(value)) throw new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go value of type ${goType(schema)}`);
  depth = 0;
  return { value: compiled(schema)(value, unknown, base) as Record<string, unknown>, unknown };
}

type Reader = (value: unknown, unknown: string[], base?: unknown) => unknown;

/**
 * Where the reading stands: names and indices from the root. Kept beside the recursion instead of passed down, because a path
 * is needed only when something is wrong.
 */
const trail: (string | number)[] = [];
const owners: string[] = [];
let depth = 0;

function pathHere(extra?: string): string {
  let path = "";
  for (let i = 0; i < depth; i++) path += typeof trail[i] === "number" ? `[${trail[i]}]` : path === "" ? trail[i] : `.${trail[i]}`;
  return extra === undefined ? path : path === "" ? extra : `${path}.${extra}`;
}

/** `PodSpec.spec.containers`: the struct that has the field, and the path without indices. */
function fieldHere(): string {
  let at = depth - 1;
  while (at > 0 && owners[at] === "") at--;
  const names = trail.slice(0, at + 1).filter((step) => typeof step === "string");
  return [owners[at] ?? "", ...names].join(".");
}

interface Slot {
  name: string;
  read: Reader;
  /** What is written when the field is absent; undefined: nothing. */
  absent: (() => unknown) | undefined;
  /** True when a value read equals absence. */
  isEmpty: (value: unknown) => boolean;
}

const readers = new WeakMap<Struct, Reader>();
const nothing: Record<string, unknown> = {};

function compiled(schema: Struct): Reader {
  const known = readers.get(schema);
  if (known) return known;
  let slots: Slot[] | undefined;
  const names = new Set<string>();
  const owner = schema.name.slice(schema.name.lastIndexOf(".") + 1);
  const reader: Reader = (value, unknown, base) => {
    if (!isObject(value)) throw wrongType(value, goType(schema));
    const known = isObject(base) ? base : nothing;
    if (!slots) {
      slots = slotsOf(schema);
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
      if (item === before && depth > 0) {
        out[slot.name] = item;
        continue;
      }
      owners[depth] = owner;
      trail[depth++] = slot.name;
      const read = slot.read(item, unknown, before);
      depth--;
      if (!slot.isEmpty(read)) out[slot.name] = read;
      else if (slot.absent) out[slot.name] = slot.absent();
    }
    const keys = Object.keys(value);
    if (keys.length !== taken) for (const key of keys) if (!names.has(key)) unknown.push(pathHere(key));
    return out;
  };
  readers.set(schema, reader);
  return reader;
}

function slotsOf(schema: Struct): Slot[] {
  const own = schema.members.flatMap((member) => (isEmbed(member) ? slotsOf((member as Embed).embed) : [slotOf(member)]));
  if (!schema.isKind) return own;
  const plain = (name: string): Slot => ({ name, read: readString, absent: undefined, isEmpty: (value) => value === "" });
  return [plain("kind"), plain("apiVersion"), ...own];
}

function slotOf(field: Field): Slot {
  const { schema, pointer = false, always = false } = field;
  const read = readerOf(schema);
  if (schema.type === "struct") {
    // A Go struct that is not a pointer is always written, even when it is empty.
    if (pointer) return { name: field.name, read, absent: always ? () => null : undefined, isEmpty: () => false };
    return { name: field.name, read, absent: () => read({}, []), isEmpty: () => false };
  }
  if (schema.type === "list")
    return { name: field.name, read, absent: always ? () => null : undefined, isEmpty: (v) => !always && (v as unknown[]).length === 0 };
  if (schema.type === "map") {
    return {
      name: field.name,
      read,
      absent: always ? () => null : undefined,
      isEmpty: (v) => !always && Object.keys(v as object).length === 0,
    };
  }
  if (pointer) return { name: field.name, read, absent: always ? () => null : undefined, isEmpty: () => false };
  const zero = zeroOf(schema.kind);
  const isEmpty = (value: unknown) => value === zero;
  return { name: field.name, read, absent: always && zero !== undefined ? () => zero : undefined, isEmpty };
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

function readerOf(schema: Schema): Reader {
  switch (schema.type) {
    case "struct":
      return (value, unknown, base) => compiled(schema)(value, unknown, base);
    case "list":
      return listReader(schema.of, goType(schema));
    case "map":
      return mapReader(schema.of, goType(schema));
    case "scalar":
      return scalarReaders[schema.kind];
  }
}

function listReader(of: Schema, type: string): Reader {
  const read = readerOf(of);
  return (value, unknown, base) => {
    if (!Array.isArray(value)) throw wrongType(value, type);
    const known = Array.isArray(base) ? base : [];
    const out = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      if (value[i] === known[i] && value[i] !== null) {
        out[i] = value[i];
        continue;
      }
      owners[depth] = "";
      trail[depth++] = i;
      out[i] = value[i] === null ? emptyOf(of) : read(value[i], unknown, known[i]);
      depth--;
    }
    return out;
  };
}

function mapReader(of: Schema, type: string): Reader {
  const read = readerOf(of);
  return (value, unknown, base) => {
    if (!isObject(value)) throw wrongType(value, type);
    const known = isObject(base) ? base : nothing;
    const out: Record<string, unknown> = {};
    // Go writes maps in key order.
    for (const key of Object.keys(value).sort()) {
      const item = value[key];
      owners[depth] = "";
      trail[depth++] = key;
      const made = item === null ? emptyOf(of) : read(item, unknown, Object.hasOwn(known, key) ? known[key] : undefined);
      depth--;
      if (key === "__proto__") Object.defineProperty(out, key, { value: made, writable: true, enumerable: true, configurable: true });
      else out[key] = made;
    }
    return out;
  };
}

function emptyOf(schema: Schema): unknown {
  if (schema.type === "struct") return readerOf(schema)({}, []);
  return schema.type === "scalar" ? (zeroOf(schema.kind) ?? null) : null;
}

const readString: Reader = (value) => {
  if (typeof value !== "string") throw wrongType(value, "string");
  return value;
};

/** Integers that a double cannot hold come as bigints, and stay so. */
const integer =
  (type: "int32" | "int64", min: number, max: number): Reader =>
  (value) => {
    if (typeof value === "bigint" && type === "int64") return value;
    if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(value, type);
    if (typeof value === "bigint" || !Number.isInteger(value) || value < min || value > max)
      throw new DecodeError(`json: cannot unmarshal number ${String(value)} into Go struct field ${fieldHere()} of type ${type}`);
    return value;
  };

const readInt32 = integer("int32", -(2 ** 31), 2 ** 31 - 1);

const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const time =
  (digits: 0 | 6): Reader =>
  (value) => {
    if (typeof value !== "string") throw wrongType(value, "string");
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
  int32: readInt32,
  int64: integer("int64", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  double: (value) => {
    if (typeof value !== "number" && typeof value !== "bigint") throw wrongType(value, "float64");
    return Number(value);
  },
  bool: (value) => {
    if (typeof value !== "boolean") throw wrongType(value, "bool");
    return value;
  },
  bytes: (value) => {
    if (typeof value !== "string") throw wrongType(value, "[]uint8");
    const plain = value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]/g, "") : value;
    if (!base64.test(plain)) throw new DecodeError(`illegal base64 data at input byte ${illegalAt(plain)}`);
    return plain;
  },
  quantity: (value) => {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") throw wrongType(value, "resource.Quantity");
    try {
      return canonical(String(value).trim());
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodeError(error.message, { cause: error });
      throw error;
    }
  },
  time: time(0),
  microTime: time(6),
  intOrString: (value, unknown) => (typeof value === "string" ? value : readInt32(value, unknown)),
  raw: (value) => value,
  json: (value) => value,
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

function wrongType(value: unknown, type: string): DecodeError {
  return new DecodeError(`json: cannot unmarshal ${jsonType(value)} into Go struct field ${fieldHere()} of type ${type}`);
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
