/**
 * The rules of a kind's writes, completed by the general rule that most kinds follow: the status is apart from the spec, each
 * written by its own path, and metadata.generation counts the changes of the spec.
 */
import { sameJson } from "#codec/mod.ts";
import { dropDisabled } from "./disabled.ts";
import type { Resource } from "./resource.ts";
import { type AnyObject, type Paths, type Rules, restore, restoreMeta, type WriteMoment } from "./rules.ts";
import { semanticEqual } from "./semantic-equal.ts";

/** Objects are changed in place: they are the request's own. `old` is never changed. */
export interface Writes {
  prepareForCreate(object: AnyObject, moment: WriteMoment): void;
  prepareForUpdate(object: AnyObject, old: AnyObject, moment: WriteMoment): void;
  /** By subresource that takes the object itself: status, and where the kind has them approval, finalize, ephemeralcontainers, resize. */
  prepareForSubresource: Readonly<Record<string, (object: AnyObject, old: AnyObject, moment: WriteMoment) => void>>;
  /** Fields that a write by this subresource ("" for none) does not own. */
  resetFields: Readonly<Record<string, Paths>>;
}

export function writesOf(resource: Resource, rules: Rules): Writes {
  const hasStatus = resource.subresources.some((one) => one.name === "status");
  const counts = rules.counts === undefined ? ["spec"] : rules.counts;
  const { create, update, sub = {} } = rules.prepare ?? {};
  return {
    prepareForCreate(object, moment) {
      dropDisabled(resource.schema, object, undefined);
      if (hasStatus && rules.status !== "sent") setStatus(object, rules.status?.(object));
      if (counts) object.metadata.generation = 1;
      create?.(object, moment);
    },
    prepareForUpdate(object, old, moment) {
      if (!rules.countsDisabled) dropDisabled(resource.schema, object, old);
      if (hasStatus) restore(object, old, "status");
      update?.(object, old, moment);
      if (
        counts &&
        !(counts === "all" ? sameContent(object, old) : counts.every((key) => semanticEqual(memberOf(object, key), memberOf(old, key))))
      )
        object.metadata.generation = (old.metadata.generation ?? 0) + 1;
      if (rules.countsDisabled) dropDisabled(resource.schema, object, old);
    },
    prepareForSubresource: {
      ...sub,
      ...(hasStatus && {
        status(object: AnyObject, old: AnyObject, moment: WriteMoment) {
          dropDisabled(resource.schema, object, old);
          restoreAllButStatus(object, old);
          keepMeta(object, old, rules.statusKeeps);
          sub.status?.(object, old, moment);
        },
      }),
    },
    resetFields: { ...(hasStatus && generalResets(rules.statusKeeps)), ...rules.resets },
  };
}

function setStatus(object: AnyObject, status: unknown): void {
  if (status === undefined) delete object.status;
  else object.status = status;
}

const statusParts = new Set(["apiVersion", "kind", "metadata", "status"]);

function restoreAllButStatus(object: AnyObject, old: AnyObject): void {
  for (const key of Object.keys(old)) if (!statusParts.has(key)) restore(object, old, key);
  for (const key of Object.keys(object)) if (!statusParts.has(key) && !(key in old)) delete object[key];
}

function keepMeta(object: AnyObject, old: AnyObject, keys: Rules["statusKeeps"] = []): void {
  if (keys === "all") restoreMeta(object, old);
  else for (const key of keys) restore(object.metadata, old.metadata, key);
}

function generalResets(keys: Rules["statusKeeps"] = []): Record<string, Paths> {
  const kept = keys === "all" ? [["metadata"]] : keys.map((key) => ["metadata", key]);
  return { "": [["status"]], status: [["spec"], ...kept] };
}

function sameContent({ metadata: _meta, ...content }: AnyObject, { metadata: _oldMeta, ...old }: AnyObject): boolean {
  return sameJson(content, old);
}

function memberOf(object: AnyObject, path: string): unknown {
  return path.startsWith("metadata.") ? object.metadata[path.slice(9)] : object[path];
}
