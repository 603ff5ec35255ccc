import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, staticCatalog } from "#api/mod.ts";
import { discovery, type RemoteVersion } from "../../catalog/discovery.ts";
import { mergedV2 } from "./openapi-merge.ts";
import { priorityOf } from "./priorities.ts";
import { aggregatedOf } from "./remote-discovery.ts";
import { userHeaders } from "./remote-group.ts";

test("groups and versions have upstream's numbers", () => {
  const table: [string, string, number, number][] = [
    ["", "v1", 18000, 1],
    ["apps", "v1", 17800, 15],
    ["autoscaling", "v1", 17500, 15],
    ["autoscaling", "v2", 17500, 30],
    ["flowcontrol.apiserver.k8s.io", "v1", 16100, 21],
    ["resource.k8s.io", "v1", 16200, 21],
    ["example.org", "v1", 1000, 100],
  ];
  for (const [group, version, ofGroup, ofVersion] of table)
    assert.deepEqual(priorityOf(group, version), { group: ofGroup, version: ofVersion }, `${group}/${version}`);
});

test("a remote group stands where its number puts it, and its versions by theirs", () => {
  const remote = (group: string, version: string, groupPriority: number, versionPriority: number): RemoteVersion => ({
    group,
    version,
    groupPriority,
    versionPriority,
    resources: [],
    current: true,
  });
  const versions = [
    remote("first.example.org", "v1", 19000, 5),
    remote("middle.example.org", "v1", 17450, 5),
    remote("middle.example.org", "v1beta1", 17450, 9),
    remote("last.example.org", "v1", 10, 5),
  ];
  const own = discovery(staticCatalog(builtInKinds));
  const all = discovery(staticCatalog(builtInKinds), { revision: () => "1", all: () => versions });
  type Groups = { groups: { name: string; versions: { version: string }[] }[] };
  const names = (all.groups() as Groups).groups.map(({ name }) => name);
  const local = (own.groups() as Groups).groups.map(({ name }) => name);
  assert.deepEqual(
    names.filter((name) => !name.endsWith("example.org")),
    local,
  );
  const at = (name: string) => names.indexOf(name);
  assert.ok(at("first.example.org") < at("apps") && at("autoscaling") < at("middle.example.org"));
  assert.ok(at("middle.example.org") < at("batch"));
  assert.equal(names.at(-1), "last.example.org");
  const middle = (all.groups() as Groups).groups[at("middle.example.org")]!;
  assert.deepEqual(
    middle.versions.map(({ version }) => version),
    ["v1beta1", "v1"],
  );
});

test("a user is named in headers, whatever the keys hold", () => {
  assert.deepEqual(userHeaders({ name: "me", uid: "1", groups: ["a", "b"], extra: { "Example.org/scopes%": ["x", "y"] } }), {
    "x-remote-user": "me",
    "x-remote-uid": "1",
    "x-remote-group": ["a", "b"],
    "x-remote-extra-example.org%2Fscopes%25": ["x", "y"],
  });
  assert.deepEqual(userHeaders({ name: "me", groups: [] }), { "x-remote-user": "me" });
});

test("a list of resources in the aggregated form", () => {
  const resources = [
    { name: "a", kind: "A", namespaced: true, singularName: "one", verbs: ["get"], categories: ["all"] },
    { name: "a/scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["update"] },
  ];
  assert.deepEqual(aggregatedOf({ resources }, "g", "v1"), [
    {
      resource: "a",
      responseKind: { group: "g", version: "v1", kind: "A" },
      scope: "Namespaced",
      singularResource: "one",
      verbs: ["get"],
      categories: ["all"],
      subresources: [{ subresource: "scale", responseKind: { group: "autoscaling", version: "v1", kind: "Scale" }, verbs: ["update"] }],
    },
  ]);
});

test("documents are merged without one taking another's definitions or paths", () => {
  const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
  const own = { swagger: "2.0", paths: { "/api": 1, "/apis/g/v1": "mine?" }, definitions: { Same: { type: "a" }, Other: { type: "a" } } };
  const document = {
    paths: { "/apis/g/v1/x": ref("X"), "/api": "theirs", "/apis/g/v10": "theirs" },
    definitions: { X: { list: [ref("Same"), ref("Other")] }, Same: { type: "a" }, Other: { type: "b" }, Unused: {} },
  };
  assert.deepEqual(mergedV2(own, [{ prefix: "/apis/g/v1", document }]), {
    swagger: "2.0",
    paths: { "/api": 1, "/apis/g/v1": "mine?", "/apis/g/v1/x": ref("X") },
    definitions: { Same: { type: "a" }, Other: { type: "a" }, X: { list: [ref("Same"), ref("Other_v2")] }, Other_v2: { type: "b" } },
  });
});
