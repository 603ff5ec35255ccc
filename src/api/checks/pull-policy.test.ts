import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultPodSpec } from "./pod-defaults.ts";

const digest = `sha256:${"a".repeat(64)}`;

for (const [image, policy] of [
  ["nginx", "Always"],
  ["nginx:latest", "Always"],
  ["nginx:1.27", "IfNotPresent"],
  ["registry:5000/nginx", "Always"],
  ["registry:5000/nginx:1.27", "IfNotPresent"],
  [`nginx:latest@${digest}`, "Always"],
  [`nginx:1.27@${digest}`, "IfNotPresent"],
  [`nginx@${digest}`, "IfNotPresent"],
  ["ko://example.dev/cmd/x", "IfNotPresent"],
  ["UPPER", "IfNotPresent"],
] as const)
  test(`the pull policy of ${image} is ${policy}`, () => {
    const container: { image: string; imagePullPolicy?: string } = { image };
    defaultPodSpec({ containers: [container] });
    assert.equal(container.imagePullPolicy, policy);
  });
