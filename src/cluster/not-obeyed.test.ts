import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import { notObeyed } from "./not-obeyed.ts";

const object = (fields: object) => ({ metadata: { name: "x" }, ...fields }) as unknown as KubeObject;
const withDevice = { containers: [{ name: "a", volumeDevices: [{ name: "v", devicePath: "/dev/v" }] }] };

const devices = object({ spec: withDevice });

const rows: { name: string; of: string; by?: string; next: KubeObject; old?: KubeObject; about?: string }[] = [
  { name: "a plain Pod", of: "pods", next: object({ spec: { containers: [{ name: "a" }] } }) },
  { name: "a block volume in a Pod", of: "pods", next: devices, about: "volumeDevices" },
  { name: "the same Pod, changed elsewhere", of: "pods", next: devices, old: devices },
  { name: "a Pod's status", of: "pods", by: "status", next: devices },
  {
    name: "a block volume in a template",
    of: "deployments.apps",
    next: object({ spec: { template: { spec: withDevice } } }),
    about: "volumeDevices",
  },
];

for (const { name, of, by = "", next, old, about } of rows)
  test(`${name} is ${about ? "told of" : "told nothing"}`, () => {
    const texts = notObeyed(of, by, next, old);
    assert.equal(texts.length, about ? 1 : 0);
    if (about) assert.match(texts[0]!, new RegExp(about));
  });
