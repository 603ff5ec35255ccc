import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterRole, ConfigMap, PersistentVolumeClaim } from "../declarations.ts";
import type { KubeObject } from "../resource.ts";
import type { Struct } from "../schema.ts";
import { trackUpdate } from "./track-update.ts";

const owned = (schema: unknown, next: object, live?: object) =>
  trackUpdate({
    schema: schema as Struct,
    apiVersion: "v1",
    live: live as KubeObject | undefined,
    next: next as KubeObject,
    manager: "me",
    time: "2026-01-01T00:00:00Z",
  })?.map(({ fieldsV1 }) => fieldsV1);

test("a member that upstream's type always writes is owned, though it is null", () => {
  const spec = { dataSourceRef: { apiGroup: null, kind: "PersistentVolumeClaim", name: "a" } };
  const [fields] = owned(PersistentVolumeClaim, { metadata: { name: "a" }, spec })!;
  assert.deepEqual((fields as { "f:spec": object })["f:spec"], {
    "f:dataSourceRef": { ".": {}, "f:apiGroup": {}, "f:kind": {}, "f:name": {} },
  });
});

test("nobody owns a map that was given empty, unless upstream's type writes empty ones", () => {
  assert.equal(owned(ConfigMap, { metadata: { name: "a", labels: {} } }), undefined);
  assert.deepEqual(owned(ConfigMap, { metadata: { name: "a", labels: {} }, data: { a: "b" } }), [{ "f:data": { ".": {}, "f:a": {} } }]);
  assert.deepEqual(owned(ClusterRole, { metadata: { name: "a" }, rules: [] }), [{ "f:rules": {} }]);
  const live = { metadata: { name: "a", uid: "u", managedFields: owned(ConfigMap, { metadata: { name: "a" }, data: { a: "b" } }) } };
  assert.equal(
    owned(ConfigMap, { metadata: { name: "a", uid: "u", labels: {} } }, { ...live, metadata: { name: "a", uid: "u" } }),
    undefined,
  );
});
