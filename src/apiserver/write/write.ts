/**
 * The path of every write: admission, resets, validation, compare-and-swap. Verbs differ only in how they make the new
 * object from the old one.
 */
import { copyJson, type Resource, type Served, warningsOf } from "#api/mod.ts";
import { type Clock, nameSuffix, type Random } from "#base/mod.ts";
import { sameJson } from "#codec/mod.ts";
import type { CommitOptions, Committed, Conflict, Store } from "#store/mod.ts";
import type { Admission } from "../admission/chain.ts";
import { converted, shown, storedForm, storedHead, viewOf } from "../catalog/conversions.ts";
import type { Attributes, Operation, Reservation, Storage, WriteHook } from "../contract.ts";
import type { ResourceCache } from "../read/cache.ts";
import { caughtUp, fresh } from "../read/freshness.ts";
import { ObjectRecord, type Stored, storedBytes } from "../read/record.ts";
import type { Answer, Call } from "../request/call.ts";
import { ApiError, alreadyExists, conflict, failure, invalid, modified, notFound } from "../request/errors.ts";
import { type BusyObjects, ObjectLock } from "./object-lock.ts";
import { prepareForCreate, prepareForUpdate, validateCreate, validateUpdate } from "./resets.ts";

export interface WriteContext {
  store: Store;
  clock: Clock;
  random: Random;
  storage: Storage;
  admission: Admission;
  hooks: ReadonlyMap<string, WriteHook>;
  cacheOf(definition: Resource): ResourceCache;
  /** Throws 403 unless the caller may also do this verb on what was asked for: a PUT that creates, a GET that opens a shell. */
  mayAlso(call: Call, verb: string): Promise<void>;
  /** Writes under way, by key: a second writer of the same object waits instead of losing a race that it cannot win. */
  busy: BusyObjects;
  eventTtlSeconds?: number | undefined;
}

/** A part of an object that has rules of its own, as a status, says nothing of the rest. */
const warningsAbout = ({ definition, subresource }: Change, object: Stored, old?: Stored): string[] =>
  subresource in definition.writes.prepareForSubresource ? [] : warningsOf(definition.rules, object, old);

export interface Change {
  call: Call;
  definition: Served;
  subresource: string;
  namespace: string;
  name: string;
  dryRun: boolean;
  options: Record<string, unknown>;
}

const nameRetries = 8;
/** Each round was won by another writer of the same object. */
const updateRounds = 100;

export function attributesOf(
  { call, definition, subresource, namespace, name, dryRun, options }: Change,
  operation: Operation,
  object?: Stored,
  old?: ObjectRecord,
): Attributes {
  const { group, version, resource, kind } = definition;
  return {
    user: call.user,
    info: call.info,
    verb: call.info.verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    path: call.info.path,
    definition,
    kind: { group, version, kind },
    operation,
    object,
    // Frozen when somebody looks: most writes pass without.
    get oldObject() {
      return old?.frozen;
    },
    dryRun,
    options,
    warn: (text) => void call.warnings.push(text),
    annotate: (key, value) => call.audit?.annotate(key, value),
  };
}

/** Undefined: no plugin waits for anything. */
export const admit = (context: WriteContext, attributes: Attributes): Promise<void> | undefined => context.admission.admit(attributes);

export const validateAdmission = (context: WriteContext, attributes: Attributes): Promise<void> | undefined =>
  context.admission.validate(attributes);

async function reserve(context: WriteContext, attributes: Attributes): Promise<Reservation | undefined> {
  const { group, resource } = attributes.definition;
  const hook = context.hooks.get(group ? `${resource}.${group}` : resource);
  return hook && (attributes.subresource === "" || attributes.operation === "DELETE") ? await hook(attributes, context.storage) : undefined;
}

function settle({ claims }: Attributes, stored: boolean): void {
  for (const settled of claims?.splice(0) ?? []) settled(stored);
}

/** The time in the form of metadata: whole seconds. */
export function stamp(clock: Clock, plusMs = 0): string {
  const second = Math.floor((clock.now() + plusMs) / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    lastStamp = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return lastStamp;
}
let lastSecond = Number.NaN;
let lastStamp = "";

export async function create(context: WriteContext, change: Change, object: Stored): Promise<Answer> {
  const { definition, namespace, dryRun } = change;
  const { metadata } = object;
  if (metadata.resourceVersion && !dryRun) throw badVersionOnCreate();
  const attributes = attributesOf(change, "CREATE", object);
  await admit(context, attributes);
  object = attributes.object as Stored;
  const generated = !object.metadata.name && Boolean(object.metadata.generateName);
  for (let attempt = 0; ; attempt++) {
    const candidate = generated && attempt < nameRetries - 1 ? copyJson(object) : object;
    const meta = candidate.metadata;
    if (generated) meta.name = `${meta.generateName!.slice(0, 63 - 5)}${nameSuffix(context.random)}`;
    meta.uid = context.random.uuid();
    meta.creationTimestamp = stamp(context.clock);
    delete meta.deletionTimestamp;
    delete meta.deletionGracePeriodSeconds;
    delete meta.selfLink;
    if (definition.namespaced) meta.namespace = namespace;
    else delete meta.namespace;
    prepareForCreate(definition, candidate, change.call, stamp(context.clock));
    attributes.object = candidate;
    attributes.name = meta.name ?? "";
    const answer = await store(attributes, candidate);
    if (answer) return answer;
    if (attempt >= nameRetries - 1) throw taken(definition, meta.name ?? "", candidate);
  }

  /** Undefined: the name is taken, and another one may be generated. */
  async function store(attributes: Attributes, object: Stored): Promise<Answer | undefined> {
    const name = object.metadata.name ?? "";
    const cache = context.cacheOf(definition);
    const key = cache.keyOf(namespace, name);
    const reservation = await reserve(context, attributes);
    let stored = false;
    try {
      object = attributes.object as Stored;
      validateCreate(definition, object, attributes.problems);
      change.call.warnings.push(...warningsAbout(change, object));
      await validateAdmission(context, attributes);
      const pending = cache.records.has(key) && fresh(context, cache);
      if (pending) await pending;
      if (cache.records.has(key)) {
        if (generated) return undefined;
        throw taken(definition, name, object);
      }
      if (dryRun) return { kind: "object", status: 201, object, definition };
      const form = await storedForm(definition, object);
      const record = await put(context, { definition, cache }, key, form, 0);
      if (!record) {
        if (generated) return undefined;
        throw taken(definition, name, object);
      }
      stored = true;
      return { kind: "record", status: 201, record: await shown(definition, record), definition };
    } finally {
      settle(attributes, stored);
      if (reservation) await (stored ? reservation.commit?.() : reservation.release?.());
    }
  }
}

const aboutText = ({ group, resource }: Resource) => (group ? `${resource}.${group}` : resource);

/** Who gave a beginning of a name is told that none was found, also when they gave a whole one, too. */
function taken(definition: Served, name: string, { metadata: { generateName } }: Stored): ApiError {
  if (!generateName) return alreadyExists(definition, name);
  const { group, resource: kind } = definition;
  const text = `${aboutText(definition)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, "AlreadyExists", text, { name, ...(group ? { group } : {}), kind });
}

/** Upstream's store says so, and a dry run does not come there. */
function badVersionOnCreate() {
  return failure(500, "", "resourceVersion should not be set on objects to be created");
}

/** Compare and swap; when it resolves, the cache of this server shows what the store has: what was written, or what was in the way. */
export async function commit(
  { store }: Pick<WriteContext, "store">,
  cache: ResourceCache,
  key: string,
  expect: number | "absent",
  next: { value: Buffer; object: Stored; head: Buffer } | "delete",
  options?: CommitOptions,
): Promise<Committed | Conflict> {
  if (next !== "delete") cache.expect(key, next.value, next.object, next.head);
  try {
    const result = await store.commit(key, expect, next === "delete" ? next : next.value, options);
    if (!store.local) await caughtUp(cache, result.ok ? result.revision : (result.current?.modRevision ?? (await store.current())));
    return result;
  } finally {
    if (next !== "delete") cache.forget(key);
  }
}

/** Stores the object and answers its record; undefined when the key does not have the expected version. */
async function put(
  context: WriteContext,
  { definition, cache }: { definition: Served; cache: ResourceCache },
  key: string,
  object: Stored,
  expected: number,
  value = storedBytes(object, storedHead(definition)),
): Promise<ObjectRecord | undefined> {
  const head = storedHead(definition);
  const lifeSeconds = definition.rules.deletion?.ttlSeconds && (context.eventTtlSeconds ?? definition.rules.deletion.ttlSeconds);
  const options = { lifeSeconds, frees: object.metadata.deletionTimestamp !== undefined };
  const result = await commit(context, cache, key, expected || "absent", { value, object, head }, options);
  if (!result.ok) return undefined;
  // A later write may have been published in the same batch: the answer shows what this one wrote.
  const record = cache.records.get(key);
  return record?.revision === result.revision ? record : new ObjectRecord(key, value, result.revision, head);
}

export interface Update extends Change {
  /** Makes the new object; gets a record that it must not change. */
  make(old: ObjectRecord): Promise<Stored> | Stored;
  /** Makes the object to create when there is none. */
  makeNew?(): Promise<Stored> | Stored;
  /** True for patches: the client did not name a version, so a lost race is run again. */
  retries: boolean;
}

/** What became of one try: the answer, or why there is none. `changed`: while somebody was waited for; `lost`: to another server. */
type Tried = Answer | "changed" | "lost";

export async function update(context: WriteContext, change: Update): Promise<Answer> {
  const { definition, namespace, name } = change;
  const cache = context.cacheOf(definition);
  const key = cache.keyOf(namespace, name);
  for (let round = 0; round < updateRounds; round++) {
    const lock = await ObjectLock.take(context.busy, key);
    try {
      const pending = fresh(context, cache);
      if (pending) await lock.aside(pending);
      const kept = cache.records.get(key);
      if (!kept) {
        if (!change.makeNew || !(definition.rules.createOnUpdate || change.retries)) throw notFound(definition, name);
        lock.release();
        const created = await createInstead(context, change, change.makeNew);
        if (created) return created;
        continue;
      }
      const conversion = converted(definition, [kept]);
      const tried = conversion ? await lock.aside(conversion) : await tryUpdate(context, change, { cache, key, kept, lock });
      if (typeof tried === "object") return tried;
    } finally {
      lock.release();
    }
  }
  throw modified(definition, name);
}

/** Undefined: somebody else has created it meanwhile, and a patch goes on with that. */
async function createInstead(context: WriteContext, change: Update, makeNew: NonNullable<Update["makeNew"]>): Promise<Answer | undefined> {
  try {
    return await create(context, change, await makeNew());
  } catch (error) {
    if (change.retries && error instanceof ApiError && error.status.reason === "AlreadyExists") return undefined;
    throw error;
  }
}

interface Place {
  cache: ResourceCache;
  key: string;
  kept: ObjectRecord;
  lock: ObjectLock;
}

async function tryUpdate(context: WriteContext, change: Update, place: Place): Promise<Tried> {
  const { definition, subresource, namespace, name, call } = change;
  const { cache, key, kept, lock } = place;
  const old = viewOf(definition, kept);
  let object = await change.make(old);
  const given = object.metadata.resourceVersion ?? "";
  const attributes = attributesOf(change, "UPDATE", object, old);
  /** True when the object has changed meanwhile: a client who named its version is told, others try again. */
  const waited = async (pending: Promise<void> | undefined): Promise<boolean> => {
    if (!pending) return false;
    await lock.aside(pending);
    const now = cache.records.get(key);
    if (now === kept) return false;
    if (!now) throw notFound(definition, name);
    if (given !== "" && given !== "0" && !change.retries) throw modified(definition, name);
    return true;
  };
  if (await waited(admit(context, attributes))) return "changed";
  object = attributes.object as Stored;
  if (!change.retries) checkUid(change, key, object, old);
  checkVersion(change, given, old);
  const before = old.object;
  keepSystemFields(object, old, definition, namespace);
  prepareForUpdate(definition, subresource, object, before, call, stamp(context.clock));
  attributes.object = object;
  const reservation = await reserve(context, attributes);
  let stored = false;
  try {
    object = attributes.object as Stored;
    validateUpdate(definition, subresource, object, before, attributes.problems);
    const warnings = warningsAbout(change, object, before);
    if (await waited(validateAdmission(context, attributes))) return "changed";
    call.warnings.push(...warnings);
    const answer = await store(context, change, place, { object, old });
    stored = answer !== "lost" && !change.dryRun;
    return answer;
  } finally {
    settle(attributes, stored);
    if (reservation) await (stored ? reservation.commit?.() : reservation.release?.());
  }
}

function checkVersion({ definition, name }: Update, given: string, old: ObjectRecord): void {
  if (given === "" || given === "0") {
    if (definition.rules.conditional)
      throw invalid({ group: definition.group, resource: definition.resource }, name, [
        {
          type: "FieldValueInvalid",
          field: "metadata.resourceVersion",
          message: "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
        },
      ]);
  } else if (!/^\d+$/.test(given)) throw failure(500, "", `strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
  else if (given !== String(old.revision)) throw modified(definition, name);
}

function checkUid({ definition, name }: Update, key: string, { metadata: { uid } }: Stored, old: ObjectRecord): void {
  const has = old.object.metadata.uid;
  if (uid && uid !== has)
    throw conflict(
      definition,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key.replace(/^\/registry/, "")}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${has}`,
    );
}

async function store(
  context: WriteContext,
  { definition, dryRun }: Update,
  { cache, key, kept }: Place,
  { object, old }: { object: Stored; old: ObjectRecord },
): Promise<Answer | "lost"> {
  const form = await storedForm(definition, object);
  const head = storedHead(definition);
  const value = storedBytes(form, head);
  // The same members in another order have the same length: only then is a closer look worth it.
  const isSame = value.length === kept.value.length && (value.equals(kept.value) || sameJson(form, kept.object));
  if (isSame && !(await context.store.isStale?.(key))) return { kind: "record", status: 200, record: old, definition };
  if (dryRun) {
    const metadata = { ...object.metadata, resourceVersion: String(old.revision) };
    return { kind: "object", status: 200, object: { ...object, metadata }, definition };
  }
  if (isDone(definition, object)) {
    const result = await commit(context, cache, key, old.revision, "delete");
    if (!result.ok) return "lost";
    const record = await shown(definition, new ObjectRecord(key, value, result.revision, head));
    return { kind: "record", status: 200, record, definition };
  }
  const record = await put(context, { definition, cache }, key, form, old.revision, value);
  return record ? { kind: "record", status: 200, record: await shown(definition, record), definition } : "lost";
}

/** Being deleted, and nothing holds it any more. */
function isDone({ rules }: Served, object: Stored): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (!deletionTimestamp || finalizers?.length) return false;
  return rules.deletion?.heldBy ? !rules.deletion.heldBy(object) : deletionGracePeriodSeconds === 0;
}

function keepSystemFields({ metadata: meta }: Stored, before: ObjectRecord, definition: Resource, namespace: string): void {
  const old = before.object.metadata;
  meta.resourceVersion = String(before.revision);
  meta.uid ||= old.uid;
  meta.creationTimestamp = old.creationTimestamp;
  if (definition.namespaced) meta.namespace = namespace;
  else delete meta.namespace;
  for (const field of ["deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"] as const) {
    if (old[field] === undefined) delete meta[field];
    else (meta as Record<string, unknown>)[field] = old[field];
  }
  if (old.generateName !== undefined && meta.generateName === undefined) meta.generateName = old.generateName;
}
