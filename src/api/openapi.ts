/** OpenAPI documents, made from the declarations: v3 per group and version for `kubectl explain` and `apply`, v2 as one. */
import type { Catalog } from "./catalog.ts";
import { ListMeta } from "./meta/object-meta.ts";
import { type Resource, resourcePath } from "./resource.ts";
import { type Field, isEmbed, type ScalarKind, type Schema, type Struct, typeDocs } from "./schema.ts";

type Json = Record<string, unknown>;

const quantityName = "io.k8s.apimachinery.pkg.api.resource.Quantity";
const intOrStringName = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
const timeName = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
const microTimeName = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
const rawName = "io.k8s.apimachinery.pkg.runtime.RawExtension";

const named: Partial<Record<ScalarKind, [string, Json]>> = {
  quantity: [quantityName, { description: "An amount with an optional suffix: 500m, 1.5, 128Mi, 2G.", type: "string" }],
  intOrString: [
    intOrStringName,
    { description: "A whole number, or a text that stands for one.", type: "string", format: "int-or-string" },
  ],
  time: [timeName, { description: "A point in time, RFC 3339.", type: "string", format: "date-time" }],
  microTime: [microTimeName, { description: "A point in time with microseconds, RFC 3339.", type: "string", format: "date-time" }],
  raw: [rawName, { description: "Any object.", type: "object" }],
};
/** What OpenAPI 3.0 can say and 2.0 cannot. */
const eitherIn3: Partial<Record<ScalarKind, Json>> = {
  quantity: { type: undefined, oneOf: [{ type: "string" }, { type: "number" }] },
  intOrString: { type: undefined, oneOf: [{ type: "integer" }, { type: "string" }] },
};
const plain: Partial<Record<ScalarKind, Json>> = {
  string: { type: "string" },
  int32: { type: "integer", format: "int32" },
  int64: { type: "integer", format: "int64" },
  double: { type: "number", format: "double" },
  bool: { type: "boolean" },
  bytes: { type: "string", format: "byte" },
  json: { "x-kubernetes-preserve-unknown-fields": true },
};

class Definitions {
  readonly schemas: Record<string, Json> = {};
  readonly #prefix: string;
  readonly #is3: boolean;
  readonly #kinds = new Map<string, Resource[]>();

  constructor(prefix: string, all: readonly Resource[]) {
    this.#prefix = prefix;
    this.#is3 = prefix.includes("components");
    for (const resource of all) this.#kinds.set(resource.schema.name, [...(this.#kinds.get(resource.schema.name) ?? []), resource]);
  }
  ref(name: string): Json {
    return { $ref: `${this.#prefix}${name}` };
  }
  struct(schema: Struct): Json {
    const { name } = schema;
    if (!this.schemas[name]) {
      const properties: Json = {};
      const required: string[] = [];
      const own: Json = { description: schema.doc, type: "object", properties };
      this.schemas[name] = own;
      const add = (field: Field) => {
        properties[field.name] = this.field(field);
        if (field.required) required.push(field.name);
      };
      for (const member of schema.members) {
        if (isEmbed(member)) for (const field of member.embed.fields.values()) add(field);
        else add(member);
      }
      if (schema.isKind) for (const [name, doc] of Object.entries(typeDocs)) properties[name] = { type: "string", description: doc };
      if (required.length) own.required = required;
      const kinds = this.#kinds.get(name);
      if (kinds) own["x-kubernetes-group-version-kind"] = kinds.map(({ group, version, kind }) => ({ group, version, kind }));
    }
    return this.ref(name);
  }
  value(schema: Schema): Json {
    switch (schema.type) {
      case "struct":
        return this.struct(schema);
      case "list":
        return { type: "array", items: this.value(schema.of) };
      case "map":
        return { type: "object", additionalProperties: this.value(schema.of) };
      default: {
        const known = named[schema.kind];
        if (!known) return { ...plain[schema.kind] };
        this.schemas[known[0]] ??= this.#is3 ? { ...known[1], ...eitherIn3[schema.kind] } : known[1];
        return this.ref(known[0]);
      }
    }
  }
  field(field: Field): Json {
    const value = this.value(field.schema);
    // A reference stands alone in OpenAPI 3.0: what is said beside it needs the wrapping.
    const out: Json = value.$ref && this.#is3 ? { allOf: [value] } : value;
    if (field.doc) out.description = field.doc;
    if (field.enum?.length) out.enum = [...field.enum];
    if (field.patchStrategy) out["x-kubernetes-patch-strategy"] = field.patchStrategy;
    if (field.patchMergeKey) out["x-kubernetes-patch-merge-key"] = field.patchMergeKey;
    if (field.listType) out["x-kubernetes-list-type"] = field.listType;
    if (field.listMapKeys?.length) out["x-kubernetes-list-map-keys"] = [...field.listMapKeys];
    if (field.mapType) out["x-kubernetes-map-type"] = field.mapType;
    return out;
  }
  list(resource: Resource): void {
    const name = `${resource.schema.name}List`;
    this.schemas[name] ??= {
      description: `A list of ${resource.kind} objects.`,
      type: "object",
      required: ["items"],
      properties: {
        apiVersion: { type: "string", description: typeDocs.apiVersion },
        kind: { type: "string", description: typeDocs.kind },
        metadata: this.struct(ListMeta),
        items: { type: "array", items: this.struct(resource.schema), description: "The objects." },
      },
      "x-kubernetes-group-version-kind": [{ group: resource.group, version: resource.version, kind: resource.listKind }],
    };
  }
}

const writeParameters = ["dryRun", "fieldManager", "fieldValidation"];
const listParameters = [
  "allowWatchBookmarks",
  "continue",
  "fieldSelector",
  "labelSelector",
  "limit",
  "resourceVersion",
  "resourceVersionMatch",
  "sendInitialEvents",
  "timeoutSeconds",
  "watch",
];
const deleteParameters = ["dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy"];
const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

const types: Record<string, Json> = {
  limit: { type: "integer" },
  timeoutSeconds: { type: "integer" },
  gracePeriodSeconds: { type: "integer" },
  watch: { type: "boolean" },
  force: { type: "boolean" },
  allowWatchBookmarks: { type: "boolean" },
  sendInitialEvents: { type: "boolean" },
  orphanDependents: { type: "boolean" },
};

type Shape = "v2" | "v3";

function operation(resource: Resource, shape: Shape, action: string, parameters: string[], definitions: Definitions): Json {
  const { group, version, kind, schema } = resource;
  const body = definitions.ref(action === "list" ? `${schema.name}List` : schema.name);
  const query = parameters.map((name) =>
    shape === "v3"
      ? { name, in: "query", schema: types[name] ?? { type: "string" } }
      : { name, in: "query", ...(types[name] ?? { type: "string" }) },
  );
  const sends = action === "post" || action === "put" || action === "patch";
  const out: Json = {
    operationId: `${action}-${group || "core"}-${version}-${resource.resource}`,
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind },
    parameters: [
      ...query,
      ...(sends && shape === "v2"
        ? [{ name: "body", in: "body", required: true, schema: action === "patch" ? { type: "object" } : body }]
        : []),
    ],
    responses: {
      200: shape === "v3" ? { description: "OK", content: { "application/json": { schema: body } } } : { description: "OK", schema: body },
    },
  };
  if (sends && shape === "v3") {
    const media = action === "patch" ? patchTypes : ["*/*"];
    out.requestBody = {
      required: true,
      content: Object.fromEntries(media.map((type) => [type, { schema: action === "patch" ? { type: "object" } : body }])),
    };
  }
  return out;
}

function pathsOf(resource: Resource, shape: Shape, definitions: Definitions): Record<string, Json> {
  const { verbs, namespaced } = resource;
  const make = (action: string, parameters: string[]) => operation(resource, shape, action, parameters, definitions);
  const template = (name?: string) =>
    resourcePath(resource, { namespace: namespaced ? "{namespace}" : undefined, name })
      .replaceAll("%7B", "{")
      .replaceAll("%7D", "}");
  const many: Json = {};
  const one: Json = {};
  if (verbs.includes("list")) many.get = make("list", listParameters);
  if (verbs.includes("create")) many.post = make("post", writeParameters);
  if (verbs.includes("deletecollection")) many.delete = make("deletecollection", [...deleteParameters, "labelSelector", "fieldSelector"]);
  if (verbs.includes("get")) one.get = make("get", []);
  if (verbs.includes("update")) one.put = make("put", writeParameters);
  if (verbs.includes("patch")) one.patch = make("patch", [...writeParameters, "force"]);
  if (verbs.includes("delete")) one.delete = make("delete", deleteParameters);
  return { ...(Object.keys(many).length ? { [template()]: many } : {}), ...(Object.keys(one).length ? { [template("{name}")]: one } : {}) };
}

const info = { title: "Kubernetes", version: "v1.36.4" };
const pathOfVersion = ({ group, version }: Resource) => (group ? `apis/${group}/${version}` : `api/${version}`);

/** The documents of all that a catalog serves; each is made when first asked for, and again when the kinds have changed. */
export interface OpenApi {
  v2(): Json;
  /** Of `api/v1` or `apis/apps/v1`; undefined: not served. */
  v3(path: string): Json | undefined;
  /** What `v3` knows. */
  v3Paths(): string[];
}

export function openapi(catalog: Catalog): OpenApi {
  let made: Made = { revision: -1, v2: undefined, v3: new Map() };
  const current = () => {
    if (made.revision !== catalog.revision) made = { revision: catalog.revision, v2: undefined, v3: new Map() };
    return made;
  };
  return {
    v2() {
      const now = current();
      now.v2 ??= document("v2", catalog.all(), catalog.all());
      return now.v2;
    },
    v3(path) {
      const { v3 } = current();
      const known = v3.get(path);
      if (known) return known;
      const resources = catalog.all().filter((resource) => pathOfVersion(resource) === path);
      if (resources.length === 0) return undefined;
      const fresh = document("v3", resources, catalog.all());
      v3.set(path, fresh);
      return fresh;
    },
    v3Paths: () => [...new Set(catalog.all().map(pathOfVersion))],
  };
}

interface Made {
  revision: number;
  v2: Json | undefined;
  v3: Map<string, Json>;
}

function document(shape: Shape, resources: readonly Resource[], all: readonly Resource[]): Json {
  const definitions = new Definitions(shape === "v3" ? "#/components/schemas/" : "#/definitions/", all);
  const paths: Record<string, Json> = {};
  for (const resource of resources) {
    definitions.struct(resource.schema);
    if (resource.verbs.includes("list")) definitions.list(resource);
    Object.assign(paths, pathsOf(resource, shape, definitions));
  }
  const { schemas } = definitions;
  return shape === "v3"
    ? { openapi: "3.0.0", info, paths, components: { schemas } }
    : { swagger: "2.0", info, paths, definitions: schemas };
}
