/**
 * The language in which every kind is declared once: fields with their JSON name, protobuf number, type and rules. Types,
 * codecs, defaulting, validation, patches and OpenAPI are all derived from these values.
 */
import type { Structural } from "./structural/structural.ts";

export type ScalarKind =
  | "string"
  | "int32"
  | "int64"
  | "double"
  | "bool"
  /** Base64 in JSON. */
  | "bytes"
  /** `128Mi`, kept in canonical form. */
  | "quantity"
  /** RFC 3339, whole seconds. */
  | "time"
  /** RFC 3339, microseconds. */
  | "microTime"
  /** Go's text, `1m30s`. */
  | "duration"
  | "intOrString"
  /** Any JSON object of a kind of its own; protobuf carries its bytes. */
  | "raw"
  /** Any JSON value. */
  | "json"
  /** A struct, or something shorter in its place: see `Either`. */
  | "either";

export interface Scalar {
  readonly type: "scalar";
  readonly kind: ScalarKind;
  readonly either?: Either;
}

/** JSON Schema has places for a schema or `true`, for one or several, for a schema or names. */
export interface Either {
  /** Upstream's definition name. */
  readonly name: string;
  readonly struct: () => Struct;
  readonly or: "bool" | "list" | "strings";
}

export interface ListOf {
  readonly type: "list";
  readonly of: Schema;
}

export interface MapOf {
  readonly type: "map";
  readonly of: Schema;
}

/** The phantom parameter is the TypeScript type of a value. */
export interface Struct<T = unknown> {
  readonly type: "struct";
  /** Upstream's definition name, `io.k8s.api.core.v1.Pod`. */
  readonly name: string;
  readonly fields: ReadonlyMap<string, Field>;
  /** In declaration order, with embedded structs in their place. */
  readonly members: readonly (Field | Embed)[];
  /** A top-level kind: apiVersion and kind come first. */
  readonly isKind: boolean;
  /** A sentence or two for people who learn it: what `kubectl explain` shows. */
  readonly doc: string;
  /** Of a custom kind: what its definition says of its objects. It has no members then. */
  readonly structural?: Structural;
  readonly __type?: T;
}

export type Schema = Scalar | ListOf | MapOf | Struct;

export type FieldFormat =
  | "dns-label"
  | "dns-subdomain"
  | "label-key"
  | "label-value"
  /** Of a CSI or device driver. */
  | "driver-name"
  /** Of devices: subdomains between slashes; an identifier, with a domain before it or not; with one; an extended resource. */
  | "pool-name"
  | "device-key"
  | "extended-resource"
  | "semantic-version";

/** What holds for a field alone. The last option is its sentence of documentation. */
export interface FieldRules {
  /** Upstream's Go field is a pointer: a zero value is kept, absence means unset. */
  pointer?: boolean;
  /** Written even when empty. */
  always?: boolean;
  /** Of a time: not written when absent. Other times that are no pointers are null then. */
  omitZero?: boolean;
  /** A text: what messages add, as upstream does for a few fields. */
  required?: boolean | string;
  /** OpenAPI says that it must be there; an empty one is as good as any. */
  mayBeEmpty?: boolean;
  default?: unknown;
  /** Of a list: what each element may be. */
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  /** What a number out of bounds is told: for both, or too low and too high. */
  must?: string | readonly [low: string, high: string];
  /** What a name must look like. */
  format?: FieldFormat;
  /** What is in it is left to the checks of the kind. */
  apart?: true;
  /** Of a required name: an empty one is missing, and not a wrong one. */
  emptyIsMissing?: true;
  /** What the keys of a map must look like. */
  keyFormat?: FieldFormat;
  /** No two items of a list are equal: as a whole, or in this member. */
  distinct?: true | string;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  patchStrategy?: string;
  patchMergeKey?: string;
  listType?: "atomic" | "set" | "map";
  listMapKeys?: readonly string[];
  mapType?: "atomic" | "granular";
  /** The name of upstream's own type, `v1.SecretType`, as decode errors say it: of a list, its elements'; of a map, its own. */
  goType?: string;
  /** Of a feature that is off by default: writes drop it. */
  disabled?: true;
  /** Of a list or map: one that is given empty is told from an absent one until the object is stored. */
  keepsEmpty?: true;
  /** Of a struct: when nothing is left of it after what is disabled was dropped, it goes too. */
  goesEmptied?: true;
  /** A sentence for people who learn it: what it is for, what it may be, what is taken when it is left out. */
  doc?: string;
}

export interface Field<T = unknown> extends FieldRules {
  readonly name: string;
  /** Protobuf number; 0: not in protobuf. */
  readonly tag: number;
  readonly schema: Schema;
  readonly __type?: T;
}

/** A struct whose JSON fields stand in the parent; protobuf nests them under `tag` (0: flattened there too). */
export interface Embed<T = unknown> {
  readonly embed: Struct;
  readonly tag: number;
  readonly __type?: T;
}

export function isEmbed(member: Field | Embed): member is Embed {
  return "embed" in member;
}

// biome-ignore lint/suspicious/noExplicitAny: variance of the phantom parameter is of no interest here.
type AnyField = Field<any> | Embed<any>;
type Fields = Record<string, AnyField>;
type TypeOf<F> = F extends { readonly __type?: infer T } ? T : never;
type Plain<F extends Fields> = { [K in keyof F as K extends `...${string}` ? never : K]?: Exclude<TypeOf<F[K]>, undefined> };
type Union<U> = (U extends unknown ? (x: U) => void : never) extends (x: infer I) => void ? I : never;
type EmbeddedIn<F extends Fields> = { [K in keyof F]: K extends `...${string}` ? Exclude<TypeOf<F[K]>, undefined> : never }[keyof F];
type ValueOf<F extends Fields> = Plain<F> & ([EmbeddedIn<F>] extends [never] ? unknown : Union<EmbeddedIn<F>>);

/** The TypeScript type of a declared struct. */
export type Infer<S extends Struct> = S extends Struct<infer T> ? T : never;

export function struct<F extends Fields>(name: string, doc: string, fields: F): Struct<ValueOf<F>> {
  return make(name, doc, fields, false) as Struct<ValueOf<F>>;
}

/** A top-level kind: apiVersion, kind and metadata are always there. */
export function kind<F extends Fields>(name: string, doc: string, fields: F) {
  return make(name, doc, fields, true) as Struct<
    Omit<ValueOf<F>, "metadata"> & { apiVersion: string; kind: string } & Required<Pick<ValueOf<F>, "metadata" & keyof ValueOf<F>>>
  >;
}

/** What every object begins with. */
export const typeDocs: Record<"apiVersion" | "kind", string> = {
  apiVersion: "APIVersion defines group and version of the object's form, such as apps/v1; v1 alone for the core group.",
  kind: "What the object is, in CamelCase, such as Deployment.",
};

function make(name: string, doc: string, declared: Fields, isKind: boolean): Struct {
  const members: (Field | Embed)[] = [];
  const fields = new Map<string, Field>();
  if (isKind) for (const [own, says] of Object.entries(typeDocs)) fields.set(own, { name: own, tag: 0, schema: scalars.string, doc: says });
  for (const [key, member] of Object.entries(declared) as [string, Field | Embed][]) {
    if (isEmbed(member)) {
      members.push(member);
      for (const field of member.embed.fields.values()) fields.set(field.name, field);
    } else {
      const field = named(member, key);
      members.push(field);
      fields.set(key, field);
    }
  }
  return { type: "struct", name, fields, members, isKind, doc };
}

/** A reference to what is not declared yet stays one. */
function named(member: Field, name: string): Field {
  const parts = Object.getOwnPropertyDescriptors(member);
  if (!parts.schema.get) return { ...member, name };
  return Object.defineProperties({}, { ...parts, name: { value: name, enumerable: true } }) as Field;
}

export const scalars = Object.fromEntries(
  (
    [
      "string",
      "int32",
      "int64",
      "double",
      "bool",
      "bytes",
      "quantity",
      "time",
      "microTime",
      "duration",
      "intOrString",
      "raw",
      "json",
      "either",
    ] as const
  ).map((name) => [name, { type: "scalar", kind: name }]),
) as Record<ScalarKind, Scalar>;

function scalar<T>(name: ScalarKind) {
  return (tag: number, rules: FieldRules = {}): Field<T> => ({ name: "", tag, schema: scalars[name], ...rules });
}

export const string = scalar<string>("string");
export const int32 = scalar<number>("int32");
export const int64 = scalar<number>("int64");
export const double = scalar<number>("double");
export const bool = scalar<boolean>("bool");
export const bytes = scalar<string>("bytes");
export const quantity = scalar<string>("quantity");
export const time = scalar<string>("time");
export const microTime = scalar<string>("microTime");
export const duration = scalar<string>("duration");
export const intOrString = scalar<number | string>("intOrString");
/** An object whose kind is not known here. */
export const raw = scalar<Record<string, unknown>>("raw");
export const json = scalar<unknown>("json");

export function ref<T>(schema: Struct<T>, tag: number, rules: FieldRules = {}): Field<T> {
  return { name: "", tag, schema, ...rules };
}

/** A reference to a struct that is declared further down or refers back to this one. */
export function later<T>(schema: () => Struct<T>, tag: number, rules: FieldRules = {}): Field<T> {
  return lazily({ name: "", tag, ...rules }, schema);
}

/** A list of such structs. */
export function laterList<T>(of: () => Struct<T>, tag: number, rules: FieldRules = {}): Field<T[]> {
  return lazily({ name: "", tag, ...rules }, () => ({ type: "list", of: of() }));
}

/** A map of such structs. */
export function laterMap<T>(of: () => Struct<T>, tag: number, rules: FieldRules = {}): Field<Record<string, T>> {
  return lazily({ name: "", tag, ...rules }, () => ({ type: "map", of: of() }));
}

/** A struct of the kind named, or what may stand in its place. */
export function either<T>(of: Either, tag: number, rules: FieldRules = {}): Field<T> {
  return { name: "", tag, schema: { type: "scalar", kind: "either", either: of }, ...rules };
}

function lazily<T>(field: object, schema: () => Schema): Field<T> {
  let made: Schema | undefined;
  return Object.defineProperty(field, "schema", { get: () => (made ??= schema()), enumerable: true, configurable: true }) as Field<T>;
}

type Element<T> = Struct<T> | ((tag: number) => Field<T>);

export function list<T>(of: Element<T>, tag: number, rules: FieldRules = {}): Field<T[]> {
  return { name: "", tag, schema: { type: "list", of: elementOf(of) }, ...rules };
}

export function map<T>(of: Element<T>, tag: number, rules: FieldRules = {}): Field<Record<string, T>> {
  return { name: "", tag, schema: { type: "map", of: elementOf(of) }, ...rules };
}

export function embed<T>(schema: Struct<T>, tag = 0): Embed<T> {
  return { embed: schema, tag };
}

/** A type that is only a list (map) of another: Verbs, ExtraValue. */
export function listSchema(of: Schema): ListOf {
  return { type: "list", of };
}

function elementOf<T>(of: Element<T>): Schema {
  return typeof of === "function" ? of(0).schema : of;
}

/** An element that is itself a list of strings (extra values of a user). */
export const stringList = (_tag: number): Field<string[]> => ({ name: "", tag: 0, schema: listSchema(scalars.string) });
