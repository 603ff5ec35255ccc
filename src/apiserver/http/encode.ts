/** Answers in the form that the client reads. Records are copied between constant frames; everything else is derived from them. */
import { encodeProtobuf, type Resource, type Served, tableRow } from "#api/mod.ts";
import { writeYaml } from "#codec/mod.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import type { Answer, ListAnswer } from "../request/call.ts";
import { badRequest, failure } from "../request/errors.ts";
import { type Accepted, contentTypeOf, type View } from "./negotiate.ts";

export interface Encoded {
  status: number;
  contentType: string;
  /** One buffer, or chunks that are made while they are sent. */
  body: Buffer | Iterable<Buffer>;
}

export type Encodable = Exclude<Answer, { kind: "watch" | "taken" | "bytes" }>;

export interface EncodeOptions {
  accepted: Accepted;
  pretty: boolean;
  /** Of tables: None, Metadata or Object. */
  includeObject: string;
  now: number;
}

const chunkBytes = 256 * 1024;
const newline = Buffer.from("\n");

export function encode(answer: Encodable, options: EncodeOptions): Encoded {
  const { accepted, pretty } = options;
  const contentType = contentTypeOf(accepted);
  const { status } = answer;
  const isStatus = answer.kind === "object" && answer.object.kind === "Status";
  if (accepted.view === "object" || isStatus) {
    if (accepted.media === "json" && !pretty) {
      if (answer.kind === "record") return { status, contentType, body: recordJson(answer.record) };
      if (answer.kind === "list") return { status, contentType, body: listJson(answer) };
    }
    if (accepted.media === "protobuf" && answer.kind === "list") return { status, contentType, body: listProtobuf(answer) };
    const object = objectOf(answer);
    return {
      status,
      contentType: isStatus ? contentTypeOf({ ...accepted, view: "object" }) : contentType,
      body: encodeObject(object, accepted, pretty),
    };
  }
  suits(answer, accepted.view);
  const view = accepted.view === "table" ? table(answer, options) : partial(answer);
  return { status, contentType, body: encodeObject(inVersion(view, accepted), accepted, pretty) };
}

/** A view, and the views in it, in the older version that was asked for. */
export function inVersion(view: object, { version }: Accepted): object {
  if (!version) return view;
  const { rows, items, ...rest } = view as { rows?: { object: object | null }[]; items?: object[] };
  const named = (one: object) => ({ ...one, apiVersion: `meta.k8s.io/${version}` });
  const isView = (one: object | null) => (one as { kind?: string } | null)?.kind === "PartialObjectMetadata";
  return {
    ...named(rest),
    ...(items && { items: items.map(named) }),
    ...(rows && { rows: rows.map((row) => (isView(row.object) ? { ...row, object: named(row.object!) } : row)) }),
  };
}

/** Of a list there is only the list of its metadata, and of an object only its own. */
function suits(answer: Encodable, view: View): void {
  if (answer.kind === "object") return;
  const isList = answer.kind === "list";
  if (view === "table" || (view === "partialList") === isList) return;
  const asked = isList ? "PartialObjectMetadata" : "PartialObjectMetadataList";
  const type = goTypeOf(answer.definition, isList);
  throw failure(406, "NotAcceptable", `you requested ${asked}, but the requested object is ${isList ? "a" : "not a"} list (*${type})`);
}

/** The type that upstream holds it in: `core.PodList`. */
function goTypeOf({ group, kind, listKind, schema }: Served, isList: boolean): string {
  if (schema.structural) return isList ? "unstructured.UnstructuredList" : "unstructured.Unstructured";
  const home = group === "" || group === "events.k8s.io" ? "core" : group.split(".")[0];
  return `${home}.${isList ? listKind : kind}`;
}

function recordJson(record: ObjectRecord): Buffer {
  const size = record.size;
  const out = Buffer.allocUnsafe(size + 1);
  record.write(out, 0);
  out[size] = 10;
  return out;
}

function objectOf(answer: Encodable): object {
  if (answer.kind === "record") return answer.record.object;
  if (answer.kind === "object") return answer.object;
  const { definition, records } = answer;
  return {
    kind: definition.listKind,
    apiVersion: definition.apiVersion,
    metadata: listMeta(answer),
    items: records.map(({ object }) => (definition.schema.structural ? object : withoutType(object))),
  };
}

function withoutType({ kind: _k, apiVersion: _a, ...rest }: Stored): object {
  return rest;
}

export function listMeta({ revision, continue: token, remaining }: Pick<ListAnswer, "revision" | "continue" | "remaining">): object {
  return {
    resourceVersion: String(revision),
    ...(token ? { continue: token } : {}),
    ...(remaining ? { remainingItemCount: remaining } : {}),
  };
}

const itemStart = Buffer.from('{"metadata":{');

/** Items of a list carry no kind: each record's head is left out. Those of custom kinds carry it. */
export function* listJson(answer: ListAnswer): Generator<Buffer> {
  const { records, definition } = answer;
  const isCustom = definition.schema.structural !== undefined;
  let out = Buffer.allocUnsafe(chunkBytes);
  let at = out.write(
    `{"kind":"${definition.listKind}","apiVersion":"${definition.apiVersion}","metadata":${JSON.stringify(listMeta(answer))},"items":[`,
  );
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    const need = record.size + 4;
    if (at + need > out.length) {
      yield out.subarray(0, at);
      out = Buffer.allocUnsafe(Math.max(chunkBytes, need));
      at = 0;
    }
    if (i > 0) out[at++] = 44;
    if (isCustom) {
      at = record.write(out, at);
      continue;
    }
    at += itemStart.copy(out, at);
    at += out.write(`"resourceVersion":"${record.revision}",`, at, "latin1");
    at += record.value.copy(out, at, record.head.length);
  }
  if (at + 3 > out.length) {
    yield out.subarray(0, at);
    out = Buffer.allocUnsafe(8);
    at = 0;
  }
  at += out.write("]}\n", at);
  yield out.subarray(0, at);
}

export function encodeObject(object: object, accepted: Accepted, pretty: boolean): Buffer {
  switch (accepted.media) {
    case "yaml":
      return Buffer.from(writeYaml(object));
    case "protobuf":
      return protobuf(object);
    default:
      return Buffer.from(pretty ? `${JSON.stringify(object, null, 2)}\n` : `${JSON.stringify(object)}\n`);
  }
}

function protobuf(object: object): Buffer {
  const bytes = encodeProtobuf(object as Stored);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function recordProtobuf(record: ObjectRecord): Buffer {
  return record.derive("protobuf", () => protobuf(record.object));
}

function listProtobuf(answer: ListAnswer): Buffer {
  return protobuf(objectOf(answer));
}

export interface PartialObject {
  kind: "PartialObjectMetadata";
  apiVersion: "meta.k8s.io/v1";
  metadata: Stored["metadata"];
}

export function partialOf({ metadata }: Stored | { metadata: Stored["metadata"] }): PartialObject {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
}

function partial(answer: Encodable): object {
  if (answer.kind === "list")
    return {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: listMeta(answer),
      items: answer.records.map((record) => partialOf(record.object)),
    };
  const object = answer.kind === "record" ? answer.record.object : (answer.object as Stored);
  const items = itemsOf(object)?.map(partialOf);
  if (!items) return partialOf(object);
  return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata: object.metadata, items };
}

/** Of a list that was made and not stored. */
const itemsOf = ({ kind, items }: Stored): Stored[] | undefined => (kind.endsWith("List") ? (items as Stored[] | undefined) : undefined);

const includes = ["", "None", "Metadata", "Object"];

export function table(answer: Encodable, options: EncodeOptions): object {
  const { definition } = answer as { definition?: Served };
  if (!definition) throw badRequest("Unable to convert to Table as requested");
  if (!includes.includes(options.includeObject))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(options.includeObject)}: must be 'Metadata', 'Object', 'None', or empty`,
    );
  if (answer.kind === "list") {
    const objects = answer.records.map((record) => record.object);
    return tableOf(definition, objects, listMeta(answer), options);
  }
  const object = answer.kind === "record" ? answer.record.object : (answer.object as Stored);
  const metadata = itemsOf(object) ? object.metadata : { resourceVersion: object.metadata.resourceVersion };
  return tableOf(definition, itemsOf(object) ?? [object], metadata, options);
}

export function tableOf(
  definition: Served,
  objects: Stored[],
  metadata: object,
  { includeObject, now }: Pick<EncodeOptions, "includeObject" | "now">,
): object {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columnsOf(definition),
    rows: objects.map((object) => ({
      cells: cellsOf(definition, object, now),
      object: includeObject === "None" ? null : includeObject === "Object" ? object : partialOf(object),
    })),
  };
}

function columnsOf(definition: Resource): object[] {
  const columns = definition.columns.length
    ? definition.columns
    : [
        { name: "Name", type: "string", format: "name" },
        { name: "Created At", type: "date" },
      ];
  return columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({ name, type, format, description, priority }));
}

function cellsOf(definition: Served, object: Stored, now: number): unknown[] {
  return tableRow(definition, object, now);
}

/** The frames of watch events: one buffer an event, shared by every watcher that reads the same form. */
export type FrameType = "ADDED" | "MODIFIED" | "DELETED";

const frameStarts = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};

export function jsonFrame(type: FrameType, record: ObjectRecord): Buffer {
  return record.derive(type, makeFrame);
}

function makeFrame(record: ObjectRecord, type: string): Buffer {
  const start = frameStarts[type as FrameType];
  const out = Buffer.allocUnsafe(start.length + record.size + 2);
  let at = start.copy(out, 0);
  at = record.write(out, at);
  out[at] = 125;
  out[at + 1] = 10;
  return out;
}

export function frameOf(type: string, object: unknown): Buffer {
  return Buffer.from(`{"type":"${type}","object":${JSON.stringify(object)}}\n`);
}

/** A protobuf watch frame: four bytes of length, then WatchEvent {1: type, 2: RawExtension {1: raw}} in its envelope. */
export function protobufFrame(type: string, object: Buffer): Buffer {
  const name = Buffer.from(type);
  const extension = Buffer.concat([Buffer.from([0x0a]), varint(object.length), object]);
  const event = Buffer.concat([Buffer.from([0x0a]), varint(name.length), name, Buffer.from([0x12]), varint(extension.length), extension]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      return Buffer.from(bytes);
    }
    bytes.push((rest & 127) | 128);
  }
}

export { newline };
