/** Objects within objects: they have a type of their own, and metadata that follows the rules of all metadata. */
import { checkDns1035Label } from "#codec/mod.ts";
import { pathSegmentName, validateObjectMeta } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import type { ObjectMeta } from "../meta/object-meta.ts";
import type { Structural } from "./structural.ts";

type Json = Record<string, unknown>;

export function checkEmbedded(schema: Structural, value: unknown, problems: Problems, path = ""): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items) value.forEach((item, i) => checkEmbedded(items, item, problems, `${path}[${i}]`));
    return;
  }
  const object = value as Json;
  if (schema.embedded) checkOne(object, problems, path);
  for (const key of Object.keys(object)) {
    const own = schema.properties?.get(key);
    if (own) checkEmbedded(own, object[key], problems, `${path && `${path}.`}${key}`);
    else if (typeof schema.additional === "object") checkEmbedded(schema.additional, object[key], problems, `${path}[${key}]`);
  }
}

/** Whether an embedded object can stand anywhere in an object of the schema: most have none, and need no walk. */
export function embeds(schema: Structural): boolean {
  const below = [...(schema.properties?.values() ?? [])];
  if (schema.items) below.push(schema.items);
  if (typeof schema.additional === "object") below.push(schema.additional);
  return schema.embedded || below.some(embeds);
}

function checkOne(object: Json, problems: Problems, path: string): void {
  const at = (name: string) => (path ? `${path}.${name}` : name);
  for (const name of ["apiVersion", "kind"]) if (!Object.hasOwn(object, name)) problems.required(at(name));
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (key === "apiVersion" || key === "kind") {
      if (typeof value !== "string") problems.invalid(at(key), value, "must be a string");
      else if (value === "") problems.invalid(at(key), value, "must not be empty");
      else if (key === "apiVersion") {
        if (value.split("/").length > 2) problems.invalid(at(key), value, `unexpected GroupVersion string: ${value}`);
      } else {
        const texts = checkDns1035Label(value.toLowerCase());
        if (texts.length > 0) problems.invalid(at(key), value, `may have mixed case, but should otherwise match: ${texts.join(",")}`);
      }
    } else if (key === "metadata" && typeof value === "object" && value !== null) {
      const meta = value as ObjectMeta;
      // A name may be left out here, and only here.
      const named = meta.name ? meta : { ...meta, name: "fakename" };
      validateObjectMeta(named, { namespaced: Boolean(meta.namespace), name: pathSegmentName, path: at("metadata") }, problems);
    }
  }
}
