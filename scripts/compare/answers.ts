/** Two servers' answers to one request, without what chance and time put into them, and where they differ. */
import { isDeepStrictEqual } from "node:util";
import type { Json } from "./variations.ts";

export interface Answer {
  code: number;
  body: unknown;
  /** Texts of `Warning` headers. */
  warnings: string[];
}

export interface Difference {
  /** code, message, causes, warnings or object. */
  of: string;
  theirs: unknown;
  ours: unknown;
}

const random: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UID"],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, "TOKEN-VOLUME"],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
  [/resourceVersion: "\d+"/g, "RESOURCE-VERSION"],
  [/(current: )\d+/g, "$1VERSION"],
  // Cluster addresses and node ports, told in a message.
  [/(\\?")10\.96\.\d+\.\d+(\\?")/g, "$1CLUSTER-IP$2"],
  [/(\\?"(?:nodePort|healthCheckNodePort)\\?":)\d{5}\b/g, "$1PORT"],
  // Of a stored object, told in a message.
  [/\\?"resourceVersion\\?":\\?"\d+\\?"/g, "RESOURCE-VERSION"],
];
/** Ages, addresses and ports in tables. */
const chanceOfCells: readonly (readonly [RegExp, string])[] = [
  [/^(\d+[dhms])+$/, "AGE"],
  [/\b10\.\d+\.\d+\.\d+\b/g, "ADDRESS"],
  [/:\d{5}\/(TCP|UDP|SCTP)\b/g, ":PORT/$1"],
];
const dropped = new Set(["resourceVersion", "creationTimestamp"]);

export function folded(value: unknown, at = ""): unknown {
  if (typeof value === "string" && at === ".rows[].cells[]")
    return [...random, ...chanceOfCells].reduce((text, [from, to]) => text.replace(from, to), value);
  if (typeof value === "string") return random.reduce((text, [from, to]) => text.replace(from, to), value);
  if (Array.isArray(value)) return value.map((item) => folded(item, `${at}[]`));
  if (typeof value !== "object" || value === null) return value;
  const out: Json = {};
  for (const [key, item] of Object.entries(value)) {
    if (/^(\.items\[\]|\.rows\[\]\.object|\.object)?\.metadata$/.test(at) && dropped.has(key)) continue;
    // Prose, which each writes itself.
    if (at === ".columnDefinitions[]" && key === "description") continue;
    // Both servers draw them by chance.
    if (/^(\.items\[\]|\.rows\[\]\.object|\.object)?\.spec(\.ports\[\])?$/.test(at)) {
      if (key === "nodePort" || key === "healthCheckNodePort") continue;
      if ((key === "clusterIP" || key === "clusterIPs") && item !== "None" && !isNone(item)) continue;
    }
    out[key] = folded(item, `${at}.${key}`);
  }
  return out;
}

const isNone = (value: unknown) => Array.isArray(value) && value[0] === "None";

/** The first thing in which they differ; `loose` leaves the order of causes out, which in upstream follows chance where it walks a map. */
export function differenceOf(theirs: Answer, ours: Answer, loose = false): Difference | undefined {
  const [a, b] = [parts(theirs, loose), parts(ours, loose)];
  for (const of of Object.keys(a))
    if (!isDeepStrictEqual(a[of], b[of])) return of === "code" ? pair(of, saidBy(theirs), saidBy(ours)) : pair(of, a[of], b[of]);
  return undefined;
}

/** A code says little without its message. */
function saidBy({ code, body }: Answer): string {
  const { message } = (body ?? {}) as { message?: unknown };
  return typeof message === "string" ? `${code} ${message}` : String(code);
}

function parts({ code, body, warnings }: Answer, loose: boolean): Json {
  const plain = folded(body) as { kind?: unknown; message?: unknown; reason?: unknown; details?: { causes?: Json[] } & Json };
  if (typeof plain !== "object" || plain === null) return { code, message: plain };
  const sorted = (list: unknown[]) => (loose ? [...list].sort((x, y) => (JSON.stringify(x) < JSON.stringify(y) ? -1 : 1)) : list);
  if (plain.kind !== "Status") {
    const { managedFields, ...metadata } = ((plain as Json).metadata ?? {}) as Json;
    return { code, warnings: sorted(warnings), object: { ...(plain as Json), metadata }, managedFields: byOwner(managedFields) };
  }
  const { causes = [], ...details } = plain.details ?? {};
  const message = loose && causes.length > 1 ? "" : plain.message;
  return { code, message, causes: sorted(causes), details, reason: plain.reason, warnings: sorted(warnings) };
}

/** They stand in the order of their times, and whether two were in one second is chance. */
function byOwner(entries: unknown): unknown {
  const ownerOf = ({ manager, operation, subresource }: Json) => JSON.stringify([manager, operation, subresource]);
  return Array.isArray(entries) ? [...entries].sort((x, y) => (ownerOf(x) < ownerOf(y) ? -1 : 1)) : entries;
}

function pair(of: string, theirs: unknown, ours: unknown): Difference {
  if (of !== "object" && of !== "managedFields") return { of, theirs, ours };
  const found = firstDifference(theirs, ours, "");
  return { of: `${of}${found.at}`, theirs: found.theirs, ours: found.ours };
}

function firstDifference(theirs: unknown, ours: unknown, at: string): { at: string; theirs: unknown; ours: unknown } {
  if (typeof theirs === "object" && typeof ours === "object" && theirs && ours)
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      const [a, b] = [(theirs as Json)[key], (ours as Json)[key]];
      if (!isDeepStrictEqual(a, b)) return firstDifference(a, b, Array.isArray(theirs) ? `${at}[${key}]` : `${at}.${key}`);
    }
  return { at, theirs, ours };
}
