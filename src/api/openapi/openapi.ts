/** OpenAPI documents, made from the declarations: v3 per group and version for `kubectl explain` and `apply`, v2 as one. */

import { TokenRequest } from "../authentication/types.ts";
import { Scale } from "../autoscaling/types-v1.ts";
import type { Catalog } from "../catalog.ts";
import { DeleteOptions } from "../meta/options.ts";
import { Status } from "../meta/status.ts";
import { Eviction } from "../policy/types.ts";
import { type Resource, resourcePath } from "../resource.ts";
import type { Struct } from "../schema.ts";
import { Definitions, type Json, listName } from "./definitions.ts";
import type { Parameter } from "./parameters.ts";
import { plainTypes } from "./plain-types.ts";
import { type Operation, plainRoutes, type Route, routesOf } from "./routes.ts";

const info = { title: "Kubernetes", version: "1.36" };

/** The documents of all that a catalog serves; each is made when first asked for, and again when its own kinds have changed. */
export interface OpenApi {
  v2(): Json;
  /** Of `api/v1` or `apis/apps/v1`; undefined: not served. */
  v3(path: string): Json | undefined;
  /** What `v3` knows. */
  v3Paths(): string[];
}

export function openapi(catalog: Catalog): OpenApi {
  let revision = 0;
  let parts = new Map<string, Part>();
  let v2: Json | undefined;
  const current = () => {
    if (revision === catalog.revision) return parts;
    parts = partsOf(catalog, parts);
    revision = catalog.revision;
    v2 = undefined;
    return parts;
  };
  return {
    v2() {
      const now = current();
      v2 ??= documentV2([...now.values()].map((part) => (part.v2 ??= partV2(part.routes, catalog))));
      return v2;
    },
    v3(path) {
      const part = current().get(path);
      if (!part) return undefined;
      part.v3 ??= documentV3(part.routes, catalog);
      return part.v3;
    },
    v3Paths: () => [...current().keys()].sort(),
  };
}

/** What stands in one document of version 3, and in the one of version 2 beside all others. */
interface Part {
  routes: Route[];
  /** Parts of the same kinds are the same. */
  kinds: readonly Resource[];
  v2?: Pick<Json, "paths" | "definitions">;
  v3?: Json;
}

function partsOf(catalog: Catalog, before: ReadonlyMap<string, Part>): Map<string, Part> {
  const structs = structsOf(catalog);
  const schemaOf = (apiVersion: string, kind: string) =>
    catalog.kind(apiVersion, kind)?.schema.name ?? structs.get(subresourceTypes.get(`${apiVersion} ${kind}`) ?? "")?.name;
  const all = catalog.all();
  const kinds = new Map<string, Resource[]>();
  for (const resource of all) {
    const document = resourcePath({ ...resource, resource: "" }).slice(1, -1);
    kinds.set(document, [...(kinds.get(document) ?? []), resource]);
  }
  const parts = new Map<string, Part>();
  const part = (document: string) => {
    let own = parts.get(document);
    if (!own) parts.set(document, (own = { routes: [], kinds: kinds.get(document) ?? [] }));
    return own;
  };
  for (const route of plainRoutes(all)) part(route.document).routes.push(route);
  for (const [document, own] of parts) {
    const known = before.get(document);
    const isSame = known?.kinds.length === own.kinds.length && known.kinds.every((kind, i) => kind === own.kinds[i]);
    if (known && isSame) parts.set(document, known);
    else own.routes = [...own.routes, ...own.kinds.flatMap((kind) => routesOf(kind, schemaOf))].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
  return parts;
}

/** Kinds of subresources that are no resource of their own. */
const subresourceTypes = new Map([
  ["autoscaling/v1 Scale", Scale.name],
  ["authentication.k8s.io/v1 TokenRequest", TokenRequest.name],
  ["policy/v1 Eviction", Eviction.name],
]);

function kindOf(id: string): { group: string; version: string; kind: string } {
  const [, group = "", version = "", kind = ""] = /^(.+)\/(\S+) (.+)$/.exec(id) ?? [];
  return { group, version, kind };
}

/** Every schema that a route may name, but lists. */
function structsOf(catalog: Catalog): Map<string, Struct> {
  const structs = new Map<string, Struct>(plainTypes);
  for (const one of [DeleteOptions, Status, Scale, TokenRequest, Eviction] as Struct[]) structs.set(one.name, one);
  for (const { schema } of catalog.all()) structs.set(schema.name, schema);
  return structs;
}

/** Writes down a schema by name, and what it refers to. */
function schemasBy(prefix: string, catalog: Catalog): { definitions: Definitions; ref(name: string): Json } {
  const more = new Map([...subresourceTypes].map(([id, name]) => [name, [kindOf(id)]]));
  for (const kind of ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "DeleteOptions", "Status", "WatchEvent"])
    more.set(`io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`, [{ group: "", version: "v1", kind }]);
  const definitions = new Definitions(prefix, catalog.all(), more);
  const structs = structsOf(catalog);
  const lists = new Map<string, Resource>(catalog.all().map((resource) => [listName(resource), resource]));
  return {
    definitions,
    ref(name) {
      const known = structs.get(name);
      if (known) definitions.struct(known);
      else definitions.list(lists.get(name)!);
      return definitions.ref(name);
    },
  };
}

const descriptions: Record<number, string> = { 200: "OK", 201: "Created", 202: "Accepted", 401: "Unauthorized" };
const bearer = { description: "Bearer Token authentication", type: "apiKey", name: "authorization", in: "header" };

const byKey = (object: Record<string, Json>): Json => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));

/** What both forms say of an operation. */
const kindsOf = ({ action, of }: Operation): Json =>
  action ? { "x-kubernetes-action": action, "x-kubernetes-group-version-kind": of } : {};

function partV2(routes: readonly Route[], catalog: Catalog): Pick<Json, "paths" | "definitions"> {
  const { definitions, ref } = schemasBy("#/definitions/", catalog);
  const parameter = ({ name, in: where, type, description }: Parameter): Json => ({
    ...{ uniqueItems: true, type, description, name, in: where },
    ...(where === "path" ? { required: true } : {}),
  });
  const operation = (one: Operation): Json => {
    const { body, id, description, consumes, produces, tag, answers } = one;
    const sent = body ? [{ name: "body", in: "body", ...(body.required ? { required: true } : {}), schema: ref(body.schema) }] : [];
    const parameters = [...sent, ...one.parameters.map(parameter)];
    const answer = (name: string): Json => ({ schema: name ? ref(name) : { type: "string" } });
    return {
      ...{ description, ...(consumes.length ? { consumes } : {}), produces, schemes: ["https"], tags: [tag], operationId: id },
      ...(parameters.length ? { parameters } : {}),
      responses: {
        ...Object.fromEntries(
          Object.entries(answers).map(([code, name]) => [code, { description: descriptions[Number(code)], ...answer(name) }]),
        ),
        401: { description: descriptions[401] },
      },
      ...kindsOf(one),
    };
  };
  const paths: Record<string, Json> = {};
  for (const { path, operations, parameters } of routes)
    paths[path] = {
      ...Object.fromEntries(Object.entries(operations).map(([method, one]) => [method, operation(one)])),
      ...(parameters.length ? { parameters: parameters.map(parameter) } : {}),
    };
  return { paths, definitions: definitions.schemas };
}

function documentV2(parts: readonly Pick<Json, "paths" | "definitions">[]): Json {
  const merged = (key: "paths" | "definitions") => byKey(Object.assign({}, ...parts.map((part) => part[key])) as Record<string, Json>);
  return {
    ...{ swagger: "2.0", info, paths: merged("paths"), definitions: merged("definitions") },
    ...{ securityDefinitions: { BearerToken: bearer }, security: [{ BearerToken: [] }] },
  };
}

function documentV3(routes: readonly Route[], catalog: Catalog): Json {
  const { definitions, ref } = schemasBy("#/components/schemas/", catalog);
  const parameter = ({ name, in: where, type, description }: Parameter): Json => ({
    ...{ name, in: where, description },
    ...(where === "path" ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  });
  const content = (types: readonly string[], name: string): Json => {
    const schema = name ? ref(name) : { type: "string" };
    return Object.fromEntries([...types].sort().map((type) => [type, { schema }]));
  };
  const operation = (one: Operation): Json => {
    const { body, id, description, produces, tag, answers } = one;
    return {
      ...{ tags: [tag], description, operationId: id },
      ...(one.parameters.length ? { parameters: one.parameters.map(parameter) } : {}),
      ...(body ? { requestBody: { content: content(body.types, body.schema), ...(body.required ? { required: true } : {}) } } : {}),
      responses: {
        ...Object.fromEntries(
          Object.entries(answers).map(([code, name]) => [
            code,
            { description: descriptions[Number(code)], content: content(produces, name) },
          ]),
        ),
        401: { description: descriptions[401] },
      },
      ...kindsOf(one),
    };
  };
  const paths: Record<string, Json> = {};
  for (const { path, operations, parameters } of routes)
    paths[path] = {
      ...Object.fromEntries(Object.entries(operations).map(([method, one]) => [method, operation(one)])),
      ...(parameters.length ? { parameters: parameters.map(parameter) } : {}),
    };
  const schemas = byKey(definitions.schemas);
  return {
    ...{ openapi: "3.0.0", info, paths },
    components: { ...(Object.keys(schemas).length ? { schemas } : {}), securitySchemes: { BearerToken: bearer } },
  };
}
