/** get, list and the opening of watches: answered from the watch cache, or from the store's history for older revisions. */
import type { Resource, Served } from "#api/mod.ts";
import { type Clock, messageOf, type Random } from "#base/mod.ts";
import type { ApiError } from "#client/contract.ts";
import { parseFieldSelector, parseJson, parseLabelSelector, type Selector, SelectorError } from "#codec/mod.ts";
import { CompactedError, prefixEnd, type Store, under } from "#store/mod.ts";
import { converted, shown, viewOf } from "../catalog/conversions.ts";
import { type FieldTest, fieldTest } from "../catalog/fields.ts";
import type { ListAnswer, RecordAnswer, ResourceCall, WatchAnswer } from "../request/call.ts";
import { badRequest, expired, type FieldProblem, failure, invalid, notFound, timeout } from "../request/errors.ts";
import type { ListGate } from "../request/list-gate.ts";
import { isTrue } from "../request/request-info.ts";
import type { Change, ResourceCache } from "./cache.ts";
import { fresh, notOlderThan } from "./freshness.ts";
import type { ObjectRecord } from "./record.ts";
import { passes, WatchSource } from "./watch.ts";

export interface ReadContext {
  store: Store;
  clock: Clock;
  random: Random;
  cacheOf(definition: Resource): ResourceCache;
  track(source: WatchSource, open: boolean): void;
  gate: ListGate;
}

/** More records than this make a list wait for its turn. */
const largeList = 2000;

export function get(context: ReadContext, { definition, info, query }: ResourceCall): RecordAnswer | Promise<RecordAnswer> {
  const cache = context.cacheOf(definition);
  const answer = (): RecordAnswer | Promise<RecordAnswer> => {
    const found = cache.get(info.namespace, info.name);
    if (!found) throw notFound(definition, info.name);
    const record = shown(definition, found);
    const answerOf = (record: ObjectRecord): RecordAnswer => ({ kind: "record", status: 200, record, definition });
    return record instanceof Promise ? record.then(answerOf) : answerOf(record);
  };
  const version = query.get("resourceVersion");
  // Events have no watch cache upstream: what reads them words it otherwise.
  if (version && definition.resource === "events") versionOf(version);
  else if (version) readableVersion(version);
  const pending = asNewAs(context, cache, version);
  return pending ? pending.then(answer) : answer();
}

/** Undefined: the cache is as new as a version ("", "0" or a number) asks for. */
function asNewAs(context: ReadContext, cache: ResourceCache, version: string | null): Promise<void> | undefined {
  if (!version) return fresh(context, cache);
  return version === "0" ? undefined : notOlderThan(cache, versionOf(version));
}

interface Selection {
  labels: Selector | undefined;
  fields: FieldTest | undefined;
}

export function selectionOf({ definition, query }: ResourceCall): Selection {
  const label = query.get("labelSelector");
  const field = query.get("fieldSelector");
  try {
    const labels = label ? parseLabelSelector(label) : undefined;
    return {
      labels: labels?.requirements.length ? labels : undefined,
      fields: field ? fieldTest(definition, parseFieldSelector(field)) : undefined,
    };
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(messageOf(error));
    throw error;
  }
}

interface ContinueToken {
  v: string;
  rv: number;
  start: string;
}

export async function list(context: ReadContext, call: ResourceCall): Promise<ListAnswer> {
  const { definition, info, query } = call;
  const cache = context.cacheOf(definition);
  const { labels, fields } = selectionOf(call);
  const limit = limitOf(query);
  const token = query.get("continue");
  const version = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  checkMatch({ version, match, token, initialEvents: query.has("sendInitialEvents") });
  wholeNumber(query.get("timeoutSeconds"));
  if (cache.records.size > largeList && (limit === 0 || limit > largeList)) await context.gate.enter(call.user.name);
  const decoded = token ? decodeContinue(token) : undefined;
  // -1: upstream's "inconsistent continue": go on from there with what is there now.
  await asNewAs(context, cache, decoded ? (decoded.rv === -1 ? "" : String(decoded.rv)) : version);
  if (fields) await allConverted(cache, definition, info.namespace);
  const now = cache.revision;
  const prefix = cache.prefixOf(info.namespace);
  const from = decoded ? prefix + decoded.start : prefix;
  let at = now;
  if (decoded) {
    if (decoded.rv !== -1) at = decoded.rv;
  } else if (version && version !== "0") {
    // Without a match rule, a limited list at a version means exactly that version; otherwise "not older than".
    if (match === "Exact" || (match === "" && limit > 0)) at = versionOf(version);
  }
  if (at < cache.forgotten) throw tooOldToList(decoded);
  const answer: ListAnswer = { kind: "list", status: 200, records: [], definition, revision: at };
  const chosen = answer.records;
  let more: ObjectRecord | undefined;
  const take = (record: ObjectRecord): boolean | undefined => {
    if (!passes(record, labels, fields)) return;
    if (limit > 0 && chosen.length === limit) {
      more = record;
      return false;
    }
    chosen.push(record);
  };
  const single = fields?.name !== undefined && (info.namespace || !definition.namespaced);
  if (cache.lastChange <= at || at === now) {
    if (single && !token) {
      const record = cache.get(info.namespace, fields!.name!);
      if (record) take(record);
    } else cache.records.scan(from, prefixEnd(prefix), take);
    if (more && !labels && !fields) answer.remaining = cache.records.count(more.key, prefixEnd(prefix));
  } else {
    const records = await recordsAt(context, cache, prefix, at, decoded);
    if (fields) await converted(definition, records);
    let left = 0;
    for (const record of records) {
      if (record.key < from) continue;
      if (more) left++;
      else take(record);
    }
    if (more && !labels && !fields) answer.remaining = left + 1;
  }
  if (definition.rules.storedAs) {
    const pending = converted(definition, chosen);
    if (pending) await pending;
    answer.records = chosen.map((record) => viewOf(definition, record));
  }
  if (more) answer.continue = encodeContinue({ v: "meta.k8s.io/v1", rv: at, start: `${chosen.at(-1)!.key.slice(prefix.length)}\0` });
  return answer;
}

/** A field selector reads objects in the version that is asked for: those that others convert must be there. */
export async function allConverted(cache: ResourceCache, definition: Served, namespace: string): Promise<void> {
  if (!definition.rules.storedAs?.convert) return;
  const all = () => {
    const records: ObjectRecord[] = [];
    cache.scan(namespace, (record) => void records.push(record));
    return records;
  };
  for (let pending = converted(definition, all()); pending; pending = converted(definition, all())) await pending;
}

/** All records of the prefix as they were: the present with later changes undone, from the ring if it reaches back, else from the store. */
async function recordsAt(
  { store }: ReadContext,
  cache: ResourceCache,
  prefix: string,
  at: number,
  continued: ContinueToken | undefined,
): Promise<ObjectRecord[]> {
  const index = cache.indexAfter(at);
  if (index === undefined) {
    try {
      const { entries } = await store.list(under(prefix), at);
      return entries.map(({ key, value, modRevision }) => cache.adopt(key, value, modRevision));
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      throw tooOldToList(continued);
    }
  }
  const undone = new Map<string, ObjectRecord | undefined>();
  for (let i = index; i < cache.end; i++) {
    const { record, previous } = cache.changeAt(i)!;
    if (!undone.has(record.key)) undone.set(record.key, previous);
  }
  const records: ObjectRecord[] = [];
  cache.records.scan(prefix, prefixEnd(prefix), (record) => {
    if (!undone.has(record.key)) records.push(record);
  });
  for (const [key, record] of undone) if (record && key.startsWith(prefix)) records.push(record);
  return records.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const tooOldToList = (continued: ContinueToken | undefined) =>
  continued ? tooOldToContinue(continued) : expired("The resourceVersion for the provided list is too old.");

/** Its token goes on from the same place with what is there now. */
function tooOldToContinue({ v, start }: ContinueToken): ApiError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata = { continue: encodeContinue({ v, rv: -1, start }) };
  return error;
}

function encodeContinue(token: ContinueToken): string {
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

function decodeContinue(text: string): ContinueToken {
  const wrong = (why: string) => badRequest(`invalid continue token: ${why}`);
  const at = illegalBase64(text);
  if (at >= 0) throw wrong(`continue key is not valid: illegal base64 data at input byte ${at}`);
  let token: ContinueToken;
  try {
    token = parseJson(Buffer.from(text, "base64url")) as ContinueToken;
  } catch (error) {
    throw wrong(`continue key is not valid: ${messageOf(error)}`);
  }
  if (token?.v !== "meta.k8s.io/v1")
    throw wrong(`continue key is not valid: server does not recognize this encoded version ${token?.v ?? ""}`);
  if (!Number.isInteger(token.rv) || token.rv === 0)
    throw wrong("continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  if (typeof token.start !== "string" || token.start === "")
    throw wrong("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)");
  // A start that climbs out of its prefix would list another type.
  const parts = token.start.replace(/^\//, "").split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..")) throw wrong(`continue key is not valid: ${token.start}`);
  return token;
}

/** Where a text is no base64 of the kind without padding; -1: it is. */
function illegalBase64(text: string): number {
  const at = text.search(/[^A-Za-z0-9_-]/);
  return at < 0 && text.length % 4 === 1 ? text.length - 1 : at;
}

function unreadable(text: string): string | undefined {
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return undefined;
  const quoted = JSON.stringify(text);
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`;
}

/** Of one object, and of a watch, upstream's storage itself refuses it, and nobody gives that a reason. */
function readableVersion(text: string): void {
  const why = unreadable(text);
  if (why) throw failure(500, "", why);
}

function versionOf(text: string): number {
  const why = unreadable(text);
  if (why) throw badRequest(`invalid resource version: ${why}`);
  return Number(text);
}

/** As upstream reads a number of the query; 0 when it is absent. */
function wholeNumber(text: string | null): number {
  if (!text) return 0;
  if (!/^[-+]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

function limitOf(query: URLSearchParams): number {
  return Math.max(0, wholeNumber(query.get("limit")));
}

interface ListVersion {
  version: string;
  match: string;
  token: string | null;
  initialEvents: boolean;
}

function checkMatch({ version, match, token, initialEvents }: ListVersion): void {
  const problems: FieldProblem[] = [];
  const forbid = (field: string, body: string) =>
    problems.push({ type: "FieldValueForbidden", field, message: `${field}: Forbidden: ${body}` });
  if (initialEvents) forbid("sendInitialEvents", "sendInitialEvents is forbidden for list");
  if (match) {
    if (!version) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (token) forbid("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
    if (match !== "Exact" && match !== "NotOlderThan")
      problems.push({
        type: "FieldValueNotSupported",
        field: "resourceVersionMatch",
        message: `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      });
    if (match === "Exact" && version === "0")
      forbid("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (problems.length) throw invalid({ group: "meta.k8s.io", resource: "ListOptions" }, "", problems);
  if (token && version && version !== "0") decodeContinue(token);
  if (token && version && version !== "0") throw badRequest("specifying resource version is not allowed when using continue");
}

export async function watch(context: ReadContext, call: ResourceCall): Promise<WatchAnswer> {
  const { definition, info, query } = call;
  const cache = context.cacheOf(definition);
  const { labels, fields } = selectionOf(call);
  const version = query.get("resourceVersion") ?? "";
  const initialEvents = query.has("sendInitialEvents") ? isTrue(query.get("sendInitialEvents")) : undefined;
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  checkWatchMatch(query.get("resourceVersionMatch") ?? "", initialEvents, version, query.get("continue") ?? "");
  limitOf(query);
  if (version) readableVersion(version);
  const asked = Number(version);
  const showsInitial = initialEvents === true || (initialEvents === undefined && asked === 0);
  if (showsInitial) await asNewAs(context, cache, version);
  if (fields) await allConverted(cache, definition, info.namespace);
  const now = cache.revision;
  let initial: ObjectRecord[] = [];
  let past: Change[] = [];
  let next = cache.end;
  const test = info.name ? nameTest(info.name, fields) : fields;
  if (showsInitial) {
    const records: ObjectRecord[] = [];
    cache.scan(info.namespace, (record) => {
      if (passes(record, labels, test)) records.push(record);
    });
    initial = records;
  } else if (asked > 0 && asked < now) {
    const index = cache.indexAfter(asked);
    if (index !== undefined) next = index;
    else {
      try {
        ({ changes: past, next } = await cache.history(asked));
      } catch (error) {
        if (error instanceof CompactedError) throw expired(`too old resource version: ${asked} (${error.compacted})`);
        throw timeout(messageOf(error));
      }
    }
  }
  const source = new WatchSource({
    definition,
    cache,
    namespace: info.namespace,
    labels,
    fields: test,
    bookmarks,
    initial,
    initialEnd: initialEvents === true && bookmarks,
    revision: now,
    past,
    next,
    after: asked > now ? asked : 0,
    timeoutMs: timeoutOf(query, context.random),
    clock: context.clock,
    track: context.track,
  });
  return { kind: "watch", status: 200, definition, source };
}

function nameTest(name: string, fields: FieldTest | undefined): FieldTest {
  return { name, matches: (record) => record.object.metadata.name === name && (!fields || fields.matches(record)) };
}

function checkWatchMatch(match: string, initialEvents: boolean | undefined, version: string, token: string): void {
  const problems: FieldProblem[] = [];
  const forbid = (body: string) =>
    problems.push({ type: "FieldValueForbidden", field: "resourceVersionMatch", message: `resourceVersionMatch: Forbidden: ${body}` });
  if (initialEvents !== undefined && match !== "NotOlderThan")
    forbid("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  if (match !== "" && initialEvents === undefined)
    forbid("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
  if (match !== "" && match !== "NotOlderThan")
    problems.push({
      type: "FieldValueNotSupported",
      field: "resourceVersionMatch",
      message: `resourceVersionMatch: Unsupported value: ${JSON.stringify(match)}: supported values: "NotOlderThan"`,
    });
  // A watch from any version is one for the initial events, and has a match of its own.
  const matched = match !== "" || (initialEvents === undefined && (version === "" || version === "0"));
  if (matched && token) forbid("resourceVersionMatch is forbidden when continue is provided");
  if (problems.length) throw invalid({ group: "meta.k8s.io", resource: "ListOptions" }, "", problems);
}

/** What the client asks for, else between half an hour and an hour, so that watches do not end all at once. */
function timeoutOf(query: URLSearchParams, random: Random): number {
  const asked = wholeNumber(query.get("timeoutSeconds"));
  return asked > 0 ? asked * 1000 : 1_800_000 * (1 + random.next());
}
