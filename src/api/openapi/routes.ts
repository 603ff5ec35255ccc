/**
 * What the server answers, path by path, before it is written as OpenAPI 2 or 3. Paths, operation ids and parameters are upstream's:
 * generators name their methods after them.
 */
import type { Resource, Subresource } from "../resource.ts";
import { listName } from "./definitions.ts";
import {
  byName,
  collectionQuery,
  deleteQuery,
  inPath,
  inQuery,
  listQuery,
  namespaceParameter,
  type Parameter,
  patchQuery,
  pretty,
  writeQuery,
} from "./parameters.ts";

export interface Operation {
  id: string;
  description: string;
  tag: string;
  /** Absent on what is no resource. */
  action?: string;
  of?: { group: string; version: string; kind: string };
  parameters: Parameter[];
  /** The name of the body's schema, and how it may be written. */
  body?: { schema: string; required: boolean; types: readonly string[] };
  produces: readonly string[];
  consumes: readonly string[];
  /** By code: the name of a schema; "": text. */
  answers: Record<number, string>;
}

export interface Route {
  path: string;
  /** The OpenAPI 3 document that it stands in. */
  document: string;
  parameters: Parameter[];
  operations: Record<string, Operation>;
}

const meta = "io.k8s.apimachinery.pkg.apis.meta.v1";
const anything = ["*/*"];
const asObjects = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const asStreams = [...asObjects, "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
/** Custom kinds have no protobuf form, and no strategic merge. */
const ofCustom = ["application/json", "application/yaml"];
const customPatches = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];
const asPatches = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
/** `rbac.authorization.k8s.io` → `rbacAuthorization`. */
const camel = (group: string) =>
  group === ""
    ? "core"
    : group
        .replace(/\.k8s\.io$/, "")
        .split(/[.-]/)
        .map((part, i) => (i === 0 ? part : upperFirst(part)))
        .join("");

const rootOf = ({ group, version }: Pick<Resource, "group" | "version">) => (group ? `/apis/${group}/${version}` : `/api/${version}`);

/** What the operations of one resource have in common. */
interface Maker {
  resource: Resource;
  common: Pick<Operation, "tag" | "of" | "produces" | "consumes">;
  patchTypes: readonly string[];
  /** `AppsV1` */
  prefix: string;
  /** `NamespacedDeployment` */
  scoped: string;
  root: string;
  /** The path of the collection, from the root. */
  collection: string;
  here: Parameter[];
  named: Parameter[];
  route(path: string, parameters: Parameter[], operations: Record<string, Operation | undefined>): Route[];
}

type SchemaOf = (apiVersion: string, kind: string) => string | undefined;

export function routesOf(resource: Resource, schemaOf: SchemaOf): Route[] {
  const maker = makerOf(resource);
  return [
    ...collectionRoutes(maker),
    ...objectRoutes(maker),
    ...resource.subresources.flatMap((sub) => (connects[sub.name] ? connectRoutes(maker, sub) : subresourceRoutes(maker, sub, schemaOf))),
    ...(resource.verbs.includes("watch") && !resource.schema.structural ? watchRoutes(maker) : []),
  ];
}

function makerOf(resource: Resource): Maker {
  const { group, version, namespaced, kind } = resource;
  const root = rootOf(resource);
  const here = [...(namespaced ? [namespaceParameter] : []), pretty];
  const isCustom = resource.schema.structural !== undefined;
  return {
    resource,
    common: {
      ...{ tag: `${camel(group)}_${version}`, of: { group, version, kind } },
      ...{ produces: isCustom ? ofCustom : asObjects, consumes: isCustom ? ofCustom : anything },
    },
    patchTypes: isCustom ? customPatches : asPatches,
    prefix: upperFirst(camel(group)) + upperFirst(version),
    scoped: (namespaced ? "Namespaced" : "") + kind,
    root,
    collection: `${namespaced ? "/namespaces/{namespace}" : ""}/${resource.resource}`,
    here,
    named: [inPath("name", `The name of the ${kind}.`), ...here],
    route(path, parameters, operations) {
      const present = Object.entries(operations).filter((entry): entry is [string, Operation] => entry[1] !== undefined);
      if (present.length === 0) return [];
      return [hoisted({ path, document: root.slice(1), parameters, operations: Object.fromEntries(present) })];
    },
  };
}

const bodyOf = (schema: string, { consumes }: Maker["common"]) => ({ schema, required: true, types: consumes });
const deleteBody = { schema: `${meta}.DeleteOptions`, required: false, types: anything };

function collectionRoutes({ resource, common, prefix, scoped, root, collection, here, route }: Maker): Route[] {
  const { verbs, kind, namespaced, schema } = resource;
  const list = (id: string): Operation => ({
    ...{ ...common, id, description: `list or watch objects of kind ${kind}`, action: "list" },
    ...{ produces: schema.structural ? ofCustom : asStreams, parameters: listQuery, answers: { 200: listName(resource) } },
  });
  const create: Operation = {
    ...{ ...common, id: `create${prefix}${scoped}`, description: `create a ${kind}`, action: "post" },
    ...{ parameters: writeQuery, body: bodyOf(schema.name, common), answers: { 200: schema.name, 201: schema.name, 202: schema.name } },
  };
  const deleteMany: Operation = {
    ...{ ...common, id: `delete${prefix}Collection${scoped}`, description: `delete collection of ${kind}`, action: "deletecollection" },
    ...{ parameters: collectionQuery, body: deleteBody, answers: { 200: `${meta}.Status` } },
  };
  return [
    ...route(root + collection, here, {
      get: verbs.includes("list") ? list(`list${prefix}${scoped}`) : undefined,
      post: verbs.includes("create") ? create : undefined,
      delete: verbs.includes("deletecollection") ? deleteMany : undefined,
    }),
    ...(namespaced && verbs.includes("list")
      ? route(`${root}/${resource.resource}`, [pretty], { get: list(`list${prefix}${kind}ForAllNamespaces`) })
      : []),
  ];
}

interface Part {
  suffix: string;
  /** What is read and changed, in words. */
  about: string;
  /** The name of the schema. */
  model: string;
  of: Operation["of"];
  verbs: readonly string[];
}

function readAndChange(
  { common, prefix, scoped, patchTypes }: Maker,
  { suffix, about, model, of, verbs }: Part,
): Record<string, Operation | undefined> {
  const own = { ...common, of };
  const end = `${prefix}${scoped}${suffix}`;
  const get: Operation = { ...own, id: `read${end}`, description: `read ${about}`, action: "get", parameters: [], answers: { 200: model } };
  const put: Operation = {
    ...{ ...own, id: `replace${end}`, description: `replace ${about}`, action: "put" },
    ...{ parameters: writeQuery, body: bodyOf(model, common), answers: { 200: model, 201: model } },
  };
  const patch: Operation = {
    ...{ ...own, id: `patch${end}`, description: `partially update ${about}`, action: "patch", consumes: patchTypes },
    ...{
      parameters: patchQuery,
      answers: { 200: model, 201: model },
      body: { schema: `${meta}.Patch`, required: true, types: patchTypes },
    },
  };
  return {
    get: verbs.includes("get") ? get : undefined,
    put: verbs.includes("update") ? put : undefined,
    patch: verbs.includes("patch") ? patch : undefined,
  };
}

function objectRoutes(maker: Maker): Route[] {
  const { resource, common, prefix, scoped, root, collection, named, route } = maker;
  const { verbs, kind, group, schema } = resource;
  const answer = returnsItself.has(`${kind}.${group}`) ? schema.name : `${meta}.Status`;
  const deleteOne: Operation = {
    ...{ ...common, id: `delete${prefix}${scoped}`, description: `delete a ${kind}`, action: "delete" },
    ...{ parameters: deleteQuery, body: deleteBody, answers: { 200: answer, 202: answer } },
  };
  const part = { suffix: "", about: `the specified ${kind}`, model: schema.name, of: common.of, verbs };
  return route(`${root}${collection}/{name}`, named, {
    ...readAndChange(maker, part),
    delete: verbs.includes("delete") ? deleteOne : undefined,
  });
}

function subresourceRoutes(maker: Maker, sub: Subresource, schemaOf: SchemaOf): Route[] {
  const { resource, common, prefix, scoped, root, collection, named, route } = maker;
  const of = { group: sub.group ?? resource.group, version: sub.version ?? resource.version, kind: sub.kind };
  const model = schemaOf(of.group ? `${of.group}/${of.version}` : of.version, sub.kind) ?? resource.schema.name;
  const suffix = upperFirst(sub.name);
  const create: Operation = {
    ...{ ...common, of, id: `create${prefix}${scoped}${suffix}`, description: `create ${sub.name} of a ${resource.kind}`, action: "post" },
    ...{ parameters: writeQuery, body: bodyOf(model, common), answers: { 200: model, 201: model, 202: model } },
  };
  return route(`${root}${collection}/{name}/${sub.name}`, named, {
    ...readAndChange(maker, { suffix, about: `${sub.name} of the specified ${resource.kind}`, model, of, verbs: sub.verbs }),
    post: sub.verbs.includes("create") ? create : undefined,
  });
}

/** Paths that upstream keeps for clients of its first days. */
function watchRoutes({ resource, common, prefix, scoped, root, collection, here, named, route }: Maker): Route[] {
  const { kind, namespaced, verbs } = resource;
  const old = "deprecated: use the 'watch' parameter with a list operation instead";
  const watch = (id: string, description: string, action: string): { get: Operation } => ({
    get: { ...common, id, description, action, produces: asStreams, parameters: listQuery, answers: { 200: `${meta}.WatchEvent` } },
  });
  const ofList = (id: string) => watch(id, `watch individual changes to a list of ${kind}. ${old}.`, "watchlist");
  const about = `watch changes to an object of kind ${kind}. ${old}, filtered to a single item with the 'fieldSelector' parameter.`;
  return [
    ...route(`${root}/watch${collection}`, here, ofList(`watch${prefix}${scoped}List`)),
    ...(verbs.includes("get") ? route(`${root}/watch${collection}/{name}`, named, watch(`watch${prefix}${scoped}`, about, "watch")) : []),
    ...(namespaced ? route(`${root}/watch/${resource.resource}`, [pretty], ofList(`watch${prefix}${kind}ListForAllNamespaces`)) : []),
  ];
}

/** What every operation of a path takes stands at the path. */
function hoisted(route: Route): Route {
  const all = Object.values(route.operations);
  const shared = all[0]!.parameters.filter((one) => all.every(({ parameters }) => parameters.includes(one)));
  return {
    ...route,
    parameters: [...route.parameters, ...shared].sort(byName),
    operations: Object.fromEntries(
      Object.entries(route.operations).map(([method, operation]) => [
        method,
        { ...operation, parameters: operation.parameters.filter((one) => !shared.includes(one)) },
      ]),
    ),
  };
}

/** Kinds whose deletion answers with the object, as upstream declares it. */
const returnsItself = new Set([
  ...["PersistentVolumeClaim.", "Pod.", "PodTemplate.", "ResourceQuota.", "ServiceAccount.", "Service.", "PersistentVolume."],
  ...["DeviceClass", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice"].map((kind) => `${kind}.resource.k8s.io`),
  ...["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"].map((kind) => `${kind}.storage.k8s.io`),
]);

const terminal = (stdin: string): Parameter[] => [
  inQuery("container", "string", "The container; may be left out when the pod has one."),
  inQuery("stderr", "boolean", "Whether its errors are sent."),
  inQuery("stdin", "boolean", stdin),
  inQuery("stdout", "boolean", "Whether its output is sent."),
  inQuery("tty", "boolean", "Whether it has a terminal."),
];
const everyMethod = ["get", "put", "post", "delete", "options", "head", "patch"];

/** Streaming subresources: their methods, and what their query may say. */
const connects: Record<string, { methods: string[]; query: Parameter[] }> = {
  attach: { methods: ["get", "post"], query: terminal("Whether it reads what is sent.") },
  exec: {
    methods: ["get", "post"],
    query: [inQuery("command", "string", "What is run, a word each; no shell."), ...terminal("Whether the command reads what is sent.")],
  },
  portforward: { methods: ["get", "post"], query: [inQuery("ports", "integer", "The ports, for clients that speak WebSocket.")] },
  proxy: { methods: everyMethod, query: [inQuery("path", "string", "What is asked of the target.")] },
  log: {
    methods: ["get"],
    query: [
      inQuery("container", "string", "The container; may be left out when the pod has one."),
      inQuery("follow", "boolean", "Whether it goes on as more is written."),
      inQuery("insecureSkipTLSVerifyBackend", "boolean", "Does not look whether the kubelet is the right one; the log may be anybody's."),
      inQuery("limitBytes", "integer", "How many bytes at the most."),
      inQuery("previous", "boolean", "Of the run before this one."),
      inQuery("sinceSeconds", "integer", "Only what is no older than so many seconds."),
      inQuery("stream", "string", "All, Stdout or Stderr."),
      inQuery("tailLines", "integer", "How many lines from the end."),
      inQuery("timestamps", "boolean", "Whether each line begins with its time."),
    ],
  },
};

function connectRoutes({ resource, common, prefix, scoped, root, collection, named, route }: Maker, sub: Subresource): Route[] {
  const { methods, query } = connects[sub.name]!;
  const { kind, group, version } = resource;
  const path = `${root}${collection}/{name}/${sub.name}`;
  const own = { ...common, of: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind } };
  const suffix = upperFirst(sub.name);
  if (sub.name === "log") {
    const read = { id: `read${prefix}${scoped}${suffix}`, description: `read log of the specified ${kind}`, action: "get" };
    const produces = ["text/plain", ...asObjects];
    return route(path, [...named, ...query], { get: { ...own, ...read, produces, parameters: [], answers: { 200: "" } } });
  }
  const connect = (method: string, more: string): Operation => ({
    ...{ ...own, id: `connect${prefix}${upperFirst(method)}${scoped}${suffix}${more}`, action: "connect", produces: anything },
    ...{ description: `connect ${method.toUpperCase()} requests to ${sub.name} of ${kind}`, parameters: [], answers: { 200: "" } },
  });
  const operations = (more: string) => Object.fromEntries(methods.map((method) => [method, connect(method, more)]));
  const parameters = [...named.filter((one) => one !== pretty), ...query];
  const below = [...parameters, inPath("path", "What is asked of the target.")];
  return [
    ...route(path, parameters, operations("")),
    ...(sub.name === "proxy" ? route(`${path}/{path}`, below, operations("WithPath")) : []),
  ];
}

/** Discovery and what else is asked without a resource. */
export function plainRoutes(resources: readonly Pick<Resource, "group" | "version">[]): Route[] {
  const route = (
    path: string,
    document: string,
    operation: Omit<Operation, "parameters" | "consumes"> & { consumes?: readonly string[] },
  ) => ({
    ...{ path, document, parameters: [] },
    operations: { get: { consumes: operation.produces, ...operation, parameters: [] } },
  });
  const get = (id: string, description: string, tag: string, answer: string) => ({
    id,
    description,
    tag,
    produces: asObjects,
    answers: { 200: answer },
  });
  const json = ["application/json"];
  const routes: Route[] = [
    route("/.well-known/openid-configuration/", ".well-known/openid-configuration", {
      ...get("getServiceAccountIssuerOpenIDConfiguration", "get service account issuer OpenID configuration", "WellKnown", ""),
      ...{ produces: json, consumes: [] },
    }),
    route("/api/", "api", get("getCoreAPIVersions", "get available API versions", "core", `${meta}.APIVersions`)),
    route("/apis/", "apis", get("getAPIVersions", "get available API versions", "apis", `${meta}.APIGroupList`)),
    route("/openid/v1/jwks/", "openid/v1/jwks", {
      ...get("getServiceAccountIssuerOpenIDKeyset", "get service account issuer OpenID JSON Web Key Set", "openid", ""),
      ...{ produces: ["application/jwk-set+json"], consumes: [] },
    }),
    route("/version/", "version", {
      ...get("getCodeVersion", "get the version information for this server", "version", "io.k8s.apimachinery.pkg.version.Info"),
      ...{ produces: json, consumes: json },
    }),
  ];
  for (const group of new Set(resources.map((each) => each.group))) {
    const name = camel(group);
    if (group)
      routes.push(
        route(
          `/apis/${group}/`,
          `apis/${group}`,
          get(`get${upperFirst(name)}APIGroup`, "get information of a group", name, `${meta}.APIGroup`),
        ),
      );
    for (const version of new Set(resources.filter((each) => each.group === group).map((each) => each.version))) {
      const root = rootOf({ group, version });
      const id = `get${upperFirst(name)}${upperFirst(version)}APIResources`;
      routes.push(route(`${root}/`, root.slice(1), get(id, "get available resources", `${name}_${version}`, `${meta}.APIResourceList`)));
    }
  }
  return routes;
}
