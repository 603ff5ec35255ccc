/** Where watch events go: bytes for clients on a connection, objects for clients in this process. */
import type { Served } from "#api/mod.ts";
import { viewOf } from "../catalog/conversions.ts";
import type { ResourceCache } from "../read/cache.ts";
import type { ObjectRecord } from "../read/record.ts";
import type { WatchSink } from "../read/watch.ts";
import {
  encodeObject,
  type FrameType,
  frameOf,
  inVersion,
  jsonFrame,
  partialOf,
  protobufFrame,
  recordProtobuf,
  tableOf,
} from "./encode.ts";
import type { Accepted } from "./negotiate.ts";

/** A connection's body while it is written. */
export interface Outlet {
  /** False: wait for `onRoom`. */
  write(bytes: Buffer): boolean;
  end(): void;
  /** Closes it whatever was written. */
  destroy(): void;
}

export interface SinkOptions {
  cache: ResourceCache;
  definition: Served;
  accepted: Accepted;
  includeObject: string;
  now(): number;
}

export function byteSink(out: Outlet, { definition, accepted, includeObject, now }: SinkOptions): WatchSink {
  const isStoredForm = definition.rules.storedAs === undefined;
  const shown = (record: ObjectRecord) => (isStoredForm ? record : viewOf(definition, record));
  const json = accepted.media === "json" && accepted.view === "object";
  const view = (record: ObjectRecord): object => {
    const table = () => tableOf(definition, [record.object], { resourceVersion: String(record.revision) }, { includeObject, now: now() });
    return inVersion(accepted.view === "table" ? table() : partialOf(record.object), accepted);
  };
  const frame = (type: FrameType, record: ObjectRecord): Buffer => {
    if (json) return jsonFrame(type, record);
    if (accepted.view === "object") return record.derive(`protobuf ${type}`, () => protobufFrame(type, recordProtobuf(record)));
    if (accepted.view === "table") return wrap(type, view(record));
    return record.derive(`${accepted.media} partial ${accepted.version ?? ""} ${type}`, () => wrap(type, view(record)));
  };
  const wrap = (type: string, object: object): Buffer =>
    accepted.media === "protobuf" ? protobufFrame(type, encodeObject(object, accepted, false)) : frameOf(type, object);
  const sink: WatchSink = {
    event:
      json && isStoredForm ? (type, record) => out.write(jsonFrame(type, record)) : (type, record) => out.write(frame(type, shown(record))),
    bookmark: (revision, initialEnd) => {
      const metadata: Record<string, unknown> = { resourceVersion: String(revision), creationTimestamp: null };
      if (initialEnd) metadata.annotations = { "k8s.io/initial-events-end": "true" };
      const object = { kind: definition.kind, apiVersion: definition.apiVersion, metadata };
      if (accepted.view === "table")
        return out.write(
          wrap(
            "BOOKMARK",
            inVersion(
              {
                ...(tableOf(definition, [], { resourceVersion: String(revision) }, { includeObject, now: now() }) as object),
                rows: [{ cells: [], object: partialOf(object as never) }],
              },
              accepted,
            ),
          ),
        );
      return out.write(wrap("BOOKMARK", accepted.view === "partial" ? inVersion(partialOf(object as never), accepted) : object));
    },
    error: (status) => void out.write(wrap("ERROR", status)),
    end: () => out.end(),
    abandon: () => out.destroy(),
  };
  if (json) sink.batch = (cache, first, end) => out.write(batchOf(cache, { first, end }, isStoredForm ? cache : definition, shown));
  return sink;
}

/** The frames of the latest batches of changes, each as one buffer: made once for all watchers of everything. */
const batches = new WeakMap<object, Map<number, { end: number; bytes: Buffer }>>();
const batchesKept = 8;

/** `form`: what the shown form belongs to, since versions of a kind share their cache. */
function batchOf(
  cache: ResourceCache,
  { first, end }: { first: number; end: number },
  form: object,
  shown: (record: ObjectRecord) => ObjectRecord,
): Buffer {
  let kept = batches.get(form);
  if (!kept) batches.set(form, (kept = new Map()));
  const known = kept.get(first);
  if (known?.end === end) return known.bytes;
  const frames: Buffer[] = [];
  for (let i = first; i < end; i++) {
    const change = cache.changeAt(i)!;
    frames.push(jsonFrame(change.deleted ? "DELETED" : change.previous ? "MODIFIED" : "ADDED", shown(change.record)));
  }
  const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  if (kept.size >= batchesKept) kept.delete(kept.keys().next().value!);
  kept.set(first, { end, bytes });
  return bytes;
}
