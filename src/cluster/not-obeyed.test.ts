import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#api/mod.ts";
import { notObeyed } from "./not-obeyed.ts";

const object = (fields: object) => ({ metadata: { name: "x" }, ...fields }) as unknown as KubeObject;
const closeBy = object({ spec: { trafficDistribution: "PreferClose" } });
const withDevice = { containers: [{ name: "a", volumeDevices: [{ name: "v", devicePath: "/dev/v" }] }] };

const rows: { name: string; of: string; by?: string; next: KubeObject; old?: KubeObject; about?: string }[] = [
  { name: "a plain Service", of: "services", next: object({ spec: {} }) },
  { name: "a Service that wants near endpoints", of: "services", next: closeBy, about: "trafficDistribution" },
  { name: "the same Service, changed elsewhere", of: "services", next: closeBy, old: closeBy },
  { name: "a Service's status", of: "services", by: "status", next: closeBy },
  { name: "a block volume in a Pod", of: "pods", next: object({ spec: withDevice }), about: "volumeDevices" },
  {
    name: "a block volume in a template",
    of: "deployments.apps",
    next: object({ spec: { template: { spec: withDevice } } }),
    about: "volumeDevices",
  },
  {
    name: "the cluster's own ServiceCIDR",
    of: "servicecidrs.networking.k8s.io",
    next: object({ metadata: { name: "kubernetes" }, spec: { cidrs: ["10.0.0.0/16"] } }),
  },
  {
    name: "a second ServiceCIDR",
    of: "servicecidrs.networking.k8s.io",
    next: object({ spec: { cidrs: ["10.9.0.0/16"] } }),
    about: "ServiceCIDR",
  },
  {
    name: "a resize",
    of: "pods",
    by: "resize",
    next: object({ spec: { containers: [{ resources: { requests: { cpu: "2" } } }] } }),
    old: object({ spec: { containers: [{ resources: { requests: { cpu: "1" } } }] } }),
    about: "resized",
  },
];

for (const { name, of, by = "", next, old, about } of rows)
  test(`${name} is ${about ? "told of" : "told nothing"}`, () => {
    const texts = notObeyed(of, by, next, old);
    assert.equal(texts.length, about ? 1 : 0);
    if (about) assert.match(texts[0]!, new RegExp(about));
  });
