import assert from "node:assert/strict";
import { test } from "node:test";
import { secureFixture } from "../fixture.ts";

const path = "/apis/apps/v1/namespaces/default/deployments";
const labels = { app: "web" };
const deployment = {
  metadata: { name: "web" },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "web" }] } },
  },
};
const scale = (replicas?: number, more = {}) => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "web" },
  spec: replicas === undefined ? {} : { replicas },
  ...more,
});

test("a scale is applied: its manager owns the replicas, another conflicts unless it forces", async () => {
  const { admin, close } = await secureFixture();
  await admin("POST", `${path}?fieldManager=maker`, deployment);
  const apply = (body: object, query: string) => admin("PATCH:apply", `${path}/web/scale?${query}`, body);
  const refused = await apply(scale(3), "fieldManager=one");
  assert.equal(refused.status, 409);
  assert.match(refused.message, /conflict with "maker" using apps\/v1: \.spec\.replicas/);
  const made = await apply(scale(3), "fieldManager=one&force=true");
  assert.deepEqual([made.status, made.object.kind, made.object.spec.replicas], [200, "Scale", 3]);
  const { metadata } = (await admin("GET", `${path}/web`)).object;
  const own = metadata.managedFields.find(({ manager }: { manager: string }) => manager === "one");
  assert.deepEqual([own.operation, own.subresource, own.fieldsV1], ["Apply", "scale", { "f:spec": { "f:replicas": {} } }]);
  assert.equal((await apply(scale(4), "fieldManager=two")).status, 409);
  assert.match((await apply(scale(4), "")).message, /fieldManager: Required value/);
  assert.equal((await apply(scale(4, { kind: "Deployment" }), "fieldManager=one")).status, 400);
  assert.equal((await apply(scale(-1), "fieldManager=one")).status, 422);
  const stale = scale(4, { metadata: { name: "web", resourceVersion: "1" } });
  assert.equal((await apply(stale, "fieldManager=one")).status, 409);
  assert.equal((await admin("PATCH:merge", `${path}/web/scale?force=true`, { spec: { replicas: 2 } })).status, 422);
  await close();
});

test("a dry run of a create does not mind a version, as it does not come to the store", async () => {
  const { admin, close } = await secureFixture();
  const map = { metadata: { name: "a", resourceVersion: "7" } };
  assert.equal((await admin("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", map)).status, 201);
  assert.equal((await admin("POST", "/api/v1/namespaces/default/configmaps", map)).status, 500);
  await close();
});
