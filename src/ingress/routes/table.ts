/** From Ingresses to the table that requests are looked up in. Pure; endpoints are not in it, so that it changes seldom. */
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass } from "#api/mod.ts";
import { isOurs } from "./class.ts";
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
}

/** All paths of one host. */
export interface Site {
  exact: Map<string, Route>;
  /** By the path without its closing slash. */
  prefixes: Map<string, Route>;
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
  shadowed: { ingress: string; host: string; path: string; by: string }[];
}

export function tableOf(ingresses: Iterable<Ingress>, classOf: (name: string) => IngressClass | undefined): Table {
  const table: Table = { hosts: new Map(), wildcards: new Map(), anyHost: undefined, fallback: undefined, routes: [], shadowed: [] };
  for (const ingress of [...ingresses].filter((each) => isOurs(each, classOf)).sort(byAge)) enter(table, ingress);
  return table;
}

/** Of two that want the same the older one has it, so that nobody takes over a path by asking for it too. */
function byAge({ metadata: a }: Ingress, { metadata: b }: Ingress): number {
  const order = (x: string | undefined, y: string | undefined) => ((x ?? "") < (y ?? "") ? -1 : (x ?? "") > (y ?? "") ? 1 : 0);
  return order(a.creationTimestamp, b.creationTimestamp) || order(a.namespace, b.namespace) || order(a.name, b.name);
}

function enter(table: Table, { metadata, spec }: Ingress): void {
  const namespace = metadata.namespace ?? "";
  const ingress = `${namespace}/${metadata.name}`;
  const route = (host: string, path: string, backend: IngressBackend | undefined): Route => ({
    ingress,
    host,
    path,
    target: targetOf(namespace, backend),
  });
  const { defaultBackend, rules = [] } = spec ?? {};
  const rest = (there: Route | undefined, host: string): Route | undefined => {
    if (there || !defaultBackend) return there;
    const made = route(host, "", defaultBackend);
    table.routes.push(made);
    return made;
  };
  if (rules.length === 0) table.fallback = rest(table.fallback, "");
  for (const rule of rules) {
    const host = (rule.host ?? "").toLowerCase();
    const site = siteOf(table, host);
    site.rest = rest(site.rest, host);
    for (const path of rule.http?.paths ?? []) {
      const own = route(host, path.path ?? "/", path.backend);
      const by = place(site, path, own);
      if (!by) table.routes.push(own);
      else if (by.ingress !== ingress) table.shadowed.push({ ingress, host, path: own.path, by: by.ingress });
    }
  }
}

function siteOf(table: Table, host: string): Site {
  const make = (): Site => ({ exact: new Map(), prefixes: new Map(), rest: undefined });
  if (host === "") return (table.anyHost ??= make());
  const [sites, key] = host.startsWith("*.") ? [table.wildcards, host.slice(1)] : [table.hosts, host];
  let site = sites.get(key);
  if (!site) sites.set(key, (site = make()));
  return site;
}

/** Returns the route that has the place already. What the implementation decides is a Prefix here. */
function place(site: Site, { pathType }: HTTPIngressPath, route: Route): Route | undefined {
  const path = comparablePath(route.path) ?? route.path;
  const [paths, key] = pathType === "Exact" ? [site.exact, path] : [site.prefixes, prefixOf(path)];
  const there = paths.get(key);
  if (!there) paths.set(key, route);
  return there;
}

function targetOf(namespace: string, { service, resource }: IngressBackend = {}): Target {
  if (!service) return { kind: "resource", what: `${resource?.kind ?? "resource"} ${resource?.name ?? ""}` };
  return { kind: "service", namespace, service: service.name ?? "", port: service.port?.name || (service.port?.number ?? 0) };
}
