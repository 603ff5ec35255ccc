import assert from "node:assert/strict";
import { test } from "node:test";
import { builtInKinds, openapi, staticCatalog } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import type { Call } from "../request/call.ts";
import { accepted, openapiPage } from "./documents.ts";

const documents = openapi(staticCatalog(builtInKinds));

async function ask(path: string, headers: Record<string, string> = {}) {
  const answer = await openapiPage(
    { openapi: documents, clock: systemClock },
    { request: { headers } } as unknown as Call,
    path.split("/"),
  );
  assert.equal(answer.kind, "bytes");
  return answer as Extract<typeof answer, { kind: "bytes" }>;
}

test("the form is the one that the client wants most, protobuf under both of its names", () => {
  const protobuf = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  for (const [accept, form] of [
    ["", "json"],
    ["*/*", "json"],
    ["application/json", "json"],
    [protobuf, "protobuf"],
    ["application/com.github.proto-openapi.spec.v2.v1.0+protobuf", "protobuf"],
    [`application/json;q=0.5, ${protobuf}`, "protobuf"],
    [`${protobuf};q=0, application/json`, "json"],
    ["application/com.github.proto-openapi.spec.v3@v1.0+protobuf", undefined],
    ["image/png", undefined],
  ] as const)
    assert.equal(accepted(accept, "v2"), form, accept);
});

test("documents have a tag and are not sent twice; what cannot be written is 406", async () => {
  for (const path of ["openapi/v2", "openapi/v3/apis/apps/v1"]) {
    const version = path.slice(8, 10);
    const protobuf = { accept: `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf` };
    const [json, bytes] = [await ask(path), await ask(path, protobuf)];
    assert.equal(json.contentType, "application/json");
    assert.equal(bytes.contentType, `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`);
    assert.notEqual(json.headers?.etag, bytes.headers?.etag);
    assert.equal(json.headers?.vary, "Accept");
    const again = await ask(path, { ...protobuf, "if-none-match": bytes.headers!.etag! });
    assert.deepEqual([again.status, again.bytes.length], [304, 0]);
    assert.equal((await ask(path, { accept: "image/png" })).status, 406);
  }
});

test("the index names each document by its hash", async () => {
  const { paths } = JSON.parse((await ask("openapi/v3")).bytes.toString()) as { paths: Record<string, { serverRelativeURL: string }> };
  assert.deepEqual(Object.keys(paths).sort(), documents.v3Paths().sort());
  const { etag } = (await ask("openapi/v3/apis/apps/v1")).headers!;
  assert.equal(paths["apis/apps/v1"]!.serverRelativeURL, `/openapi/v3/apis/apps/v1?hash=${etag!.slice(1, -1)}`);
});
