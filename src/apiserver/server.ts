/**
 * The API server without its sockets: who asks, may they, what do they get.
 *
 *     request → parse → authenticate → a seat (fairness) → authorize → verb (admission, store) → answer → encode
 *
 * It is made in two steps, and nothing is added later: a registry is opened, then served with everything that guards it.
 */

import { type Catalog, openapi } from "#api/mod.ts";
import type { Clock, Log, Random } from "#base/mod.ts";
import type { Transport } from "#client/contract.ts";
import type { Store } from "#store/mod.ts";
import { type Admission, noAdmission } from "./admission/chain.ts";
import type { Audit } from "./audit/assemble.ts";
import { type Audited, annotateDecision, enter, finish, follow } from "./audit/pipeline.ts";
import { decide } from "./authz/reviews.ts";
import { discovery, type RemoteVersions } from "./catalog/discovery.ts";
import type { Authorizer, ComputedKind, Connecter, CreateHandler, Decision, RequestInfo, Storage, User, WriteHook } from "./contract.ts";
import { directTransport } from "./direct.ts";
import type { RemoteDocuments } from "./http/documents.ts";
import { Ending } from "./http/ending.ts";
import { gitVersion, type PathContext, pageNotFound, runPath, text } from "./http/paths.ts";
import { IdentityMetrics } from "./metrics/identity.ts";
import { flowLines, processLines, storageLines } from "./metrics/own.ts";
import { type Observed, RequestMetrics } from "./metrics/requests.ts";
import type { Labels } from "./metrics/series.ts";
import type { WatchSource } from "./read/watch.ts";
import type { Registry } from "./registry.ts";
import type { Answer, Call, ServerRequest } from "./request/call.ts";
import { timeoutOf } from "./request/deadline.ts";
import { forbidden, noSuchPath, serviceUnavailable } from "./request/errors.ts";
import { Fairness, type Seat } from "./request/fairness/fairness.ts";
import { sizeOf } from "./request/fairness/width.ts";
import { type Authentication, identifier } from "./request/identify.ts";
import { impersonated } from "./request/impersonate.ts";
import { ListGate } from "./request/list-gate.ts";
import { forbiddenTo, refusal } from "./request/refusal.ts";
import { parseRequest } from "./request/request-info.ts";
import { runVerb, type VerbContext } from "./request/verbs.ts";

export interface ServerParts {
  authn?: Authentication;
  /** Asked in order until one allows or denies. None: everything is allowed (tests). */
  authz?: readonly Authorizer[];
  admission?: Admission;
  /** Absent: nothing is recorded. */
  audit?: Audit;
  subresources?: {
    /** By `resource.group` or `resource.group/subresource`: POSTs that are answered and not stored. */
    created?: ReadonlyMap<string, CreateHandler>;
    /** By `resource.group/subresource`: streams and upgrades. */
    connected?: ReadonlyMap<string, Connecter>;
  };
  /** By `resource.group`: kinds that are made when they are asked for. */
  computed?: ReadonlyMap<string, ComputedKind>;
  /** By `resource.group`: what a write claims before it is stored. */
  hooks?: ReadonlyMap<string, WriteHook>;
  paths?: {
    /** host:port shown in `/api`. */
    address?: string;
    /** By exact path, beside discovery and health. */
    handlers?: PathContext["handlers"];
    /** Of /healthz, /livez and /readyz, beside the server's own: a text says what is wrong. */
    checks?: PathContext["checks"];
  };
  limits?: {
    /** Who waits for whom when there is much to do; by default upstream's levels. */
    fairness?: Fairness;
  };
  /** API servers that others bring: requests for their groups are theirs to answer. */
  aggregation?: Aggregation;
  /** Lines for /metrics of parts that count by themselves. */
  metrics?: readonly (() => string[])[];
  /** `resource.group` of kinds whose controller does not run yet: a create is answered with a warning. */
  withoutController?: readonly string[];
}

export interface Aggregation {
  /** Undefined: the request is this server's own. */
  answer(call: Call): Promise<Answer> | undefined;
  versions: RemoteVersions;
  documents: RemoteDocuments;
}

export interface ApiServer {
  /** Answers one request; never rejects. */
  handle(request: ServerRequest): Promise<Answer>;
  /** A transport for components of this process, as the given user. */
  direct(user: User): Transport;
  readonly storage: Storage;
  /** Asks the authorizers, as for a request. */
  authorize(user: User, info: RequestInfo): Promise<Decision>;
  readonly fairness: Fairness;
  /** Requests that come over the network count; those of this process do not. */
  readonly ending: Ending;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends the registry with it. */
  close(): Promise<void>;
}

const streaming = new Set(["proxy", "exec", "attach", "portforward", "log"]);
const ownChecks = (store: Store): PathContext["checks"] =>
  new Map([
    ["ping", () => undefined],
    ["log", () => undefined],
    ["etcd", (which: string) => storeCheck(store, which)],
  ]);

export function serve(registry: Registry, parts: ServerParts = {}): ApiServer {
  const { clock, random, log, catalog, caches, storage, lifetime } = registry;
  const authorizers = parts.authz ?? [];
  const identity = new IdentityMetrics(clock);
  const identify = identity.identifying(identifier(parts.authn ?? { authenticators: [] }, log));
  const fairness = parts.limits?.fairness ?? new Fairness(clock);
  lifetime.add(() => fairness.close());
  const watches = new Set<WatchSource>();
  const { requests, metrics } = counting(registry, parts, { fairness, watches, identity });
  const ending = new Ending(clock);
  const ask = identity.authorizing(async (user, info) => (authorizers.length === 0 ? { allowed: true } : decide(authorizers, user, info)));
  const context = verbContext(registry, parts, { watches, ask });
  const paths = pathContext(registry, parts, { metrics, ending });
  lifetime.add(() => {
    for (const watch of [...watches]) watch.stop();
  });
  lifetime.add(endLostWatches(catalog, watches));

  async function authorize(user: User, info: RequestInfo): Promise<void> {
    const { allowed, reason } = await ask(user, info);
    if (!allowed) throw forbiddenTo(user, info, reason);
  }

  async function run(call: Call): Promise<Answer> {
    const { info, user } = call;
    const decision = await ask(user, info);
    annotateDecision(call.audit, decision);
    if (!decision.allowed && decision.error) return unanswered(call, decision.error);
    if (!decision.allowed) throw forbiddenTo(user, info, decision.reason);
    const elsewhere = parts.aggregation?.answer(call);
    if (elsewhere) return elsewhere;
    if (!info.isResource) return runPath(paths, call);
    const definition = info.prefix === "apis" && info.group === "" ? undefined : catalog.find(info.group, info.version, info.resource);
    if (!definition) {
      if (info.prefix === "apis" && !paths.discovery.group(info.group)) return pageNotFound();
      throw noSuchPath();
    }
    if (definition.rules.notice) call.warnings.push(definition.rules.notice);
    await caches.filling(definition);
    return runVerb(context, Object.assign(call, { definition }));
  }

  async function answer(request: ServerRequest, asked: Asked): Promise<Answer> {
    if (lifetime.ended) throw serviceUnavailable("the server is shutting down");
    const { info, query } = asked;
    const asker = await enter(parts.audit, request, asked, identify);
    const user = await impersonated(asker, request, info, authorize, (...who) => asked.event?.impersonated(...who));
    const call = follow({ method: request.method, request, info, query, user, warnings: [] }, asked);
    asked.call = call;
    const isStream = streaming.has(info.subresource);
    if (isStream) asked.streamed = requests.stream(info);
    request.begun?.(isStream || info.verb === "watch", timeoutOf(query));
    if (!isStream) {
      const size = info.verb === "list" ? sizeOf(recordsOf(info)) : undefined;
      const entering = fairness.enter({ user, info, limit: Number(query.get("limit") ?? 0), size }, request.gone);
      call.seat = entering instanceof Promise ? await entering : entering;
      if (info.verb !== "watch") asked.peak = requests.enter(info);
    }
    return run(call);
  }

  const recordsOf = ({ group, version, resource }: RequestInfo) =>
    caches.byPrefix.get(catalog.find(group, version, resource)?.storagePrefix ?? "")?.records;

  async function handle(request: ServerRequest): Promise<Answer> {
    const started = clock.monotonic();
    const asked: Asked = parseRequest(request.method, request.url);
    const done = await answer(request, asked).catch((error) => refusal(error, asked.call ?? asked, log));
    const warnings = asked.call?.warnings ?? [];
    if (warnings.length > 0) done.warnings = warnings;
    leaveSeat(asked.call?.seat, done);
    if (parts.audit) await finish(asked, request, done, clock.now());
    asked.peak?.leave();
    asked.streamed?.();
    done.measured = requests.observe(observed(asked, request, done.status, clock.monotonic() - started));
    return done;
  }

  const server: ApiServer = {
    handle,
    direct: (user) => directTransport({ server, user, clock }),
    storage,
    authorize: ask,
    fairness,
    ending,
    clock,
    random,
    log,
    close: () => lifetime.close(),
  };
  return server;
}

/** When the last byte is sent; a watch holds its seat while it is prepared, and no longer. */
function leaveSeat(seat: Seat | undefined, done: Answer): void {
  if (!seat) return;
  done.headers = done.headers ? { ...seat.headers, ...done.headers } : seat.headers;
  if (done.kind === "watch") seat.leave();
  else done.sent = seat.leave;
}

function counting(
  { clock, catalog, caches }: Registry,
  { metrics: ofParts = [] }: ServerParts,
  { fairness, watches, identity }: { fairness: Fairness; watches: ReadonlySet<WatchSource>; identity: IdentityMetrics },
) {
  const requests = new RequestMetrics(clock, ({ group, version, resource }) => catalog.find(group, version, resource) !== undefined);
  const startedAtMs = clock.now();
  const metrics = () => [
    ...requests.lines(watchesByLook(watches)),
    ...identity.lines(),
    ...flowLines(fairness),
    ...storageLines(caches.byPrefix.values()),
    ...ofParts.flatMap((linesOf) => linesOf()),
    ...processLines(startedAtMs, gitVersion),
  ];
  return { requests, metrics };
}

/** Nobody can say whether it is allowed. As upstream says it, in plain text. */
function unanswered({ request }: Call, error: string): Answer {
  const shown = JSON.stringify(request.url).replace(/[<>&]/g, (char) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[char]!);
  return text(500, `Internal Server Error: ${shown}: ${error}\n`);
}

/** A kind that has become another one is watched anew. */
function endLostWatches(catalog: Catalog, watches: ReadonlySet<WatchSource>): () => void {
  return catalog.onChange((added, gone) => {
    const kept = new Set(added.map(({ schema }) => schema));
    const lost = new Set(gone.map(({ schema }) => schema).filter((schema) => !kept.has(schema)));
    for (const watch of [...watches]) if (lost.has(watch.definition.schema)) watch.stop();
  });
}

type Asked = ReturnType<typeof parseRequest> &
  Audited & {
    call?: Call;
    /** Of a stream: it has ended. */
    streamed?(): void;
    /** Where it is counted among those that are under way. */
    peak?: { leave(): void };
  };

function observed({ info, query, call }: Asked, { headers }: ServerRequest, code: number, ms: number): Observed {
  const isWrite = info.verb !== "get" && info.verb !== "list" && info.verb !== "watch";
  return {
    info,
    isDryRun: isWrite && query.has("dryRun"),
    isApply: info.verb === "patch" && String(headers["content-type"]).startsWith("application/apply-patch"),
    code,
    ms,
    waitedMs: call?.seat?.waitedMs ?? 0,
  };
}

function watchesByLook(watches: ReadonlySet<WatchSource>): [Labels, number][] {
  const counts = new Map<string, [Labels, number]>();
  for (const { definition, scope } of watches) {
    const { group, version, resource, id } = definition;
    const key = `${id} ${version} ${scope}`;
    const known = counts.get(key);
    if (known) known[1]++;
    else counts.set(key, [{ component: "apiserver", group, version, resource, subresource: "", scope, verb: "WATCH" }, 1]);
  }
  return [...counts.values()];
}

function pathContext(
  { catalog, clock, store }: Registry,
  { paths = {}, aggregation }: ServerParts,
  { metrics, ending }: { metrics(): string[]; ending: Ending },
): PathContext {
  return {
    discovery: discovery(catalog, aggregation?.versions),
    elsewhere: aggregation?.documents,
    openapi: openapi(catalog),
    clock,
    address: paths.address ?? "",
    checks: new Map([...ownChecks(store), ...(paths.checks ?? [])]),
    isLeaving: () => ending.leaving,
    metrics: () => `${metrics().join("\n")}\n`,
    handlers: paths.handlers ?? new Map(),
  };
}

function verbContext(
  { store, clock, random, storage, busy, cacheOf, catalog, eventTtlSeconds }: Registry,
  { admission = noAdmission, hooks = new Map(), computed = new Map(), subresources = {}, withoutController = [] }: ServerParts,
  { watches, ask }: { watches: Set<WatchSource>; ask(user: User, info: RequestInfo): Promise<Decision> },
): VerbContext {
  return {
    store,
    clock,
    random,
    storage,
    admission,
    hooks,
    busy,
    eventTtlSeconds,
    async mayAlso({ user, info }, verb) {
      if (info.verb === verb) return;
      const { allowed, reason = "" } = await ask(user, { ...info, verb });
      // Upstream's second questions name only the reason.
      if (!allowed) throw forbidden(info, info.name, reason);
    },
    gate: new ListGate(clock),
    createHandlers: subresources.created ?? new Map(),
    connecters: subresources.connected ?? new Map(),
    computed,
    withoutController: new Set(withoutController),
    cacheOf,
    catalog,
    track: (source, open) => void (open ? watches.add(source) : watches.delete(source)),
  };
}

/** A full disk is no reason to be started again: what can be done without writing is done. */
function storeCheck(store: Store, which: string): string | undefined {
  const problem = store.problem();
  return problem && (problem.kind !== "full" || which !== "livez") ? problem.message : undefined;
}
