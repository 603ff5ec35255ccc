import assert from "node:assert/strict";
import { test } from "node:test";
import { inDeclaredOrder } from "./declared-order.ts";
import type { KObject } from "./values.ts";

test("what was made here is printed in the order of its declarations, whatever order it was put together in", () => {
  const template = { spec: { containers: [{ image: "i", resources: {}, name: "x" }] }, metadata: { labels: { b: "2", a: "1" } } };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    status: {},
    spec: { template, strategy: {}, selector: { matchLabels: { app: "x" } }, replicas: 2 },
    metadata: { labels: { app: "x" }, namespace: "n", name: "x" },
  } as unknown as KObject;
  assert.equal(
    JSON.stringify(inDeclaredOrder(deployment)),
    '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"x","namespace":"n","labels":{"app":"x"}},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"x","image":"i","resources":{}}]}},"strategy":{}},"status":{}}',
  );
});

test("an object of a kind that is not built in stays as it is", () => {
  const widget = { metadata: { name: "w" }, kind: "Widget", apiVersion: "example.com/v1" } as unknown as KObject;
  assert.equal(inDeclaredOrder(widget), widget);
});
