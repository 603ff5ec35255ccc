import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "#api/mod.ts";
import { applyMergePatch } from "#codec/mod.ts";
import { patchedText, refusalOf } from "./patch-refusal.ts";

const leases = builtInKinds.find(({ id }) => id === "leases.coordination.k8s.io")!;
const old = {
  kind: "Lease",
  apiVersion: "coordination.k8s.io/v1",
  metadata: { namespace: "n", name: "a", resourceVersion: "1", uid: "u" },
  spec: { holderIdentity: "<me>", acquireTime: "2026-01-01T00:00:00.000000Z" },
};

test("what a patch touches is shown with its keys in order, the rest as it is declared", () => {
  const text = (patch: object) => patchedText(applyMergePatch(old, patch), old, leases.schema);
  const meta = '"metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"1"}';
  const head = `{"apiVersion":"coordination.k8s.io/v1","kind":"Lease",${meta},`;
  assert.equal(
    text({ spec: { renewTime: 7 } }),
    `${head}"spec":{"acquireTime":"2026-01-01T00:00:00.000000Z","holderIdentity":"\\u003cme\\u003e","renewTime":7}}`,
  );
  assert.equal(text({ spec: [] }), `${head}"spec":[]}`);
});

test("a strategic merge names the wrong type in the words of upstream's other decoder", () => {
  const { why } = refusalOf(leases, "strategic", { patch: {}, made: {} });
  const said = (found: string, field: string, type: string) =>
    why(`json: cannot unmarshal ${found} into Go struct field Lease.${field} of type ${type}`);
  assert.equal(said("number", "metadata.name", "string"), "cannot convert int64 to string");
  assert.equal(said("number", "metadata.uid", "types.UID"), "cannot convert int64 to types.UID");
  assert.equal(said("array", "metadata.name", "string"), "unrecognized type: string");
  assert.equal(said("number 1.5", "spec.leaseDurationSeconds", "int32"), "cannot convert float64 to int32");
  assert.equal(said("string", "spec.leaseDurationSeconds", "int32"), "unrecognized type: int32");
  assert.equal(said("number", "spec.acquireTime", "string"), "json: cannot unmarshal number into Go value of type string");
  assert.equal(said("array", "spec", "v1.LeaseSpec"), "cannot restore struct from: slice");
  assert.equal(said("string", "metadata.finalizers", "[]string"), "cannot restore slice from string");
  assert.equal(said("number", "metadata.labels", "string"), "cannot convert int64 to string");
  assert.equal(said("array", "metadata.labels", "map[string]string"), "cannot restore map from slice");
  assert.equal(said("number", "metadata.finalizers", "string"), "cannot convert int64 to string");
  assert.equal(said("array", "metadata.ownerReferences", "v1.OwnerReference"), "cannot restore struct from: slice");
});
