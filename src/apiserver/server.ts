/**
 * The API server without its sockets: who asks, may they, what do they get.
 *
 *     request → parse → authenticate → a seat (fairness) → authorize → verb (admission, store) → answer → encode
 */

import { builtInKinds, type Catalog, openapi, type Resource, staticCatalog } from "#api/mod.ts";
import { type Clock, type Log, messageOf, type Random } from "#base/mod.ts";
import type { Transport } from "#client/contract.ts";
import { type Store, StoreError } from "#store/mod.ts";
import { discovery } from "./catalog/discovery.ts";
import type {
  AdmissionPlugin,
  Authenticator,
  Authorizer,
  Connecter,
  CreateHandler,
  RequestInfo,
  Storage,
  User,
  WriteHook,
} from "./contract.ts";
import { directTransport } from "./direct.ts";
import { type PathContext, pageNotFound, runPath } from "./http/paths.ts";
import type { ResourceCache } from "./read/cache.ts";
import { openCaches } from "./read/caches.ts";
import { compactEvery } from "./read/compaction.ts";
import type { WatchSource } from "./read/watch.ts";
import type { Answer, Call, ResourceCall, ServerRequest } from "./request/call.ts";
import { timeoutOf } from "./request/deadline.ts";
import { ApiError, forbidden, internal, noSuchPath, storeRefusal, unauthorized } from "./request/errors.ts";
import { Fairness } from "./request/fairness/fairness.ts";
import { sizeOf } from "./request/fairness/width.ts";
import { ListGate } from "./request/list-gate.ts";
import { createMetrics } from "./request/metrics.ts";
import { parseRequest } from "./request/request-info.ts";
import { runVerb, type VerbContext } from "./request/verbs.ts";
import { internalStorage } from "./write/storage.ts";

export interface ApiServerOptions {
  store: Store;
  /** What is served; by default the built-in kinds alone. */
  catalog?: Catalog;
  clock: Clock;
  random: Random;
  log: Log;
  /** Asked in order; the first that knows the caller wins. */
  authenticators: Authenticator[];
  /** Asked in order until one allows or denies. None: everything is allowed (tests). */
  authorizers: Authorizer[];
  admission?: AdmissionPlugin[];
  createHandlers?: Map<string, CreateHandler>;
  connecters?: Map<string, Connecter>;
  /** By `resource.group`; run before writes of that resource. */
  writeHooks?: Map<string, WriteHook>;
  /** `resource.group` of kinds whose controller does not run yet: a create is answered with a warning. */
  withoutController?: string[];
  /** Callers that nobody knows are `system:anonymous`; false refuses them. */
  anonymous?: boolean;
  /** host:port shown in `/api`. */
  address?: string;
  /** How long history is kept for watches that resume and lists that continue. */
  historyMs?: number;
}

export interface ApiServer {
  /** Answers one request; never rejects. */
  handle(request: ServerRequest): Promise<Answer>;
  /** A transport for components of this process, as the given user. */
  direct(user: User): Transport;
  storage: Storage;
  /** Adds checks, hooks and connecters that need the running server. */
  readonly connecters: Map<string, Connecter>;
  readonly createHandlers: Map<string, CreateHandler>;
  readonly writeHooks: Map<string, WriteHook>;
  readonly checks: Map<string, () => string | undefined>;
  /** By exact path: what is answered off the resources, beside discovery and health. */
  readonly pathHandlers: PathContext["handlers"];
  readonly admission: AdmissionPlugin[];
  readonly authenticators: Authenticator[];
  readonly authorizers: Authorizer[];
  cacheOf(definition: Resource): ResourceCache;
  /** Asks the authorizers, as for a request. */
  authorize(user: User, info: RequestInfo): Promise<{ allowed: boolean; denied?: boolean; reason?: string }>;
  readonly fairness: Fairness;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  close(): Promise<void>;
}

const anonymousUser: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };
const streaming = new Set(["proxy", "exec", "attach", "portforward", "log"]);

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, clock, random, log, anonymous = true, historyMs = 300_000 } = options;
  const { catalog = staticCatalog(builtInKinds) } = options;
  const caches = await openCaches({ catalog, store, clock, log });
  const cacheOf = caches.of;
  const watches = new Set<WatchSource>();
  const metrics = createMetrics({ watches: () => watches.size, caches: caches.byPrefix });
  const busy = new Map<string, Promise<unknown>>();
  const storage = internalStorage({ store, clock, random, catalog, cacheOf, busy });
  const context: VerbContext = {
    store,
    clock,
    random,
    storage,
    admission: options.admission ?? [],
    hooks: options.writeHooks ?? new Map(),
    busy,
    async mayAlso({ user, info }, verb) {
      if (info.verb === verb) return;
      const { allowed, reason = "" } = await decide(user, { ...info, verb });
      // Upstream's second questions name only the reason.
      if (!allowed) throw forbidden(info, info.name, reason);
    },
    gate: new ListGate(options.clock),
    createHandlers: options.createHandlers ?? new Map(),
    connecters: options.connecters ?? new Map(),
    withoutController: new Set(options.withoutController ?? []),
    cacheOf,
    catalog,
    track: (source, open) => void (open ? watches.add(source) : watches.delete(source)),
  };
  const paths: PathContext = {
    discovery: discovery(catalog),
    openapi: openapi(catalog),
    address: options.address ?? "",
    checks: new Map([
      ["ping", () => undefined],
      ["log", () => undefined],
      ["etcd", () => undefined],
    ]),
    metrics: () => metrics.text(),
    handlers: new Map(),
  };
  const authenticators = [...options.authenticators];
  const authorizers = [...options.authorizers];
  const fairness = new Fairness(clock);
  let closed = false;

  async function identify(request: ServerRequest): Promise<User> {
    if (request.user) return request.user;
    let refused = false;
    for (const authenticator of authenticators) {
      try {
        const answer = authenticator.authenticate({
          headers: request.headers,
          path: request.url,
          certificate: request.certificate,
          remoteAddress: request.remoteAddress,
        });
        const user = answer instanceof Promise ? await answer : answer;
        if (user) return user;
      } catch (error) {
        log.debug("a credential was refused", { error: messageOf(error) });
        refused = true;
      }
    }
    if (refused || request.headers.authorization !== undefined || !anonymous) throw unauthorized();
    return anonymousUser;
  }

  async function decide(user: User, info: RequestInfo): Promise<{ allowed: boolean; denied?: boolean; reason?: string }> {
    let reason = "";
    for (const authorizer of authorizers) {
      const answer = authorizer.authorize(user, info);
      const decision = answer instanceof Promise ? await answer : answer;
      if (decision.allowed) return decision;
      if (decision.reason) reason = reason ? `${reason}, ${decision.reason}` : decision.reason;
      if (decision.denied) return { ...decision, reason };
    }
    return { allowed: authorizers.length === 0, reason };
  }

  async function authorize(user: User, info: RequestInfo): Promise<void> {
    const { allowed, reason } = await decide(user, info);
    if (!allowed) throw forbiddenTo(user, info, reason);
  }

  async function run(request: ServerRequest, call: Partial<Call>): Promise<Answer> {
    const { info, query } = parseRequest(request.method, request.url);
    Object.assign(call, { method: request.method, request, info, query, warnings: [], audit: {} });
    if (closed)
      throw new ApiError({
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: "the server is shutting down",
        reason: "ServiceUnavailable",
        code: 503,
      });
    const user = await identify(request);
    const asked = await impersonated(user, request, authorize);
    call.user = asked;
    const isStream = streaming.has(info.subresource);
    request.begun?.(isStream || info.verb === "watch", timeoutOf(query));
    if (!isStream) {
      const size = info.verb === "list" ? sizeOf(recordsOf(info)) : undefined;
      const entering = fairness.enter({ user: asked, info, limit: Number(query.get("limit") ?? 0), size }, request.gone);
      call.seat = entering instanceof Promise ? await entering : entering;
    }
    await authorize(asked, info);
    return dispatch(call as Call);
  }

  const recordsOf = ({ group, version, resource }: RequestInfo) =>
    caches.byPrefix.get(catalog.find(group, version, resource)?.storagePrefix ?? "")?.records;

  async function dispatch(call: Call): Promise<Answer> {
    const { info } = call;
    if (!info.isResource) return runPath(paths, call);
    const definition = info.prefix === "apis" && info.group === "" ? undefined : catalog.find(info.group, info.version, info.resource);
    if (!definition) {
      if (info.prefix === "apis" && !paths.discovery.group(info.group)) return pageNotFound();
      throw noSuchPath();
    }
    await caches.filling(definition);
    const resourceCall = call as ResourceCall;
    resourceCall.definition = definition;
    return runVerb(context, resourceCall);
  }

  async function handle(request: ServerRequest): Promise<Answer> {
    const call: Partial<Call> = {};
    const started = clock.monotonic();
    let answer: Answer;
    try {
      answer = await run(request, call);
    } catch (error) {
      answer = refusal(error, call, log);
    }
    if (call.warnings?.length) answer.warnings = call.warnings;
    const { seat } = call;
    if (seat) {
      answer.headers = { ...seat.headers, ...answer.headers };
      // A watch holds its seat while it is prepared, and no longer.
      if (answer.kind === "watch") seat.leave();
      else answer.sent = seat.leave;
    }
    if (call.info) metrics.observe(call.info, answer.status, clock.monotonic() - started);
    return answer;
  }

  const compactor = compactEvery({ store, caches: () => caches.byPrefix.values(), clock, historyMs, log });
  const server: ApiServer = {
    handle,
    direct: (user) => directTransport({ server, user, clock }),
    storage,
    connecters: context.connecters,
    createHandlers: context.createHandlers,
    writeHooks: context.hooks,
    checks: paths.checks,
    pathHandlers: paths.handlers,
    admission: context.admission,
    authenticators,
    authorizers,
    cacheOf,
    authorize: decide,
    fairness,
    clock,
    random,
    log,
    async close() {
      closed = true;
      compactor.cancel();
      fairness.close();
      for (const watch of [...watches]) watch.stop();
      caches.close();
    },
  };
  return server;
}

function refusal(error: unknown, call: Partial<Call>, log: Log): Answer {
  if (error instanceof StoreError) return refusal(storeRefusal(error), call, log);
  if (error instanceof ApiError) return { kind: "object", status: error.code, object: error.status as never, headers: retryHeader(error) };
  log.error("a request failed in the server", {
    path: call.info?.path,
    verb: call.info?.verb,
    user: call.user?.name,
    error: messageOf(error),
    stack: (error as Error)?.stack,
  });
  return { kind: "object", status: 500, object: internal(messageOf(error)).status as never };
}

function retryHeader({ status }: ApiError): Record<string, string> | undefined {
  const seconds = status.details?.retryAfterSeconds;
  return seconds ? { "retry-after": String(seconds) } : undefined;
}

function forbiddenTo(user: User, info: RequestInfo, reason: string | undefined): ApiError {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`;
  const because = reason ? `: ${reason}` : "";
  if (!info.isResource) return forbidden({ group: "", resource: "" }, "", `${who} path ${JSON.stringify(info.path)}${because}`);
  const resource = info.subresource ? `${info.resource}/${info.subresource}` : info.resource;
  const where = info.namespace ? ` in the namespace ${JSON.stringify(info.namespace)}` : " at the cluster scope";
  return forbidden(
    { group: info.group, resource: info.resource },
    info.name,
    `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)}${where}${because}`,
  );
}

/** `Impersonate-User` and its like: allowed to those who may impersonate what they name. */
async function impersonated(
  user: User,
  { headers }: ServerRequest,
  authorize: (user: User, info: RequestInfo) => Promise<void>,
): Promise<User> {
  const name = headers["impersonate-user"] as string | undefined;
  const groups = listOf(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"] as string | undefined;
  const extras = Object.keys(headers).filter((header) => header.startsWith("impersonate-extra-"));
  if (name === undefined && groups.length === 0 && uid === undefined && extras.length === 0) return user;
  if (!name) throw internal(`requested [${[...groups, uid, ...extras].filter(Boolean).join(" ")}] without impersonating a user`);
  const asks = (group: string, resource: string, of: string, namespace = "", subresource = "") =>
    authorize(user, {
      path: "",
      verb: "impersonate",
      isResource: true,
      prefix: group ? "apis" : "api",
      group,
      version: "v1",
      namespace,
      resource,
      subresource,
      name: of,
    });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account) await asks("", "serviceaccounts", account[2]!, account[1]!);
  else await asks("", "users", name);
  for (const group of groups) await asks("", "groups", group);
  if (uid) await asks("authentication.k8s.io", "uids", uid);
  const extra: Record<string, string[]> = {};
  for (const header of extras) {
    const key = decodeURIComponent(header.slice("impersonate-extra-".length));
    extra[key] = listOf(headers[header]);
    for (const value of extra[key]) await asks("authentication.k8s.io", "userextras", value, "", key);
  }
  const all = new Set(groups);
  if (account && groups.length === 0)
    for (const group of ["system:serviceaccounts", `system:serviceaccounts:${account[1]}`]) all.add(group);
  all.add(name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated");
  return { name, groups: [...all], ...(uid ? { uid } : {}), ...(extras.length ? { extra } : {}) };
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : value.split(/,\s*/);
}
