/** Who owns which fields: the entries of metadata.managedFields, read, combined, capped and written. */
import type { ManagedFieldsEntry, ObjectMeta } from "../meta/object-meta.ts";
import { decodeFieldSet, difference, encodeFieldSet, type FieldSet, isEmptySet, setOfPaths, union } from "./field-set.ts";

export interface ManagerId {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource?: string | undefined;
}

export interface Owned {
  id: ManagerId;
  set: FieldSet;
  time: string | undefined;
  /** As it stands in the object, while the set is unchanged. */
  entry?: ManagedFieldsEntry;
}

/** By identity: manager, operation, subresource and, for updates, the version. */
export type Managers = Map<string, Owned>;

export function identityOf({ manager, operation, apiVersion, subresource }: ManagerId): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === "Update" && apiVersion && { apiVersion }),
    ...(subresource && { subresource }),
  });
}

/** Undefined when an entry is not what a server writes. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers | undefined {
  const out: Managers = new Map();
  for (const entry of entries ?? []) {
    const { manager = "", operation, apiVersion, time, fieldsType, fieldsV1, subresource } = entry;
    if (operation !== "Apply" && operation !== "Update") return undefined;
    if (!apiVersion || fieldsType !== "FieldsV1" || !fieldsV1) return undefined;
    const id: ManagerId = { manager, operation, apiVersion, subresource };
    try {
      out.set(identityOf(id), { id, set: decodeFieldSet(fieldsV1), time, entry });
    } catch {
      return undefined;
    }
  }
  return out;
}

export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  const entries = [...managers.values()].map(({ id, set, time, entry }): ManagedFieldsEntry => {
    if (entry && entry.time === time) return entry;
    return {
      manager: id.manager,
      operation: id.operation,
      apiVersion: id.apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: "FieldsV1",
      fieldsV1: entry?.fieldsV1 ?? encodeFieldSet(set),
      ...(id.subresource && { subresource: id.subresource }),
    };
  });
  const key = (entry: ManagedFieldsEntry) =>
    [entry.operation, entry.time ?? "", entry.manager, entry.apiVersion, entry.subresource ?? ""] as string[];
  return entries.sort((a, b) => {
    const left = key(a);
    const right = key(b);
    for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
    return 0;
  });
}

const maxUpdaters = 10;

/** The oldest updaters beyond the tenth become one, "ancient-changes", per version. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers.entries()].filter(([, { id }]) => id.operation === "Update");
  let count = updaters.length;
  if (count <= maxUpdaters) return;
  const at = (owned: Owned) => owned.time ?? "";
  updaters.sort(([a, x], [b, y]) => (at(x) !== at(y) ? (at(x) < at(y) ? -1 : 1) : a < b ? -1 : 1));
  const first = new Map<string, string>();
  for (const [identity, owned] of updaters) {
    if (count <= maxUpdaters) return;
    const { apiVersion } = owned.id;
    const id: ManagerId = { manager: "ancient-changes", operation: "Update", apiVersion };
    const bucket = identityOf(id);
    const earlier = first.get(apiVersion);
    if (earlier === undefined) {
      first.set(apiVersion, identity);
      continue;
    }
    const gathered = managers.get(bucket) ?? managers.get(earlier)!;
    if (!managers.has(bucket)) managers.delete(earlier);
    managers.delete(identity);
    managers.set(bucket, { id, set: union(owned.set, gathered.set), time: owned.time });
    count--;
  }
}

const stripped: FieldSet = {
  members: new Set(["f:apiVersion", "f:kind", "f:metadata"]),
  children: new Map([
    [
      "f:metadata",
      setOfPaths(
        ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"].map(
          (name) => [name],
        ),
      ),
    ],
  ]),
};

/** Without what every object has from the server: names, versions, times. */
export function withoutMeta(set: FieldSet): FieldSet {
  return difference(set, stripped);
}

/** Keeps entries whose set is unchanged, drops those whose set is empty. */
export function subtractFrom(managers: Managers, identity: string, fields: FieldSet): void {
  const owned = managers.get(identity);
  if (!owned || isEmptySet(fields)) return;
  const set = difference(owned.set, fields);
  if (isEmptySet(set)) managers.delete(identity);
  else managers.set(identity, { id: owned.id, set, time: owned.time });
}

export function withoutManagedFields<T extends { metadata: ObjectMeta }>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
