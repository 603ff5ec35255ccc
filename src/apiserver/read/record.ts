/**
 * One object as it is served: the stored bytes (which carry no resourceVersion) and its revision, spliced together when
 * written out. Everything derived (parsed object, other representations) is made once, when first asked for.
 */
import type { KubeObject } from "#api/mod.ts";
import { parseJson } from "#codec/mod.ts";

export type Stored = KubeObject & Record<string, unknown>;
type Labels = Readonly<Record<string, string>>;

/** The bytes in front of the first metadata field, the same for every object of a kind. */
export function headOf(apiVersion: string, kind: string): Buffer {
  return Buffer.from(`{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{`);
}

/** Parsed objects stay beside their record while they are among the latest used ones. */
const parsedLimit = 4096;
const parsed: (ObjectRecord | undefined)[] = new Array(parsedLimit);
let parsedAt = 0;

export class ObjectRecord {
  readonly key: string;
  readonly revision: number;
  readonly value: Buffer;
  readonly head: Buffer;
  #object: Stored | undefined;
  #frozen = false;
  #labels: Labels | null | undefined;
  /** Representations other than JSON, by the id of the encoding. */
  #derived: Map<string, unknown> | undefined;
  /** As versions of its kind show it, by apiVersion; `by` is of the definition that it was made for. */
  #views: Map<string, { by: object; record: ObjectRecord }> | undefined;

  constructor(key: string, value: Buffer, revision: number, head: Buffer, object?: Stored) {
    this.key = key;
    this.value = value;
    this.revision = revision;
    this.head = head;
    if (object) this.#remember(object);
  }
  #remember(object: Stored): void {
    this.#object = object;
    const before = parsed[parsedAt];
    if (before) before.#object = undefined;
    parsed[parsedAt] = this;
    parsedAt = (parsedAt + 1) % parsedLimit;
    this.#labels = (object.metadata.labels as Labels | undefined) ?? null;
  }
  /** The parsed object with its resourceVersion. Shared: never change it. */
  get object(): Stored {
    if (this.#object) return this.#object;
    const object = parsedFrom(this.value);
    object.metadata.resourceVersion = String(this.revision);
    this.#frozen = false;
    this.#remember(object);
    return object;
  }
  /** The same object, deeply frozen: for code outside this room. */
  get frozen(): Stored {
    const object = this.object;
    if (!this.#frozen) {
      freeze(object);
      this.#frozen = true;
    }
    return object;
  }
  /** A copy that may be changed. */
  copy(): Stored {
    const object = parsedFrom(this.value);
    object.metadata.resourceVersion = String(this.revision);
    return object;
  }
  get labels(): Labels | undefined {
    if (this.#labels === undefined) this.#labels = (this.object.metadata.labels as Labels | undefined) ?? null;
    return this.#labels ?? undefined;
  }
  /** How many bytes the JSON has. */
  get size(): number {
    return this.value.length + versionLength(this.revision);
  }
  /** Writes the JSON into `into` at `at`; returns where it ends. */
  write(into: Buffer, at: number): number {
    const { value, head } = this;
    const cut = head.length;
    value.copy(into, at, 0, cut);
    at += cut;
    at += into.write(`"resourceVersion":"${this.revision}",`, at, "latin1");
    return at + value.copy(into, at, cut);
  }
  /** The JSON as it is served. */
  json(): Buffer {
    const out = Buffer.allocUnsafe(this.size);
    this.write(out, 0);
    return out;
  }
  derive<T extends object>(id: string, make: (record: ObjectRecord, id: string) => T): T {
    this.#derived ??= new Map();
    let made = this.#derived.get(id) as T | undefined;
    if (!made) {
      made = make(this, id);
      this.#derived.set(id, made);
    }
    return made;
  }
  hasView(apiVersion: string, by: object): boolean {
    return this.#views?.get(apiVersion)?.by === by;
  }
  view(apiVersion: string, by: object, make: () => ObjectRecord): ObjectRecord {
    const known = this.#views?.get(apiVersion);
    if (known?.by === by) return known.record;
    const record = make();
    this.#views ??= new Map();
    this.#views.set(apiVersion, { by, record });
    return record;
  }
  /** Frames are for watchers who read the latest changes: they go when the change leaves the ring, and other forms with them. */
  forgetFrames(): void {
    this.#derived = undefined;
    for (const [apiVersion, { record }] of this.#views ?? []) if (record !== this) this.#views!.delete(apiVersion);
  }
  /** The same stored bytes at another revision: what a DELETED event shows. */
  at(revision: number): ObjectRecord {
    return new ObjectRecord(this.key, this.value, revision, this.head);
  }
}

/** Integers of 64 bits keep their digits; nearly no object has any. */
export function parsedFrom(value: Buffer): Stored {
  const text = value.toString();
  return (/\d{16}/.test(text) ? parseJson(text) : JSON.parse(text)) as Stored;
}

const versionFrame = `"resourceVersion":"",`.length;

function versionLength(revision: number): number {
  let digits = 1;
  for (let rest = revision; rest >= 10; rest = Math.floor(rest / 10)) digits++;
  return versionFrame + digits;
}

/** The bytes to store: kind, apiVersion and metadata first, so that the revision can be spliced in, and no resourceVersion. */
export function storedBytes(object: Stored, head: Buffer): Buffer {
  const text = Object.isFrozen(object) ? slowTail(object) : (fastTail(object) ?? slowTail(object));
  const length = head.length + Buffer.byteLength(text);
  // Not from the pool: a record lives long, and would keep its neighbours' slab.
  const out = Buffer.allocUnsafeSlow(length);
  head.copy(out);
  out.write(text, head.length);
  return out;
}

const metadataFirst = '{"metadata":{';

/** What follows the head, in one pass: what must not be stored is undefined while it is written. */
function fastTail(object: Stored): string | undefined {
  const { kind, apiVersion, metadata } = object;
  if (Object.isFrozen(metadata)) return undefined;
  const { resourceVersion } = metadata;
  const open = object as Partial<Stored>;
  open.kind = undefined;
  open.apiVersion = undefined;
  if (resourceVersion !== undefined) metadata.resourceVersion = undefined;
  const text = JSON.stringify(object);
  open.kind = kind;
  open.apiVersion = apiVersion;
  if (resourceVersion !== undefined) metadata.resourceVersion = resourceVersion;
  return text.startsWith(metadataFirst) ? text.slice(metadataFirst.length) : undefined;
}

function slowTail(object: Stored): string {
  const { metadata, kind: _kind, apiVersion: _version, ...rest } = object;
  const { resourceVersion: _revision, ...meta } = metadata as Record<string, unknown>;
  const metaText = JSON.stringify(meta);
  const restText = JSON.stringify(rest);
  return metaText.slice(1, -1) + (restText.length > 2 ? `},${restText.slice(1)}` : "}}");
}

const beginning = /^\{"kind":"[^"]*","apiVersion":"([^"]*)","metadata":\{/;

/** The version that a stored object of a custom kind has: the definition may have come to store another one since. */
export function storedVersion(value: Buffer): string {
  const [, apiVersion] = beginning.exec(value.toString("latin1", 0, 512)) ?? [];
  return apiVersion ?? parsedFrom(value).apiVersion;
}

export function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Array.isArray(value) ? value : Object.values(value)) freeze(inner);
}
