/** CEL's types: what the checker infers, what overloads are declared with, and what a value answers to `type()`. */

export type Kind =
  | "dyn"
  | "any"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "duration"
  | "timestamp"
  | "list"
  | "map"
  | "struct"
  | "opaque"
  | "type"
  | "param";

export interface Type {
  readonly kind: Kind;
  /** As `type()` prints it: `int`, `google.protobuf.Timestamp`, an object's or an opaque type's own name. */
  readonly name: string;
  readonly params: readonly Type[];
  /** Of an object: the type of a field; undefined when it has none of that name. */
  readonly field?: (name: string) => Type | undefined;
}

const none: readonly Type[] = [];
const simple = (kind: Kind, name: string = kind): Type => ({ kind, name, params: none });

export const dynType = simple("dyn");
/** As dyn, but nothing can be iterated over: upstream's type of what may be any scalar. */
export const anyType = simple("any", "google.protobuf.Any");
export const errorType = simple("error", "*error*");
export const nullType = simple("null", "null_type");
export const boolType = simple("bool");
export const intType = simple("int");
export const uintType = simple("uint");
export const doubleType = simple("double");
export const stringType = simple("string");
export const bytesType = simple("bytes");
export const durationType = simple("duration", "google.protobuf.Duration");
export const timestampType = simple("timestamp", "google.protobuf.Timestamp");
export const typeType = simple("type");

export const listOf = (element: Type): Type => ({ kind: "list", name: "list", params: [element] });
export const mapOf = (key: Type, value: Type): Type => ({ kind: "map", name: "map", params: [key, value] });
export const optionalOf = (value: Type): Type => ({ kind: "opaque", name: optionalName, params: [value] });
export const typeOf = (type: Type): Type => ({ kind: "type", name: "type", params: [type] });
export const param = (name: string): Type => simple("param", name);
/** A type of a library that expressions can name, compare and hand on, but not look into. */
export const opaque = (name: string, ...params: Type[]): Type => ({ kind: "opaque", name, params });

const optionalName = "optional_type";

/** An object; without `field`, one that cannot be looked into. Two objects are of one type when their names agree. */
export function objectOf(name: string, field?: (name: string) => Type | undefined): Type {
  return { kind: "struct", name, params: none, field };
}

export const isDyn = ({ kind }: Type) => kind === "dyn" || kind === "any";
export const isDynOrError = (type: Type) => isDyn(type) || type.kind === "error";

/** What an optional holds; undefined for what is no optional. */
export const unwrapOptional = (type: Type): Type | undefined =>
  type.kind === "opaque" && type.name === optionalName ? type.params[0] : undefined;

export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.name !== b.name || a.params.length !== b.params.length) return false;
  return a.params.every((each, i) => sameType(each, b.params[i]!));
}

const shortNames: Partial<Record<Kind, string>> = {
  any: "any",
  duration: "duration",
  error: "!error!",
  null: "null",
  timestamp: "timestamp",
};

/** As the checker's messages name it. */
export function formatType(type: Type): string {
  const short = shortNames[type.kind];
  if (short !== undefined) return short;
  return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(formatType).join(", ")})`;
}

/** `string.(int, dyn)` of a member call, `(int)` of a global one. */
export function formatSignature(args: readonly Type[], isMember: boolean): string {
  const listed = args.slice(isMember ? 1 : 0).map(formatType);
  return `${isMember ? `${formatType(args[0]!)}.` : ""}(${listed.join(", ")})`;
}

/** As it prints itself: `google.protobuf.Timestamp`, `list(string)`. */
export const typeName = ({ name, params }: Type): string => (params.length === 0 ? name : `${name}(${params.map(typeName).join(", ")})`);
