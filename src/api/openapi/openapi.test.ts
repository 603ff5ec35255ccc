import assert from "node:assert/strict";
import { test } from "node:test";
import { staticCatalog } from "../catalog.ts";
import { builtInKinds } from "../kinds.ts";
import type { Json } from "./definitions.ts";
import { openapi } from "./openapi.ts";
import { openapiProtobuf } from "./protobuf.ts";

const documents = openapi(staticCatalog(builtInKinds));
const all = (): [string, Json][] => [
  ["v2", documents.v2()],
  ...documents.v3Paths().map((path): [string, Json] => [path, documents.v3(path)!]),
];

/** Every object of a document, with where it stands. */
function* objects(value: unknown, at = ""): Generator<[string, Json]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Json];
  for (const [key, each] of Object.entries(value)) yield* objects(each, `${at}/${key}`);
}

test("what a list may hold is said of its items", () => {
  for (const [name, document] of all())
    for (const [at, object] of objects(document)) assert.ok(!(object.type === "array" && "enum" in object), `${name} ${at}`);
});

test("every reference leads to something, every parameter of a path is declared, every operation id is one operation's", () => {
  for (const [name, document] of all()) {
    const text = JSON.stringify(document);
    const names = new Set(Object.keys((document.definitions ?? (document.components as Json).schemas ?? {}) as Json));
    for (const [, schema = ""] of text.matchAll(/"#\/(?:definitions|components\/schemas)\/([^"]+)"/g))
      assert.ok(names.has(schema), `${name} refers to ${schema}`);
    const ids = new Set<string>();
    for (const [path, item] of Object.entries(document.paths as Record<string, Record<string, Json>>)) {
      const declared = ((item.parameters ?? []) as unknown as Json[])
        .filter((parameter) => parameter.in === "path")
        .map((parameter) => parameter.name);
      assert.deepEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter).sort(), declared.sort(), `${name} ${path}`);
      for (const [method, { operationId }] of Object.entries(item)) {
        if (method === "parameters") continue;
        assert.ok(!ids.has(operationId as string), `${name} has ${operationId} twice`);
        ids.add(operationId as string);
      }
    }
  }
});

test("operations have upstream's names", () => {
  const paths = documents.v2().paths as Record<string, Record<string, Json>>;
  for (const [path, method, id] of [
    ["/api/v1/namespaces/{namespace}/pods", "get", "listCoreV1NamespacedPod"],
    ["/api/v1/pods", "get", "listCoreV1PodForAllNamespaces"],
    ["/api/v1/namespaces/{namespace}/pods/{name}/eviction", "post", "createCoreV1NamespacedPodEviction"],
    ["/api/v1/namespaces/{namespace}/pods/{name}/exec", "post", "connectCoreV1PostNamespacedPodExec"],
    ["/api/v1/nodes/{name}/proxy/{path}", "patch", "connectCoreV1PatchNodeProxyWithPath"],
    ["/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", "post", "createCoreV1NamespacedServiceAccountToken"],
    ["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", "patch", "patchAppsV1NamespacedDeploymentScale"],
    ["/apis/rbac.authorization.k8s.io/v1/clusterroles", "delete", "deleteRbacAuthorizationV1CollectionClusterRole"],
    ["/apis/flowcontrol.apiserver.k8s.io/v1/watch/flowschemas/{name}", "get", "watchFlowcontrolApiserverV1FlowSchema"],
    ["/apis/apps/", "get", "getAppsAPIGroup"],
  ] as const)
    assert.equal(paths[path]?.[method]?.operationId, id, path);
});

test("protobuf names what JSON names", () => {
  for (const [name, document] of all()) {
    const bytes = Buffer.from(openapiProtobuf(document));
    for (const path of Object.keys(document.paths as Json)) assert.ok(bytes.includes(path), `${name} ${path}`);
  }
  const part = {
    swagger: "2.0",
    info: { title: "K", version: "1" },
    paths: { "/a": { get: { operationId: "x", "x-kubernetes-action": "list" } } },
  };
  assert.equal(
    Buffer.from(openapiProtobuf(part)).toString("hex"),
    // 1: swagger; 2: title, version; 8 { 2 { name, value { 2: get { 5: id, 13: extension { name, { 2: yaml } } } } } }
    `0a03322e30${"12060a014b120131"}42 2d 12 2b 0a022f61 12 25 12 23 2a0178 6a 1e 0a13${Buffer.from("x-kubernetes-action").toString("hex")} 1207 1205${Buffer.from("list\n").toString("hex")}`.replaceAll(
      " ",
      "",
    ),
  );
});
