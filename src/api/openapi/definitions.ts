/** Schemas of kinds as OpenAPI writes them. */
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import type { Resource } from "../resource.ts";
import { type Field, isEmbed, type ScalarKind, type Schema, type Struct, typeDocs } from "../schema.ts";
import { customSchema } from "./custom-schema.ts";
import { isAtomic, unions } from "./struct-facts.ts";

export type Json = Record<string, unknown>;

const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const timeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
const microTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
const durationName = "io.k8s.apimachinery.pkg.apis.meta.v1.Duration";
const fieldsName = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1";
const rawName = "io.k8s.apimachinery.pkg.runtime.RawExtension";

const named: Partial<Record<ScalarKind, [string, Json]>> = {
  quantity: [quantityName, { description: "An amount with an optional suffix: 500m, 1.5, 128Mi, 2G.", type: "string" }],
  intOrString: [
    intOrStringName,
    { description: "A whole number, or a text that stands for one.", type: "string", format: "int-or-string" },
  ],
  time: [timeName, { description: "A point in time, RFC 3339.", type: "string", format: "date-time" }],
  microTime: [microTimeName, { description: "A point in time with microseconds, RFC 3339.", type: "string", format: "date-time" }],
  duration: [durationName, { description: "A span of time as Go writes it: 1m30s.", type: "string" }],
  raw: [rawName, { description: "Any object.", type: "object" }],
};
/** What OpenAPI 3.0 can say and 2.0 cannot. */
const eitherIn3: Partial<Record<ScalarKind, Json>> = {
  quantity: { type: undefined, oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { type: undefined, oneOf: [{ type: "integer" }, { type: "string" }] },
};
const eitherDocs = { bool: "A schema, or whether anything goes.", list: "A schema, or several.", strings: "A schema, or names." };
const plain: Partial<Record<ScalarKind, Json>> = {
  string: { type: "string" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bool: { type: "boolean" },
  bytes: { type: "string", format: "byte" },
  json: { "x-kubernetes-preserve-unknown-fields": true },
};

type KindName = Pick<Resource, "group" | "version" | "kind">;

export class Definitions {
  readonly schemas: Record<string, Json> = {};
  readonly #prefix: string;
  readonly #is3: boolean;
  readonly #kinds = new Map<string, KindName[]>();

  /** `more`: kinds that are no resource of their own. */
  constructor(prefix: string, all: readonly Resource[], more: ReadonlyMap<string, KindName[]>) {
    this.#prefix = prefix;
    this.#is3 = prefix.includes("components");
    for (const [name, kinds] of more) this.#kinds.set(name, kinds);
    for (const resource of all) this.#kinds.set(resource.schema.name, [...(this.#kinds.get(resource.schema.name) ?? []), resource]);
  }
  ref(name: string): Json {
    return { $ref: `${this.#prefix}${name}` };
  }
  struct(schema: Struct): Json {
    const { name } = schema;
    if (schema.structural && !this.schemas[name]) {
      const own = customSchema(schema.structural, this.struct(ObjectMeta as Struct), this.#is3);
      this.schemas[name] = { ...own, ...this.#kindsOf(name) };
    }
    if (!this.schemas[name]) {
      const properties: Json = {};
      const required: string[] = [];
      const own: Json = { description: schema.doc, type: "object", properties };
      this.schemas[name] = own;
      const add = (field: Field) => {
        properties[field.name] = field.name === "fieldsV1" ? this.fieldsV1(field) : this.field(field);
        if (field.required) required.push(field.name);
      };
      for (const member of schema.members) {
        if (isEmbed(member)) for (const field of member.embed.fields.values()) add(field);
        else add(member);
      }
      if (schema.isKind) for (const [name, doc] of Object.entries(typeDocs)) properties[name] = { type: "string", description: doc };
      if (required.length) own.required = required;
      if (Object.keys(properties).length === 0) delete own.properties;
      if (isAtomic(name)) own["x-kubernetes-map-type"] = "atomic";
      if (Object.hasOwn(unions, name)) own["x-kubernetes-unions"] = unions[name];
      Object.assign(own, this.#kindsOf(name));
    }
    return this.ref(name);
  }
  #kindsOf(name: string): Json {
    const kinds = this.#kinds.get(name);
    return kinds ? { "x-kubernetes-group-version-kind": kinds.map(({ group, version, kind }) => ({ group, version, kind })) } : {};
  }
  /** Any object too, but of a type of its own. */
  fieldsV1({ doc }: Field): Json {
    this.schemas[fieldsName] ??= { description: "Fields, in the form that managedFields have.", type: "object" };
    const reference = this.ref(fieldsName);
    return { ...(this.#is3 ? { allOf: [reference] } : reference), description: doc };
  }
  value(schema: Schema): Json {
    switch (schema.type) {
      case "struct":
        return this.struct(schema);
      case "list":
        return { type: "array", items: this.element(schema.of) };
      case "map":
        return { type: "object", additionalProperties: this.element(schema.of) };
      default: {
        if (schema.either) {
          this.schemas[schema.either.name] ??= { description: eitherDocs[schema.either.or] };
          this.struct(schema.either.struct());
          return this.ref(schema.either.name);
        }
        const known = named[schema.kind];
        if (!known) return { ...plain[schema.kind] };
        this.schemas[known[0]] ??= this.#is3 ? { ...known[1], ...eitherIn3[schema.kind] } : known[1];
        return this.ref(known[0]);
      }
    }
  }
  /** Of a list or map: in OpenAPI 3 with the value that Go would have for it. */
  element(schema: Schema): Json {
    const value = this.value(schema);
    const unset = this.#is3 ? zeroOf(schema) : undefined;
    return unset === undefined ? value : withDefault(value, unset);
  }
  field(field: Field): Json {
    const value = this.value(field.schema);
    const isGiven = field.default !== undefined && field.default !== null;
    const unset = isGiven
      ? field.default
      : !field.pointer && (field.always || field.schema.type === "struct")
        ? zeroOf(field.schema)
        : undefined;
    const out: Json = this.#is3 ? withDefault(value, unset) : value;
    if (field.doc) out.description = field.doc;
    // What a list may hold is said of its items.
    const { type } = field.schema;
    if (field.enum?.length)
      ((type === "list" ? out.items : type === "map" ? out.additionalProperties : out) as Json).enum = [...field.enum];
    if (field.patchStrategy) out["x-kubernetes-patch-strategy"] = field.patchStrategy;
    if (field.patchMergeKey) out["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
    if (field.listType) out["x-kubernetes-list-type"] = field.listType;
    if (field.listMapKeys?.length) out["x-kubernetes-list-map-keys"] = [...field.listMapKeys];
    if (field.mapType) out["x-kubernetes-map-type"] = field.mapType;
    return out;
  }
  list(resource: Resource): void {
    const name = listName(resource);
    this.schemas[name] ??= {
      description: `A list of ${resource.kind} objects.`,
      type: "object",
      required: ["items"],
      properties: {
        apiVersion: { type: "string", description: typeDocs.apiVersion },
        kind: { type: "string", description: typeDocs.kind },
        metadata: this.element(ListMeta),
        items: { type: "array", items: this.element(resource.schema), description: "The objects." },
      },
      "x-kubernetes-group-version-kind": [{ group: resource.group, version: resource.version, kind: resource.listKind }],
    };
  }
}

/** The name of the schema of its lists. */
export const listName = ({ schema, kind, listKind }: Resource): string => schema.name.slice(0, -kind.length) + listKind;

/** A reference stands alone in OpenAPI 3.0: what is said beside it needs the wrapping. */
function withDefault(value: Json, unset: unknown): Json {
  const out: Json = value.$ref ? { allOf: [value] } : value;
  if (unset !== undefined) out.default = unset;
  return out;
}

/** What Go has for a value that is not set; undefined where its encoder says nothing of it. */
function zeroOf(schema: Schema): unknown {
  if (schema.type === "struct") return {};
  if (schema.type !== "scalar") return undefined;
  switch (schema.kind) {
    case "string":
      return "";
    case "int32":
    case "int64":
    case "double":
      return 0;
    case "bool":
      return false;
    default:
      return undefined;
  }
}
