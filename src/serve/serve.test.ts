import assert from "node:assert/strict";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import { silentLog, VirtualClock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { delegated } from "./delegated.ts";
import { healthOf } from "./health.ts";
import { HttpError } from "./http-error.ts";
import { metricsText, processMetrics } from "./metrics.ts";
import { openPort, type PortOptions } from "./port.ts";
import { type Pair, type TestAuthority, testAuthority } from "./test-certificates.ts";

/** An API server that knows one token and one right. */
function reviews() {
  const asked: string[] = [];
  const client = {
    create: async (
      resource: { resource: string },
      object: { spec: { token?: string; user?: string; resourceAttributes?: { verb: string }; nonResourceAttributes?: { path: string } } },
    ) => {
      asked.push(resource.resource);
      const { spec } = object;
      if (resource.resource === "tokenreviews") {
        const authenticated = spec.token === "good";
        return { ...object, status: { authenticated, ...(authenticated ? { user: { username: "bot", groups: ["g"], uid: "1" } } : {}) } };
      }
      return { ...object, status: { allowed: spec.user === "ann" || spec.nonResourceAttributes?.path === "/open" } };
    },
  } as unknown as Client;
  return { client, asked };
}

async function open(t: TestContext, given: Partial<PortOptions> & { authority?: TestAuthority } = {}) {
  const authority = given.authority ?? (await testAuthority());
  const port = await openPort({
    address: "127.0.0.1",
    port: 0,
    ...authority.server,
    clientCa: authority.ca,
    admit: async () => {},
    answer: async (_, response, url) => void response.end(`hello ${url.pathname}`),
    log: silentLog,
    ...given,
  });
  t.after(() => port.close());
  const get = (path: string, options: { client?: Pair; token?: string; headers?: Record<string, string> } = {}) =>
    new Promise<{ code: number; text: string }>((resolve, reject) => {
      const { client, token } = options;
      const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const asking = request(
        { host: "127.0.0.1", port: port.port, path, ca: authority.ca, agent: false, headers, ...client },
        (response) => {
          let text = "";
          response.on("data", (chunk) => (text += chunk)).on("end", () => resolve({ code: response.statusCode ?? 0, text }));
        },
      );
      asking.on("error", reject).end();
    });
  return { port, get, authority };
}

test("a port answers, refuses with a code and a sentence, and hides what broke inside", async (t) => {
  const { get } = await open(t, {
    admit: async (_, url) => {
      if (url.pathname === "/no") throw new HttpError(403, "Forbidden");
      if (url.pathname === "/broken") throw new Error("inside");
    },
  });
  assert.deepEqual(await get("/x"), { code: 200, text: "hello /x" });
  assert.deepEqual(await get("/no"), { code: 403, text: "Forbidden\n" });
  assert.deepEqual(await get("/broken"), { code: 500, text: "inside\n" });
  const upgrade = { connection: "Upgrade", upgrade: "x" };
  assert.deepEqual(await get("/x", { headers: upgrade }), { code: 400, text: "unable to upgrade: this port takes no upgrades\n" });
});

test("a port that closes takes its connections with it", async (t) => {
  const { port, authority } = await open(t);
  const socket = connect({ host: "127.0.0.1", port: port.port, ca: authority.ca });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  await port.close();
  await gone;
});

test("who calls is told by a certificate, or by the API server about a token; answers are remembered for a while", async (t) => {
  const clock = new VirtualClock();
  const { client, asked } = reviews();
  const access = delegated({ client, clock });
  const authority = await testAuthority();
  const { get } = await open(t, {
    authority,
    admit: async () => {},
    answer: async (request, response) => void response.end(JSON.stringify(await access.identify(request))),
  });
  const ann = await get("/", { client: await authority.client("ann", "dev", "ops") });
  assert.deepEqual(JSON.parse(ann.text), { name: "ann", groups: ["dev", "ops", "system:authenticated"] });
  const stranger = await (await testAuthority()).client("ann");
  assert.equal((await get("/", { client: stranger })).code, 401);
  assert.equal((await get("/")).text, "Unauthorized\n");
  assert.equal((await get("/", { token: "bad" })).code, 401);
  for (let times = 0; times < 3; times++)
    assert.deepEqual(JSON.parse((await get("/", { token: "good" })).text), { name: "bot", groups: ["g"], uid: "1" });
  assert.equal(asked.length, 2);
  await clock.advance(11_000);
  await get("/", { token: "good" });
  assert.equal(asked.length, 3);
});

test("what a caller may do is the API server's word; a no is asked again, a yes is remembered", async () => {
  const clock = new VirtualClock();
  const { client, asked } = reviews();
  const access = delegated({ client, clock });
  const get = { verb: "get", resource: "nodes", subresource: "stats", name: "n" };
  const [ann, bob] = [
    { name: "ann", groups: [] },
    { name: "bob", groups: [] },
  ];
  for (let times = 0; times < 2; times++) assert.deepEqual([await access.allows(ann, get), await access.allows(bob, get)], [true, false]);
  assert.equal(asked.length, 3);
  assert.equal(await access.allows(bob, { verb: "get", path: "/open" }), true);
  for (let at = 0; at < 2000; at++) await access.allows({ name: "ann", groups: [String(at)] }, get);
  assert.equal(await access.allows(ann, get), true, "the oldest answers are forgotten, not the port");
});

test("health: ok, or which check failed and not why", async () => {
  const bad = { name: "store", check: () => Promise.reject(new Error("secret")) };
  const good = { name: "loop", check: () => {} };
  const ask = (query: string, ...checks: { name: string; check(): void | Promise<void> }[]) =>
    healthOf("/healthz", checks, new URLSearchParams(query));
  assert.deepEqual(await ask("", good), { code: 200, text: "ok" });
  assert.deepEqual(await ask("verbose", good), { code: 200, text: "[+]ping ok\n[+]loop ok\nhealthz check passed\n" });
  assert.deepEqual(await ask("", good, bad), {
    code: 500,
    text: "[+]ping ok\n[+]loop ok\n[-]store failed: reason withheld\nhealthz check failed\n",
  });
  assert.equal((await ask("exclude=store", bad)).code, 200);
});

test("metrics: help, type, labels that may hold anything", () => {
  const text = metricsText([
    { name: "a_total", help: "A\nline", type: "counter", samples: [{ labels: { x: 'q"\\\n' }, value: 1, atMs: 2.5 }, { value: 3 }] },
  ]);
  assert.equal(text, '# HELP a_total A\\nline\n# TYPE a_total counter\na_total{x="q\\"\\\\\\n"} 1 2\na_total 3\n');
  assert.match(metricsText(processMetrics(5000)), /^process_start_time_seconds 5$/m);
});
