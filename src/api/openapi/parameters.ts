/** What operations take in their path and query, from the declarations of the options. */
import { CreateOptions, DeleteOptions, ListOptions, PatchOptions } from "../meta/options.ts";
import type { Field, Struct } from "../schema.ts";

export interface Parameter {
  name: string;
  in: "path" | "query";
  type: "string" | "integer" | "boolean";
  description: string;
}

/** The fields of options as the query's parameters, by name. */
function parametersOf(options: Struct, names?: readonly string[]): Parameter[] {
  return [...options.fields.values()]
    .filter(({ name }) => (names ? names.includes(name) : name !== "apiVersion" && name !== "kind"))
    .map((field) => ({ name: field.name, in: "query" as const, type: typeOf(field), description: field.doc ?? "" }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function typeOf({ schema }: Field): Parameter["type"] {
  const kind = schema.type === "scalar" ? schema.kind : "string";
  return kind === "bool" ? "boolean" : kind === "int32" || kind === "int64" ? "integer" : "string";
}

export const listQuery = parametersOf(ListOptions);
export const writeQuery = parametersOf(CreateOptions, ["dryRun", "fieldManager", "fieldValidation"]);
export const patchQuery = parametersOf(PatchOptions, ["dryRun", "fieldManager", "fieldValidation", "force"]);
const deleteNames = [
  "dryRun",
  "gracePeriodSeconds",
  "ignoreStoreReadErrorWithClusterBreakingPotential",
  "orphanDependents",
  "propagationPolicy",
];
export const deleteQuery = parametersOf(DeleteOptions, deleteNames);
export const collectionQuery = [...deleteQuery, ...listQuery.filter(({ name }) => name !== "watch" && name !== "allowWatchBookmarks")].sort(
  byName,
);

export const inPath = (name: string, description: string): Parameter => ({ name, in: "path", type: "string", description });
export const inQuery = (name: string, type: Parameter["type"], description: string): Parameter => ({
  name,
  in: "query",
  type,
  description,
});
export const namespaceParameter = inPath("namespace", "The namespace of the objects.");
export const pretty = inQuery("pretty", "string", "true: with line breaks, for people. Browsers and curl get them unasked.");

export function byName(a: Parameter, b: Parameter): number {
  return a.name === b.name ? (a.in < b.in ? -1 : 1) : a.name < b.name ? -1 : 1;
}
