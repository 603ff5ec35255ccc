import assert from "node:assert/strict";
import { test } from "node:test";
import { createThreeWayJsonMergePatch, createThreeWayMergePatch, strategicMerge } from "#codec/mod.ts";
import { Schemas } from "../connect/openapi.ts";
import { renderFailure, StatusError } from "../failure.ts";
import { openApiLookup } from "../patch/three-way.ts";
import { natural, sortOrder } from "../print/sort.ts";
import { alignRows } from "../print/tab-writer.ts";
import { humanDuration, type KObject, selectorText } from "../print/values.ts";
import { parseSpec } from "../verbs/cp/cp.ts";
import { judge } from "../verbs/nodes/drain.ts";
import { deploymentState } from "../verbs/rollout/rollout-status.ts";
import { admit } from "../verbs/streams/proxy.ts";

const root = { properties: { spec: { $ref: "#/components/schemas/Spec" } } };
const schemas = new Schemas({
  components: {
    schemas: {
      Spec: {
        properties: {
          containers: {
            items: { $ref: "#/components/schemas/C" },
            "x-kubernetes-patch-strategy": "merge",
            "x-kubernetes-patch-merge-key": "name",
          },
          strategy: { $ref: "#/components/schemas/S", "x-kubernetes-patch-strategy": "retainKeys" },
        },
      },
      C: { properties: { name: {}, image: {} } },
      S: { properties: { type: {}, rollingUpdate: {} } },
    },
  },
});

const lookup = openApiLookup(schemas, root);

test("apply changes a container without touching defaults", () => {
  const original = { spec: { containers: [{ name: "a", image: "1" }, { name: "b" }] } };
  const live = { spec: { replicas: 1, containers: [{ name: "a", image: "1", pull: "Always" }, { name: "b" }] } };
  const patch = createThreeWayMergePatch(lookup, original, { spec: { containers: [{ name: "a", image: "2" }] } }, live);
  assert.deepEqual(patch, {
    spec: {
      containers: [
        { image: "2", name: "a" },
        { $patch: "delete", name: "b" },
      ],
      "$setElementOrder/containers": [{ name: "a" }],
    },
  });
  assert.deepEqual(strategicMerge(lookup, live, patch), {
    spec: { replicas: 1, containers: [{ name: "a", image: "2", pull: "Always" }] },
  });
});

test("apply of the same manifest is no patch", () => {
  const manifest = { spec: { containers: [{ name: "a", image: "1" }], strategy: {} } };
  assert.deepEqual(
    createThreeWayMergePatch(lookup, manifest, manifest, {
      spec: { containers: [{ name: "a", image: "1", pull: "x" }], strategy: { type: "RollingUpdate" } },
    }),
    {},
  );
});

test("a changed strategy names the keys to retain", () => {
  const patch = createThreeWayMergePatch(
    lookup,
    {},
    { spec: { strategy: { type: "Recreate" } } },
    { spec: { strategy: { type: "RollingUpdate", rollingUpdate: {} } } },
  );
  assert.deepEqual(patch, { spec: { strategy: { type: "Recreate", $retainKeys: ["type"] } } });
});

test("custom resources get a merge patch with removed fields as null", () => {
  assert.deepEqual(createThreeWayJsonMergePatch({ spec: { a: 1, b: 2 } }, { spec: { a: 3 } }, { spec: { a: 1, b: 2, c: 4 } }), {
    spec: { b: null, a: 3 },
  });
});

test("refusals are printed in kubectl's forms", () => {
  const text = (status: object) => renderFailure(new StatusError(status)).text;
  assert.equal(text({ reason: "NotFound", message: 'pods "x" not found' }), 'Error from server (NotFound): pods "x" not found\n');
  assert.equal(
    text({
      reason: "Invalid",
      details: {
        kind: "Pod",
        name: "x",
        causes: [
          { field: "a", message: "b" },
          { field: "c", message: "d" },
        ],
      },
    }),
    'The Pod "x" is invalid: \n* a: b\n* c: d\n',
  );
  assert.equal(text({ reason: "Unauthorized", message: "no" }), "error: You must be logged in to the server (no)\n");
});

test("ages read as kubectl's", () => {
  const s = 1000;
  const m = 60 * s;
  const h = 60 * m;
  assert.deepEqual([5 * s, 119 * s, 150 * s, 10 * m, 3 * h + 20 * m, 47 * h, 50 * h, 400 * 24 * h].map(humanDuration), [
    "5s",
    "119s",
    "2m30s",
    "10m",
    "3h20m",
    "47h",
    "2d2h",
    "400d",
  ]);
});

test("tables align like Go's tabwriter", () => {
  assert.equal(
    alignRows([
      ["NAME", "AGE"],
      ["a", "5s"],
      ["longer-name", "1d"],
    ]),
    "NAME          AGE\na             5s\nlonger-name   1d\n",
  );
});

test("sorting knows natural names and quantities", () => {
  assert.deepEqual(["pod-10", "pod-2", "pod-1"].sort(natural), ["pod-1", "pod-2", "pod-10"]);
  assert.deepEqual(sortOrder([{ m: "1Gi" }, { m: "500Mi" }], ".m"), [1, 0]);
});

test("selectors print as queries", () => {
  assert.equal(
    selectorText({
      matchLabels: { b: "1" },
      matchExpressions: [
        { key: "a", operator: "In", values: ["y", "x"] },
        { key: "c", operator: "Exists" },
      ],
    }),
    "a in (x,y),b=1,c",
  );
  assert.equal(selectorText({}), "<none>");
});

test("drain judges pods by owner, storage and flags", () => {
  const how = { ignoreDaemonSets: false, force: false, deleteEmptyDir: false, daemonSetExists: true };
  const pod = (kind?: string, emptyDir = false) =>
    ({
      metadata: { name: "p", ownerReferences: kind ? [{ kind, controller: true }] : [] },
      spec: { volumes: emptyDir ? [{ emptyDir: {} }] : [] },
      status: { phase: "Running" },
    }) as unknown as KObject;
  assert.equal(judge(pod("ReplicaSet"), how).evict, true);
  assert.match(judge(pod("DaemonSet"), how).fatal ?? "", /--ignore-daemonsets/);
  assert.match(judge(pod(), how).fatal ?? "", /--force/);
  assert.match(judge(pod("ReplicaSet", true), how).fatal ?? "", /--delete-emptydir-data/);
  assert.equal(judge(pod("ReplicaSet", true), { ...how, deleteEmptyDir: true }).evict, true);
});

test("proxy admits local hosts and refuses exec", () => {
  const filters = {
    acceptHosts: [/^localhost$/],
    acceptPaths: [/^.*/],
    rejectPaths: [/^\/api\/.*\/pods\/.*\/exec/],
    rejectMethods: [/^$/],
  };
  const request = (url: string, host = "localhost:8001") => ({ url, method: "GET", headers: { host } });
  assert.equal(admit(request("/api/v1/pods?x=1"), filters, "/"), "/api/v1/pods?x=1");
  assert.equal(admit(request("/api/v1/namespaces/a/pods/b/exec"), filters, "/"), undefined);
  assert.equal(admit(request("/api", "evil"), filters, "/"), undefined);
  assert.equal(admit(request("/k8s/api"), filters, "/k8s/"), "/api");
});

test("rollout status says what it waits for", () => {
  const deployment = (status: object) =>
    ({
      kind: "Deployment",
      metadata: { name: "d", generation: 1 },
      spec: { replicas: 2 },
      status: { observedGeneration: 1, ...status },
    }) as unknown as KObject;
  assert.match(deploymentState(deployment({ updatedReplicas: 1 })).message, /1 out of 2 new replicas have been updated/);
  assert.match(deploymentState(deployment({ updatedReplicas: 2, replicas: 3 })).message, /1 old replicas are pending termination/);
  assert.match(
    deploymentState(deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 1 })).message,
    /1 of 2 updated replicas are available/,
  );
  assert.equal(deploymentState(deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 2 })).done, true);
});

test("cp's file specs name namespace, pod and path", () => {
  assert.deepEqual(parseSpec("ns/pod:/a"), { namespace: "ns", pod: "pod", path: "/a" });
  assert.deepEqual(parseSpec("./a:b"), { path: "./a:b" });
});
