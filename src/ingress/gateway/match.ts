/** Which rule of an HTTPRoute a request takes, in the Gateway API's order of precedence. Pure. */
import type { RE2JS } from "re2js";
import type { Fields } from "../http/head.ts";
import { byParticularity, covers } from "./hostnames.ts";
import type { PathTest, Test, ValueTest } from "./request-test.ts";
import type { Rule } from "./rules.ts";

/** One match of one rule, for one hostname. */
export interface Entry {
  host: string;
  test: Test;
  rule: Rule;
}

/** A listener: the most particular one that covers the host decides alone. */
export interface Lane {
  hostname: string;
  /** Sorted: the first that fits is taken. */
  entries: Entry[];
}

export interface Asked {
  host: string;
  /** The comparable one, without query. */
  path: string;
  /** What follows the question mark. */
  query: string;
  method: string;
  fields: Fields;
}

export function find(lanes: readonly Lane[], asked: Asked): Entry | undefined {
  return laneOf(lanes, asked.host)?.entries.find(({ host, test }) => covers(host, asked.host) && fits(test, asked));
}

export const laneOf = (lanes: readonly Lane[], host: string): Lane | undefined => lanes.find(({ hostname }) => covers(hostname, host));

/** Stable: of equal ones the order of routes (by age) and of their rules stays. */
export const sortedEntries = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted((a, b) => byParticularity(a.host, b.host) || byPrecedence(a.test, b.test));

const kinds = { exact: 0, pattern: 1, prefix: 2 };

function byPrecedence(a: Test, b: Test): number {
  if (a.weight && b.weight) return b.weight[0] - a.weight[0] || b.weight[1] - a.weight[1] || b.headers.length - a.headers.length;
  const length = ({ path }: Test) => (path.kind === "pattern" ? path.pattern.pattern().length : path.value.length);
  return (
    kinds[a.path.kind] - kinds[b.path.kind] ||
    length(b) - length(a) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length
  );
}

function fits({ path, method, headers, query }: Test, asked: Asked): boolean {
  return (
    (method === undefined || method === asked.method) &&
    fitsPath(path, asked.path) &&
    headers.every(({ name, is }) => isSo(is, headerOf(asked.fields, name))) &&
    (query.length === 0 || fitsQuery(query, asked.query))
  );
}

function fitsPath(test: PathTest, path: string): boolean {
  if (test.kind === "exact") return path === test.value;
  if (test.kind === "pattern") return test.pattern.matches(path);
  return path.startsWith(test.value) && (path.length === test.value.length || path[test.value.length] === "/");
}

function fitsQuery(tests: readonly ValueTest[], query: string): boolean {
  const values = new URLSearchParams(query);
  return tests.every(({ name, is }) => isSo(is, values.get(name) ?? undefined));
}

function isSo(is: string | RE2JS, value: string | undefined): boolean {
  if (value === undefined) return false;
  return typeof is === "string" ? value === is : is.matches(value);
}

/** A field that came several times is one list. */
function headerOf(fields: Fields, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    const each = fields[at]!;
    if (each.length !== name.length || each.toLowerCase() !== name) continue;
    found = found === undefined ? fields[at + 1]! : `${found},${fields[at + 1]}`;
  }
  return found;
}
