/** The schema of a custom kind as OpenAPI shows it: what its definition says, with the members that every object has. */
import { typeDocs } from "../schema.ts";
import type { SchemaJson, Structural } from "../structural/structural.ts";

type Json = Record<string, unknown>;

const metaDoc = "Standard object's metadata: name, namespace, labels and everything else that every object has.";
const typeMembers: Json = {
  apiVersion: { type: "string", description: typeDocs.apiVersion },
  kind: { type: "string", description: typeDocs.kind },
};

/** `meta`: a reference to ObjectMeta. Version 2 says less: it has no alternatives, and kubectl takes what it declares for all there is. */
export function customSchema({ source }: Structural, meta: Json, is3: boolean): Json {
  const metadata = { description: metaDoc, ...(is3 ? { allOf: [meta] } : meta) };
  if (is3) {
    const own = inVersion3(source, metadata);
    return { ...own, properties: { ...typeMembers, ...(own.properties as Json), metadata, ...typeMembers } };
  }
  if (source["x-kubernetes-preserve-unknown-fields"]) return { type: "object" };
  const own = inVersion2(source, metadata);
  return { ...own, properties: { ...(own.properties as Json), ...typeMembers, metadata } };
}

function below(source: SchemaJson, each: (schema: SchemaJson) => Json): Json {
  const { properties, items, additionalProperties } = source;
  const isSchema = (value: unknown): value is SchemaJson => typeof value === "object" && value !== null;
  return {
    ...source,
    ...(properties ? { properties: Object.fromEntries(Object.entries<SchemaJson>(properties).map(([key, own]) => [key, each(own)])) } : {}),
    ...(isSchema(items) ? { items: each(items) } : {}),
    ...(isSchema(additionalProperties) ? { additionalProperties: each(additionalProperties) } : {}),
  };
}

const eitherType = [{ type: "integer" }, { type: "string" }];

function inVersion3(source: SchemaJson, metadata: Json): Json {
  const out = below(source, (own) => inVersion3(own, metadata));
  if (source["x-kubernetes-int-or-string"]) {
    const { anyOf, allOf } = source;
    if (!anyOf) out.anyOf = eitherType;
    else if (!saysEither(anyOf) && !saysEither(allOf?.[0]?.anyOf)) out.allOf = [{ anyOf: eitherType }, ...(allOf ?? [])];
  }
  if (source["x-kubernetes-embedded-resource"]) embed(out, metadata);
  return out;
}

const saysEither = (anyOf: readonly SchemaJson[] | undefined): boolean =>
  anyOf?.length === 2 && anyOf[0]!.type === "integer" && anyOf[1]!.type === "string";

function embed(out: Json, metadata: Json): void {
  out.properties = { ...(out.properties as Json | undefined), ...typeMembers, metadata };
  const required = (out.required ?? []) as string[];
  out.required = [...required, ...["kind", "apiVersion"].filter((name) => !required.includes(name))];
}

function inVersion2(source: SchemaJson, metadata: Json): Json {
  const keeps = source["x-kubernetes-preserve-unknown-fields"] === true;
  const out = below(source, (own) => inVersion2(own, metadata));
  for (const key of ["allOf", "anyOf", "oneOf", "not", "nullable"]) delete out[key];
  // What has no type has no members either, for clients that take them for all there is.
  if (source.nullable) for (const key of ["type", "items", "properties"]) delete out[key];
  if (keeps) for (const key of ["items", "properties"]) delete out[key];
  if ((out.type === "array" && !out.items) || (keeps && out.type === "object")) delete out.type;
  const optional = Object.entries<SchemaJson>(source.properties ?? {}).filter(([, own]) => own.nullable);
  if (optional.length > 0 && source.required) {
    const names = new Set(optional.map(([name]) => name));
    out.required = (source.required as string[]).filter((name) => !names.has(name));
  }
  const { additionalProperties } = source;
  if (typeof additionalProperties === "object" && additionalProperties?.nullable) delete out.required;
  if ((out.required as string[] | undefined)?.length === 0) delete out.required;
  if (source["x-kubernetes-embedded-resource"] && !keeps) embed(out, metadata);
  return out;
}
