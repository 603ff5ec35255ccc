/**
 * Takes bytes that another writer stored (upstream's server, an older version of ours) into the form of our records: upstream's
 * protobuf and JSON, in whatever version of the kind it stores, with the defaults that it adds when it reads.
 */
import { applyDefaults, decode, decodeProtobuf, type Resource, type Rules } from "#api/mod.ts";
import { parsedFrom, type Stored, storedBytes } from "./record.ts";

/** The kind as it is stored. */
export type StoredKind = Pick<Resource, "apiVersion" | "kind" | "schema"> & { rules?: Rules };

/** What protobuf begins with: no JSON does. */
const magic = Buffer.from("k8s\0");

export function adoptBytes(value: Buffer, head: Buffer, kind: StoredKind): Buffer {
  if (value.length > head.length && value.compare(head, 0, head.length, 0, head.length) === 0 && value.indexOf('"resourceVersion"') < 0)
    return value;
  const isProtobuf = value.length >= magic.length && value.compare(magic, 0, magic.length, 0, magic.length) === 0;
  return storedBytes(isProtobuf ? fromProtobuf(value, kind) : fromJson(value, kind), head);
}

function fromJson(value: Buffer, { apiVersion, rules }: StoredKind): Stored {
  const object = parsedFrom(value);
  return rules?.fromOlder && object.apiVersion !== apiVersion ? (rules.fromOlder(object) as Stored) : object;
}

/** A version that upstream stores and we do not have is an earlier one of the same kind, with fields of the same numbers. */
function fromProtobuf(value: Buffer, { schema, apiVersion, kind, rules }: StoredKind): Stored {
  const read = decodeProtobuf(value, schema);
  if (groupOf(String(read.apiVersion)) !== groupOf(apiVersion) || read.kind !== kind)
    throw new Error(`the store has ${read.kind} of ${read.apiVersion} where ${kind} of ${apiVersion} is expected`);
  if (rules?.fromOlder && read.apiVersion !== apiVersion)
    throw new Error(`the store has ${kind} of ${read.apiVersion} in protobuf, whose fields are others than those of ${apiVersion}`);
  const object = decode(schema, { ...read, apiVersion }).value as Stored;
  object.metadata ??= {};
  if (rules) applyDefaults({ rules, schema }, object);
  return object;
}

const groupOf = (apiVersion: string) => apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
