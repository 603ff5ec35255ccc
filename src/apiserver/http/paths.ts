/** Paths that are not resources: discovery, health, version, metrics, OpenAPI. */

import { createHash } from "node:crypto";
import { arch } from "node:os";
import { flagz, type OpenApi, statusz } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Discovery } from "../catalog/discovery.ts";
import type { Answer, Call } from "../request/call.ts";
import { methodNotAllowed, noSuchPath } from "../request/errors.ts";
import { openapiPage, type RemoteDocuments } from "./documents.ts";

export const gitVersion = "v1.36.4+spoke";

export interface PathContext {
  discovery: Discovery;
  openapi: OpenApi;
  /** Documents of other servers, for `/openapi`. */
  elsewhere?: RemoteDocuments;
  clock: Clock;
  address: string;
  /** Named checks; a text says what is wrong. What a restart would not mend is wrong for `readyz` only. */
  checks: Map<string, (which: string) => string | undefined>;
  /** The server is about to end: it is not ready for more, though well. */
  isLeaving(): boolean;
  metrics(): string;
  handlers: Map<string, (call: Call) => Promise<Answer> | Answer>;
}

export async function runPath(context: PathContext, call: Call): Promise<Answer> {
  const { path } = call.info;
  const handler = context.handlers.get(path);
  if (handler) return handler(call);
  const parts = path.split("/").filter((part) => part !== "");
  // What upstream's web services answer is asked by GET alone; health, metrics, documents and the index do not look at the method.
  if (call.method !== "GET" && /^(api|apis|version)$/.test(parts[0] ?? "")) throw methodNotAllowed();
  switch (parts[0]) {
    case undefined:
      return json({
        paths: [...context.discovery.paths(), "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"].sort(),
      });
    case "api":
    case "apis":
      return discover(context, call, parts);
    case "healthz":
    case "livez":
    case "readyz":
      return health(context, call, parts);
    case "version":
      if (parts.length === 1) return json(version());
      break;
    case "metrics":
      if (parts.length === 1) return text(200, context.metrics(), "text/plain; version=0.0.4; charset=utf-8");
      break;
    case "openapi":
      return openapiPage(context, call, parts);
  }
  return pageNotFound();
}

/** Upstream's mux answers paths that no API group owns in plain text. */
export const pageNotFound = (): Answer => text(404, "404 page not found\n");

function discover({ discovery, address }: PathContext, call: Call, parts: string[]): Answer {
  const accept = String(call.request.headers.accept ?? "");
  const [root, first, second, ...rest] = parts;
  if (rest.length) throw noSuchPath();
  if (!first) {
    if (/as=APIGroupDiscoveryList/.test(accept) && /v=v2(?!beta)/.test(accept)) {
      const bytes = Buffer.from(JSON.stringify(discovery.aggregated(root === "api")));
      const etag = `"${createHash("sha512").update(bytes).digest("hex").toUpperCase()}"`;
      const headers = { etag, vary: "Accept", "cache-control": "public" };
      if (call.request.headers["if-none-match"] === etag)
        return { kind: "bytes", status: 304, contentType: "", bytes: Buffer.alloc(0), headers };
      return {
        kind: "bytes",
        status: 200,
        contentType: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        bytes,
        headers,
      };
    }
    return json(root === "api" ? discovery.core(address) : discovery.groups());
  }
  const found =
    root === "api"
      ? second
        ? undefined
        : discovery.resources("", first)
      : second
        ? discovery.resources(first, second)
        : discovery.group(first);
  if (!found) throw noSuchPath();
  return json(found);
}

function health(context: PathContext, call: Call, [which, one, ...rest]: string[]): Answer {
  if (rest.length) throw noSuchPath();
  const checks = new Map(context.checks);
  if (which === "readyz") checks.set("shutdown", () => (context.isLeaving() ? "process is shutting down" : undefined));
  const excluded = new Set(call.query.getAll("exclude"));
  if (one !== undefined) {
    const check = checks.get(one);
    if (!check) return pageNotFound();
    const wrong = check(which!);
    return wrong ? text(500, `internal server error: ${wrong}\n`) : text(200, "ok");
  }
  let failed = false;
  const lines: string[] = [];
  for (const [name, check] of checks) {
    if (excluded.has(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const wrong = check(which!);
    if (wrong) failed = true;
    lines.push(wrong ? `[-]${name} failed: reason withheld` : `[+]${name} ok`);
  }
  if (failed) return text(500, `${lines.join("\n")}\n${which} check failed\n`);
  return text(200, call.query.has("verbose") ? `${lines.join("\n")}\n${which} check passed\n` : "ok");
}

function version(): object {
  return {
    major: "1",
    minor: "36",
    emulationMajor: "1",
    emulationMinor: "36",
    minCompatibilityMajor: "1",
    minCompatibilityMinor: "35",
    gitVersion,
    gitCommit: "",
    gitTreeState: "",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: `node${process.version}`,
    compiler: "node",
    platform: `linux/${arch() === "x64" ? "amd64" : arch()}`,
  };
}

export function json(value: object): Answer {
  return { kind: "bytes", status: 200, contentType: "application/json", bytes: Buffer.from(JSON.stringify(value)) };
}

const ownPaths = ["/flagz", "/healthz", "/livez", "/metrics", "/readyz", "/statusz", "/version"];

/** `flags`: as they are shown. */
export function zPages(clock: Clock, flags: Readonly<Record<string, string>>): [string, (call: Call) => Answer][] {
  const startedAtMs = clock.now();
  const version = gitVersion.replace(/^v|\+.*$/g, "");
  const answered = (page: ReturnType<typeof flagz>): Answer =>
    page
      ? text(200, page.text, page.contentType)
      : text(406, "the server was unable to respond with a content type that the client supports\n");
  const accept = ({ request }: Call) => String(request.headers.accept ?? "");
  const status = { component: "apiserver", startedAtMs, version, paths: ownPaths };
  return [
    ["/statusz", (call) => answered(statusz(accept(call), { ...status, nowMs: clock.now() }))],
    ["/flagz", (call) => answered(flagz(accept(call), "apiserver", flags))],
  ];
}

export function text(status: number, body: string, contentType = "text/plain; charset=utf-8"): Answer {
  return { kind: "bytes", status, contentType, bytes: Buffer.from(body) };
}
