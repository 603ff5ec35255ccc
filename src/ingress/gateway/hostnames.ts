/** Hostnames of listeners and routes: which meet, and which one a request's host belongs to first. Pure. */

/** A wildcard stands for one label or more. */
export function covers(pattern: string | undefined, host: string): boolean {
  if (!pattern) return true;
  return pattern.startsWith("*.") ? host.length > pattern.length - 1 && host.endsWith(pattern.slice(1)) : pattern === host;
}

/** What both say: the more particular of the two. Undefined: nothing. */
export function meeting(one: string | undefined, other: string | undefined): string | undefined {
  if (!one || !other) return one || other || "";
  if (one === other) return one;
  if (one.startsWith("*.") && other.startsWith("*."))
    return one.endsWith(other.slice(1)) ? one : other.endsWith(one.slice(1)) ? other : undefined;
  if (one.startsWith("*.")) return covers(one, other) ? other : undefined;
  return covers(other, one) ? one : undefined;
}

/** Exact ones first, then the longest wildcard, then any host. */
export function byParticularity(a: string, b: string): number {
  const rank = (host: string) => (host === "" ? 0 : host.startsWith("*.") ? 1 : 2);
  return rank(b) - rank(a) || b.length - a.length;
}
