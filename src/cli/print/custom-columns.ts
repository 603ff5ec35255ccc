/** `-o custom-columns=NAME:.metadata.name,…` and its file form. */
import { type JsonPath, jsonPath, relaxedJsonPath } from "#codec/json-path.ts";
import { CliError } from "../failure.ts";
import { alignRows } from "./tab-writer.ts";
import { goValue, type KObject } from "./values.ts";

export interface Column {
  header: string;
  path: JsonPath;
}

export function parseColumns(spec: string, allowMissingKeys: boolean): Column[] {
  if (spec === "") throw new CliError("custom-columns format specified but no custom columns given");
  return spec.split(",").map((part) => {
    const at = part.indexOf(":");
    if (at < 0) throw new CliError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return column(part.slice(0, at), part.slice(at + 1), allowMissingKeys);
  });
}

/** A file of two lines: headers and paths, separated by blanks. */
export function parseColumnsFile(text: string, allowMissingKeys: boolean): Column[] {
  const [headers = "", paths = ""] = text.split("\n");
  const names = headers.trim().split(/\s+/);
  const specs = paths.trim().split(/\s+/);
  if (headers.trim() === "" || paths.trim() === "") throw new CliError("invalid template, missing header and spec");
  if (names.length !== specs.length)
    throw new CliError(`number of headers (${names.length}) and field specifications (${specs.length}) don't match`);
  return names.map((name, index) => column(name, specs[index], allowMissingKeys));
}

function column(header: string, path: string, allowMissingKeys: boolean): Column {
  try {
    return { header, path: jsonPath(relaxedJsonPath(path), { allowMissingKeys }) };
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}

export function printColumns(columns: Column[], objects: KObject[], noHeaders: boolean): string {
  const rows = objects.map((object) => columns.map((each) => cell(each, object)));
  return alignRows(noHeaders ? rows : [columns.map((each) => each.header), ...rows]);
}

function cell(each: Column, object: KObject): string {
  const found = each.path.find(object);
  if (found.length === 0 || found[0].length === 0) return "<none>";
  return found.flat().map(goValue).join(",");
}
