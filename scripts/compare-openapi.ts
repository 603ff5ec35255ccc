/**
 * Counts how much of our OpenAPI documents equals a peer's: paths, operations, parameters, definitions. Sentences are ours, so
 * descriptions are left out.
 *
 *     node scripts/compare-openapi.ts PEER_FOLDER [--show N]
 *
 * PEER_FOLDER holds `v2.json`, `v3.json` and `v3-<path with _ for />.json` as the peer answered them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { builtInKinds, openapi, staticCatalog } from "#api/mod.ts";

type Json = Record<string, unknown>;

const [folder = "", flag, count] = process.argv.slice(2);
const shown = flag === "--show" ? Number(count ?? 10) : 0;
const read = (name: string): Json => JSON.parse(readFileSync(join(folder, name), "utf8"));
const ours = openapi(staticCatalog(builtInKinds));
const methods = new Set(["get", "put", "post", "delete", "options", "head", "patch"]);

/** Without sentences, and with shared parameters in their places. */
function plain(value: unknown, document: Json): unknown {
  if (Array.isArray(value)) return value.map((each) => plain(each, document));
  if (typeof value !== "object" || value === null) return value;
  const { $ref } = value as { $ref?: unknown };
  if (typeof $ref === "string" && $ref.startsWith("#/parameters/")) {
    return plain((document.parameters as Json)[$ref.slice("#/parameters/".length)], document);
  }
  const entries = Object.entries(value as Json).filter(([key, each]) => key !== "description" || typeof each !== "string");
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each, document)]));
}

interface Tally {
  equal: number;
  total: number;
  extra: number;
  different: string[];
}

function compare(theirs: Map<string, unknown>, own: Map<string, unknown>): Tally {
  const different: string[] = [];
  for (const [name, value] of theirs) {
    if (!own.has(name)) different.push(`${name}: missing`);
    else if (!isDeepStrictEqual(value, own.get(name))) different.push(`${name}: ${firstDifference(value, own.get(name))}`);
  }
  return {
    equal: theirs.size - different.length,
    total: theirs.size,
    extra: [...own.keys()].filter((name) => !theirs.has(name)).length,
    different,
  };
}

function firstDifference(theirs: unknown, own: unknown, at = ""): string {
  if (typeof theirs === "object" && typeof own === "object" && theirs !== null && own !== null)
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(own)])) {
      const [a, b] = [(theirs as Json)[key], (own as Json)[key]];
      if (!isDeepStrictEqual(a, b)) return firstDifference(a, b, `${at}.${key}`);
    }
  return `${at} is ${JSON.stringify(own)?.slice(0, 120)}, theirs ${JSON.stringify(theirs)?.slice(0, 120)}`;
}

/** What is counted in one document, each under a name of its own. */
function parts(document: Json, definitions: Json | undefined) {
  const paths = new Map<string, unknown>();
  const operations = new Map<string, unknown>();
  const parameters = new Map<string, unknown>();
  for (const [path, item] of Object.entries(document.paths as Record<string, Json>)) {
    paths.set(
      path,
      Object.keys(item)
        .filter((key) => methods.has(key))
        .sort(),
    );
    for (const [method, operation] of Object.entries(item)) {
      if (method === "parameters") parameters.set(path, plain(operation, document));
      else {
        const { parameters: own, ...rest } = plain(operation, document) as Json;
        operations.set(`${path} ${method}`, rest);
        if (own) parameters.set(`${path} ${method}`, own);
      }
    }
  }
  return { paths, operations, parameters, definitions: new Map(Object.entries((plain(definitions ?? {}, document) as Json) ?? {})) };
}

const kindsOfPart = ["paths", "operations", "parameters", "definitions"] as const;

function report(name: string, pairs: [Json, Json | undefined, (document: Json) => Json | undefined][]): void {
  for (const kind of kindsOfPart) {
    const sum: Tally = { equal: 0, total: 0, extra: 0, different: [] };
    for (const [theirs, own, definitions] of pairs) {
      const left = parts(theirs, definitions(theirs))[kind];
      const right = own ? parts(own, definitions(own))[kind] : new Map();
      const { equal, total, extra, different } = compare(left, right);
      sum.equal += equal;
      sum.total += total;
      sum.extra += extra;
      sum.different.push(...different);
    }
    console.log(`${name} ${kind}: ${sum.equal} of ${sum.total} equal${sum.extra ? `, ${sum.extra} that the peer has not` : ""}`);
    for (const line of sum.different.slice(0, shown)) console.log(`    ${line}`);
  }
}

const inComponents = (document: Json) => (document.components as Json | undefined)?.schemas as Json | undefined;
const own2 = JSON.parse(JSON.stringify(ours.v2())) as Json;
report("v2", [[read("v2.json"), own2, (document) => document.definitions as Json]]);
const documents = Object.keys(read("v3.json").paths as Json);
console.log(`v3 documents: ${documents.filter((path) => ours.v3(path)).length} of ${documents.length}`);
report(
  "v3",
  documents.map((path) => {
    const own = ours.v3(path);
    return [read(`v3-${path.replaceAll("/", "_")}.json`), own && (JSON.parse(JSON.stringify(own)) as Json), inComponents];
  }),
);
