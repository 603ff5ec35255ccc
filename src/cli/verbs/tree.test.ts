import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceInfo } from "../connect/discovery.ts";
import { listable, rowsOf } from "./tree.ts";

const resource = (kind: string, more: Partial<ResourceInfo> = {}): ResourceInfo => ({
  group: "",
  version: "v1",
  name: `${kind.toLowerCase()}s`,
  singular: kind.toLowerCase(),
  kind,
  namespaced: true,
  verbs: ["get", "list"],
  shortNames: [],
  categories: [],
  subresources: [],
  ...more,
});
const owned = (kind: string, name: string, uid: string, owner: string) => ({
  resource: resource(kind),
  metadata: { name, namespace: "shop", uid, ownerReferences: [{ apiVersion: "v1", kind: "Any", name: "any", uid: owner }] },
});
const root = {
  resource: resource("Deployment"),
  namespace: "shop",
  name: "web",
  object: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop", uid: "d" } },
};

test("what is owned stands below its owner, by kind and name, whatever the order of lists", () => {
  const all = [
    owned("Pod", "b", "3", "2"),
    owned("Pod", "a", "4", "2"),
    owned("ReplicaSet", "new", "2", "d"),
    owned("ReplicaSet", "old", "1", "d"),
    owned("Pod", "other", "9", "x"),
  ];
  assert.deepEqual(
    rowsOf(root, all, false).map(({ label }) => label),
    ["Deployment/web", "├─ReplicaSet/new", "│ ├─Pod/a", "│ └─Pod/b", "└─ReplicaSet/old"],
  );
  assert.equal(rowsOf(root, all, true)[1]!.label, "├─ReplicaSet/shop/new");
});

test("owners in a circle are shown once more, and no further", () => {
  const labels = rowsOf(root, [owned("Pod", "a", "1", "d"), owned("Deployment", "web", "d", "1")], false).map(({ label }) => label);
  assert.deepEqual(labels, ["Deployment/web", "└─Pod/a", "  └─Deployment/web"]);
});

test("each resource is listed once, in the version that its group prefers", () => {
  const preferred = new Map([
    ["", ["v1"]],
    ["x.org", ["v2", "v1"]],
  ]);
  const custom = (version: string) => resource("Thing", { group: "x.org", version });
  const resources = [
    resource("Event"),
    custom("v1"),
    custom("v2"),
    resource("Node", { namespaced: false }),
    resource("Binding", { verbs: ["create"] }),
  ];
  assert.deepEqual(
    listable({ resources, preferred }, true).map(({ name, version }) => `${name}/${version}`),
    ["things/v2"],
  );
  assert.equal(listable({ resources, preferred }, false).length, 2);
});
