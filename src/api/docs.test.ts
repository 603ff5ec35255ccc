import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds } from "./kinds.ts";
import { openapi, staticCatalog } from "./mod.ts";
import { isEmbed, type Schema } from "./schema.ts";

/** Every field of every kind, as `Type.field`, with its sentence. */
function sentences(): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  const seen = new Set<string>();
  const visit = (schema: Schema) => {
    if (schema.type === "list" || schema.type === "map") visit(schema.of);
    if (schema.type !== "struct" || seen.has(schema.name)) return;
    seen.add(schema.name);
    found.set(schema.name, schema.doc);
    for (const member of schema.members) {
      if (isEmbed(member)) {
        visit(member.embed);
        continue;
      }
      found.set(`${schema.name}.${member.name}`, member.doc);
      visit(member.schema);
    }
  };
  for (const { schema } of builtInKinds) visit(schema);
  return found;
}

test("every type and every field has a whole sentence that explains it", () => {
  const found = sentences();
  assert.ok(found.size > 2000, `only ${found.size} types and fields were found`);
  const without = [...found].filter(([, doc]) => !doc || !/^\S[^…]*\.$/s.test(doc)).map(([place]) => place);
  assert.deepEqual(without, []);
});

test("the sentences reach OpenAPI, v3 beside a reference too", () => {
  const documents = openapi(staticCatalog(builtInKinds));
  const apps = JSON.parse(JSON.stringify(documents.v3("apis/apps/v1"))) as {
    components: {
      schemas: Record<string, { description: string; properties: Record<string, { description: string; allOf?: unknown[] }> }>;
    };
  };
  const deployment = apps.components.schemas["io.k8s.api.apps.v1.Deployment"];
  assert.match(deployment.description, /roll back\.$/);
  assert.equal(
    deployment.properties.apiVersion.description,
    "APIVersion defines group and version of the object's form, such as apps/v1; v1 alone for the core group.",
  );
  assert.equal(deployment.properties.spec.description, "What is wanted.");
  assert.equal(deployment.properties.spec.allOf?.length, 1);
});
