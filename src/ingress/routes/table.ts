/** From Ingresses to the table that requests are looked up in. Pure; endpoints are not in it, so that it changes seldom. */

import { RE2JS } from "re2js";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressSpec } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { optionsOf } from "./annotations.ts";
import type { Canary } from "./canary.ts";
import { isOurs } from "./class.ts";
import { parentOf } from "./host.ts";
import type { Options } from "./options.ts";
import { comparablePath, prefixOf } from "./path.ts";

/** Where requests of a route go. */
export type Target =
  | { kind: "service"; namespace: string; service: string; port: number | string }
  /** An object that is no Service: there is nobody here who could answer for it. */
  | { kind: "resource"; what: string };

export interface Route {
  /** `namespace/name`. */
  ingress: string;
  host: string;
  path: string;
  target: Target;
  options: Options;
  /** The Ingress has TLS for the host. */
  hasTls: boolean;
  /** The path is a pattern, by an annotation. */
  pattern: RE2JS | undefined;
  /** Where some of its requests go, and which; its own options count for them too. */
  branch?: { route: Route; canary: Canary };
}

/** All paths of one host. */
export interface Site {
  exact: Map<string, Route>;
  /** By the path without its closing slash. */
  prefixes: Map<string, Route>;
  /** The longest first. */
  patterns: Route[];
  /** The default backend of the Ingresses of this host, for paths that no rule has. */
  rest: Route | undefined;
}

export interface Table {
  hosts: Map<string, Site>;
  /** By what follows the star: `.example.com`. */
  wildcards: Map<string, Site>;
  /** Rules without a host: for hosts that have no rules. */
  anyHost: Site | undefined;
  /** The default backend of an Ingress without rules. */
  fallback: Route | undefined;
  /** All that can be matched. */
  routes: Route[];
  /** Rules that do not count because an older Ingress has the same. */
  /** What is wrong with Ingresses by themselves. */
  complaints: { ingress: string; reason: string; message: string }[];
  shadowed: { ingress: string; host: string; path: string; by: string }[];
}

export function tableOf(ingresses: Iterable<Ingress>, classOf: (name: string) => IngressClass | undefined): Table {
  const table: Table = {
    hosts: new Map(),
    wildcards: new Map(),
    anyHost: undefined,
    fallback: undefined,
    routes: [],
    complaints: [],
    shadowed: [],
  };
  const read = [...ingresses]
    .filter((each) => isOurs(each, classOf))
    .sort(byAge)
    .map((ingress) => readOf(table, ingress));
  for (const each of read) if (!each.options.canary) enter(table, each);
  for (const each of read) if (each.options.canary) branchOff(table, each, each.options.canary);
  return table;
}

/** Of two that want the same the older one has it, so that nobody takes over a path by asking for it too. */
function byAge({ metadata: a }: Ingress, { metadata: b }: Ingress): number {
  const order = (x: string | undefined, y: string | undefined) => ((x ?? "") < (y ?? "") ? -1 : (x ?? "") > (y ?? "") ? 1 : 0);
  return order(a.creationTimestamp, b.creationTimestamp) || order(a.namespace, b.namespace) || order(a.name, b.name);
}

interface ReadIngress {
  /** `namespace/name`. */
  ingress: string;
  namespace: string;
  spec: IngressSpec;
  options: Options;
}

function readOf(table: Table, { metadata, spec = {} }: Ingress): ReadIngress {
  const namespace = metadata.namespace ?? "";
  const ingress = `${namespace}/${metadata.name}`;
  const { options, complaints } = optionsOf(metadata.annotations, namespace);
  for (const { annotation, why } of complaints) table.complaints.push({ ingress, reason: "Annotation", message: `${annotation}: ${why}` });
  return { ingress, namespace, spec, options };
}

function enter(table: Table, { ingress, namespace, spec, options }: ReadIngress): void {
  const { defaultBackend, rules = [] } = spec;
  const route = (host: string, path: string, backend: IngressBackend | undefined): Route => ({
    ingress,
    host,
    path,
    target: targetOf(namespace, backend),
    options,
    hasTls: hasTls(spec, host),
    pattern: undefined,
  });
  const rest = (there: Route | undefined, host: string): Route | undefined => {
    if (there || !defaultBackend) return there;
    const made = route(host, "", defaultBackend);
    table.routes.push(made);
    return made;
  };
  if (rules.length === 0) table.fallback = rest(table.fallback, "");
  for (const rule of rules) {
    const own = (rule.host ?? "").toLowerCase();
    for (const host of new Set([own, ...(own === "" ? [] : options.aliases)])) {
      const site = siteOf(table, host);
      site.rest = rest(site.rest, host);
      for (const path of rule.http?.paths ?? []) place(table, site, path, route(host, path.path || "/", path.backend));
    }
  }
}

/** Of a canary only the rules count: all else is as the Ingress says that it takes requests from. */
function branchOff(table: Table, { ingress, namespace, spec, options }: ReadIngress, canary: Canary): void {
  // One that cannot be read takes nobody in; its complaint is there already.
  if (options.refusal !== undefined) return;
  const tell = (reason: string, message: string) => table.complaints.push({ ingress, reason, message });
  if (spec.defaultBackend) tell("CanaryAlone", "a canary's default backend takes no requests: only its rules do");
  for (const rule of spec.rules ?? []) {
    const host = (rule.host ?? "").toLowerCase();
    for (const { path = "/", pathType, backend } of rule.http?.paths ?? []) {
      const main = siteAt(table, host) && routeAt(siteAt(table, host)!, path, pathType);
      const what = `${host || "every host"}${path}`;
      if (!main) tell("CanaryAlone", `no other Ingress has ${what} as ${pathType}: nothing is taken from it`);
      else if (!main.ingress.startsWith(`${namespace}/`))
        tell("CanaryAlone", `${what} belongs to another namespace: nothing is taken from it`);
      else if (main.branch) table.shadowed.push({ ingress, host, path, by: main.branch.route.ingress });
      else {
        const route: Route = { ...main, ingress, target: targetOf(namespace, backend) };
        main.branch = { route, canary };
        table.routes.push(route);
      }
    }
  }
}

const siteAt = ({ anyHost, wildcards, hosts }: Table, host: string): Site | undefined =>
  host === "" ? anyHost : host.startsWith("*.") ? wildcards.get(host.slice(1)) : hosts.get(host);

/** The route that was written just so. */
function routeAt({ exact, prefixes, patterns }: Site, path: string, pathType: string | undefined): Route | undefined {
  const known = comparablePath(path) ?? path;
  if (pathType === "Exact") return exact.get(known);
  const pattern = pathType === "ImplementationSpecific" ? patterns.find((each) => each.path === path) : undefined;
  return pattern ?? prefixes.get(prefixOf(known));
}

function hasTls({ tls = [] }: IngressSpec, host: string): boolean {
  const parent = parentOf(host);
  return tls.some(({ hosts = [] }) => hosts.length === 0 || hosts.includes(host) || (parent !== undefined && hosts.includes(`*${parent}`)));
}

function siteOf(table: Table, host: string): Site {
  const make = (): Site => ({ exact: new Map(), prefixes: new Map(), patterns: [], rest: undefined });
  if (host === "") return (table.anyHost ??= make());
  const [sites, key] = host.startsWith("*.") ? [table.wildcards, host.slice(1)] : [table.hosts, host];
  let site = sites.get(key);
  if (!site) sites.set(key, (site = make()));
  return site;
}

/** What the implementation decides is a Prefix, unless patterns are asked for. */
function place(table: Table, site: Site, { pathType }: HTTPIngressPath, route: Route): void {
  if (pathType === "ImplementationSpecific" && route.options.patterns) return placePattern(table, site, route);
  const path = comparablePath(route.path) ?? route.path;
  const [paths, key] = pathType === "Exact" ? [site.exact, path] : [site.prefixes, prefixOf(path)];
  const there = paths.get(key);
  if (there) return shadow(table, route, there);
  paths.set(key, route);
  table.routes.push(route);
}

/** As nginx has it: from the path's beginning, whatever follows, in either case. */
function placePattern(table: Table, site: Site, route: Route): void {
  const there = site.patterns.find(({ path }) => path === route.path);
  if (there) return shadow(table, route, there);
  try {
    route.pattern = RE2JS.compile(route.path, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    const message = `the path ${route.path} is no pattern: ${messageOf(error)}; nobody is led by it`;
    return void table.complaints.push({ ingress: route.ingress, reason: "BadPath", message });
  }
  site.patterns.push(route);
  site.patterns.sort((a, b) => b.path.length - a.path.length);
  table.routes.push(route);
}

function shadow(table: Table, { ingress, host, path }: Route, by: Route): void {
  if (by.ingress !== ingress) table.shadowed.push({ ingress, host, path, by: by.ingress });
}

function targetOf(namespace: string, { service, resource }: IngressBackend = {}): Target {
  if (!service) return { kind: "resource", what: `${resource?.kind ?? "resource"} ${resource?.name ?? ""}` };
  return { kind: "service", namespace, service: service.name ?? "", port: service.port?.name || (service.port?.number ?? 0) };
}
