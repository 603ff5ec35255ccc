/** delete and deletecollection: grace, preconditions, finalizers and what becomes of dependents. */
import type { Resource, Served } from "#api/mod.ts";
import { matchesLabels } from "#codec/mod.ts";
import { converted, shown, viewOf } from "../catalog/conversions.ts";
import { fresh } from "../read/freshness.ts";
import { allConverted, selectionOf } from "../read/read.ts";
import type { ObjectRecord, Stored } from "../read/record.ts";
import { ObjectRecord as Record_, storedBytes } from "../read/record.ts";
import type { Answer, ResourceCall } from "../request/call.ts";
import { conflict, internal, modified, notFound } from "../request/errors.ts";
import { type DeleteOptions, deleteOptions } from "../request/options.ts";
import { ObjectLock } from "./object-lock.ts";
import { admit, attributesOf, type Change, commit, stamp, validateAdmission, type WriteContext } from "./write.ts";

const orphanFinalizer = "orphan";
const foregroundFinalizer = "foregroundDeletion";
/** Each round was won by another writer of the same object. */
const rounds = 100;

export interface Deleted {
  record: ObjectRecord;
  /** False: marked only; finalizers or a grace period hold it. */
  gone: boolean;
  /** It was being deleted already and nothing was changed. */
  pending?: boolean;
}

export async function deleteOne(context: WriteContext, call: ResourceCall, body: unknown): Promise<Answer> {
  const { definition, info } = call;
  const options = deleteOptions(body, call.query);
  const { orphans, answers } = definition.rules.deletion ?? {};
  if (typeof orphans === "object" && options.propagationPolicy === undefined && options.orphanDependents === undefined)
    call.warnings.push(orphans.warning);
  const change: Change = {
    call,
    definition,
    subresource: "",
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...options },
  };
  const { record, gone, pending } = await remove(context, change, options);
  const status = !gone && options.orphanDependents === false ? 202 : 200;
  if (answers === "object" || (!gone && !pending)) return { kind: "record", status, record: await shown(definition, record), definition };
  return { kind: "object", status, object: deletedStatus(definition, record.object) as never };
}

function deletedStatus(definition: Resource, { metadata }: Stored): object {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: metadata.name,
      ...(definition.group ? { group: definition.group } : {}),
      kind: definition.resource,
      uid: metadata.uid,
    },
  };
}

export async function deleteCollection(context: WriteContext, call: ResourceCall, body: unknown): Promise<Answer> {
  const { definition, info } = call;
  const options = deleteOptions(body, bodyless(call.query));
  const { labels, fields } = selectionOf(call);
  const cache = context.cacheOf(definition);
  const pending = fresh(context, cache);
  if (pending) await pending;
  if (fields) await allConverted(cache, definition, info.namespace);
  const chosen: ObjectRecord[] = [];
  cache.scan(info.namespace, (record) => {
    if ((!labels || matchesLabels(labels, record.labels)) && (!fields || fields.matches(record))) chosen.push(record);
  });
  const records: ObjectRecord[] = [];
  const width = 200;
  for (let at = 0; at < chosen.length; at += width) {
    const done = await Promise.all(
      chosen.slice(at, at + width).map(async (record) => {
        const { namespace = "", name = "" } = record.object.metadata;
        const change: Change = {
          call,
          definition,
          subresource: "",
          namespace,
          name,
          dryRun: options.dryRun,
          options: { kind: "DeleteOptions", apiVersion: "meta.k8s.io/v1", ...options },
        };
        try {
          return (await remove(context, change, options)).record;
        } catch (error) {
          if ((error as { code?: number }).code === 404) return record;
          throw error;
        }
      }),
    );
    await converted(definition, done);
    records.push(...done.map((record) => viewOf(definition, record)));
  }
  return { kind: "list", status: 200, records, definition, revision: cache.revision };
}

/** `limit` and the selectors are the list's; the rest are the delete's. */
function bodyless(query: URLSearchParams): URLSearchParams {
  return query;
}

export async function remove(context: WriteContext, change: Change, options: DeleteOptions): Promise<Deleted> {
  const { definition, namespace, name } = change;
  const cache = context.cacheOf(definition);
  const key = cache.keyOf(namespace, name);
  /** By this call, which then was to delete it. */
  let marked: ObjectRecord | undefined;
  for (let round = 0; round < rounds; round++) {
    const lock = await ObjectLock.take(context.busy, key);
    try {
      const pending = fresh(context, cache);
      if (pending) await lock.aside(pending);
      const old = cache.records.get(key);
      // Whoever saw the mark may have been faster.
      if (!old && marked) return { record: marked, gone: true };
      if (!old) throw notFound(definition, name);
      if (old.revision !== marked?.revision) checkPreconditions(definition, old, options);
      const conversion = converted(definition, [old]);
      if (conversion) {
        await lock.aside(conversion);
        continue;
      }
      const attributes = attributesOf(change, "DELETE", undefined, viewOf(definition, old));
      const admission =
        admit(context, attributes)?.then(() => validateAdmission(context, attributes)) ?? validateAdmission(context, attributes);
      if (admission) await lock.aside(admission);
      if (cache.records.get(key) !== old) continue;
      const { head } = old;
      const plan = planDelete(definition, old, options, { now: context.clock.now(), stamp: (ms) => stamp(context.clock, ms) });
      if (plan.type === "nothing") return { record: old, gone: false, pending: true };
      const value = plan.object ? storedBytes(plan.object, head) : old.value;
      const last = (revision: number) => new Record_(key, value, revision, head);
      const writeMark = (object: Stored) => commit(context, cache, key, old.revision, { value, object, head }, { frees: true });
      if (change.dryRun) return { record: last(old.revision), gone: plan.type === "delete" };
      if (plan.type === "mark") {
        const result = await writeMark(plan.object);
        if (result.ok) return { record: last(result.revision), gone: false };
        continue;
      }
      const hook = context.hooks.get(definition.group ? `${definition.resource}.${definition.group}` : definition.resource);
      const reservation = hook ? await hook(attributes, context.storage) : undefined;
      let expected = old.revision;
      if (plan.object && !old.object.metadata.deletionTimestamp) {
        // Watchers see an object that is being deleted before it is gone, as upstream's do.
        const first = await writeMark(plan.object);
        if (!first.ok) {
          await reservation?.release?.();
          continue;
        }
        expected = first.revision;
        marked = last(expected);
      }
      const result = await commit(context, cache, key, expected, "delete");
      await (result.ok ? reservation?.commit?.() : reservation?.release?.());
      if (result.ok) return { record: last(result.revision), gone: true };
    } finally {
      lock.release();
    }
    if (options.preconditions?.resourceVersion) throw modified(definition, name);
  }
  throw internal(`deleting ${definition.resource} ${JSON.stringify(name)}: it changed ${rounds} times meanwhile`);
}

function checkPreconditions({ group, kind }: Resource, { object: { metadata } }: ObjectRecord, { preconditions }: DeleteOptions): void {
  if (!preconditions) return;
  const about = { group, resource: kind };
  if (preconditions.uid !== undefined && preconditions.uid !== metadata.uid)
    throw conflict(
      about,
      metadata.name!,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== metadata.resourceVersion)
    throw conflict(
      about,
      metadata.name!,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
}

type Plan = { type: "nothing" } | { type: "mark"; object: Stored } | { type: "delete"; object?: Stored };
interface Time {
  now: number;
  stamp(plusMs?: number): string;
}

/**
 *     fresh ── grace > 0 ──► marked, deletionTimestamp in the future ── shorter grace ──► marked sooner ── 0 ──► gone
 *       └───── finalizers ─► marked, grace 0 ── last finalizer leaves (an update) ──► gone
 */
export function planDelete(definition: Served, record: ObjectRecord, options: DeleteOptions, time: Time): Plan {
  const old = record.object;
  const { graceSeconds, heldBy } = definition.rules.deletion ?? {};
  const meta = old.metadata;
  const heldSeconds = meta.deletionGracePeriodSeconds ?? 0;
  let graceful: number | undefined;
  if (graceSeconds && meta.deletionTimestamp && heldSeconds > 0) {
    const given = options.gracePeriodSeconds;
    const asked = given !== undefined && given < 0 ? 1 : given;
    if (asked === undefined || asked >= heldSeconds) return { type: "nothing" };
    // Whoever asked for some time leaves the end to the node, even where it is over.
    graceful = asked > 0 && shortened(meta.deletionTimestamp, heldSeconds, asked) < time.now ? 1 : asked;
  } else if (graceSeconds && !meta.deletionTimestamp) graceful = graceSeconds(old, options.gracePeriodSeconds);
  const finalizers = finalizersOf(definition, meta.finalizers ?? [], options);
  if (graceful !== undefined && graceful > 0) {
    const object = record.copy();
    mark(object, finalizers, time, graceful, heldSeconds);
    return { type: "mark", object };
  }
  if (heldBy) return planHeld(definition, record, finalizers, time);
  if (finalizers.length > 0) {
    const object = record.copy();
    mark(object, finalizers, time, 0, 0);
    if (old.metadata.deletionTimestamp && same(finalizers, meta.finalizers ?? []) && heldSeconds === 0) return { type: "nothing" };
    return { type: "mark", object };
  }
  if (!graceSeconds) return { type: "delete" };
  const object = record.copy();
  mark(object, finalizers, time, 0, 0);
  return { type: "delete", object };
}

/** The end of the time that it has, in milliseconds since 1970, when it gets less of it. */
const shortened = (deletionTimestamp: string, heldSeconds: number, graceSeconds: number): number =>
  Date.parse(deletionTimestamp) + (graceSeconds - heldSeconds) * 1000;

function mark(object: Stored, finalizers: string[], time: Time, graceSeconds: number, heldSeconds: number): void {
  const meta = object.metadata;
  if (!meta.deletionTimestamp && (meta.generation ?? 0) > 0) meta.generation = meta.generation! + 1;
  if (meta.deletionTimestamp && heldSeconds > 0) {
    const at = shortened(meta.deletionTimestamp, heldSeconds, graceSeconds);
    meta.deletionTimestamp = time.stamp(Math.max(0, at - time.now));
  } else if (!meta.deletionTimestamp || Date.parse(meta.deletionTimestamp) > time.now)
    meta.deletionTimestamp = time.stamp(graceSeconds * 1000);
  meta.deletionGracePeriodSeconds = graceSeconds;
  if (finalizers.length) meta.finalizers = finalizers;
  else delete meta.finalizers;
}

/** What its own content holds is marked and waits for it (a namespace: the finalizers in its spec); it goes when nothing does. */
function planHeld({ rules }: Served, record: ObjectRecord, finalizers: string[], time: Time): Plan {
  const old = record.object;
  if (!rules.deletion?.heldBy?.(old) && finalizers.length === 0) return { type: "delete" };
  if (old.metadata.deletionTimestamp && same(finalizers, old.metadata.finalizers ?? [])) return { type: "nothing" };
  const object = record.copy();
  object.metadata.deletionTimestamp ??= time.stamp(0);
  delete object.metadata.deletionGracePeriodSeconds;
  if (finalizers.length) object.metadata.finalizers = finalizers;
  rules.deletion?.marks?.(object);
  return { type: "mark", object };
}

const same = (a: string[], b: string[]) => a.length === b.length && a.every((item) => b.includes(item));

/** Which deletion finalizers the object keeps: the request decides, else what it has already, else the kind. */
export function finalizersOf({ rules }: Served, present: string[], { propagationPolicy, orphanDependents }: DeleteOptions): string[] {
  const rest = present.filter((finalizer) => finalizer !== orphanFinalizer && finalizer !== foregroundFinalizer);
  if (rules.deletion?.uncollected) return rest;
  const decided = orphanDependents !== undefined ? (orphanDependents ? "Orphan" : "Background") : propagationPolicy;
  const kept = present.find((finalizer) => finalizer === orphanFinalizer || finalizer === foregroundFinalizer);
  const orphan = decided ? decided === "Orphan" : kept ? kept === orphanFinalizer : Boolean(rules.deletion?.orphans);
  const foreground = decided ? decided === "Foreground" : kept === foregroundFinalizer;
  if (orphan) rest.push(orphanFinalizer);
  if (foreground) rest.push(foregroundFinalizer);
  return rest;
}
