import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, type Schema } from "#api/mod.ts";
import { knownKinds } from "./ids.ts";
import { builtInSchema, keysOf, openApiSchemas } from "./schemas.ts";

/** Lists that came after Kubernetes 1.21, or that nobody patches: kustomize replaces them. */
const later =
  /resourceClaims|schedulingGates|matchConditions|hostIPs|(?:c|C)ontainerStatuses|resourceClaimStatuses|openAPIV3Schema|ephemeral\.volumeClaimTemplate/;

function* merging(schema: Schema, path: string, depth = 0): Generator<{ path: string; keys: readonly string[] }> {
  if (depth > 12) return;
  if (schema.type === "list" || schema.type === "map") yield* merging(schema.of, path, depth + 1);
  if (schema.type !== "struct") return;
  for (const [name, field] of schema.fields) {
    const at = path === "" ? name : `${path}.${name}`;
    if (later.test(at)) continue;
    if (field.patchStrategy?.split(",").includes("merge")) {
      const several = field.patchMergeKey && field.listMapKeys && field.listMapKeys.length > 1;
      yield { path: at, keys: several ? field.listMapKeys! : field.patchMergeKey ? [field.patchMergeKey] : [] };
    }
    yield* merging(field.schema, at, depth + 1);
  }
}

test("lists merge by the keys that the API declares for them", () => {
  let count = 0;
  for (const { apiVersion, kind, schema } of builtInKinds) {
    if (!knownKinds.has(`${apiVersion} ${kind}`)) continue;
    for (const { path, keys } of merging(schema, "")) {
      count++;
      assert.deepEqual(keysOf(kind, path), keys, `${kind} ${path}`);
    }
  }
  assert.ok(count > 200, `only ${count} lists were compared`);
});

test("lists that are not declared so are replaced, and custom kinds have no schema", () => {
  assert.equal(keysOf("Deployment", "spec.template.spec.containers.args"), undefined);
  assert.equal(keysOf("Deployment", "spec.template.spec.tolerations"), undefined);
  assert.equal(builtInSchema({ group: "example.com", version: "v1", kind: "Widget" }), undefined);
  const container = builtInSchema({ version: "v1", kind: "Pod" })?.field("spec")?.field("containers");
  assert.deepEqual([container?.mergeKeys, container?.field("[]")?.field("env")?.mergeKeys], [["name"], ["name"]]);
});

test("an openapi document says how the lists of its kinds merge", () => {
  const found = openApiSchemas({
    definitions: {
      Widget: {
        "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Widget" }],
        properties: { spec: { $ref: "#/definitions/Spec" } },
      },
      Spec: {
        properties: {
          parts: { items: { properties: { name: {} } }, "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name" },
        },
      },
    },
  });
  const spec = found.get("example.com/v1 Widget")?.field("spec");
  assert.deepEqual(spec?.field("parts")?.mergeKeys, ["name"]);
  assert.equal(spec?.field("other"), undefined);
});
