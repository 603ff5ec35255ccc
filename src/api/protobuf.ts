/**
 * Objects in Kubernetes' protobuf form, both ways, from the declarations: four magic bytes, an envelope that names the kind,
 * and the fields by their numbers. JSON stays the inner language: what is read is a plain value for `decode`.
 */
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { formatGoDuration, parseGoDuration, parseJson } from "#codec/mod.ts";
import * as declarations from "./declarations.ts";
import type { Resource } from "./resource.ts";
import { type Either, isEmbed, type ScalarKind, type Schema, type Struct, scalars } from "./schema.ts";

type Json = Record<string, unknown>;

const magic = Uint8Array.from([0x6b, 0x38, 0x73, 0x00]);
const text = new TextDecoder();

export class ProtobufError extends Error {
  override name = "ProtobufError";
}

/**
 * Only what is declared has a protobuf form: custom kinds have none. Lists and options are no resources: beside those, a kind is
 * found by its name alone, in upstream's own groups.
 */
const structs = new Map<string, Struct>();
const groups = new Set(["meta.k8s.io", ""]);
for (const value of Object.values(declarations) as unknown[]) {
  const struct = value as Partial<Struct> | undefined;
  if (struct?.type === "struct" && struct.isKind) structs.set(struct.name!.slice(struct.name!.lastIndexOf(".") + 1), struct as Struct);
}
for (const value of Object.values(declarations) as unknown[]) {
  if (!isResource(value)) continue;
  const { group, apiVersion, kind, listKind, schema } = value;
  groups.add(group);
  structs.set(`${apiVersion}/${kind}`, schema);
  structs.set(`${apiVersion}/${listKind}`, schema);
}

function isResource(value: unknown): value is Resource {
  return typeof value === "object" && value !== null && "storagePrefix" in value;
}

function structOf(apiVersion: string, kind: string): Struct | undefined {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return structs.get(`${apiVersion}/${kind}`) ?? (groups.has(group) ? structs.get(kind) : undefined);
}

interface Kind {
  apiVersion?: unknown;
  kind?: unknown;
}

/** The whole message: magic, envelope, object. */
export function encodeProtobuf(object: Kind): Uint8Array {
  const { apiVersion = "", kind = "" } = object as { apiVersion?: string; kind?: string };
  const writer = new BinaryWriter();
  const isList = Array.isArray((object as { items?: unknown }).items) && kind.endsWith("List");
  const struct = structOf(apiVersion, kind);
  if (kind === "PartialObjectMetadata") writePartial(writer, object as Json);
  else if (kind === "PartialObjectMetadataList") writeList(writer, object as Json, (item, inner) => writePartial(inner, item));
  else if (!struct) throw new ProtobufError(`${kind} of ${apiVersion} has no protobuf form`);
  else if (isList) writeList(writer, object as Json, (item, inner) => writeStruct(inner, struct, item));
  else writeStruct(writer, struct, object as Json);
  const envelope = new BinaryWriter();
  envelope.tag(1, WireType.LengthDelimited).fork();
  envelope.tag(1, WireType.LengthDelimited).string(apiVersion).tag(2, WireType.LengthDelimited).string(kind);
  envelope.join();
  envelope
    .tag(2, WireType.LengthDelimited)
    .bytes(writer.finish())
    .tag(3, WireType.LengthDelimited)
    .string("")
    .tag(4, WireType.LengthDelimited)
    .string("");
  const body = envelope.finish();
  const out = new Uint8Array(magic.length + body.length);
  out.set(magic);
  out.set(body, magic.length);
  return out;
}

function writePartial(writer: BinaryWriter, object: Json): void {
  if (object.metadata) message(writer, 1, (inner) => writeStruct(inner, declarations.ObjectMeta as Struct, object.metadata as Json));
}

function writeList(writer: BinaryWriter, object: Json, item: (item: Json, inner: BinaryWriter) => void): void {
  message(writer, 1, (inner) => writeStruct(inner, declarations.ListMeta as Struct, (object.metadata ?? {}) as Json));
  for (const one of object.items as Json[]) message(writer, 2, (inner) => item(one, inner));
}

function message(writer: BinaryWriter, tag: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(tag, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

function writeStruct(writer: BinaryWriter, struct: Struct, object: Json): void {
  for (const member of struct.members) {
    if (isEmbed(member)) {
      if (member.tag === 0) writeStruct(writer, member.embed, object);
      else message(writer, member.tag, (inner) => writeStruct(inner, member.embed, object));
      continue;
    }
    const value = object[member.name];
    if (member.tag > 0 && value !== undefined && value !== null) writeValue(writer, member.tag, member.schema, value);
  }
}

function writeValue(writer: BinaryWriter, tag: number, schema: Schema, value: unknown): void {
  switch (schema.type) {
    case "struct":
      return message(writer, tag, (inner) => writeStruct(inner, schema, value as Json));
    case "list":
      for (const item of value as unknown[]) {
        // A list of lists is a message of its own with the inner list as field 1.
        if (schema.of.type === "list") message(writer, tag, (inner) => writeValue(inner, 1, schema.of, item));
        else writeValue(writer, tag, schema.of, item);
      }
      return;
    case "map":
      for (const [key, item] of Object.entries(value as Json))
        message(writer, tag, (inner) => {
          inner.tag(1, WireType.LengthDelimited).string(key);
          if (schema.of.type === "list") message(inner, 2, (deeper) => writeValue(deeper, 1, schema.of, item));
          else writeValue(inner, 2, schema.of, item);
        });
      return;
    default:
      if (schema.either) message(writer, tag, (inner) => writeEither(inner, schema.either!, value));
      else writeScalar(writer, tag, schema.kind, value);
  }
}

/** Where the struct and what may stand in its place are in their message. */
const eitherTags: Record<Either["or"], { struct: number; other: number }> = {
  list: { struct: 1, other: 2 },
  strings: { struct: 1, other: 2 },
  bool: { struct: 2, other: 1 },
};

function writeEither(writer: BinaryWriter, { struct, or }: Either, value: unknown): void {
  const tags = eitherTags[or];
  if (Array.isArray(value)) writeValue(writer, tags.other, { type: "list", of: or === "list" ? struct() : scalars.string }, value);
  else if (typeof value === "object") {
    // A schema in place of true is true as well.
    if (or === "bool") writeScalar(writer, tags.other, "bool", true);
    writeValue(writer, tags.struct, struct(), value);
  } else writeScalar(writer, tags.other, "bool", value);
}

function readEither(bytes: Uint8Array, { struct, or }: Either, depth: number): unknown {
  if (depth > maxDepth) throw new ProtobufError("proto: nested too deeply");
  const tags = eitherTags[or];
  const reader = new BinaryReader(bytes);
  let one: Json | undefined;
  let allows = false;
  const many: unknown[] = [];
  while (reader.pos < reader.len) {
    const [tag, wire] = reader.tag();
    if (tag === tags.struct) one = readStruct(reader.bytes(), struct(), depth + 1);
    else if (tag !== tags.other) skip(reader, wire);
    else if (or === "bool") allows = reader.bool();
    else many.push(or === "list" ? readStruct(reader.bytes(), struct(), depth + 1) : reader.string());
  }
  return one ?? (or === "bool" ? allows : many);
}

function writeScalar(writer: BinaryWriter, tag: number, kind: ScalarKind, value: unknown): void {
  switch (kind) {
    case "string":
      writer.tag(tag, WireType.LengthDelimited).string(String(value));
      return;
    case "int32":
    case "int64":
      writer.tag(tag, WireType.Varint).int64(value as number | bigint);
      return;
    case "bool":
      writer.tag(tag, WireType.Varint).bool(value as boolean);
      return;
    case "double":
      writer.tag(tag, WireType.Bit64).double(value as number);
      return;
    case "bytes":
      writer.tag(tag, WireType.LengthDelimited).bytes(Buffer.from(value as string, "base64"));
      return;
    case "quantity":
      return message(writer, tag, (inner) => void inner.tag(1, WireType.LengthDelimited).string(String(value)));
    case "time":
    case "microTime": {
      const at = Date.parse(value as string);
      const seconds = Math.floor(at / 1000);
      const fraction = /\.(\d+)/.exec(value as string)?.[1] ?? "";
      return message(writer, tag, (inner) => {
        inner.tag(1, WireType.Varint).int64(seconds);
        inner.tag(2, WireType.Varint).int32(fraction ? Number(fraction.padEnd(9, "0").slice(0, 9)) : 0);
      });
    }
    case "duration":
      return message(
        writer,
        tag,
        (inner) => void inner.tag(1, WireType.Varint).int64(Math.round(1e6 * (parseGoDuration(value as string) ?? 0))),
      );
    case "intOrString":
      return message(writer, tag, (inner) => {
        const isText = typeof value === "string";
        inner.tag(1, WireType.Varint).int64(isText ? 1 : 0);
        inner.tag(2, WireType.Varint).int32(isText ? 0 : (value as number));
        inner.tag(3, WireType.LengthDelimited).string(isText ? value : "");
      });
    default:
      return message(writer, tag, (inner) => void inner.tag(1, WireType.LengthDelimited).string(JSON.stringify(value)));
  }
}

/**
 * Reads the envelope and the object as a plain value with apiVersion and kind, for `decode`. `as`: what the bytes are of, whatever
 * their version. Throws ProtobufError.
 */
export function decodeProtobuf(bytes: Uint8Array, as?: Struct): Json {
  if (bytes.length < 4 || magic.some((byte, i) => bytes[i] !== byte))
    throw new ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
  try {
    const envelope = new BinaryReader(bytes.subarray(4));
    let apiVersion = "";
    let kind = "";
    let raw: Uint8Array = new Uint8Array();
    while (envelope.pos < envelope.len) {
      const [tag, wire] = envelope.tag();
      if (tag === 1) {
        const inner = new BinaryReader(envelope.bytes());
        while (inner.pos < inner.len) {
          const [field, type] = inner.tag();
          if (field === 1) apiVersion = inner.string();
          else if (field === 2) kind = inner.string();
          else skip(inner, type);
        }
      } else if (tag === 2) raw = envelope.bytes();
      else skip(envelope, wire);
    }
    const struct = as ?? structOf(apiVersion, kind);
    if (!struct) throw new ProtobufError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
    return { kind, apiVersion, ...readStruct(raw, struct, 0) };
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError(`proto: ${(error as Error).message}`);
  }
}

interface Slot {
  name: string;
  schema: Schema;
  /** The fields of an embedded struct that has a number of its own. */
  embed?: Struct;
}
const tables = new WeakMap<Struct, Map<number, Slot>>();

function slotsOf(struct: Struct): Map<number, Slot> {
  let slots = tables.get(struct);
  if (!slots) {
    slots = new Map();
    for (const member of struct.members) {
      if (!isEmbed(member)) slots.set(member.tag, { name: member.name, schema: member.schema });
      else if (member.tag > 0) slots.set(member.tag, { name: "", schema: member.embed, embed: member.embed });
      else for (const [tag, slot] of slotsOf(member.embed)) slots.set(tag, slot);
    }
    tables.set(struct, slots);
  }
  return slots;
}

const maxDepth = 200;

function readStruct(bytes: Uint8Array, struct: Struct, depth: number): Json {
  if (depth > maxDepth) throw new ProtobufError("proto: nested too deeply");
  const slots = slotsOf(struct);
  const reader = new BinaryReader(bytes);
  const out: Json = {};
  while (reader.pos < reader.len) {
    const [tag, wire] = reader.tag();
    const slot = slots.get(tag);
    if (!slot) skip(reader, wire);
    else if (slot.embed) Object.assign(out, readStruct(reader.bytes(), slot.embed, depth + 1));
    else readField(reader, wire, slot, out, depth);
  }
  return out;
}

/** Groups are of a time before Kubernetes, and the library would recurse into them. */
function skip(reader: BinaryReader, wire: WireType): void {
  if (wire === WireType.StartGroup || wire === WireType.EndGroup) throw new ProtobufError("proto: a group has no place in a message");
  reader.skip(wire);
}

function readField(reader: BinaryReader, wire: WireType, { name, schema }: Slot, out: Json, depth: number): void {
  if (schema.type === "list") {
    const list = (Object.hasOwn(out, name) ? out[name] : undefined) as unknown[] | undefined;
    const items = list ?? [];
    if (!list) out[name] = items;
    if (schema.of.type === "scalar" && wire === WireType.LengthDelimited && isVarint(schema.of.kind)) {
      const packed = new BinaryReader(reader.bytes());
      while (packed.pos < packed.len) items.push(readOne(packed, schema.of, depth));
    } else items.push(readOne(reader, schema.of, depth));
  } else if (schema.type === "map") {
    const map = ((Object.hasOwn(out, name) ? out[name] : undefined) ?? {}) as Json;
    out[name] = map;
    const entry = new BinaryReader(reader.bytes());
    let key = "";
    let value: unknown;
    while (entry.pos < entry.len) {
      const [tag, type] = entry.tag();
      if (tag === 1) key = entry.string();
      else if (tag === 2) value = readOne(entry, schema.of, depth);
      else skip(entry, type);
    }
    Object.defineProperty(map, key, { value: value ?? emptyOf(schema.of), enumerable: true, configurable: true, writable: true });
  } else out[name] = readOne(reader, schema, depth);
}

const isVarint = (kind: ScalarKind) => kind === "int32" || kind === "int64" || kind === "bool";
const emptyOf = (schema: Schema): unknown =>
  schema.type === "scalar" ? (isVarint(schema.kind) ? 0 : "") : schema.type === "list" ? [] : {};

function readOne(reader: BinaryReader, schema: Schema, depth: number): unknown {
  switch (schema.type) {
    case "struct":
      return readStruct(reader.bytes(), schema, depth + 1);
    case "list": {
      const inner = new BinaryReader(reader.bytes());
      const items: unknown[] = [];
      while (inner.pos < inner.len) {
        const [tag, wire] = inner.tag();
        if (tag === 1) items.push(readOne(inner, schema.of, depth + 1));
        else skip(inner, wire);
      }
      return items;
    }
    case "map":
      throw new ProtobufError("proto: a map cannot be an element");
    default:
      return schema.either ? readEither(reader.bytes(), schema.either, depth + 1) : readScalar(reader, schema.kind);
  }
}

function readScalar(reader: BinaryReader, kind: ScalarKind): unknown {
  switch (kind) {
    case "string":
      return reader.string();
    case "int32":
      return reader.int32();
    case "int64": {
      const value = BigInt(reader.int64());
      return Number.isSafeInteger(Number(value)) ? Number(value) : value;
    }
    case "bool":
      return reader.bool();
    case "double":
      return reader.double();
    case "bytes":
      return Buffer.from(reader.bytes()).toString("base64");
    case "quantity":
      return numbered(reader.bytes()).get(1) ?? "0";
    case "time":
    case "microTime": {
      const parts = numbered(reader.bytes());
      if (parts.size === 0) return null;
      const at = new Date(Number(parts.get(1) ?? 0) * 1000).toISOString().slice(0, 19);
      return kind === "time" ? `${at}Z` : `${at}.${String(Math.floor(Number(parts.get(2) ?? 0) / 1000)).padStart(6, "0")}Z`;
    }
    case "duration":
      return formatGoDuration(Number(numbered(reader.bytes()).get(1) ?? 0) / 1e6);
    case "intOrString": {
      const parts = numbered(reader.bytes());
      return Number(parts.get(1) ?? 0) === 1 ? (parts.get(3) ?? "") : Number(parts.get(2) ?? 0);
    }
    default: {
      const raw = numbered(reader.bytes()).get(1);
      return raw === undefined || raw === "" ? null : parseJson(String(raw));
    }
  }
}

/** A small message of numbers and texts by field number. */
function numbered(bytes: Uint8Array): Map<number, string | number> {
  const reader = new BinaryReader(bytes);
  const out = new Map<number, string | number>();
  while (reader.pos < reader.len) {
    const [tag, wire] = reader.tag();
    if (wire === WireType.Varint) out.set(tag, Number(reader.int64()));
    else if (wire === WireType.LengthDelimited) out.set(tag, text.decode(reader.bytes()));
    else skip(reader, wire);
  }
  return out;
}
