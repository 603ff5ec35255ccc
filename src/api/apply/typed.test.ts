/** What an apply is told whose values have other types than its schema; recorded from upstream's server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigMap, Deployment } from "../declarations.ts";
import type { Struct } from "../schema.ts";
import { wrongTypes } from "./typed.ts";

const cases: [Struct, object, string | undefined][] = [
  [ConfigMap, { data: { a: 1 } }, ".data.a: expected string, got &value.valueUnstructured{Value:1}"],
  [ConfigMap, { data: { a: true } }, ".data.a: expected string, got &value.valueUnstructured{Value:true}"],
  [ConfigMap, { data: "x" }, ".data: expected map, got &{x}"],
  [Deployment, { metadata: { labels: { a: 1 } } }, ".metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}"],
  [Deployment, { spec: { replicas: "3" } }, ".spec.replicas: expected numeric (int or float), got string"],
  [Deployment, { spec: { selector: { bogus: 1 } } }, ".spec.selector.bogus: field not declared in schema"],
  [Deployment, { spec: { template: { spec: { volumes: [{ name: "v", emptyDir: {} }] } } } }, undefined],
  [Deployment, { spec: { paused: "yes" } }, ".spec.paused: expected boolean, got &{yes}"],
  [Deployment, { spec: { template: { spec: { containers: {} } } } }, ".spec.template.spec.containers: expected list, got &{map[]}"],
  [
    Deployment,
    { spec: { template: { spec: { containers: [{ name: 5 }] } } } },
    ".spec.template.spec.containers[name=5].name: expected string, got &value.valueUnstructured{Value:5}",
  ],
  [
    Deployment,
    { metadata: { finalizers: ["a/b", "a/b"] }, spec: { replicas: true } },
    'errors:\n  .metadata.finalizers: duplicate entries for key [="a/b"]\n  .spec.replicas: expected numeric (int or float), got bool',
  ],
  [
    Deployment,
    { metadata: { finalizers: [{}] } },
    ".metadata.finalizers: element 0: associative list without keys has an element that's a map type",
  ],
  [
    Deployment,
    { spec: { template: { spec: { containers: [{ name: "a", bogus: 1 }] } } } },
    '.spec.template.spec.containers[name="a"].bogus: field not declared in schema',
  ],
  [
    Deployment,
    { spec: { template: { spec: { containers: [[], { name: 5 }] } } } },
    ".spec.template.spec.containers: element 0: associative list with keys may not have non-map elements",
  ],
  [Deployment, { metadata: { creationTimestamp: 7 } }, undefined],
  [Deployment, { spec: { strategy: { rollingUpdate: { maxSurge: 1 } }, replicas: null } }, undefined],
];

for (const [schema, applied, told] of cases)
  test(`${JSON.stringify(applied)}: ${told ?? "fits"}`, () => assert.equal(wrongTypes(schema, applied), told));
