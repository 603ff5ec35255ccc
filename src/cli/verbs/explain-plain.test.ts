import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenApi, Schemas } from "../connect/openapi.ts";
import { plainPage } from "./explain-plain.ts";

const document: OpenApi = {
  components: {
    schemas: {
      Widget: {
        description: "A widget.",
        type: "object",
        required: ["spec"],
        properties: {
          spec: { description: "What is wanted:\nall of it.", allOf: [{ $ref: "#/components/schemas/Spec" }] },
          tags: { description: "Words.", type: "object", additionalProperties: { type: "string" } },
        },
      },
      Spec: { description: "A spec.", type: "object", properties: { sizes: { type: "array", items: { type: "integer" } } } },
    },
  },
};
const resource = { group: "example.com", version: "v1", name: "widgets", kind: "Widget" } as never;
const root = document.components!.schemas!.Widget!;
const page = (...fields: string[]) => plainPage(new Schemas(document), { resource, root, fields, recursive: false });

test("a kind's page has its fields with their types and what they are for", () => {
  const head = "KIND:     Widget\nVERSION:  example.com/v1\n\nDESCRIPTION:\n     A widget.\n\nFIELDS:\n";
  const spec = "   spec\t<Object> -required-\n     What is wanted:\n     all of it.\n\n";
  assert.equal(page(), `${head}${spec}   tags\t<map[string]string>\n     Words.\n\n`);
});

test("a field's page says what the field is for and what its type is", () => {
  assert.match(
    page("spec"),
    /^KIND:.*\nVERSION:.*\n\nRESOURCE: spec <Object>\n\nDESCRIPTION:\n {5}What is wanted:\n {5}all of it.\n\n {5}A spec.\n/,
  );
  assert.match(page("spec", "sizes"), /\n\nFIELD: {4}sizes <\[\]integer>\n\nDESCRIPTION:\n {5}<empty>\n$/);
});

test("of a path that leads nowhere, its end is named", () => {
  assert.throws(() => page("nope", "end"), { message: 'field "end" does not exist' });
});
