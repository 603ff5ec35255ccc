import assert from "node:assert/strict";
import { test } from "node:test";
import { createThreeWayMergePatch, createTwoWayMergePatch, type JsonObject, strategicMerge } from "#codec/mod.ts";
import { pods } from "./declarations.ts";
import { patchLookup } from "./patch-lookup.ts";

const lookup = patchLookup(pods.schema);
const containers = (...list: JsonObject[]) => ({ spec: { containers: list } });

test("lists with merge keys merge by element and keep the server's own elements", () => {
  const original = { metadata: { finalizers: ["a", "b"] }, ...containers({ name: "x", image: "1", tty: true }, { name: "y", image: "1" }) };
  assert.deepEqual(strategicMerge(lookup, original, containers({ name: "x", image: "2" })), {
    metadata: { finalizers: ["a", "b"] },
    ...containers({ name: "x", image: "2", tty: true }, { name: "y", image: "1" }),
  });
  assert.deepEqual(
    strategicMerge(lookup, original, containers({ name: "x", $patch: "delete" })).spec,
    containers({ name: "y", image: "1" }).spec,
  );
  assert.deepEqual(strategicMerge(lookup, original, containers({ $patch: "replace" }, { name: "z" })).spec, containers({ name: "z" }).spec);
  assert.deepEqual(strategicMerge(lookup, original, { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } }).metadata, {
    finalizers: ["b"],
  });
  assert.deepEqual(strategicMerge(lookup, original, { metadata: { finalizers: ["c"] } }).metadata, { finalizers: ["c", "a", "b"] });
  assert.deepEqual(
    strategicMerge(lookup, original, { spec: { "$setElementOrder/containers": [{ name: "y" }, { name: "x" }] } }).spec,
    containers({ name: "y", image: "1" }, { name: "x", image: "1", tty: true }).spec,
  );
});

test("retainKeys drops what a patch does not name, as for volumes", () => {
  const original = { spec: { volumes: [{ name: "v", emptyDir: {} }] } };
  const patch = { spec: { volumes: [{ $retainKeys: ["name", "hostPath"], name: "v", hostPath: { path: "/x" } }] } };
  assert.deepEqual(strategicMerge(lookup, original, patch), { spec: { volumes: [{ name: "v", hostPath: { path: "/x" } }] } });
});

test("a two-way patch leads from one state to the other", () => {
  const from = { metadata: { name: "p", finalizers: ["a", "b"] }, ...containers({ name: "x", image: "1" }, { name: "y", image: "1" }) };
  const to = { metadata: { name: "p", finalizers: ["b", "c"] }, ...containers({ name: "y", image: "2" }, { name: "z", image: "1" }) };
  const patch = createTwoWayMergePatch(lookup, from, to);
  assert.deepEqual(patch, {
    metadata: { "$deleteFromPrimitiveList/finalizers": ["a"], "$setElementOrder/finalizers": ["b", "c"], finalizers: ["c"] },
    spec: {
      "$setElementOrder/containers": [{ name: "y" }, { name: "z" }],
      containers: [
        { name: "y", image: "2" },
        { name: "z", image: "1" },
        { $patch: "delete", name: "x" },
      ],
    },
  });
  assert.deepEqual(strategicMerge(lookup, from, patch), to);
});

test("a three-way patch keeps what others added and removes what was applied before", () => {
  const original = containers({
    name: "x",
    image: "1",
    env: [
      { name: "A", value: "1" },
      { name: "B", value: "1" },
    ],
  });
  const modified = containers({ name: "x", image: "2", env: [{ name: "A", value: "1" }] });
  const current = containers(
    {
      name: "x",
      image: "1",
      tty: true,
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "1" },
        { name: "C", value: "1" },
      ],
    },
    { name: "sidecar", image: "s" },
  );
  const patch = createThreeWayMergePatch(lookup, original, modified, current);
  assert.deepEqual(patch, {
    spec: {
      "$setElementOrder/containers": [{ name: "x" }],
      containers: [{ name: "x", image: "2", "$setElementOrder/env": [{ name: "A" }], env: [{ $patch: "delete", name: "B" }] }],
    },
  });
  assert.deepEqual(
    strategicMerge(lookup, current, patch),
    containers(
      {
        name: "x",
        image: "2",
        tty: true,
        env: [
          { name: "A", value: "1" },
          { name: "C", value: "1" },
        ],
      },
      { name: "sidecar", image: "s" },
    ),
  );
});
