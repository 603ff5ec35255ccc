/** A registry of images by the OCI distribution spec v1.1: keeps what is pushed, and copies of what other registries have. */
import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { type Clock, every, type Log, messageOf, type Random } from "#base/mod.ts";
import { answerBlob } from "./answer-blobs.ts";
import { answerCatalog, answerManifest, answerReferrers, answerTags } from "./answer-manifests.ts";
import { answerUpload, answerUploads } from "./answer-uploads.ts";
import { Blobs } from "./blobs.ts";
import { Catalog } from "./catalog.ts";
import { type Exchange, type Shelf, send } from "./exchange.ts";
import { Mirror, mirrorMark } from "./mirror/mirror.ts";
import { type Credentials, Upstream } from "./mirror/upstream.ts";
import { isNoRoom, noRoom, Refusal } from "./refusal.ts";
import { type Route, readRoute } from "./route.ts";

export interface RegistryOptions {
  /** For the catalog, blobs and uploads; nobody else writes there. */
  folder: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** So much of the disk stays free (512 MiB). */
  reserveBytes?: number;
  /** Other registries of which copies are kept: what images are named by, and where that is. */
  mirrors?: readonly { host: string; url: string }[];
  /** For one of them; asked at each use. */
  credentials?(host: string): Credentials | undefined;
}

export interface Door {
  host: string;
  port: number;
  /** Who calls may push and delete. */
  push: boolean;
  /** The names that requests may call it by, without port; addresses are always good. A page of a browser that another name leads here has no business. */
  names: readonly string[];
  /** Whether this caller may have copies of other registries, which were made with credentials that are not his. */
  mirrors?(address: string): boolean;
}

export interface Registry {
  /** Resolves with the port. */
  listen(door: Door): Promise<number>;
  /** Takes away what nothing leads to; resolves with how many blobs went. */
  collect(): Promise<number>;
  close(): Promise<void>;
}

const collectMs = 3_600_000;
/** A tag that moved on: its image stays for a week, for those who know it by digest. */
const lostMs = 7 * 86_400_000;
/** Of copies: what nobody asked for. */
const unusedMs = 30 * 86_400_000;
/** A blob comes before the manifest that needs it. */
const looseMs = 3_600_000;
const usualReserveBytes = 512 * 1024 * 1024;
const mostConnections = 512;
/** A connection on which nothing moves. */
const idleMs = 120_000;

export function openRegistry(options: RegistryOptions): Registry {
  const { folder, clock, random, log, reserveBytes = usualReserveBytes } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const catalog = new Catalog(join(folder, "catalog.db"));
  const blobs = new Blobs({ folder, catalog, clock, random, reserveBytes });
  const closers: (() => Promise<void>)[] = [];

  const collect = async (): Promise<number> => {
    const now = clock.now();
    const gone = catalog.collect({ lost: now - lostMs, unused: now - unusedMs, loose: now - looseMs }, mirrorMark, now);
    blobs.remove(gone);
    await blobs.expire();
    return gone.length;
  };
  const collecting = every(clock, collectMs, async () => {
    try {
      const count = await collect();
      if (count > 0) log.info("blobs that nothing leads to are removed", { count });
    } catch (error) {
      log.warn("what nothing leads to could not be removed", { error: messageOf(error) });
    }
  });

  const shelf: Shelf = { catalog, blobs, clock };
  const mirrors = new Map(
    (options.mirrors ?? []).map(({ host, url }) => {
      const upstream = new Upstream({ url, credentials: () => options.credentials?.(host), clock });
      return [host, new Mirror({ host, upstream, shelf, log })];
    }),
  );
  return {
    listen(door) {
      const server = createServer({ requestTimeout: 0, headersTimeout: 20_000 }, (request, response) => {
        void answer({ request, response, door, shelf, mirrors, log });
      });
      server.maxConnections = mostConnections;
      server.timeout = idleMs;
      closers.push(async () => {
        server.closeAllConnections();
        await new Promise<void>((done) => void server.close(() => done()));
      });
      return new Promise((done, fail) => {
        server.once("error", fail);
        server.listen(door.port, door.host, () => done((server.address() as { port: number }).port));
      });
    },
    collect,
    async close() {
      collecting.cancel();
      await Promise.all(closers.map((closer) => closer()));
      await blobs.close();
      catalog.close();
    },
  };
}

interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  door: Door;
  shelf: Shelf;
  mirrors: ReadonlyMap<string, Mirror>;
  log: Log;
}

async function answer({ request, response, door, shelf, mirrors, log }: Call): Promise<void> {
  response.setHeader("docker-distribution-api-version", "registry/2.0");
  try {
    checkCaller(request, door);
    const url = new URL(request.url ?? "/", "http://registry");
    const route = readRoute(decode(url.pathname));
    if (!route) throw new Refusal("UNSUPPORTED", `${url.pathname} is no path of this registry`, { status: 404 });
    const exchange: Exchange = { ...shelf, request, response, query: url.searchParams };
    const mirror = mirrorFor(url.searchParams.get("ns"), { request, door, mirrors });
    await (mirror ? answerCopy(exchange, mirror, route) : answerRoute(exchange, route));
  } catch (error) {
    // Nobody is there to hear it, or half of the answer is out.
    if (response.headersSent || request.socket.destroyed) return void request.socket.destroy();
    const refusal =
      error instanceof Refusal ? error : isNoRoom(error) ? noRoom(error) : new Refusal("UNKNOWN", "the registry failed: see its log");
    if (refusal.status >= 500) log.error("a request failed", { method: request.method, path: request.url, error: messageOf(error) });
    const body = JSON.stringify({ errors: [{ code: refusal.code, message: refusal.message, detail: null }] });
    send(
      { response },
      refusal.status,
      { "content-type": "application/json", ...refusal.headers },
      request.method === "HEAD" ? undefined : body,
    );
  }
}

async function answerRoute(exchange: Exchange, route: Route): Promise<void> {
  switch (route.kind) {
    case "base":
      return send(exchange, 200, { "content-type": "application/json" }, exchange.request.method === "HEAD" ? undefined : "{}");
    case "catalog":
      return answerCatalog(exchange, mirrorMark);
    case "uploads":
      return answerUploads(exchange, route.name);
    case "upload":
      return answerUpload(exchange, route);
    case "blob":
      return answerBlob(exchange, route.name, route.digest);
    case "manifest":
      return answerManifest(exchange, route.name, route.reference);
    case "tags":
      return answerTags(exchange, route.name);
    case "referrers":
      return answerReferrers(exchange, route.name, route.digest);
  }
}

/** containerd says by `ns` which registry it asks for, where that is another name than this one's. */
function mirrorFor(ns: string | null, { request, door, mirrors }: Pick<Call, "request" | "door" | "mirrors">): Mirror | undefined {
  const mirror = ns === null ? undefined : mirrors.get(ns);
  if (ns === null || (!mirror && door.names.includes(withoutPort(ns)))) return undefined;
  if (mirror && door.mirrors?.((request.socket.remoteAddress ?? "").replace("::ffff:", ""))) return mirror;
  throw new Refusal("NAME_UNKNOWN", `no copies of ${ns} here, or not for you`);
}

function answerCopy(exchange: Exchange, mirror: Mirror, route: Route): Promise<void> {
  const { method } = exchange.request;
  if (method === "GET" || method === "HEAD") {
    if (route.kind === "base") return answerRoute(exchange, route);
    if (route.kind === "manifest") return mirror.answerManifest(exchange, route.name, route.reference);
    if (route.kind === "blob") return mirror.answerBlob(exchange, route.name, route.digest);
  }
  throw new Refusal("UNSUPPORTED", "of copies of other registries manifests and blobs can be read, and nothing else");
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, "");

function checkCaller({ method, headers }: IncomingMessage, { push, names }: Door): void {
  const host = withoutPort(headers.host ?? "");
  if (!/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\])$/.test(host) && !names.includes(host))
    throw new Refusal("DENIED", `this registry is not called ${JSON.stringify(host)}`);
  if (method === "GET" || method === "HEAD") return;
  if (headers.origin !== undefined) throw new Refusal("DENIED", "pages of browsers may not change anything here");
  if (!push) throw new Refusal("DENIED", "this address is for pulls: push from the machine of the cluster, to localhost");
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
