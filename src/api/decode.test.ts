import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decode } from "./decode.ts";
import { applyDefaults } from "./defaults.ts";
import { builtInKinds } from "./kinds.ts";
import type { KubeObject } from "./resource.ts";
import type { AnyObject } from "./rules.ts";

const kindOf = (name: string) => builtInKinds.find(({ resource, group }) => resource === name && group !== "events.k8s.io")!;
const schemaOf = (name: string) => kindOf(name).schema;
const samples = JSON.parse(readFileSync(new URL("./checks/cases.json", import.meta.url), "utf8")) as {
  resource: string;
  object: AnyObject;
}[];

/** Objects and lists of a value, but for free JSON, which nobody writes into. */
function partsOf(value: unknown, key = ""): object[] {
  if (typeof value !== "object" || value === null || key === "fieldsV1" || key === "data") return [];
  return [value, ...Object.entries(value).flatMap(([name, item]) => partsOf(item, name))];
}

function freeze<T>(value: T): T {
  for (const part of partsOf(value)) Object.freeze(part);
  return value;
}

test("a patched object shares no part with the stored one: defaults and hooks may write anywhere", () => {
  for (const { resource: name, object } of samples) {
    const served = kindOf(name);
    const { resource, apiVersion, kind, schema } = served;
    const stored = decode(schema, { ...object, apiVersion, kind, metadata: { ...object.metadata, uid: "u" } })
      .value as unknown as KubeObject;
    applyDefaults(served, stored);
    const before = new Set(partsOf(freeze(stored)));
    const patched = { ...stored, metadata: { ...stored.metadata, labels: { x: "2" } } };
    const { value } = decode(schema, patched, { base: stored });
    for (const part of partsOf(value)) assert.ok(!before.has(part), `${resource}: ${JSON.stringify(part)}`);
    applyDefaults(served, value as unknown as KubeObject);
  }
});

test("what a patch leaves alone is taken over unread, what it changed is read", () => {
  const schema = schemaOf("pods");
  const base = decode(schema, { metadata: { name: "a", labels: { x: "1" } }, spec: { containers: [{ name: "c", image: "i" }] } })
    .value as AnyObject;
  const next = { ...base, metadata: { ...base.metadata, labels: { x: "2", y: "3" } } };
  const read = decode(schema, next, { base }).value as AnyObject;
  assert.deepEqual(read.spec, base.spec);
  assert.deepEqual(read.metadata.labels, { x: "2", y: "3" });
  assert.throws(() => decode(schema, { ...base, spec: { ...base.spec, containers: [{ name: 1 }] } }, { base }), /cannot unmarshal number/);
});

test("a wrong type is told with its struct and its path, embedded structs included", () => {
  const pod = (spec: object) => () => decode(schemaOf("pods"), { spec });
  assert.throws(pod({ containers: [{ name: 5 }] }), {
    message: "json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string",
  });
  assert.throws(pod({ volumes: [{ name: "v", configMap: { defaultMode: 2 ** 63 } }] }), {
    message:
      "json: cannot unmarshal number 9223372036854776000 into Go struct field ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.defaultMode of type int32",
  });
  assert.throws(pod({ nodeSelector: { a: 1 } }), {
    message: "json: cannot unmarshal number into Go struct field PodSpec.spec.nodeSelector of type string",
  });
});

test("an int64 keeps every digit", () => {
  const read = decode(schemaOf("pods"), { spec: { terminationGracePeriodSeconds: 9007199254740993n } }).value as AnyObject;
  assert.equal(read.spec.terminationGracePeriodSeconds, 9007199254740993n);
});

test("two readings do not disturb each other's paths", () => {
  const { unknown } = decode(schemaOf("pods"), { spec: { containers: [{ nmae: "a" }, { image: "i", comand: [] }] }, extra: 1 });
  assert.deepEqual(unknown, ["spec.containers[0].nmae", "spec.containers[1].comand", "extra"]);
});
