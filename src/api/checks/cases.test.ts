/** What upstream answered to objects that it refused, recorded request by request: ours must say the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Served } from "../catalog.ts";
import { decode } from "../decode.ts";
import { applyDefaults } from "../defaults.ts";
import { builtInKinds } from "../kinds.ts";
import type { KubeObject } from "../resource.ts";
import type { AnyObject } from "../rules.ts";
import { statusOfInvalid } from "./problems.ts";
import { validateCreate } from "./validate.ts";

interface Case {
  /** Lower-case plural; the first group that has it. */
  resource: string;
  object: AnyObject;
  message: string;
  causes: number;
}

const cases = JSON.parse(readFileSync(new URL("./cases.json", import.meta.url), "utf8")) as Case[];
const resourceOf = (name: string) => builtInKinds.find(({ resource, group }) => resource === name && group !== "events.k8s.io") as Served;

test(`creating what upstream refuses gives its message (${cases.length} recorded answers)`, () => {
  for (const { resource: name, object, message, causes } of cases) {
    const resource = resourceOf(name);
    const own: AnyObject = { ...structuredClone(object), apiVersion: resource.apiVersion, kind: resource.kind };
    own.metadata = { ...own.metadata, uid: "u", ...(resource.namespaced && { namespace: "default" }) };
    applyDefaults(resource, own as KubeObject);
    if (own.spec?.clusterIP) own.spec.clusterIPs ??= [own.spec.clusterIP];
    resource.writes.prepareForCreate(own, { now: "2026-01-01T00:00:00Z" });
    const errors = validateCreate(resource, own as KubeObject);
    const status = statusOfInvalid(resource.kind, resource.group, own.metadata.name ?? "", errors);
    assert.equal(status.message, message, `${name} ${JSON.stringify(object)}`);
    assert.equal(status.details?.causes?.length, causes, `${name} ${JSON.stringify(object)}`);
  }
});

test("defaults write nothing to an object that has them: stored objects are frozen and shared", () => {
  const freeze = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  };
  for (const { resource: name, object } of cases) {
    const resource = resourceOf(name);
    const own: AnyObject = { ...structuredClone(object), apiVersion: resource.apiVersion, kind: resource.kind };
    applyDefaults(resource, own as KubeObject);
    for (const part of Object.values(own)) if (typeof part === "object" && part !== null) Object.values(part).forEach(freeze);
    const before = JSON.stringify(own);
    applyDefaults(resource, own as KubeObject);
    assert.equal(JSON.stringify(own), before, `${name} ${before}`);
  }
});

test("what a patch leaves alone is shared with the object it was made from, what it changed is read", () => {
  const { schema } = resourceOf("pods");
  const base = decode(schema, { metadata: { name: "a", labels: { x: "1" } }, spec: { containers: [{ name: "c", image: "i" }] } })
    .value as AnyObject;
  const next = { ...base, metadata: { ...base.metadata, labels: { x: "2", y: "3" } } };
  const read = decode(schema, next, base).value as AnyObject;
  assert.equal(read.spec.containers, base.spec.containers);
  assert.notEqual(read.spec, base.spec);
  assert.deepEqual(read.metadata.labels, { x: "2", y: "3" });
  assert.throws(() => decode(schema, { ...base, spec: { ...base.spec, containers: [{ name: 1 }] } }, base), /cannot unmarshal number/);
});
