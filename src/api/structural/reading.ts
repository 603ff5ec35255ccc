/**
 * Reads an object of a custom kind: what its schema does not know is left out and named, nulls that may not be are taken for
 * absence, metadata (its own and that of embedded objects) is read as upstream's own type. The result shares nothing with
 * what was given.
 */
import { setKey } from "#codec/mod.ts";
import { copyJson } from "../copy-json.ts";
import { DecodeError, Trail } from "../trail.ts";
import type { Structural } from "./structural.ts";

export interface ReadOptions {
  /** Reads a value as ObjectMeta. */
  readMeta(value: unknown, trail: Trail): unknown;
  /** What of the metadata cannot be read is left out: so are objects read that somebody else stored. */
  lenient: boolean;
}

type Json = Record<string, unknown>;
const metaFields = new Set(["apiVersion", "kind", "metadata"]);

export interface ReadCustom {
  value: Json;
  /** In upstream's order: of the metadata, of the object, of embedded metadata. */
  unknown: string[];
}

export function readCustom(schema: Structural, value: Json, options: ReadOptions): ReadCustom {
  const reading = new Reading(options);
  const { apiVersion, kind, metadata, ...rest } = value;
  const own = Object.hasOwn(value, "metadata") ? reading.meta(metadata, "") : undefined;
  const first = reading.embeddedUnknown.splice(0);
  const read = reading.members(rest, schema, schema.preserves);
  const head: Json = {};
  if (apiVersion !== undefined) head.apiVersion = apiVersion;
  if (kind !== undefined) head.kind = kind;
  if (own !== undefined) head.metadata = own;
  return { value: Object.assign(head, read), unknown: [...first, ...reading.unknown.sort(), ...reading.embeddedUnknown.sort()] };
}

class Reading {
  readonly unknown: string[] = [];
  readonly embeddedUnknown: string[] = [];
  readonly #path: (string | number)[] = [];
  readonly #options: ReadOptions;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  meta(value: unknown, path: string): unknown {
    const trail = new Trail();
    const read = value === null ? {} : this.#options.lenient ? this.#mildly(value) : this.#options.readMeta(value, trail);
    for (const name of trail.unknown) this.embeddedUnknown.push(`${path && `${path}.`}metadata.${name}`);
    return read;
  }

  #mildly(value: unknown): unknown {
    try {
      return this.#options.readMeta(value, new Trail());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      if (typeof value !== "object" || value === null) return {};
      const good = Object.entries(value).filter(([key, item]) => this.#canRead({ [key]: item }));
      return this.#options.readMeta(Object.fromEntries(good), new Trail());
    }
  }

  #canRead(meta: object): boolean {
    try {
      this.#options.readMeta(meta, new Trail());
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }

  /** `kept`: what is not declared stays. */
  members(value: Json, schema: Structural, kept: boolean): Json {
    const out: Json = {};
    const { properties, additional } = schema;
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (schema.embedded && metaFields.has(key)) {
        setKey(out, key, this.#embedded(key, item));
        continue;
      }
      const declared = properties?.get(key);
      const own = declared ?? (typeof additional === "object" ? additional : undefined);
      if (own) {
        if (item === null && !own.nullable && own.default === undefined) continue;
        this.#path.push(key);
        setKey(out, key, this.#value(item, own, false));
        this.#path.pop();
      } else if (additional !== undefined) {
        this.#path.push(key);
        setKey(out, key, this.#value(item, undefined, false));
        this.#path.pop();
      } else if (kept) setKey(out, key, copyJson(item));
      else this.unknown.push(this.#at(key));
    }
    return out;
  }

  /** Without a schema nothing is declared, so nothing of an object stays. */
  #value(value: unknown, schema: Structural | undefined, kept: boolean): unknown {
    if (typeof value !== "object" || value === null) return value;
    const keeps = kept || schema?.preserves === true;
    if (Array.isArray(value)) {
      const { items } = schema ?? {};
      if (keeps && !items) return copyJson(value);
      return value.map((item, index) => {
        this.#path.push(index);
        const read = this.#value(item, items, keeps);
        this.#path.pop();
        return read;
      });
    }
    if (schema) return this.members(value as Json, schema, keeps);
    if (keeps) return copyJson(value);
    for (const key of Object.keys(value)) this.unknown.push(this.#at(key));
    return {};
  }

  #embedded(key: string, value: unknown): unknown {
    if (key !== "metadata") {
      if (typeof value === "string") return value;
      throw new DecodeError(`${this.#at(key)}: Invalid value: ${JSON.stringify(value)}: must be a string`);
    }
    try {
      return this.meta(value, this.#at());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new DecodeError(`${this.#at(key)}: Invalid value: ${JSON.stringify(value)}: ${error.message}`, { cause: error });
    }
  }

  /** `spec.parts[0].size` */
  #at(key?: string): string {
    let path = "";
    for (const step of this.#path) path += typeof step === "number" ? `[${step}]` : `${path && "."}${step}`;
    return key === undefined ? path : `${path && `${path}.`}${key}`;
  }
}
