/** `explain`: fields and their documentation, from the server's OpenAPI document. */
import type { Command } from "../command.ts";
import { splitApiVersion } from "../connect/discovery.ts";
import { openApi, type Schema, Schemas } from "../connect/openapi.ts";
import type { Session } from "../connect/session.ts";
import { CliError, usageError } from "../failure.ts";
import { bool, text } from "../input/flags.ts";

export const command: Command = {
  use: "explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2]",
  long: 'Describe fields and structure of various resources.\n\n Fields are named by a path: <type>.<fieldName>[.<fieldName>]\n\n Use "kubectl api-resources" for a complete list of supported resources.',
  examples: "kubectl explain pods\nkubectl explain pods --recursive\nkubectl explain pods.spec.containers",
  flags: [
    text("api-version", "Use given api-version (group/version) of the resource."),
    text("output|o", "Format in which to render the schema. Valid values are: (plaintext, plaintext-openapiv2).", "plaintext"),
    bool("recursive|R", "Print the fields of fields (Currently only 1 level deep)"),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags, args } = session;
  await session.clientTarget();
  if (args.length === 0)
    throw new CliError(
      'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.\n',
    );
  if (args.length > 1) throw usageError("We accept only this format: explain RESOURCE\n", session.command);
  const { resource, fields } = await resolve(session, args[0]);
  if (!["plaintext", "plaintext-openapiv2"].includes(flags.text("output")))
    throw new CliError(`unrecognized format: ${flags.text("output")}`);
  const document = await openApi(session, resource);
  if (!document) throw new CliError(`couldn't find resource for "${resource.group}/${resource.version}, Kind=${resource.kind}"`);
  const schemas = new Schemas(document);
  const root = schemas.ofKind(resource.group, resource.version, resource.kind);
  if (!root) throw new CliError(`GVK ${resource.group}/${resource.version}, Kind=${resource.kind} not found in OpenAPI schema`);
  if (flags.text("output") === "plaintext-openapiv2") {
    const { plainPage } = await import("./explain-plain.ts");
    return session.out(plainPage(schemas, { resource, root, fields, recursive: flags.bool("recursive") }));
  }
  const lines = [
    ...(resource.group ? [`GROUP:      ${resource.group}`] : []),
    `KIND:       ${resource.kind}`,
    `VERSION:    ${resource.version}`,
    "",
  ];
  session.out(`${lines.join("\n")}\n`);
  const explainer = new Explainer(schemas, flags.bool("recursive"));
  session.out(`${explainer.explain(root, fields)}\n`);
}

/** `deployments.apps.spec` may continue a group or a field path: the longest resource name wins. */
async function resolve(session: Session, argument: string) {
  const version = session.flags.text("api-version");
  const mapper = await session.mapper();
  const parts = argument.split(".");
  if (version) {
    const { group, version: wanted } = splitApiVersion(version);
    const found = mapper.found.resources.find(
      (each) =>
        each.group === group &&
        each.version === wanted &&
        (each.name === parts[0] ||
          each.singular === parts[0] ||
          each.shortNames.includes(parts[0]) ||
          each.kind.toLowerCase() === parts[0].toLowerCase()),
    );
    if (!found) throw new CliError(`couldn't find resource for "${version}, Resource=${parts[0]}"`);
    return { resource: found, fields: parts.slice(1) };
  }
  for (let count = parts.length; count > 1; count--) {
    const name = parts.slice(0, count).join(".");
    const found = mapper.find(name);
    if (found?.group && name === `${found.name}.${found.group}`) return { resource: found, fields: parts.slice(count) };
  }
  const resource = mapper.find(parts[0]) ?? (await session.freshMapper()).find(parts[0]);
  if (!resource) throw new CliError(`the server doesn't have a resource type ${JSON.stringify(parts[0])}`, { raw: true });
  return { resource, fields: parts.slice(1) };
}

class Explainer {
  #schemas: Schemas;
  #recursive: boolean;
  constructor(schemas: Schemas, recursive: boolean) {
    this.#schemas = schemas;
    this.#recursive = recursive;
  }

  explain(root: Schema, fields: string[]): string {
    let schema: Schema = root;
    let head = "";
    for (const [index, field] of fields.entries()) {
      const next: Schema | undefined = this.#step(schema, field);
      if (!next) throw new CliError(`field ${JSON.stringify(fields.at(-1))} does not exist`);
      schema = next;
      if (index === fields.length - 1)
        head = `FIELD: ${field} <${this.#type(schema)}>\n${enumLong(schema)}${schema.enum?.length ? "" : "\n"}\n`;
    }
    const description = this.#description(schema) || "<empty>";
    const list = this.#fields(schema, 1, new Set());
    return `${head}DESCRIPTION:\n${wrapped(description, 76, 4)}\n${list ? `FIELDS:\n${list}` : ""}`;
  }

  /** Looks through references, lists and maps for a property. */
  #step(schema: Schema, field: string, depth = 0): Schema | undefined {
    if (depth > 20) return undefined;
    const resolved = this.#schemas.resolve(schema) ?? schema;
    if (resolved.properties?.[field]) return resolved.properties[field];
    if (resolved.items) return this.#step(resolved.items, field, depth + 1);
    if (typeof resolved.additionalProperties === "object") return this.#step(resolved.additionalProperties, field, depth + 1);
    return undefined;
  }

  #description(schema: Schema, depth = 0): string {
    if (depth > 10) return "";
    const own = schema.description ? `${schema.description}\n` : "";
    const parts = (schema.allOf ?? []).map((part) => this.#description(part, depth + 1)).join("");
    const referred = schema.$ref ? this.#description(this.#schemas.resolve(schema) ?? {}, depth + 1) : "";
    const items = schema.items ? this.#description(schema.items, depth + 1) : "";
    const values = typeof schema.additionalProperties === "object" ? this.#description(schema.additionalProperties, depth + 1) : "";
    return own + parts + referred + items + values;
  }

  #fields(schema: Schema, level: number, seen: Set<string>): string {
    const name = this.#schemas.nameOf(schema);
    if (name !== undefined && seen.has(name)) return "";
    const known = name === undefined ? seen : new Set([...seen, name]);
    const resolved = this.#schemas.resolve(schema) ?? schema;
    let out = "";
    for (const field of Object.keys(resolved.properties ?? {}).sort()) {
      const property = resolved.properties?.[field] as Schema;
      out += this.#field({ name: field, schema: property, level, required: resolved.required?.includes(field) ?? false });
      if (this.#recursive) out += this.#fields(property, level + 1, known);
    }
    if (resolved.items) out += this.#fields(resolved.items, level, known);
    if (typeof resolved.additionalProperties === "object") out += this.#fields(resolved.additionalProperties, level, known);
    return out;
  }

  #field(at: { name: string; schema: Schema; level: number; required: boolean }): string {
    const indent = at.level * 2;
    const pad = " ".repeat(indent);
    const line = `${pad}${at.name}\t<${this.#type(at.schema)}>${at.required ? " -required-" : ""}${enumShort(at.schema, indent)}\n`;
    if (this.#recursive) return line;
    return `${line}${wrapped(at.schema.description || "<no description>", 78 - indent, indent + 2)}\n\n`;
  }

  #type(schema: Schema): string {
    if (schema.items) return `[]${this.#type(schema.items)}`;
    if (typeof schema.additionalProperties === "object") return `map[string]${this.#type(schema.additionalProperties)}`;
    const name = this.#schemas.nameOf(schema);
    if (name !== undefined) {
      const resolved = this.#schemas.resolve(schema);
      const last = name.split(".").at(-1) as string;
      if (resolved && !resolved.properties && resolved.type && resolved.type !== "object")
        return resolved.format && last === "Time"
          ? "string"
          : /^(Quantity|Time|MicroTime|Duration)$/.test(last)
            ? last.replace(/^(Time|MicroTime)$/, "string")
            : resolved.type;
      return last;
    }
    if (schema.type && schema.type !== "object") return schema.type;
    if (schema.properties) return "Object";
    return schema.type ?? "Object";
  }
}

function enumShort(schema: Schema, indent: number): string {
  if (!schema.enum?.length) return "";
  const values = schema.enum.map((value) => (value === "" ? '""' : String(value)));
  const shown = values.slice(0, 4).join(", ");
  return `\n${" ".repeat(indent)}enum: ${shown}${values.length > 4 ? ", ...." : ""}`;
}

function enumLong(schema: Schema): string {
  if (!schema.enum?.length) return "";
  return `ENUM:\n${schema.enum.map((value) => `    ${value === "" ? '""' : String(value)}\n`).join("")}`;
}

/** Words flow into lines of a width; blank lines and indented lists of the text stay. */
function wrapped(value: string, width: number, indent: number): string {
  const pad = " ".repeat(indent);
  return value
    .split("\n")
    .flatMap((line) => fill(line, width))
    .map((line) => pad + line)
    .join("\n");
}

function fill(line: string, width: number): string[] {
  const words = line.split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [""];
  const lead = /^\s*/.exec(line)?.[0] ?? "";
  const out: string[] = [];
  let current = lead + words[0];
  for (const word of words.slice(1)) {
    if (current.length + 1 + word.length > width) {
      out.push(current);
      current = word;
    } else current += ` ${word}`;
  }
  return [...out, current];
}
