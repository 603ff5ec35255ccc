/** The table columns that a definition declares: a name first, then what its paths find in an object. */
import { type JsonPath, JsonPathError, jsonPath } from "#codec/mod.ts";
import type { Column } from "../resource.ts";
import type { AnyObject } from "../rules.ts";
import { since } from "../tables/age.ts";

export interface ColumnDefinition {
  name?: string;
  type?: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath?: string;
}

const nameColumn: Column = { name: "Name", type: "string", format: "name", description: "The name of the object, unique in its place." };
const ageColumn: ColumnDefinition = {
  name: "Age",
  type: "date",
  description: "When the object was created, as the server's clock told it, RFC 3339 and UTC.",
  jsonPath: ".metadata.creationTimestamp",
};

export interface CustomColumns {
  columns: Column[];
  cells(object: AnyObject, nowMs: number): unknown[];
}

export function customColumns(declared: readonly ColumnDefinition[] = []): CustomColumns {
  const columns: Column[] = [nameColumn];
  const paths: { type: string; path: JsonPath }[] = [];
  for (const { jsonPath: text = "", name = "", type = "", format, description, priority } of declared.length ? declared : [ageColumn]) {
    const path = pathOf(text);
    // What does not parse ends the table, as upstream does.
    if (!path) break;
    const says = description || `Custom resource definition column (in JSONPath format): ${text}`;
    columns.push({ name, type, ...(format && { format }), description: says, ...(priority && { priority }) });
    paths.push({ type, path });
  }
  return {
    columns,
    cells: (object, nowMs) => [object.metadata.name ?? "", ...paths.map(({ type, path }) => cellOf(type, firstOf(path, object), nowMs))],
  };
}

function pathOf(text: string): JsonPath | undefined {
  try {
    return jsonPath(`{${text}}`);
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

/** Undefined: nothing is there. */
function firstOf(path: JsonPath, object: AnyObject): unknown {
  try {
    return path.find(object)[0]?.[0];
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

const print = jsonPath("{$}");

function cellOf(type: string, value: unknown, nowMs: number): unknown {
  if (value === undefined) return null;
  if (type === "string") return print(value);
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : typeof value === "bigint" ? value : null;
    case "number":
      return typeof value === "number" || typeof value === "bigint" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : since(value, nowMs);
    default:
      return null;
  }
}

/** How a field selector reads a field that a definition makes selectable. */
export function selectablePath(text: string): (object: AnyObject) => string {
  const path = jsonPath(`{${text}}`);
  return (object) => {
    const value = firstOf(path, object);
    return value === undefined || value === null ? "" : print(value);
  };
}
