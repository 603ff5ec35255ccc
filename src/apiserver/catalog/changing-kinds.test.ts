/** The kinds of a server are a value that changes while it runs: what comes is served like everything else, what goes is gone. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import { builtInKinds, configmaps, type KubeObject, openCatalog, type Resource, resource, schema, served } from "#api/mod.ts";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { type ApiServer, openRegistry, serve } from "../mod.ts";

const { kind, ref, struct, string, int32 } = schema;
const admin = { name: "admin", groups: ["system:masters", "system:authenticated"] };

const WidgetSpec = struct("com.example.v1.WidgetSpec", "What is wanted.", { size: int32(1), colour: string(2) });
const Widget = kind("com.example.v1.Widget", "A widget.", { metadata: ref(ObjectMeta, 1), spec: ref(WidgetSpec, 2) });
const widgets: Resource<KubeObject> = resource(Widget as never, {
  group: "example.com",
  version: "v1",
  resource: "widgets",
  singular: "widget",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["wd"],
  storagePrefix: "/registry/example.com/widgets/",
  columns: [{ name: "Name", type: "string", format: "name" }],
});
const widgetKind = served(
  widgets,
  { selectable: { "spec.colour": (widget) => (widget as { spec?: { colour?: string } }).spec?.colour ?? "" } },
  { patches: ["json", "merge", "apply"] },
);

async function withCatalog(
  run: (context: {
    open: ReturnType<typeof openCatalog>;
    ask(method: string, path: string, body?: object, contentType?: string): Promise<{ status: number; object: Any }>;
    server: ApiServer;
  }) => Promise<void>,
) {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const open = openCatalog(builtInKinds);
  const options = { store, clock, random: seededRandom(1), log: silentLog };
  const server = serve(await openRegistry({ ...options, catalog: open.catalog }));
  const transport = server.direct(admin);
  try {
    await run({
      open,
      server,
      async ask(method, path, body, contentType) {
        const bytes = body && contentType ? Buffer.from(JSON.stringify(body)) : body;
        const headers: Record<string, string> = contentType ? { "content-type": contentType } : {};
        const { status, object } = await transport.request({ method: method as "GET", path, body: bytes, headers });
        return { status, object: object as Any };
      },
    });
  } finally {
    await server.close();
    await store.close();
  }
}
// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds.
type Any = any;

const path = "/apis/example.com/v1/namespaces/default/widgets";

test("a kind that comes while the server runs is served, selected, watched, discovered and described", () =>
  withCatalog(async ({ open, ask, server }) => {
    assert.equal((await ask("GET", path)).status, 404);
    const before = open.catalog.revision;
    open.replace("widgets.example.com", [widgetKind]);
    assert.ok(open.catalog.revision > before);

    const made = await ask("POST", path, {
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: "a" },
      spec: { size: 3, colour: "red" },
    });
    assert.equal(made.status, 201, JSON.stringify(made.object));
    assert.equal((await ask("GET", `${path}?fieldSelector=spec.colour=red`)).object.items.length, 1);
    assert.equal((await ask("GET", `${path}?fieldSelector=spec.colour=blue`)).object.items.length, 0);
    assert.equal((await ask("PATCH", `${path}/a`, { spec: { size: 4 } }, "application/merge-patch+json")).object.spec.size, 4);

    const watch = await server.direct(admin).watch({ method: "GET", path: `${path}?watch=true&resourceVersion=0` } as never);
    const [first] = (await watch[Symbol.asyncIterator]().next()).value as { type: string; object: KubeObject }[];
    assert.deepEqual([first!.type, first!.object.metadata.name], ["ADDED", "a"]);
    watch.close();

    const groups = (await ask("GET", "/apis")).object.groups as { name: string }[];
    assert.equal(groups.at(-1)!.name, "example.com");
    const list = (await ask("GET", "/apis/example.com/v1")).object;
    assert.deepEqual([list.resources[0].name, list.resources[0].shortNames], ["widgets", ["wd"]]);
    const document = (await ask("GET", "/openapi/v3/apis/example.com/v1")).object;
    assert.ok(document.components.schemas["com.example.v1.Widget"]);
  }));

test("a kind that goes is not found any more, its watches end, and the rest is untouched", () =>
  withCatalog(async ({ open, ask, server }) => {
    open.replace("widgets.example.com", [widgetKind]);
    await ask("POST", path, { metadata: { name: "a" } });
    await ask("POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "m" } });
    const watch = await server.direct(admin).watch({ method: "GET", path: `${path}?watch=true` } as never);
    open.replace("widgets.example.com", []);
    for await (const _ of watch);
    assert.equal((await ask("GET", `${path}/a`)).status, 404);
    assert.equal((await ask("GET", "/apis/example.com/v1")).status, 404);
    assert.equal((await ask("GET", "/openapi/v3/apis/example.com/v1")).status, 404);
    assert.equal((await ask("GET", "/api/v1/namespaces/default/configmaps/m")).status, 200);
    assert.throws(() => open.catalog.of(widgets), /not served/);
    assert.equal(open.catalog.of(configmaps).id, "configmaps");
  }));

test("a kind without strategic merge answers 415 to it, and names what it takes", () =>
  withCatalog(async ({ open, ask }) => {
    open.replace("widgets.example.com", [widgetKind]);
    await ask("POST", path, { metadata: { name: "a" } });
    const refused = await ask("PATCH", `${path}/a`, {}, "application/strategic-merge-patch+json");
    assert.equal(refused.status, 415);
    assert.equal(
      refused.object.message,
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    );
  }));
