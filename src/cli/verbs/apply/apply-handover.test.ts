import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutClientSide } from "./apply-handover.ts";

const fields = (...keys: string[]) => ({ "f:data": Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) });

test("what the client-side manager owned goes over to the one that applies", () => {
  const entries = [
    { manager: "kubectl", operation: "Apply", apiVersion: "v1", fieldsV1: fields("keep") },
    { manager: "kubectl-client-side-apply", operation: "Update", apiVersion: "v1", fieldsV1: fields("keep", "legacy") },
    { manager: "kubectl-client-side-apply", operation: "Update", apiVersion: "v1", subresource: "status", fieldsV1: fields("s") },
    { manager: "other", operation: "Update", apiVersion: "v1", fieldsV1: fields("x") },
  ];
  assert.deepEqual(withoutClientSide(entries, "kubectl-client-side-apply", "kubectl"), [
    { manager: "kubectl", operation: "Apply", apiVersion: "v1", fieldsV1: fields("keep", "legacy") },
    entries[2],
    entries[3],
  ]);
});

test("without a server-side manager the client-side one becomes it", () => {
  const entries = [{ manager: "kubectl-client-side-apply", operation: "Update", apiVersion: "v1", fieldsV1: fields("a") }];
  assert.deepEqual(withoutClientSide(entries, "kubectl-client-side-apply", "kubectl"), [
    { manager: "kubectl", operation: "Apply", apiVersion: "v1", fieldsV1: fields("a") },
  ]);
  assert.deepEqual(withoutClientSide([], "kubectl-client-side-apply", "kubectl"), []);
});

test("fields of another version are not mixed in", () => {
  const entries = [
    { manager: "kubectl", operation: "Apply", apiVersion: "v1", fieldsV1: fields("a") },
    { manager: "csa", operation: "Update", apiVersion: "v1beta1", fieldsV1: fields("b") },
  ];
  assert.deepEqual(withoutClientSide(entries, "csa", "kubectl"), [entries[0]]);
});
