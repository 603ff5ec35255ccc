import assert from "node:assert/strict";
import { test } from "node:test";
import { configmaps, type KubeObject, pods } from "#api/mod.ts";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import type { ApiResponse, WatchEvent } from "#client/contract.ts";
import { createMemoryStore } from "#store/mod.ts";
import { type ApiServer, openRegistry, serve } from "./mod.ts";

type Any = Record<string, unknown> & { metadata: Record<string, unknown>; items: KubeObject[]; reason: string; message: string };
const admin = { name: "admin", groups: ["system:masters", "system:authenticated"] };

async function withServer(run: (ask: Ask, more: { server: ApiServer; clock: VirtualClock }) => Promise<void>) {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const server = await serve(await openRegistry({ store, clock, random: seededRandom(1), log: silentLog }));
  const transport = server.direct(admin);
  const ask: Ask = async (method, path, body, headers) => {
    const answer = await transport.request({ method, path, body, headers });
    return Object.assign(answer, { value: answer.object as Any });
  };
  try {
    await run(ask, { server, clock });
  } finally {
    await server.close();
    await store.close();
  }
}
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
type Ask = (
  method: Method,
  path: string,
  body?: object | Uint8Array,
  headers?: Record<string, string>,
) => Promise<ApiResponse & { value: Any }>;

const maps = "/api/v1/namespaces/default/configmaps";
const aMap = (name: string, more: object = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...more }, data: { a: "1" } });
const aPod = (name: string, nodeName = "n1") => ({
  metadata: { name },
  spec: { nodeName, terminationGracePeriodSeconds: 30, containers: [{ name: "c", image: "i" }] },
});
const merge = { "content-type": "application/merge-patch+json" };

test("an object is created once, read back, replaced only in the version that was read", () =>
  withServer(async (ask) => {
    const made = await ask("POST", maps, aMap("a"));
    assert.equal(made.status, 201);
    assert.equal((await ask("POST", maps, aMap("a"))).value.message, 'configmaps "a" already exists');
    const { resourceVersion } = made.value.metadata;
    assert.equal((await ask("PUT", `${maps}/a`, aMap("a", { resourceVersion, labels: { x: "y" } }))).status, 200);
    const stale = await ask("PUT", `${maps}/a`, aMap("a", { resourceVersion }));
    assert.equal(stale.status, 409);
    assert.match(stale.value.message, /^Operation cannot be fulfilled on configmaps "a": the object has been modified/);
    assert.equal((await ask("GET", `${maps}/b`)).value.reason, "NotFound");
  }));

test("a write that changes nothing keeps the version", () =>
  withServer(async (ask) => {
    const made = await ask("POST", maps, aMap("a"));
    const again = await ask("PATCH", `${maps}/a`, Buffer.from('{"data":{"a":"1"}}'), merge);
    assert.equal(again.value.metadata.resourceVersion, made.value.metadata.resourceVersion);
  }));

test("a list continues where its first page stood, whatever was written since", () =>
  withServer(async (ask) => {
    for (const name of ["a", "b", "c", "d"]) await ask("POST", maps, aMap(name));
    const first = await ask("GET", `${maps}?limit=2`);
    assert.deepEqual(first.value.metadata.remainingItemCount, 2);
    await ask("DELETE", `${maps}/c`);
    await ask("POST", maps, aMap("cc"));
    const rest = await ask("GET", `${maps}?limit=5&continue=${first.value.metadata.continue}`);
    assert.deepEqual(
      rest.value.items.map((item) => item.metadata.name),
      ["c", "d"],
    );
    const climbing = Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: 2, start: "../secrets/x" })).toString("base64url");
    assert.equal((await ask("GET", `${maps}?continue=${climbing}`)).status, 400);
  }));

test("a continued list and a watch from before the compaction are answered with 410 Expired", () =>
  withServer(async (ask, { server, clock }) => {
    for (const name of ["a", "b", "c"]) await ask("POST", maps, aMap(name));
    const first = await ask("GET", `${maps}?limit=1`);
    const { resourceVersion } = first.value.metadata;
    await ask("DELETE", `${maps}/c`);
    const again = await ask("GET", `${maps}?limit=5&continue=${first.value.metadata.continue}`);
    assert.deepEqual(
      again.value.items.map((item) => item.metadata.name),
      ["b", "c"],
    );
    // Two periods of history later.
    await clock.advance(700_000);
    const rest = await ask("GET", `${maps}?limit=5&continue=${first.value.metadata.continue}`);
    assert.equal(rest.status, 410);
    assert.equal(rest.value.reason, "Expired");
    const onwards = await ask("GET", `${maps}?limit=1&continue=${rest.value.metadata.continue}`);
    assert.deepEqual(
      onwards.value.items.map((item) => item.metadata.name),
      ["b"],
      "from the same place, with what is there now",
    );
    await assert.rejects(server.direct(admin).watch({ method: "GET", path: `${maps}?watch=1&resourceVersion=${resourceVersion}` }), {
      message: /^too old resource version: \d+ \(\d+\)$/,
    });
  }));

test("a list that nothing has changed since is too old all the same once others were written", () =>
  withServer(async (ask, { clock }) => {
    for (const name of ["a", "b"]) await ask("POST", maps, aMap(name));
    const { metadata } = (await ask("GET", `${maps}?limit=1`)).value;
    await ask("POST", "/api/v1/namespaces/default/secrets", { metadata: { name: "s" } });
    await clock.advance(700_000);
    for (const query of [`limit=1&continue=${metadata.continue}`, `resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`])
      assert.equal((await ask("GET", `${maps}?${query}`)).status, 410, query);
  }));

test("methods that no verb stands for are refused where upstream refuses them", () =>
  withServer(async (ask) => {
    const status = async (method: string, path: string) => (await ask(method as Method, path)).status;
    for (const path of [maps, "/api/v1/namespaces/default", "/version", "/api", "/apis/apps/v1"])
      for (const method of ["HEAD", "OPTIONS", "TRACE"]) assert.equal(await status(method, path), 405, `${method} ${path}`);
    for (const path of ["/healthz", "/metrics", "/openapi/v2", "/"])
      for (const method of ["HEAD", "OPTIONS", "POST"]) assert.equal(await status(method, path), 200, `${method} ${path}`);
    assert.equal(await status("POST", "/nope"), 404);
    const { value } = await ask("OPTIONS" as Method, maps);
    assert.equal(value.message, "the server does not allow this method on the requested resource");
  }));

test("events are selected by the names of the version that is asked for", () =>
  withServer(async (ask) => {
    const events = "/api/v1/namespaces/default/events";
    const regarding = { apiVersion: "v1", kind: "Pod", name: "p", namespace: "default" };
    const event = { regarding, reason: "Tried", type: "Normal", note: "n", action: "try", reportingInstance: "i" };
    const made = await ask("POST", "/apis/events.k8s.io/v1/namespaces/default/events", {
      ...event,
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      metadata: { name: "e" },
      reportingController: "example.com/tester",
      eventTime: "2026-01-01T00:00:00.000000Z",
    });
    assert.equal(made.status, 201, made.value.message);
    const found = async (path: string, selector: string) =>
      (await ask("GET", `${path}?fieldSelector=${encodeURIComponent(selector)}`)).value.items.length;
    const inGroup = `/apis/events.k8s.io/v1/namespaces/default/events`;
    for (const selector of ["regarding.name=p", "reportingController=example.com/tester", "reason=Tried,type=Normal"])
      assert.equal(await found(inGroup, selector), 1, selector);
    for (const selector of ["involvedObject.name=p", "reportingComponent=example.com/tester", "source=example.com/tester"])
      assert.equal(await found(events, selector), 1, selector);
    assert.equal((await ask("GET", `${inGroup}?fieldSelector=involvedObject.name%3Dp`)).status, 400);
  }));

test("a version that is not there yet is waited for, for three seconds", () =>
  withServer(async (ask, { clock }) => {
    const { resourceVersion } = (await ask("POST", maps, aMap("a"))).value.metadata;
    const next = Number(resourceVersion) + 1;
    const reading = ask("GET", `${maps}/a?resourceVersion=${next}`);
    await clock.advance(2900);
    await ask("POST", maps, aMap("b"));
    assert.equal((await reading).status, 200);
    const never = ask("GET", `${maps}?resourceVersion=${next + 1}`);
    await clock.advance(3000);
    const { status, value } = await never;
    assert.equal(status, 504);
    assert.equal(value.message, `Timeout: Too large resource version: ${next + 1}, current: ${next}`);
  }));

async function collect(server: ApiServer, path: string, run: () => Promise<void>): Promise<string[]> {
  const stream = await server.direct(admin).watch({ method: "GET", path });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const events of stream)
      for (const { type, object } of events as WatchEvent[])
        seen.push(`${type} ${object.metadata.name ?? JSON.stringify(object.metadata.annotations ?? {})}`);
  })();
  await settle();
  await run();
  await settle();
  stream.close();
  await reading;
  return seen;
}

test("a watch with a selector shows objects that enter as ADDED and those that leave as DELETED", () =>
  withServer(async (ask, { server }) => {
    const seen = await collect(server, `${maps}?watch=1&labelSelector=on%3Dyes`, async () => {
      await ask("POST", maps, aMap("a"));
      await ask("PATCH", `${maps}/a`, Buffer.from('{"metadata":{"labels":{"on":"yes"}}}'), merge);
      await ask("PATCH", `${maps}/a`, Buffer.from('{"data":{"b":"2"}}'), merge);
      await ask("PATCH", `${maps}/a`, Buffer.from('{"metadata":{"labels":null}}'), merge);
      await ask("DELETE", `${maps}/a`);
    });
    assert.deepEqual(seen, ["ADDED a", "MODIFIED a", "DELETED a"]);
  }));

test("a watch resumes after the version that the client saw, without gap or repeat", () =>
  withServer(async (ask, { server }) => {
    const { resourceVersion } = (await ask("POST", maps, aMap("a"))).value.metadata;
    await ask("POST", maps, aMap("b"));
    const seen = await collect(
      server,
      `${maps}?watch=1&resourceVersion=${resourceVersion}`,
      async () => void (await ask("DELETE", `${maps}/a`)),
    );
    assert.deepEqual(seen, ["ADDED b", "DELETED a"]);
  }));

test("initial events end with the bookmark that says so", () =>
  withServer(async (ask, { server }) => {
    await ask("POST", maps, aMap("a"));
    const path = `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
    const seen = await collect(server, path, async () => void (await ask("POST", maps, aMap("b"))));
    assert.deepEqual(seen, ["ADDED a", 'BOOKMARK {"k8s.io/initial-events-end":"true"}', "ADDED b"]);
  }));

test("a running pod is given its grace, a second delete without grace removes it", () =>
  withServer(async (ask) => {
    const path = "/api/v1/namespaces/default/pods";
    assert.equal((await ask("POST", path, aPod("p"))).status, 201);
    const marked = await ask("DELETE", `${path}/p`);
    assert.equal(marked.value.metadata.deletionGracePeriodSeconds, 30);
    assert.equal((await ask("GET", `${path}/p`)).status, 200);
    await ask("DELETE", `${path}/p`, { gracePeriodSeconds: 0 });
    assert.equal((await ask("GET", `${path}/p`)).status, 404);
  }));

test("a grace may only get shorter, and who asks for some leaves the end to the node", () =>
  withServer(async (ask, { clock }) => {
    const path = "/api/v1/namespaces/default/pods";
    const shown = async (name: string, gracePeriodSeconds?: number) => {
      const { metadata } = (await ask("DELETE", `${path}/${name}`, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds })).value;
      return [metadata.deletionGracePeriodSeconds, (Date.parse(String(metadata.deletionTimestamp)) - clock.now()) / 1000];
    };
    for (const name of ["late", "below"]) await ask("POST", path, aPod(name));
    assert.deepEqual(await shown("late"), [30, 30]);
    assert.deepEqual(await shown("late", 60), [30, 30]);
    assert.deepEqual(await shown("late", 20), [20, 20]);
    await clock.advance(25_000);
    assert.deepEqual(await shown("late", 10), [1, 0]);
    assert.deepEqual(await shown("below"), [30, 30]);
    assert.deepEqual(await shown("below", -7), [1, 1]);
  }));

test("a pod that waits for nobody is seen as being deleted before it is gone", () =>
  withServer(async (ask, { server }) => {
    const path = "/api/v1/namespaces/default/pods";
    const { nodeName: _, ...spec } = aPod("waits").spec;
    const gone: Any["metadata"][] = [];
    const seen = await collect(server, `${path}?watch=1`, async () => {
      await ask("POST", path, { ...aPod("waits"), spec });
      gone.push((await ask("DELETE", `${path}/waits`)).value.metadata);
      await ask("POST", path, aPod("forced"));
      gone.push((await ask("DELETE", `${path}/forced`, { gracePeriodSeconds: 0 })).value.metadata);
    });
    assert.deepEqual(
      seen,
      ["waits", "forced"].flatMap((name) => [`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]),
    );
    for (const { deletionTimestamp, deletionGracePeriodSeconds } of gone)
      assert.ok(deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0);
    // Of the deletion, not of what was deleted.
    const { resourceVersion } = (await ask("GET", path)).value.metadata;
    assert.equal(gone[1]!.resourceVersion, resourceVersion);
  }));

test("finalizers hold a deleted object until the last one leaves", () =>
  withServer(async (ask) => {
    await ask("POST", maps, aMap("a", { finalizers: ["example.com/hold"] }));
    const held = await ask("DELETE", `${maps}/a`);
    assert.ok(held.value.metadata.deletionTimestamp);
    await ask("PATCH", `${maps}/a`, Buffer.from('{"metadata":{"finalizers":null}}'), merge);
    assert.equal((await ask("GET", `${maps}/a`)).status, 404);
  }));

const podsPath = "/api/v1/namespaces/default/pods";

test("a strategic merge that does not fit shows the patch, never the object", () =>
  withServer(async (ask) => {
    const strategic = { "content-type": "application/strategic-merge-patch+json" };
    await ask("POST", podsPath, aPod("p"));
    const refused = async (patch: object) =>
      (await ask("PATCH", `${podsPath}/p`, Buffer.from(JSON.stringify(patch)), strategic)).value.message;
    assert.equal(
      await refused({ spec: { activeDeadlineSeconds: "3" } }),
      ' "" is invalid: patch: Invalid value: "map[spec:map[activeDeadlineSeconds:3]]": unrecognized type: int64',
    );
    assert.equal(
      await refused({ spec: { containers: "c" } }),
      ' "" is invalid: patch: Invalid value: "map[spec:map[containers:c]]": cannot restore slice from string',
    );
    assert.equal((await ask("PATCH", `${podsPath}/p`, Buffer.from("null"), strategic)).status, 200);
  }));

test("an integer keeps every digit from the body to the answer", () =>
  withServer(async (ask) => {
    const pod = aPod("big");
    const body = JSON.stringify({ ...pod, apiVersion: "v1", kind: "Pod" }).replace(":30", ":9007199254740993");
    await ask("POST", podsPath, Buffer.from(body), { "content-type": "application/json" });
    const { body: answer } = (await ask("GET", `${podsPath}/big`)) as { body?: Buffer };
    const text = answer ? answer.toString() : JSON.stringify((await ask("GET", `${podsPath}/big`)).value);
    assert.match(text, /"terminationGracePeriodSeconds":9007199254740993/);
  }));

test("many patches of one object at once all count", () =>
  withServer(async (ask) => {
    await ask("POST", maps, aMap("a"));
    await Promise.all(Array.from({ length: 30 }, (_, i) => ask("PATCH", `${maps}/a`, Buffer.from(`{"data":{"k${i}":"v"}}`), merge)));
    const { data } = (await ask("GET", `${maps}/a`)).value as unknown as { data: object };
    assert.equal(Object.keys(data).length, 31);
  }));

test("hostile keys are data and paths that climb reach nothing", () =>
  withServer(async (ask) => {
    const body = Buffer.from('{"metadata":{"name":"h","labels":{"constructor":"x"}},"data":{"__proto__":"p","toString":"t"}}');
    assert.equal((await ask("POST", maps, body, { "content-type": "application/json" })).status, 201);
    const { data } = (await ask("GET", `${maps}/h`)).value as unknown as { data: object };
    assert.deepEqual(Object.keys(data).sort(), ["__proto__", "toString"]);
    assert.equal(({} as Record<string, unknown>).p, undefined);
    for (const path of ["/api/v1/namespaces/../secrets", "/api/v1/namespaces/%2e%2e/secrets", "/api/v1/namespaces/a%2Fb/secrets"])
      assert.equal((await ask("GET", path)).status, 404, path);
    const deep = Buffer.from(`{"metadata":{"name":"deep"},"data":${"[".repeat(200_000)}`);
    assert.equal((await ask("POST", maps, deep, { "content-type": "application/json" })).status, 400);
  }));

test("a binding assigns a pod once", () =>
  withServer(async (ask) => {
    const path = "/api/v1/namespaces/default/pods";
    await ask("POST", path, { ...aPod("p"), spec: { containers: [{ name: "c", image: "i" }] } });
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: "p" }, target: { kind: "Node", name: "n7" } };
    assert.equal((await ask("POST", `${path}/p/binding`, binding)).status, 201);
    assert.equal(((await ask("GET", `${path}/p`)).value.spec as { nodeName: string }).nodeName, "n7");
    assert.equal((await ask("POST", `${path}/p/binding`, binding)).status, 409);
  }));

test("what the direct transport hands out is frozen and shared", () =>
  withServer(async (ask, { server }) => {
    await ask("POST", maps, aMap("a"));
    const one = (await ask("GET", `${maps}/a`)).value;
    assert.ok(Object.isFrozen(one.metadata));
    assert.equal(server.storage.get(configmaps, { namespace: "default", name: "a" }), one);
    assert.equal(server.storage.list(pods).length, 0);
  }));

test("options of list and watch that make no sense are refused in upstream's words", () =>
  withServer(async (ask, { server }) => {
    const number = await ask("GET", `${maps}?timeoutSeconds=x`);
    assert.equal(number.status, 400);
    assert.equal(number.value.message, 'strconv.ParseInt: parsing "x": invalid syntax');
    await assert.rejects(server.direct(admin).watch({ method: "GET", path: `${maps}?watch=1&timeoutSeconds=x` }), {
      message: 'strconv.ParseInt: parsing "x": invalid syntax',
    });
    const initial = await ask("GET", `${maps}?sendInitialEvents=true`);
    assert.equal(initial.status, 422);
    assert.equal(
      initial.value.message,
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    );
  }));
