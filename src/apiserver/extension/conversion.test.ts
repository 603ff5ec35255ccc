/** Versions of a custom kind that a webhook converts: every way in and out asks it, and what it may not change stays. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { administrator, secureFixture } from "../fixture.ts";
import { selfSigned } from "../http/self-signed.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds.
type Any = any;
let server: Awaited<ReturnType<typeof secureFixture>>;
let webhook: Server;
/** How many objects each review was about. */
let asked: number[] = [];
let spoil: ((answer: Any) => void) | undefined;

/** v1 has `spec.hostPort`, v2 has `spec.host` and `spec.port`. */
function convert(object: Any, apiVersion: string): Any {
  const { spec, ...rest } = structuredClone(object);
  if (apiVersion.endsWith("/v2")) {
    const [host, port] = (spec?.hostPort ?? "").split(":");
    return { ...rest, apiVersion, spec: { host, port } };
  }
  return { ...rest, apiVersion, spec: { hostPort: `${spec?.host}:${spec?.port}` } };
}

const version = (name: string, fields: string[], more: object = {}) => ({
  name,
  served: true,
  storage: name === "v1",
  schema: {
    openAPIV3Schema: {
      type: "object",
      properties: { spec: { type: "object", properties: Object.fromEntries(fields.map((field) => [field, { type: "string" }])) } },
    },
  },
  ...more,
});

before(async () => {
  const { cert, key } = await selfSigned();
  webhook = createServer({ cert, key }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const review = JSON.parse(Buffer.concat(parts).toString());
    const { uid, desiredAPIVersion, objects } = review.request;
    asked.push(objects.length);
    const convertedObjects = objects.map((object: Any) => convert(object, desiredAPIVersion));
    const answer = { ...review, request: undefined, response: { uid, result: { status: "Success" }, convertedObjects } };
    spoil?.(answer);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve));
  server = await secureFixture();
  await server.admin("POST", "/api/v1/namespaces", { metadata: { name: "default" } });
  const clientConfig = {
    url: `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/convert`,
    caBundle: Buffer.from(cert).toString("base64"),
  };
  const made = await server.admin("POST", definitions, {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "targets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "targets", kind: "Target" },
      versions: [
        version("v1", ["hostPort"], { selectableFields: [{ jsonPath: ".spec.hostPort" }] }),
        version("v2", ["host", "port"], { selectableFields: [{ jsonPath: ".spec.host" }] }),
      ],
      conversion: { strategy: "Webhook", webhook: { clientConfig, conversionReviewVersions: ["v2", "v1"] } },
    },
  });
  assert.equal(made.status, 201, made.message);
  for (let i = 0; i < 100 && (await server.admin("GET", at(1))).status !== 200; i++) await server.clock.advance(100);
});
after(async () => {
  await server.close();
  webhook.closeAllConnections();
  webhook.close();
});
beforeEach(() => {
  asked = [];
  spoil = undefined;
});

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const at = (v: number, name = "") => `/apis/example.com/v${v}/namespaces/default/targets${name && `/${name}`}`;
const inV1 = (name: string, hostPort: string): Any => ({
  apiVersion: "example.com/v1",
  kind: "Target",
  metadata: { name, labels: { of: name } },
  spec: { hostPort },
});

test("what is stored in one version is read and listed in the other, and asked for once", async () => {
  for (const name of ["a", "b", "c"]) assert.equal((await server.admin("POST", at(1), inV1(name, `${name}:80`))).status, 201);
  assert.deepEqual(asked, []);
  const one = await server.admin("GET", at(2, "a"));
  assert.equal(one.status, 200, one.message);
  assert.equal(one.object.apiVersion, "example.com/v2");
  assert.deepEqual(one.object.spec, { host: "a", port: "80" });
  assert.deepEqual(one.object.metadata.labels, { of: "a" });
  const all = await server.admin("GET", at(2));
  assert.deepEqual(
    all.object.items.map(({ spec }: Any) => spec.host),
    ["a", "b", "c"],
  );
  assert.deepEqual(asked, [1, 2]);
  const some = await server.admin("GET", `${at(2)}?fieldSelector=spec.host%3Db`);
  assert.deepEqual(
    some.object.items.map(({ metadata }: Any) => metadata.name),
    ["b"],
  );
});

test("what is written in the other version is stored in the one, by create, update, patch and apply", async () => {
  const made = await server.admin("POST", at(2), {
    apiVersion: "example.com/v2",
    kind: "Target",
    metadata: { name: "w" },
    spec: { host: "w", port: "1" },
  });
  assert.equal(made.status, 201, made.message);
  assert.deepEqual(made.object.spec, { host: "w", port: "1" });
  assert.deepEqual((await server.admin("GET", at(1, "w"))).object.spec, { hostPort: "w:1" });
  const put = await server.admin("PUT", at(2, "w"), { ...made.object, spec: { host: "w", port: "2" } });
  assert.equal(put.status, 200, put.message);
  assert.deepEqual((await server.admin("GET", at(1, "w"))).object.spec, { hostPort: "w:2" });
  const patched = await server.admin("PATCH:merge", at(2, "w"), { spec: { port: "3" } });
  assert.equal(patched.status, 200, patched.message);
  assert.equal(patched.object.metadata.generation, 3);
  const applied = await server.admin("PATCH:apply", `${at(2, "w")}?fieldManager=me&force=true`, {
    apiVersion: "example.com/v2",
    kind: "Target",
    metadata: { name: "w", labels: { applied: "yes" } },
    spec: { port: "4" },
  });
  assert.equal(applied.status, 200, applied.message);
  const { object } = await server.admin("GET", at(1, "w"));
  assert.deepEqual([object.spec, object.metadata.labels], [{ hostPort: "w:4" }, { applied: "yes" }]);
  assert.equal((await server.admin("DELETE", at(2, "w"))).status, 200);
});

test("a watch shows changes in its version, and what leaves its selection", async () => {
  const transport = server.server.direct(administrator);
  const open = async (query: string) => {
    const stream = await transport.watch({ method: "GET", path: `${at(2)}?watch=true&${query}` });
    return stream[Symbol.asyncIterator]();
  };
  const { resourceVersion } = (await server.admin("GET", at(1))).object.metadata;
  const every = await open(`resourceVersion=${resourceVersion}`);
  const chosen = await open(`resourceVersion=${resourceVersion}&fieldSelector=spec.host%3Dx`);
  await server.admin("POST", at(1), inV1("x", "x:1"));
  await server.admin("PATCH:merge", at(1, "x"), { spec: { hostPort: "y:1" } });
  await server.admin("DELETE", at(1, "x"));
  const read = async (events: AsyncIterator<Any[]>, count: number) => {
    const seen: Any[] = [];
    while (seen.length < count) seen.push(...(await events.next()).value);
    return seen.map(({ type, object }) => [type, object.apiVersion, object.spec.host]);
  };
  assert.deepEqual(await read(every, 3), [
    ["ADDED", "example.com/v2", "x"],
    ["MODIFIED", "example.com/v2", "y"],
    ["DELETED", "example.com/v2", "y"],
  ]);
  assert.deepEqual(await read(chosen, 2), [
    ["ADDED", "example.com/v2", "x"],
    ["DELETED", "example.com/v2", "x"],
  ]);
  await transport.close();
});

test("an answer that is none, or that changes who an object is, is refused in upstream's words", async () => {
  await server.admin("POST", at(1), inV1("bad", "h:1"));
  const whom = "conversion webhook for example.com/v1, Kind=Target";
  const said = async (how: (answer: Any) => void) => {
    spoil = how;
    const { status, message } = await server.admin("GET", at(2, "bad"));
    assert.equal(status, 500);
    return message;
  };
  const cases: [(answer: Any) => void, string][] = [
    [({ response }) => Object.assign(response, { result: { status: "Failure", message: "no luck" } }), "failed: no luck"],
    [({ response }) => Object.assign(response, { result: {} }), "failed: response.result.status was '', not 'Success'"],
    [(answer) => Object.assign(answer, { response: undefined }), "failed: no response provided"],
    [({ response }) => Object.assign(response, { convertedObjects: [] }), "returned 0 objects, expected 1"],
    [
      ({ response }) => Object.assign(response.convertedObjects[0].metadata, { name: "other" }),
      "returned invalid object: must have the same name: bad != other",
    ],
    [
      ({ response }) => Object.assign(response.convertedObjects[0], { apiVersion: "example.com/v3" }),
      "returned invalid object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)",
    ],
    [
      ({ response }) => Object.assign(response.convertedObjects[0].metadata, { labels: { a: 1 } }),
      "returned invalid metadata: metadata.labels[a] must be a string, but is int64 in converted object",
    ],
  ];
  for (const [how, words] of cases) assert.equal(await said(how), `${whom} ${words}`);
  spoil = ({ response }) => Object.assign(response.convertedObjects[0].metadata, { labels: { mine: "yes" }, generation: 77 });
  const { object } = await server.admin("GET", at(2, "bad"));
  assert.deepEqual([object.metadata.labels, object.metadata.generation], [{ mine: "yes" }, 1]);
});

test("the definition goes with its objects, though nobody answers any more", async () => {
  spoil = (answer) => Object.assign(answer, { response: undefined });
  assert.equal((await server.admin("DELETE", `${definitions}/targets.example.com`)).status, 200);
  for (let i = 0; i < 100; i++) {
    if ((await server.admin("GET", `${definitions}/targets.example.com`)).status === 404) return;
    await server.clock.advance(100);
  }
  assert.fail("it is still there");
});
