/** After every create and update: the writer owns what it changed, the others no longer own it. */

import type { ManagedFieldsEntry } from "../meta/object-meta.ts";
import type { KubeObject } from "../resource.ts";
import type { Struct } from "../schema.ts";
import { compareObjects, fieldsOf, isSame } from "./compare.ts";
import { createdFields } from "./created.ts";
import { emptySet, type FieldSet, intersection, isEmptySet, recursiveDifference, setOfPaths, union } from "./field-set.ts";
import {
  capUpdaters,
  decodeManagers,
  encodeManagers,
  identityOf,
  type ManagerId,
  type Managers,
  subtractFrom,
  withoutManagedFields,
  withoutMeta,
} from "./managers.ts";
import type { Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";

export interface TrackUpdate {
  schema: Struct;
  apiVersion: string;
  /** What is stored; undefined for a create. */
  live: KubeObject | undefined;
  /** What will be stored, defaults and all. */
  next: KubeObject;
  /** See managerName. */
  manager: string;
  subresource?: string;
  /** Of a server's own write that upstream makes as an apply of just what it changes. */
  operation?: "Apply";
  /** RFC 3339, whole seconds. */
  time: string;
  /** Paths that this write does not own: `strategyOf(resource).resetFields[subresource]`. */
  resetFields?: readonly (readonly string[])[];
}

/** The managedFields that `next` shall carry; undefined for none. Neither object is changed. */
export function trackUpdate(write: TrackUpdate): ManagedFieldsEntry[] | undefined {
  const { live, next, manager, operation = "Update", apiVersion, subresource, time } = write;
  if (!live && !next.metadata.managedFields?.length) return trackCreate(write);
  const managers = startingPoint(live, next, subresource);
  // Objects that nobody tracks yet start with an apply or at creation.
  if (managers.size === 0 && live?.metadata.uid) return undefined;
  const id: ManagerId = { manager: manager || "unknown", operation, apiVersion, subresource };
  updateManagers(managers, shapeOf(write.schema), live, next, id, time, write.resetFields);
  return managers.size > 0 ? encodeManagers(managers) : undefined;
}

function trackCreate({ schema, next, manager, apiVersion, subresource, time, resetFields }: TrackUpdate): ManagedFieldsEntry[] | undefined {
  const fieldsV1 = createdFields(shapeOf(schema), next as unknown as Record<string, unknown>, resetSet(resetFields));
  if (!fieldsV1) return undefined;
  const entry = { manager: manager || "unknown", operation: "Update", apiVersion, time, fieldsType: "FieldsV1", fieldsV1 };
  return [subresource ? { ...entry, subresource } : entry];
}

export function updateManagers(
  managers: Managers,
  shape: Shape,
  live: KubeObject | undefined,
  next: KubeObject,
  id: ManagerId,
  time: string,
  resetFields: readonly (readonly string[])[] | undefined,
): void {
  const reset = resetSet(resetFields);
  const delta = compareObjects(
    shape,
    live && (withoutManagedFields(live) as unknown as Record<string, unknown>),
    withoutManagedFields(next) as unknown as Record<string, unknown>,
  );
  if (isSame(delta)) return;
  const added = recursiveDifference(delta.added, reset);
  const modified = recursiveDifference(delta.modified, reset);
  const removed = recursiveDifference(delta.removed, reset);
  const changed = union(modified, added);
  for (const [identity, owned] of [...managers]) {
    subtractFrom(managers, identity, intersection(owned.set, changed));
    const left = managers.get(identity);
    if (left && !isEmptySet(intersection(left.set, removed))) subtractFrom(managers, identity, removed);
  }
  // An applier owns what it said, and not the levels above that.
  const own = withoutMeta(
    id.operation === "Apply" ? intersection(changed, fieldsOf(shape, next as unknown as Record<string, unknown>)) : changed,
  );
  if (!isEmptySet(own)) {
    const identity = identityOf(id);
    const before = managers.get(identity);
    managers.set(identity, { id, set: before ? union(own, before.set) : own, time });
  }
  capUpdaters(managers);
}

const resetSets = new WeakMap<object, FieldSet>();

export function resetSet(paths: readonly (readonly string[])[] | undefined): FieldSet {
  if (!paths) return emptySet;
  let set = resetSets.get(paths);
  if (!set) {
    set = setOfPaths(paths);
    resetSets.set(paths, set);
  }
  return set;
}

/** A client may send the entries back, changed; an empty list or one empty entry gives tracking up. */
function startingPoint(live: KubeObject | undefined, next: KubeObject, subresource: string | undefined): Managers {
  const stored = () => decodeManagers(live?.metadata.managedFields) ?? new Map();
  if (subresource) return stored();
  const sent = next.metadata.managedFields;
  if (sent && (sent.length === 0 || (sent.length === 1 && Object.keys(sent[0]!).length === 0))) return new Map();
  const managers = decodeManagers(sent);
  return managers && managers.size > 0 ? managers : stored();
}

/** `?fieldManager=`, or else the first part of the user agent. */
export function managerName(fieldManager: string | undefined, userAgent: string | undefined): string {
  if (fieldManager) return fieldManager;
  let name = "";
  for (const char of (userAgent ?? "").split("/")[0]!) {
    if (!/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char)) continue;
    if (Buffer.byteLength(name + char) > 128) break;
    name += char;
  }
  return name;
}
