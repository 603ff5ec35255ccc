/** Server-side apply: a manager's whole opinion put over the object; what it no longer says goes, what others own conflicts. */
import { parseExact, sameJson } from "#codec/mod.ts";
import type { ManagedFieldsEntry } from "../meta/object-meta.ts";
import type { Status } from "../meta/status.ts";
import type { KubeObject } from "../resource.ts";
import type { Struct } from "../schema.ts";
import { compareObjects, fieldsOf } from "./compare.ts";
import { difference, type FieldSet, intersection, isEmptySet, pathsOf, recursiveDifference, union } from "./field-set.ts";
import {
  decodeManagers,
  encodeManagers,
  identityOf,
  type ManagerId,
  type Managers,
  type Owned,
  subtractFrom,
  withoutManagedFields,
  withoutMeta,
} from "./managers.ts";
import { mergeApplied, removeFields, TypedError, withNamedFields } from "./merge.ts";
import type { Shape } from "./shape.ts";
import { shapeOf } from "./shape-of.ts";
import { resetSet, updateManagers } from "./track-update.ts";
import { wrongTypes } from "./typed.ts";

export interface ServerSideApply {
  schema: Struct;
  apiVersion: string;
  kind: string;
  /** What is stored; undefined when the apply creates. */
  live: KubeObject | undefined;
  applied: KubeObject;
  manager: string;
  force?: boolean;
  subresource?: string;
  time: string;
  resetFields?: readonly (readonly string[])[];
}

/** Why an apply was refused, as the response. */
export class ApplyError extends Error {
  override name = "ApplyError";
  readonly status: Status;

  constructor(status: Status) {
    super(status.message);
    this.status = status;
  }
}

type JsonObject = Record<string, unknown>;
type KindOf = Pick<ServerSideApply, "apiVersion" | "kind">;
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * The object to default, validate and store. When the apply changes nothing but times, it is equal to `live`. Throws
 * ApplyError: 409 for conflicts, 400 for a configuration of another version, 500 for one that does not fit the schema.
 */
export function applyServerSide(apply: ServerSideApply): KubeObject {
  const { applied, live, manager, apiVersion, kind } = apply;
  checkVersion(applied, apiVersion, kind);
  if (applied.metadata?.managedFields !== undefined) throw refusal(400, "BadRequest", "metadata.managedFields must be nil");
  const shape = shapeOf(apply.schema);
  const current: JsonObject = live ? plain(withoutManagedFields(live)) : { apiVersion, kind, metadata: {} };
  const wrong = apply.schema.structural ? firstUnknown(shape, applied, "") : wrongTypes(apply.schema, applied);
  if (wrong) throw typedRefusal(apply, wrong);
  try {
    return attempt(apply, shape, current, false);
  } catch (error) {
    if (error instanceof TypedError) throw typedRefusal(apply, error.message);
    if (!(error instanceof Conflicts)) throw error;
    // A client that moves from client-side apply owns what it applied before.
    const allowed = manager === "kubectl" ? ownedByLastApplied(shape, live, apiVersion) : undefined;
    const left = allowed ? error.without(allowed) : error;
    if (left.isEmpty) return attempt(apply, shape, current, true);
    throw left.refusal();
  }
}

function attempt(apply: ServerSideApply, shape: Shape, current: JsonObject, force: boolean): KubeObject {
  const { live, applied, manager, apiVersion, subresource, time } = apply;
  const managers: Managers = new Map(decodeManagers(live?.metadata.managedFields));
  if (managers.size === 0 && live)
    updateManagers(
      managers,
      shape,
      undefined,
      live,
      { manager: "before-first-apply", operation: "Update", apiVersion, subresource },
      time,
      apply.resetFields,
    );
  const id: ManagerId = { manager: manager || "unknown", operation: "Apply", apiVersion, subresource };
  const identity = identityOf(id);
  const last = managers.get(identity);
  const merged = mergeApplied(shape, current, plain(applied));
  const reset = resetSet(apply.resetFields);
  const set = recursiveDifference(fieldsOf(shape, plain(applied)), reset);
  managers.set(identity, { id, set, time: last?.time });
  const next = prune(shape, merged, managers, last);
  resolveConflicts(shape, current, next, managers, identity, reset, force || apply.force === true);
  return finish(apply, current, next, managers, identity);
}

function finish(apply: ServerSideApply, current: JsonObject, next: JsonObject, managers: Managers, identity: string): KubeObject {
  const { live, applied, manager, time } = apply;
  const own = managers.get(identity);
  const changed = !live || !sameJson(current, next);
  if (own) {
    const set = withoutMeta(own.set);
    if (isEmptySet(set)) managers.delete(identity);
    else managers.set(identity, { id: own.id, set, time: changed ? time : own.time });
  }
  const object = { ...next } as unknown as KubeObject;
  const annotations = object.metadata?.annotations;
  object.metadata = { ...object.metadata };
  if (manager === "kubectl" && annotations?.[lastApplied])
    object.metadata.annotations = { ...annotations, [lastApplied]: lastAppliedText(applied) };
  const entries = encodeManagers(managers);
  if (entries.length > 0) object.metadata.managedFields = live ? reuse(entries, live.metadata.managedFields) : entries;
  return object;
}

/** Keeps the stored time of entries that say the same as before when nothing else changed. */
function reuse(entries: ManagedFieldsEntry[], stored: ManagedFieldsEntry[] | undefined): ManagedFieldsEntry[] {
  const timeless = (list: ManagedFieldsEntry[]) => list.map(({ time: _, ...rest }) => rest);
  return stored && sameJson(timeless(entries), timeless(stored)) && entries.every((entry, i) => entry.time === stored[i]!.time)
    ? stored
    : entries;
}

/** Takes out what this manager applied last, says no more, and nobody else owns. */
function prune(shape: Shape, merged: JsonObject, managers: Managers, last: Owned | undefined): JsonObject {
  if (!last || isEmptySet(last.set)) return merged;
  const lastSet = withNamedFields(shape, last.set);
  const removed = (removeFields(shape, merged, lastSet) ?? {}) as JsonObject;
  let managed: FieldSet = {};
  for (const { set } of managers.values()) managed = union(managed, set);
  const mergedSet = withNamedFields(shape, fieldsOf(shape, merged));
  const removedSet = withNamedFields(shape, fieldsOf(shape, removed));
  const orphans = difference(mergedSet, union(removedSet, withNamedFields(shape, managed)));
  const pruned = (removeFields(shape, merged, orphans) ?? {}) as JsonObject;
  const prunedSet = withNamedFields(shape, fieldsOf(shape, pruned));
  return (removeFields(shape, merged, intersection(difference(mergedSet, prunedSet), lastSet)) ?? {}) as JsonObject;
}

function resolveConflicts(
  shape: Shape,
  current: JsonObject,
  next: JsonObject,
  managers: Managers,
  self: string,
  reset: FieldSet,
  force: boolean,
): void {
  const delta = compareObjects(shape, current, next);
  const changed = recursiveDifference(union(delta.modified, delta.added), reset);
  const removed = recursiveDifference(delta.removed, reset);
  const conflicts = new Map<string, { id: ManagerId; set: FieldSet }>();
  for (const [identity, owned] of managers) {
    if (identity === self) continue;
    const set = intersection(owned.set, changed);
    if (!isEmptySet(set)) conflicts.set(identity, { id: owned.id, set });
  }
  if (!force && conflicts.size > 0) throw new Conflicts(conflicts);
  for (const identity of [...managers.keys()]) {
    if (identity === self) continue;
    const conflict = conflicts.get(identity);
    if (conflict) subtractFrom(managers, identity, conflict.set);
    const left = managers.get(identity);
    if (left && !isEmptySet(intersection(left.set, removed))) subtractFrom(managers, identity, removed);
  }
}

class Conflicts extends Error {
  readonly #by: ReadonlyMap<string, { id: ManagerId; set: FieldSet }>;

  constructor(by: ReadonlyMap<string, { id: ManagerId; set: FieldSet }>) {
    super("conflicts");
    this.#by = by;
  }

  get isEmpty(): boolean {
    return this.#by.size === 0;
  }

  without(allowed: FieldSet): Conflicts {
    const left = [...this.#by].map(([identity, { id, set }]) => [identity, { id, set: difference(set, allowed) }] as const);
    return new Conflicts(new Map(left.filter(([, { set }]) => !isEmptySet(set))));
  }

  refusal(): ApplyError {
    const groups = [...this.#by.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { id, set }]) => ({ who: printedManager(id), paths: pathsOf(set) }));
    const count = groups.reduce((sum, { paths }) => sum + paths.length, 0);
    const message =
      count === 1
        ? `Apply failed with 1 conflict: conflict with ${groups[0]!.who}: ${groups[0]!.paths[0]}`
        : `Apply failed with ${count} conflicts: ${groups
            .flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)])
            .join("\n")}`;
    const causes = groups.flatMap(({ who, paths }) =>
      paths.map((field) => ({ reason: "FieldManagerConflict", message: `conflict with ${who}`, field })),
    );
    return refusal(409, "Conflict", message, { causes });
  }
}

function printedManager({ manager, operation, apiVersion, subresource }: ManagerId): string {
  const name = JSON.stringify(manager) + (subresource ? ` with subresource ${JSON.stringify(subresource)}` : "");
  return operation === "Update" ? `${name} using ${apiVersion}` : name;
}

/** What client-side apply set last and nobody changed since. */
function ownedByLastApplied(shape: Shape, live: KubeObject | undefined, apiVersion: string): FieldSet | undefined {
  const text = live?.metadata.annotations?.[lastApplied];
  if (!live || !text) return undefined;
  let applied: JsonObject;
  try {
    applied = parseExact(text) as JsonObject;
  } catch {
    return undefined;
  }
  if (applied.apiVersion !== apiVersion) return undefined;
  const { added, modified, removed } = compareObjects(shape, applied, plain(withoutManagedFields(live)));
  return difference(difference(difference(fieldsOf(shape, applied), modified), added), removed);
}

function lastAppliedText(applied: KubeObject): string {
  const { [lastApplied]: _, ...annotations } = applied.metadata.annotations ?? {};
  const metadata = { ...applied.metadata, annotations };
  if (Object.keys(annotations).length === 0) delete (metadata as JsonObject).annotations;
  return `${JSON.stringify({ ...applied, metadata })}\n`;
}

function checkVersion(applied: KubeObject, apiVersion: string, kind: string): void {
  if (applied.apiVersion === apiVersion && applied.kind === kind) return;
  const version = applied.apiVersion ?? "";
  throw refusal(400, "BadRequest", `invalid object type: ${version.includes("/") ? version : `/${version}`}, Kind=${applied.kind ?? ""}`);
}

/** `.spec.foo: field not declared in schema`. */
function firstUnknown(shape: Shape, value: unknown, path: string): string | undefined {
  if (value === null || typeof value !== "object") return undefined;
  if (Array.isArray(value)) {
    if (shape.kind !== "keyed") return undefined;
    for (const item of value) {
      const found = firstUnknown(shape.of, item, path);
      if (found) return found;
    }
    return undefined;
  }
  if (shape.kind === "map") {
    for (const key in value) {
      const found = firstUnknown(shape.of, (value as JsonObject)[key], `${path}.${key}`);
      if (found) return found;
    }
  }
  if (shape.kind !== "struct") return undefined;
  for (const key in value) {
    const field = shape.fields.get(key);
    if (!field) return `${path}.${key}: field not declared in schema`;
    const found = firstUnknown(field.shape, (value as JsonObject)[key], `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}

const typedRefusal = ({ applied, ...of }: ServerSideApply, why: string): ApplyError =>
  refusal(500, "", `failed to create typed patch object (${appliedName(applied, of)}): ${why}`);

const gvkOf = ({ apiVersion, kind }: KindOf): string => `${apiVersion.includes("/") ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

/** `default/web; apps/v1, Kind=Deployment`; what is no text is no name. */
function appliedName({ metadata = {} }: KubeObject, of: KindOf): string {
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return `${text(metadata.namespace)}/${text(metadata.name)}; ${gvkOf(of)}`;
}

/** What was applied has the types of the schema, and makes no object of the kind. */
export function conversionRefusal(applied: KubeObject, of: KindOf, why: string): ApplyError {
  const about = `unable to convert unstructured object to ${gvkOf(of)}`;
  return refusal(500, "", `failed to convert new object (${appliedName(applied, of)}) to proper version: ${about}: ${why}`);
}

function refusal(code: number, reason: string, message: string, details?: Status["details"]): ApplyError {
  return new ApplyError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason && { reason }),
    ...(details && { details }),
    code,
  });
}

const plain = (object: KubeObject) => object as unknown as JsonObject;
