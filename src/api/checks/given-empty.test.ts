import assert from "node:assert/strict";
import { test } from "node:test";
import { PodSpec } from "../core/pod-spec.ts";
import { Pod, PodTemplateSpec } from "../declarations.ts";
import { decode } from "../decode.ts";
import type { Struct } from "../schema.ts";
import { internalDifference, internalShape } from "./internal-shape.ts";

const specOf = (container: object) =>
  (decode(Pod as Struct, { spec: { containers: [{ name: "a", ...container }] } }).value as { spec: { containers: object[] } }).spec;

test("labels of a template that were given empty are not shown: its metadata is written as in the API", () => {
  const template = { metadata: { labels: {}, annotations: { a: "b" } }, spec: { containers: [] } };
  assert.deepEqual(Object.keys(internalShape(PodTemplateSpec as Struct, template)), ["annotations", "Spec"]);
});

test("what was given empty is absent, and shown empty where an object is printed", () => {
  const given = specOf({ command: [], env: null });
  assert.deepEqual(Object.keys(given.containers[0]!), ["name", "resources"]);
  const shown = internalShape(PodSpec as Struct, given) as { Containers: Record<string, unknown>[] };
  assert.deepEqual([shown.Containers[0]!.Command, shown.Containers[0]!.Env, shown.Containers[0]!.Args], [[], null, null]);
  const copied = internalShape(PodSpec as Struct, { ...given, containers: given.containers.map((each) => ({ ...each })) });
  assert.deepEqual(copied, shown, "a copy is shown alike");
  assert.match(
    internalDifference(PodSpec as Struct, specOf({ command: ["x"] }), given),
    /\n-\s+"Command": \[\n-\s+"x"\n-\s+\],\n\+\s+"Command": \[\],\n/,
  );
});
