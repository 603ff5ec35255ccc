/** Fills in the defaults of a custom kind: when an object is written, and again when it is read, since the schema may be newer than it. */
import { setKey } from "#codec/mod.ts";
import { copyJson } from "../copy-json.ts";
import type { Structural } from "./structural.ts";

/** Changes the value in place. */
export function fillDefaults(value: unknown, schema: Structural | undefined): void {
  if (!schema?.defaults || typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return;
    for (let i = 0; i < value.length; i++) {
      if (value[i] === null && !items.nullable) value[i] = copyJson(items.default ?? null);
      fillDefaults(value[i], items);
    }
    return;
  }
  const object = value as Record<string, unknown>;
  const { properties, additional } = schema;
  if (properties)
    for (const [key, property] of properties) {
      if (property.default === undefined) continue;
      if (!Object.hasOwn(object, key) || (object[key] === null && !property.nullable)) setKey(object, key, copyJson(property.default));
    }
  for (const key of Object.keys(object)) {
    const own = properties?.get(key) ?? (typeof additional === "object" ? additional : undefined);
    if (!own) continue;
    if (own === additional && object[key] === null && !own.nullable) setKey(object, key, copyJson(own.default ?? null));
    fillDefaults(object[key], own);
  }
}

/** Whether reading an object anew and filling in defaults would leave it as it is: nearly every stored object is so. */
export function isAsServed(value: unknown, schema: Structural | undefined, kept = false): boolean {
  if (typeof value !== "object" || value === null) return true;
  const keeps = kept || schema?.preserves === true;
  if (Array.isArray(value)) {
    const { items } = schema ?? {};
    if (keeps && !items) return true;
    return value.every((item) => (item !== null || !items || items.nullable) && isAsServed(item, items, keeps));
  }
  if (!schema) return keeps || Object.keys(value).length === 0;
  const { properties, additional, embedded } = schema;
  const object = value as Record<string, unknown>;
  for (const key of Object.keys(object)) {
    if (embedded && (key === "apiVersion" || key === "kind" || key === "metadata")) continue;
    const item = object[key];
    const own = properties?.get(key) ?? (typeof additional === "object" ? additional : undefined);
    if (own) {
      if ((item === null && !own.nullable) || !isAsServed(item, own)) return false;
    } else if (additional !== undefined) {
      if (!isAsServed(item, undefined)) return false;
    } else if (!keeps) return false;
  }
  if (schema.defaults && properties)
    for (const [key, { default: other }] of properties) if (other !== undefined && !Object.hasOwn(object, key)) return false;
  return true;
}
