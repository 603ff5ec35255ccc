/** What is recorded of one request: filled in as the request goes its way, handed out at each stage. */
import type { Clock } from "#base/mod.ts";
import { microTimestamp } from "#client/mod.ts";
import type { RequestInfo, User } from "../contract.ts";
import type { AuditTrail, ServerRequest } from "../request/call.ts";
import type { Level, Ruling, Stage } from "./policy.ts";

/** A whole event as one line of JSON, and what backends need to know of it. */
export interface Recorded {
  json: string;
  /** Without the objects and marked so, where there are any. */
  truncated(): string | undefined;
  /** The older form, for people. */
  legacy(): string;
}

/** Stores an event; false: it could not. */
export type Sink = (event: Recorded) => boolean | Promise<boolean>;

interface Status {
  status?: string;
  message?: string;
  reason?: string;
  details?: unknown;
  code?: number;
}

interface ObjectRef {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  resourceVersion?: string;
  subresource?: string;
}

interface Parts {
  id: string;
  ruling: Ruling;
  request: Pick<ServerRequest, "url" | "headers" | "remoteAddress">;
  info: RequestInfo;
  user: User | undefined;
  clock: Clock;
  sink: Sink;
}

const longestAgent = 1024;
const ranks: Record<Level, number> = { None: 0, Metadata: 1, Request: 2, RequestResponse: 3 };

export class AuditEvent implements AuditTrail {
  readonly id: string;
  readonly #parts: Parts;
  readonly #received: string;
  readonly #annotations: Record<string, string> = {};
  readonly #object: ObjectRef | undefined;
  #impersonated: User | undefined;
  #constraint = "";
  #status: Status | undefined;
  #requestObject: string | undefined;
  #responseObject: string | undefined;
  #started = false;
  #isComplete = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.id = parts.id;
    this.#received = microTimestamp(parts.clock.now());
    const { isResource, resource, namespace, name, group, version, subresource } = parts.info;
    if (isResource) this.#object = { resource, namespace, name, apiGroup: group, apiVersion: version, subresource };
  }

  get info(): RequestInfo {
    return this.#parts.info;
  }

  /** Whether so much is recorded. */
  wants(level: Level): boolean {
    return ranks[this.#parts.ruling.level] >= ranks[level];
  }

  /** What was said first holds. */
  annotate(key: string, value: string): void {
    if (!Object.hasOwn(this.#annotations, key)) this.#annotations[key] = value;
  }

  impersonated(user: User, constraint: string): void {
    this.#impersonated = user;
    this.#constraint = constraint;
  }

  /** The object that was sent, as it was read. */
  sent(object: object): void {
    const { metadata } = object as { metadata?: Record<string, unknown> };
    if (this.#object && metadata)
      for (const key of ["namespace", "name", "uid", "resourceVersion"] as const) this.#object[key] ||= metadata[key] as string | undefined;
    if (this.wants("Request")) this.#requestObject = this.#shown(object);
  }

  /** A patch, as it was sent. */
  sentPatch(patch: string): void {
    if (this.wants("Request")) this.#requestObject = patch;
  }

  answered(object: string): void {
    if (this.#parts.ruling.omitManagedFields) this.#responseObject = this.#shown(JSON.parse(object));
    else this.#responseObject = object;
  }

  /** A Status that is the answer. */
  setStatus({ status, message, reason, details, code }: Status): void {
    this.#status = { status, message, reason, details, ...(code === undefined ? {} : { code }) };
  }

  /** Of a request that may go on for long: its answer has begun. */
  began(code: number): boolean | Promise<boolean> {
    if (this.#started || this.#isComplete) return true;
    this.#started = true;
    this.#status = { ...this.#status, code };
    return this.stage("ResponseStarted");
  }

  get hasBegun(): boolean {
    return this.#started;
  }

  complete(code: number): boolean | Promise<boolean> {
    this.#isComplete = true;
    this.#status = { ...this.#status, code: this.#status?.code ?? code };
    return this.stage("ResponseComplete");
  }

  stage(stage: Stage): boolean | Promise<boolean> {
    const { ruling, clock, sink } = this.#parts;
    if (ruling.omitStages.has(stage)) return true;
    const time = stage === "RequestReceived" ? this.#received : microTimestamp(clock.now());
    return sink({
      json: this.#json(stage, time, this.#requestObject, this.#responseObject, this.#annotations),
      truncated: () =>
        this.#requestObject === undefined && this.#responseObject === undefined
          ? undefined
          : this.#json(stage, time, undefined, undefined, { ...this.#annotations, "audit.k8s.io/truncated": "true" }),
      legacy: () => this.#legacy(stage),
    });
  }

  #json(
    stage: Stage,
    time: string,
    requestObject: string | undefined,
    responseObject: string | undefined,
    annotations: Record<string, string>,
  ): string {
    const { id, request, info, user, ruling } = this.#parts;
    const agent = String(request.headers["user-agent"] ?? "");
    const head = JSON.stringify({
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: ruling.level,
      auditID: id,
      stage,
      requestURI: request.url,
      verb: info.verb,
      user: user ? userInfo(user) : {},
      impersonatedUser: this.#impersonated && userInfo(this.#impersonated),
      authenticationMetadata: this.#constraint === "" ? undefined : { impersonationConstraint: this.#constraint },
      sourceIPs: nonEmpty(sourceIps(request)),
      userAgent: agent.length > longestAgent ? `${agent.slice(0, longestAgent)}...TRUNCATED` : agent || undefined,
      objectRef: this.#object && filled(this.#object),
      responseStatus: this.#status && { metadata: {}, ...filled(this.#status) },
    });
    const keys = Object.keys(annotations).sort();
    const tail = JSON.stringify({
      requestReceivedTimestamp: this.#received,
      stageTimestamp: time,
      annotations: keys.length > 0 ? Object.fromEntries(keys.map((key) => [key, annotations[key]])) : undefined,
    });
    // Objects are JSON already: they go in as they are.
    const objects =
      (requestObject ? `,"requestObject":${requestObject}` : "") + (responseObject ? `,"responseObject":${responseObject}` : "");
    return `${head.slice(0, -1)}${objects},${tail.slice(1)}`;
  }

  #legacy(stage: Stage): string {
    const { id, request, info, user } = this.#parts;
    const list = (values: readonly string[] | undefined) => values?.map((each) => JSON.stringify(each)).join(",");
    const pairs: [string, string][] = [
      ["id", id],
      ["stage", stage],
      ["ip", sourceIps(request)[0] ?? "<unknown>"],
      ["method", info.verb],
      ["user", user?.name || "<none>"],
      ["groups", list(user?.groups) || "<none>"],
      ["as", this.#impersonated?.name ?? "<self>"],
      ["asgroups", list(this.#impersonated?.groups) ?? "<lookup>"],
      ["user-agent", String(request.headers["user-agent"] ?? "")],
      ["namespace", this.#object?.namespace || "<none>"],
      ["uri", request.url],
    ];
    const said = pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(" ");
    return `${this.#received} AUDIT: ${said} response="${this.#status?.code ?? "<deferred>"}"`;
  }

  #shown(object: object): string {
    return JSON.stringify(this.#parts.ruling.omitManagedFields ? withoutManagedFields(object) : object);
  }
}

const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  uid: uid || undefined,
  groups: nonEmpty(groups),
  extra: extra && Object.keys(extra).length > 0 ? extra : undefined,
});

const nonEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined);
const filled = (object: object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== ""));

function withoutManagedFields(object: object): object {
  const { metadata, items, rows } = object as { metadata?: { managedFields?: unknown }; items?: object[]; rows?: { object?: object }[] };
  const out: Record<string, unknown> = { ...object };
  if (metadata && "managedFields" in metadata) {
    const { managedFields: _gone, ...rest } = metadata;
    out.metadata = rest;
  }
  if (Array.isArray(items)) out.items = items.map(withoutManagedFields);
  if (Array.isArray(rows)) out.rows = rows.map((row) => (row.object ? { ...row, object: withoutManagedFields(row.object) } : row));
  return out;
}

const ip = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*)$/i;

/** Those that proxies name, then the one that the connection has. */
function sourceIps({ headers, remoteAddress = "" }: Parts["request"]): string[] {
  const texts = (name: string) => [headers[name] ?? []].flat();
  const out = (texts("x-forwarded-for")[0] ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => ip.test(one));
  const real = texts("x-real-ip")[0];
  if (real !== undefined && ip.test(real) && !out.includes(real)) out.push(real);
  const own = remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
  if (own !== "" && out.at(-1) !== own) out.push(own);
  return out;
}
