/** Which requests an Ingress takes from another one of the same path, to try something out. Pure. */
import type { RE2JS } from "re2js";
import type { Fields } from "../http/head.ts";

export interface Canary {
  /** Of `total` requests so many. */
  weight: number;
  total: number;
  /** In lower case. */
  header: string | undefined;
  /** The header's value that leads there; it takes the place of `always` and `never`. */
  value: string | undefined;
  pattern: RE2JS | undefined;
  cookie: string | undefined;
}

/** As nginx's controller has it: the header decides first, then the cookie, then chance. `cookieOf` reads one of the request's. */
export function isTaken(
  canary: Canary,
  fields: Fields,
  { chance, cookieOf }: { chance: number; cookieOf(name: string): string | undefined },
): boolean {
  return (
    byHeader(canary, fields) ??
    decided(canary.cookie === undefined ? undefined : cookieOf(canary.cookie)) ??
    chance * canary.total < canary.weight
  );
}

function byHeader({ header, value, pattern }: Canary, fields: Fields): boolean | undefined {
  if (header === undefined) return undefined;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.toLowerCase() !== header) continue;
    const said = fields[at + 1]!;
    if (value !== undefined) return said === value || undefined;
    if (pattern) return pattern.matcher(said).find() || undefined;
    return decided(said);
  }
  return undefined;
}

const decided = (said: string | undefined): boolean | undefined => (said === "always" ? true : said === "never" ? false : undefined);
