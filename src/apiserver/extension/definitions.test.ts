/** A definition becomes a kind that is served as every other, and takes its objects along when it goes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { secureFixture } from "../fixture.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds.
type Any = any;
type Fixture = Awaited<ReturnType<typeof secureFixture>>;
let server: Fixture;

before(async () => {
  server = await secureFixture();
  await server.admin("POST", "/api/v1/namespaces", { metadata: { name: "default" } });
});
after(() => server.close());

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

const crontabs = (more: Any = {}, schema: Any = {}): Any => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "crontabs.stable.example.com" },
  spec: {
    group: "stable.example.com",
    scope: "Namespaced",
    names: { plural: "crontabs", singular: "crontab", kind: "CronTab", shortNames: ["ct"], categories: ["all"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Spec", type: "string", description: "The schedule.", jsonPath: ".spec.cronSpec" },
          { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
          { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["cronSpec"],
                properties: {
                  cronSpec: { type: "string", pattern: "^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$" },
                  image: { type: "string" },
                  replicas: { type: "integer", minimum: 1, maximum: 10, default: 1 },
                  level: { type: "string", enum: ["low", "high"] },
                  ports: {
                    type: "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    items: { type: "object", required: ["name"], properties: { name: { type: "string" }, port: { type: "integer" } } },
                  },
                  ...schema,
                },
              },
              status: { type: "object", properties: { ready: { type: "boolean" } } },
            },
          },
        },
      },
    ],
    ...more,
  },
});
const path = "/apis/stable.example.com/v1/namespaces/default/crontabs";
const aCronTab = (name: string, spec: Any = {}): Any => ({
  apiVersion: "stable.example.com/v1",
  kind: "CronTab",
  metadata: { name },
  spec: { cronSpec: "* * * * */5", ...spec },
});
const conditionsOf = ({ object }: Any): string[] =>
  (object.status.conditions ?? []).map(({ type, status, reason }: Any) => `${type}=${status} ${reason}`);

async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 200; i++) {
    const seen = await look();
    if (seen) return seen;
    await server.clock.advance(100);
  }
  throw new Error(`never: ${what}`);
}
async function define(definition: Any): Promise<void> {
  const { status, message } = await server.admin("POST", definitions, definition);
  assert.equal(status, 201, message);
  await until("established", async () =>
    conditionsOf(await server.admin("GET", `${definitions}/${definition.metadata.name}`)).includes("Established=True InitialNamesAccepted"),
  );
}
async function undefine(name: string): Promise<void> {
  assert.equal((await server.admin("DELETE", `${definitions}/${name}`)).status, 200);
  await until("gone", async () => (await server.admin("GET", `${definitions}/${name}`)).status === 404);
}

test("a definition gets its names, is established and discovered", async () => {
  await define(crontabs());
  const answer = await server.admin("GET", `${definitions}/crontabs.stable.example.com`);
  assert.deepEqual(conditionsOf(answer), ["NamesAccepted=True NoConflicts", "Established=True InitialNamesAccepted"]);
  assert.deepEqual(answer.object.status.storedVersions, ["v1"]);
  assert.equal(answer.object.status.acceptedNames.listKind, "CronTabList");
  const { resources } = (await server.admin("GET", "/apis/stable.example.com/v1")).object;
  assert.deepEqual(
    resources.map(({ name, kind, shortNames, categories }: Any) => [name, kind, shortNames, categories]),
    [
      ["crontabs", "CronTab", ["ct"], ["all"]],
      ["crontabs/status", "CronTab", undefined, undefined],
    ],
  );
});

test("OpenAPI describes it in both versions", async () => {
  const name = "com.example.stable.v1.CronTab";
  const { components } = (await server.admin("GET", "/openapi/v3/apis/stable.example.com/v1")).object;
  const { definitions: inV2 } = (await server.admin("GET", "/openapi/v2")).object;
  for (const schema of [components.schemas[name], inV2[name]]) {
    assert.deepEqual(schema["x-kubernetes-group-version-kind"], [{ group: "stable.example.com", version: "v1", kind: "CronTab" }]);
    assert.deepEqual(Object.keys(schema.properties).sort(), ["apiVersion", "kind", "metadata", "spec", "status"]);
    assert.equal(schema.properties.spec.properties.replicas.maximum, 10);
  }
  assert.ok(components.schemas[`${name}List`]);
});

test("an object is pruned, defaulted, stored, changed by three kinds of patches, listed and deleted", async () => {
  const made = await server.admin("POST", path, { ...aCronTab("a", { unknown: 1 }), status: { ready: true } });
  assert.equal(made.status, 201, made.message);
  assert.deepEqual(made.object.spec, { cronSpec: "* * * * */5", replicas: 1 });
  assert.deepEqual([made.object.status, made.object.metadata.generation], [undefined, 1]);
  const merged = await server.admin("PATCH", `${path}/a`, { spec: { replicas: 3 } });
  assert.deepEqual([merged.object.spec.replicas, merged.object.metadata.generation], [3, 2]);
  const patched = await server.admin("PATCH:json", `${path}/a`, [{ op: "add", path: "/spec/image", value: "nginx" }]);
  assert.equal(patched.object.spec.image, "nginx");
  const refused = await server.admin("PATCH:strategic", `${path}/a`, {});
  assert.equal(refused.status, 415);
  const status = await server.admin("PATCH", `${path}/a/status`, { spec: { replicas: 9 }, status: { ready: true, more: 1 } });
  assert.deepEqual([status.object.spec.replicas, status.object.status, status.object.metadata.generation], [3, { ready: true }, 3]);
  const list = await server.admin("GET", path);
  assert.deepEqual([list.object.kind, list.object.items.length], ["CronTabList", 1]);
  assert.equal((await server.admin("DELETE", `${path}/a`)).status, 200);
  assert.equal((await server.admin("GET", `${path}/a`)).status, 404);
});

test("elements of a list by key belong to who applied them", async () => {
  const apply = (manager: string, ports: Any[]) =>
    server.admin("PATCH:apply", `${path}/b?fieldManager=${manager}`, aCronTab("b", { ports }));
  assert.equal((await apply("one", [{ name: "http", port: 80 }])).status, 201);
  const second = await apply("two", [{ name: "https", port: 443 }]);
  assert.deepEqual(
    second.object.spec.ports.map(({ name }: Any) => name),
    ["http", "https"],
    second.message,
  );
  const conflict = await apply("two", [{ name: "http", port: 8080 }]);
  assert.equal(conflict.status, 409);
  assert.match(conflict.message, /conflict with "one": \.spec\.ports\[name="http"\]\.port/);
  const unknown = await server.admin("PATCH:apply", `${path}/b?fieldManager=one`, aCronTab("b", { colour: "red" }));
  assert.equal(unknown.status, 500);
  assert.match(unknown.message, /\.spec\.colour: field not declared in schema/);
});

const refusals: { name: string; spec: Any; message: string }[] = [
  {
    name: "a wrong type",
    spec: { replicas: "3" },
    message: 'spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"',
  },
  {
    name: "too much",
    spec: { replicas: 11 },
    message: "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
  },
  {
    name: "too little",
    spec: { replicas: 0 },
    message: "spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
  },
  { name: "none of an enum", spec: { level: "mid" }, message: 'spec.level: Unsupported value: "mid": supported values: "low", "high"' },
  {
    name: "another pattern",
    spec: { cronSpec: "* * *" },
    message: `spec.cronSpec: Invalid value: "* * *": spec.cronSpec in body should match '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$'`,
  },
  { name: "nothing where something must be", spec: { cronSpec: undefined }, message: "spec.cronSpec: Required value" },
  { name: "one key twice", spec: { ports: [{ name: "a" }, { name: "a" }] }, message: 'spec.ports[1]: Duplicate value: {"name":"a"}' },
];
for (const { name, spec, message } of refusals)
  test(`an object is refused for ${name}, in upstream's words`, async () => {
    const { status, message: said } = await server.admin("POST", path, aCronTab("x", spec));
    assert.deepEqual([status, said], [422, `CronTab.stable.example.com "x" is invalid: ${message}`]);
  });

test("unknown fields are refused when asked so", async () => {
  const { status, message } = await server.admin("POST", `${path}?fieldValidation=Strict`, {
    ...aCronTab("x", { colour: 1 }),
    metadata: { name: "x", size: 1 },
    extra: 1,
  });
  assert.equal(status, 400);
  assert.equal(
    message,
    'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: unknown field "metadata.size", unknown field "extra", unknown field "spec.colour"',
  );
});

test("objects of before are shown by the schema of now", async () => {
  await server.admin("POST", path, aCronTab("old", { image: "i" }));
  const { object: definition } = await server.admin("GET", `${definitions}/crontabs.stable.example.com`);
  const { image: _, ...properties } = definition.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties;
  const changed = structuredClone(definition);
  changed.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties = {
    ...properties,
    colour: { type: "string", default: "red" },
  };
  assert.equal((await server.admin("PUT", `${definitions}/crontabs.stable.example.com`, changed)).status, 200);
  const shown = await until("shown anew", async () => {
    const { object } = await server.admin("GET", `${path}/old`);
    return object.spec.colour && object;
  });
  assert.deepEqual(shown.spec, { cronSpec: "* * * * */5", replicas: 1, colour: "red" });
});

test("a name that is taken is not given twice, and is free when its owner goes", async () => {
  const other = crontabs({ names: { plural: "cronjobs", singular: "cronjob", kind: "CronTab", listKind: "OtherList" } });
  other.metadata.name = "cronjobs.stable.example.com";
  assert.equal((await server.admin("POST", definitions, other)).status, 201);
  const conflict = await until("judged", async () => {
    const answer = await server.admin("GET", `${definitions}/cronjobs.stable.example.com`);
    return answer.object.status.conditions?.length && conditionsOf(answer);
  });
  assert.deepEqual(conflict, ["NamesAccepted=False KindConflict", "Established=False NotAccepted"]);
  assert.equal((await server.admin("GET", "/apis/stable.example.com/v1/cronjobs")).status, 404);
  await undefine("crontabs.stable.example.com");
  await until("given", async () =>
    conditionsOf(await server.admin("GET", `${definitions}/cronjobs.stable.example.com`)).includes("NamesAccepted=True NoConflicts"),
  );
  await undefine("cronjobs.stable.example.com");
  assert.equal((await server.admin("GET", "/apis/stable.example.com")).status, 404);
});

test("objects go with their definition, and finalizers hold it", async () => {
  await define(crontabs());
  await server.admin("POST", path, aCronTab("free"));
  const held = aCronTab("held");
  held.metadata.finalizers = ["example.com/hold"];
  await server.admin("POST", path, held);
  const deleted = await server.admin("DELETE", `${definitions}/crontabs.stable.example.com`);
  assert.deepEqual(deleted.object.metadata.finalizers, ["customresourcecleanup.apiextensions.k8s.io"]);
  await until("the free one is gone", async () => (await server.admin("GET", `${path}/free`)).status === 404);
  const late = await server.admin("POST", path, aCronTab("late"));
  assert.deepEqual(
    [late.status, late.message],
    [403, 'crontabs.stable.example.com "late" is forbidden: create not allowed while custom resource definition is terminating'],
  );
  assert.equal((await server.admin("GET", `${path}/held`)).status, 200);
  await server.admin("PATCH", `${path}/held`, { metadata: { finalizers: null } });
  await until("gone", async () => (await server.admin("GET", `${definitions}/crontabs.stable.example.com`)).status === 404);
  assert.equal((await server.admin("GET", path)).status, 404);
});
