/** `explain --output=plaintext-openapiv2`: the older of the two layouts. */
import type { ResourceInfo } from "../connect/discovery.ts";
import type { Schema, Schemas } from "../connect/openapi.ts";
import { CliError } from "../failure.ts";

const width = 80;
const fieldIndent = 3;
const descriptionIndent = 5;

/** What stands behind a field: through lists, maps and references, with what is said on the way. */
interface Model {
  schema: Schema;
  descriptions: string[];
  type: string;
}

/** The page of a kind or of the field that a path leads to; `recursive`: only names and types, of all that is below. */
export function plainPage(
  schemas: Schemas,
  at: { resource: ResourceInfo; root: Schema; fields: readonly string[]; recursive: boolean },
): string {
  const { resource, fields, recursive } = at;
  let schema = at.root;
  for (const field of fields) {
    const next = modelOf(schemas, schema).schema.properties?.[field];
    if (!next) throw new CliError(`field ${JSON.stringify(fields.at(-1))} does not exist`);
    schema = next;
  }
  const model = modelOf(schemas, schema);
  const name = fields.at(-1);
  const properties = Object.keys(model.schema.properties ?? {});
  const lines = [`KIND:     ${resource.kind}`, `VERSION:  ${resource.group ? `${resource.group}/` : ""}${resource.version}`, ""];
  if (properties.length > 0) {
    if (name) lines.push(`RESOURCE: ${name} <${model.type}>`, "");
  } else if (model.schema.type) lines.push(`FIELD:    ${name} <${model.type}>`, "");
  lines.push(...description(model));
  if (properties.length > 0)
    lines.push("", "FIELDS:", ...(recursive ? names(schemas, model.schema, fieldIndent, new Set()) : fieldsOf(schemas, model.schema)));
  return `${lines.join("\n")}\n`;
}

function modelOf(schemas: Schemas, schema: Schema): Model {
  const found: Model = { schema, descriptions: [], type: "" };
  for (let depth = 0; depth < 20; depth++) {
    const now = found.schema;
    found.descriptions.push(now.description ?? "");
    const inner = now.items ?? (typeof now.additionalProperties === "object" ? now.additionalProperties : undefined);
    const referred = schemas.nameOf(now) === undefined ? undefined : schemas.resolve(now);
    if (inner) found.type += now.items ? "[]" : "map[string]";
    const next = inner ?? (referred === now ? undefined : referred);
    if (!next) break;
    found.schema = next;
  }
  // Quantities, and what is a number or a text: by the older documents, texts.
  found.type += found.schema.properties ? "Object" : (found.schema.type ?? (found.schema.oneOf ? "string" : ""));
  return found;
}

function description({ descriptions }: Model): string[] {
  const lines = ["DESCRIPTION:"];
  for (const [index, text] of descriptions.entries()) {
    if (text === "") continue;
    if (index > 0) lines.push("");
    lines.push(...wrapped(text, descriptionIndent));
  }
  return lines.length === 1 ? [...lines, ...wrapped("<empty>", descriptionIndent)] : lines;
}

function fieldsOf(schemas: Schemas, schema: Schema): string[] {
  return Object.entries(schema.properties ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, field]) => [
      `${" ".repeat(fieldIndent)}${name}\t<${modelOf(schemas, field).type}>${schema.required?.includes(name) ? " -required-" : ""}`,
      ...wrapped(field.description ?? "", descriptionIndent),
      "",
    ]);
}

function names(schemas: Schemas, schema: Schema, indent: number, seen: ReadonlySet<Schema>): string[] {
  if (seen.has(schema)) return [];
  const known = new Set([...seen, schema]);
  return Object.entries(schema.properties ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, field]) => {
      const model = modelOf(schemas, field);
      return [`${" ".repeat(indent)}${name}\t<${model.type}>`, ...names(schemas, model.schema, indent + fieldIndent, known)];
    });
}

/** Lines of a text flow together, but for lists, blocks and what a colon announces. */
function wrapped(text: string, indent: number): string[] {
  const room = width - indent;
  const lines: string[] = [];
  let words: string[] = [];
  let last = "";
  const flush = () => {
    if (words.length > 0) lines.push(words.join(" "));
    if (words.length > 0) last = "";
    words = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("    ")) {
      flush();
      lines.push(line);
      continue;
    }
    if (lines.length > 0 && line.trim() === "") {
      flush();
      lines.push("");
      continue;
    }
    if (last.endsWith(":") || line.trim() === "" || /^(\d+\.?|-|\*)\s/.test(line.trim())) flush();
    for (const word of line.split(/\s+/).filter(Boolean)) {
      last = word;
      if (words.length > 0 && [...words, word].join(" ").length > room) flush();
      words.push(word);
    }
  }
  flush();
  return lines.map((line) => (line === "" ? "" : " ".repeat(indent) + line));
}
