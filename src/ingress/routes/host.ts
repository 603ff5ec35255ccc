/** The host of a request as it is compared with those of Ingresses. Pure. */

/** Lower case, without port and closing dot; undefined: it cannot be a host. An IPv6 address keeps its brackets. */
export function comparableHost(authority: string): string | undefined {
  const known = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+?)\.?(?::\d{0,5})?$/.exec(authority);
  return known?.[1]?.toLowerCase();
}

const localhost = ".localhost";

/** The name without `.localhost`, by which every host of an Ingress answers on the user's own machine; undefined: it has none. */
export function withoutLocalhost(host: string): string | undefined {
  return host.length > localhost.length && host.endsWith(localhost) ? host.slice(0, -localhost.length) : undefined;
}

/** What a wildcard that covers the host begins with after its star: one label is covered, never more. */
export function parentOf(host: string): string | undefined {
  const dot = host.indexOf(".");
  return dot > 0 ? host.slice(dot) : undefined;
}
