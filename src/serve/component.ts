/**
 * The port of a component that only tells of itself: health for everybody, metrics and settings for whom the API server allows,
 * as upstream's controller manager (10257) and scheduler (10259) have it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { flagz, statusz } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import { type DelegatedOptions, delegated } from "./delegated.ts";
import { type HealthCheck, healthOf } from "./health.ts";
import { HttpError } from "./http-error.ts";
import { type Metric, metricsText, metricsType } from "./metrics.ts";
import { openPort, type Port, type PortOptions } from "./port.ts";

export interface ComponentPortOptions
  extends Pick<PortOptions, "address" | "port" | "cert" | "key" | "clientCa" | "renewals" | "log">,
    Omit<DelegatedOptions, "audiences"> {
  clock: Clock;
  health: readonly HealthCheck[];
  /** What `/readyz` looks at beside that. */
  ready?: readonly HealthCheck[];
  /** Paths that everybody may ask for, `*` at the end for all that begin so; absent: those of health. */
  openPaths?: readonly string[];
  metrics(): readonly Metric[];
  /** What it is called: `kube-scheduler`, and which version it is: `1.36.4`. */
  name: string;
  version: string;
  /** `/flagz`: how it was started. */
  flags?: Readonly<Record<string, string>>;
  /** `/configz`: the settings, under the name of their API group. */
  config(): object;
}

const healthPaths: readonly string[] = ["/healthz", "/livez", "/readyz"];

export function openComponentPort(options: ComponentPortOptions): Promise<Port> {
  const access = delegated(options);
  const { openPaths = healthPaths } = options;
  const isOpen = (path: string) => openPaths.some((open) => (open.endsWith("*") ? path.startsWith(open.slice(0, -1)) : path === open));
  const startedAtMs = options.clock.now();
  return openPort({
    ...options,
    async admit(request, { pathname }) {
      if (isOpen(pathname)) return;
      const caller = await access.identify(request);
      const verb = (request.method ?? "GET").toLowerCase();
      if (!(await access.allows(caller, { verb, path: pathname })))
        throw new HttpError(403, `Forbidden: user ${JSON.stringify(caller.name)} cannot ${verb} path ${JSON.stringify(pathname)}`);
    },
    answer: (request, response, url) => answer(request, response, url, { ...options, startedAtMs }),
  });
}

interface Answering extends ComponentPortOptions {
  startedAtMs: number;
}

async function answer(request: IncomingMessage, response: ServerResponse, url: URL, options: Answering): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") throw new HttpError(405, "Method Not Allowed");
  const send = (code: number, type: string, text: string) => void response.writeHead(code, { "content-type": type }).end(text);
  const { pathname, searchParams } = url;
  if (healthPaths.includes(pathname)) {
    const checks = pathname === "/readyz" ? [...options.health, ...(options.ready ?? [])] : options.health;
    const { code, text } = await healthOf(pathname, checks, searchParams);
    return send(code, "text/plain; charset=utf-8", text);
  }
  if (pathname === "/metrics") return send(200, metricsType, metricsText(options.metrics()));
  if (pathname === "/configz") return send(200, "application/json", JSON.stringify(options.config()));
  const page = zPage(pathname, request.headers.accept ?? "", options);
  if (page) return send(200, page.contentType, page.text);
  throw new HttpError(404, "404 page not found");
}

const ownPaths = ["/configz", "/flagz", "/healthz", "/livez", "/metrics", "/readyz", "/statusz"];

/** Undefined for other paths. */
function zPage(path: string, accept: string, { name: component, version, flags = {}, startedAtMs, clock }: Answering) {
  if (path !== "/statusz" && path !== "/flagz") return undefined;
  const status = { component, startedAtMs, nowMs: clock.now(), version, paths: ownPaths };
  const page = path === "/statusz" ? statusz(accept, status) : flagz(accept, component, flags);
  if (!page) throw new HttpError(406, "the server was unable to respond with a content type that the client supports");
  return page;
}
