/** Which route a request takes. Pure. */
import { parentOf, withoutLocalhost } from "./host.ts";
import { prefixOf } from "./path.ts";
import type { Route, Site, Table } from "./table.ts";

/**
 * Host and path are comparable ones. The most particular host decides alone: what it has no path for goes to its default
 * backend or to nobody's, never to the rules of a wildcard or of all hosts.
 */
export function match(table: Table, host: string, path: string): Route | undefined {
  const site = siteFor(table, host);
  return (site && (routeIn(site, path) ?? site.rest)) ?? table.fallback;
}

function siteFor(table: Table, host: string): Site | undefined {
  const local = withoutLocalhost(host);
  return named(table, host) ?? (local === undefined ? undefined : named(table, local)) ?? table.anyHost;
}

function named({ hosts, wildcards }: Table, host: string): Site | undefined {
  return hosts.get(host) ?? wildcards.get(parentOf(host) ?? "");
}

/** Exact before all, then the longest Prefix or pattern as it was written; a Prefix before a pattern of the same length. */
function routeIn({ exact, prefixes, patterns }: Site, path: string): Route | undefined {
  const whole = exact.get(path);
  if (whole) return whole;
  const prefix = longest(prefixes, path);
  for (const route of patterns) {
    if (prefix && prefix.path.length >= route.path.length) break;
    if (route.pattern?.matcher(path).lookingAt()) return route;
  }
  return prefix;
}

/** A part between slashes is left out at a time. */
function longest(prefixes: Site["prefixes"], path: string): Route | undefined {
  for (let left = prefixOf(path); ; left = left.slice(0, left.lastIndexOf("/"))) {
    const route = prefixes.get(left);
    if (route || left === "") return route;
  }
}
