/** From the rules of an HTTPRoute (and of a GRPCRoute, beyond its matches) to what is done by them, or why they cannot be obeyed. Pure. */
import { RE2JS } from "re2js";
import { messageOf } from "#base/mod.ts";
import type { Fields } from "../http/head.ts";
import { allFailures, type Retrying } from "../proxy/again.ts";
import { comparablePath } from "../routes/path.ts";
import type { Target } from "../routes/table.ts";
import type { BackendReference, CorsFilter, Filter, HeaderChange, HttpMatch, HttpRule, NamedMatch, PathModifier } from "./kinds.ts";
import { type PathTest, prefixTest, type Test, type ValueTest } from "./request-test.ts";
import { type Sessions, sessionsOf } from "./sessions.ts";

export interface Headers {
  set: Fields;
  add: Fields;
  /** In lower case: those that go, and those that are set anew. */
  remove: ReadonlySet<string>;
}

export interface Redirect {
  scheme: string | undefined;
  hostname: string | undefined;
  port: number | undefined;
  status: number;
  path: PathModifier | undefined;
}

/** One of those that a rule leads to. */
export interface Choice {
  weight: number;
  /** Undefined: what is named cannot be, and its share of the requests is refused. */
  target: Extract<Target, { kind: "service" }> | undefined;
  /** The key of the backend. */
  backend: string;
  request: Headers[];
  response: Headers[];
}

/** Shared by all entries of one rule. */
export interface Rule {
  /** `namespace/name` of the route. */
  route: string;
  /** Where it leads nowhere: 500, and of a GRPCRoute what its clients know as UNAVAILABLE. */
  nowhere: 500 | 503;
  choices: Choice[];
  request: Headers[];
  response: Headers[];
  redirect: Redirect | undefined;
  rewrite: { hostname: string | undefined; path: PathModifier | undefined } | undefined;
  /** Each with the share of requests that it gets a copy of, from 0 to 1. */
  mirrors: { share: number; choice: Choice }[];
  cors: CorsFilter | undefined;
  /** 0: as long as it takes. */
  timeoutMs: number;
  retrying: Retrying | undefined;
  sessions: Sessions | undefined;
}

/** Something in an HTTPRoute that is not obeyed here: the whole route is refused for it. */
export class Unsupported extends Error {
  override name = "Unsupported";
}

/** Throws Unsupported. */
export function testsOf({ matches }: HttpRule): Test[] {
  return (matches?.length ? matches : [{}]).map(testOf);
}

function testOf({ path, headers = [], queryParams = [], method }: HttpMatch): Test {
  return {
    path: pathTest(path ?? {}),
    method,
    headers: headerTests(headers),
    query: firstOfName(queryParams),
  };
}

function pathTest({ type = "PathPrefix", value = "/" }: NonNullable<HttpMatch["path"]>): PathTest {
  switch (type) {
    case "Exact":
      return { kind: "exact", value: comparablePath(value) ?? value };
    case "PathPrefix":
      return prefixTest(comparablePath(value) ?? value);
    case "RegularExpression":
      return { kind: "pattern", pattern: patternOf(value) };
    default:
      throw new Unsupported(`path match of type ${type}`);
  }
}

/** Throws Unsupported. */
export const headerTests = (headers: readonly NamedMatch[]): ValueTest[] =>
  firstOfName(headers.map((each) => ({ ...each, name: each.name.toLowerCase() })));

/** Of several with one name only the first counts. */
function firstOfName(tests: readonly NamedMatch[]): ValueTest[] {
  return tests
    .filter(({ name }, at) => tests.findIndex((each) => each.name === name) === at)
    .map(({ name, value, type = "Exact" }) => {
      if (type !== "Exact" && type !== "RegularExpression") throw new Unsupported(`match of type ${type}`);
      return { name, is: type === "Exact" ? value : patternOf(value) };
    });
}

/** Throws Unsupported. */
export function patternOf(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new Unsupported(`${text} is no pattern: ${messageOf(error)}`);
  }
}

/** All of a rule but its backends; `at`: its place in the route. Throws Unsupported. */
export function ruleOf(
  route: string,
  at: number,
  { name, filters = [], timeouts, retry, sessionPersistence }: Omit<HttpRule, "matches">,
): Rule {
  const sessions = sessionPersistence && sessionsOf(sessionPersistence, { rule: `${route} ${name ?? at}`, durationMs });
  if (typeof sessions === "string") throw new Unsupported(sessions);
  const rule: Rule = {
    route,
    nowhere: 500,
    choices: [],
    ...headersOf(filters),
    redirect: undefined,
    rewrite: undefined,
    mirrors: [],
    cors: undefined,
    timeoutMs: timeoutOf(retry ? { request: timeouts?.request } : timeouts),
    sessions,
    retrying: retry && retryingOf(retry, timeouts?.backendRequest),
  };
  for (const { type, requestRedirect, urlRewrite, cors } of filters) {
    if (type === "RequestRedirect" && requestRedirect) {
      const { scheme, hostname, port, statusCode = 302, path } = requestRedirect;
      rule.redirect = { scheme, hostname, port, status: statusCode, path };
    } else if (type === "URLRewrite" && urlRewrite) rule.rewrite = { hostname: urlRewrite.hostname, path: urlRewrite.path };
    else if (type === "CORS" && cors) rule.cors = cors;
    else if (!isOfHeaders(type) && type !== "RequestMirror") throw new Unsupported(`filter ${type}`);
  }
  return rule;
}

const isOfHeaders = (type: string) => type === "RequestHeaderModifier" || type === "ResponseHeaderModifier";

/** Throws Unsupported. */
export function backendFilters({ filters = [] }: BackendReference): Pick<Choice, "request" | "response"> {
  const other = filters.find(({ type }) => !isOfHeaders(type));
  if (other) throw new Unsupported(`filter ${other.type} of a backend`);
  return headersOf(filters);
}

/** The part of all requests that a mirror gets. */
export function shareOf({ percent, fraction }: NonNullable<Filter["requestMirror"]>): number {
  if (fraction) return Math.min(1, fraction.numerator / (fraction.denominator || 100));
  return (percent ?? 100) / 100;
}

function headersOf(filters: readonly Filter[]): Pick<Choice, "request" | "response"> {
  return {
    request: filters.flatMap(({ requestHeaderModifier }) => (requestHeaderModifier ? [changeOf(requestHeaderModifier)] : [])),
    response: filters.flatMap(({ responseHeaderModifier }) => (responseHeaderModifier ? [changeOf(responseHeaderModifier)] : [])),
  };
}

function changeOf({ set = [], add = [], remove = [] }: HeaderChange): Headers {
  return {
    set: set.flatMap(({ name, value }) => [name, value]),
    add: add.flatMap(({ name, value }) => [name, value]),
    remove: new Set([...remove, ...set.map(({ name }) => name)].map((name) => name.toLowerCase())),
  };
}

export function changed(fields: Fields, changes: readonly Headers[]): Fields {
  let now = fields;
  for (const { set, add, remove } of changes) {
    const kept: Fields = [];
    for (let at = 0; at < now.length; at += 2) if (!remove.has(now[at]!.toLowerCase())) kept.push(now[at]!, now[at + 1]!);
    kept.push(...set, ...add);
    now = kept;
  }
  return now;
}

/** A request is a promise of the client's time too: nobody waits for more attempts than these. */
const mostAttempts = 100;
/** Where a rule does not say. */
const usualRetry = { attempts: 1, backoff: "25ms" };

/** Of several attempts each may take as long as a request to a backend. Throws Unsupported. */
function retryingOf(
  { codes = [], attempts = usualRetry.attempts, backoff = usualRetry.backoff }: NonNullable<HttpRule["retry"]>,
  each = "0s",
): Retrying {
  if (attempts < 0 || attempts > mostAttempts) throw new Unsupported(`${attempts} attempts of a retry`);
  return { codes: new Set(codes), failures: allFailures, attempts, backoffMs: durationMs(backoff), eachMs: durationMs(each) };
}

/** The shorter of the two: a request is made once. */
function timeoutOf({ request, backendRequest }: { [K in keyof NonNullable<HttpRule["timeouts"]>]: string | undefined } = {}): number {
  const set = [request, backendRequest].flatMap((text) => (text ? [durationMs(text)] : [])).filter((ms) => ms > 0);
  return set.length > 0 ? Math.min(...set) : 0;
}

const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `1h30m`, `10s`, `500ms`. */
function durationMs(text: string): number {
  if (!/^(\d{1,5}(h|m|s|ms)){1,4}$/.test(text)) throw new Unsupported(`duration ${text}`);
  return [...text.matchAll(/(\d+)(ms|h|m|s)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}

/** The path that a modifier makes of a comparable one that the test took. */
export function modifiedPath({ type, replaceFullPath = "/", replacePrefixMatch = "" }: PathModifier, path: string, test: PathTest): string {
  if (type === "ReplaceFullPath") return replaceFullPath;
  const rest = test.kind === "prefix" ? path.slice(test.value.length) : "";
  const before = replacePrefixMatch.replace(/\/$/, "");
  const made = `${before}${rest}`;
  return made.startsWith("/") ? made : `/${made}`;
}
