import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { seededRandom, systemClock } from "#base/mod.ts";
import { usersOf } from "../auth/users.ts";
import { anIngress, aPath, oneClass, toService } from "../routes/builders.ts";
import { customHeadersOf } from "../routes/custom-headers.ts";
import { type Table, tableOf } from "../routes/table.ts";
import { Answerer, usersKey } from "./answerer.ts";
import { Backends } from "./backends.ts";
import { Door } from "./door.ts";
import { type Served, serve } from "./fixture.ts";

const backends = new Backends(systemClock);
const answerer = new Answerer({ clock: systemClock, backends, random: seededRandom(7) });
const door = new Door({
  clock: systemClock,
  enter: (exchange) => answerer.answer(exchange),
  certificate: { cert: "", key: "" },
  contextFor: () => Promise.reject(new Error("no certificates here")),
  look: () => {},
});
const served: Served[] = [];
let port = 0;
before(async () => {
  port = (await door.listen({ host: "127.0.0.1", port: 0, secure: false })).port;
  for (const name of ["main", "canary"]) {
    const one = await serve((_, response) => response.end(name));
    served.push(one);
  }
  const [main, canary] = served.map(({ endpoint }) => ({ protocol: "HTTP" as const, endpoints: [endpoint] }));
  backends.set(
    new Map([
      ["default/main:80 HTTP", main!],
      ["default/canary:80 HTTP", canary!],
    ]),
  );
});
after(async () => {
  await door.close();
  answerer.close();
  backends.close();
  for (const each of served) await each.close();
});

const annotated = (given: Record<string, string>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]));
const ingress = (name: string, given: Record<string, string>, { path = "Prefix /", namespace = "default" } = {}) =>
  anIngress({
    name,
    namespace,
    born: name === "main" ? 1 : 2,
    annotations: annotated(given),
    spec: { rules: [{ http: { paths: [aPath(path, toService(name))] } }] },
  });
function obey(main: Record<string, string>, canary: Record<string, string>): Table {
  answerer.table = tableOf([ingress("canary", { canary: "true", ...canary }), ingress("main", main)], oneClass);
  return answerer.table;
}

/** Who answered, and what it had besides. */
async function ask(headers: Record<string, string> = {}): Promise<{ status: number; text: string; by: string; headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${port}/x`, { headers });
  return { status: response.status, text: response.statusText, by: await response.text(), headers: response.headers };
}

const always = { "canary-weight": "100" };
const sides: { name: string; canary: Record<string, string>; asked?: Record<string, string>; by: "main" | "canary" }[] = [
  { name: "a weight of 0 takes nobody", canary: { "canary-weight": "0" }, by: "main" },
  { name: "a weight of 100 takes all", canary: always, by: "canary" },
  { name: "a weight of the total takes all", canary: { "canary-weight": "1000", "canary-weight-total": "1000" }, by: "canary" },
  { name: "without anything said nobody is taken", canary: {}, by: "main" },
  { name: "a header says always", canary: { "canary-by-header": "X-New" }, asked: { "x-new": "always" }, by: "canary" },
  {
    name: "a header says never, before the weight",
    canary: { "canary-by-header": "X-New", ...always },
    asked: { "x-new": "never" },
    by: "main",
  },
  {
    name: "a header of other words leaves it to the weight",
    canary: { "canary-by-header": "X-New", ...always },
    asked: { "x-new": "?" },
    by: "canary",
  },
  {
    name: "a header has the value",
    canary: { "canary-by-header": "X-New", "canary-by-header-value": "you" },
    asked: { "x-new": "you" },
    by: "canary",
  },
  {
    name: "where a value is said, always is none",
    canary: { "canary-by-header": "X-New", "canary-by-header-value": "you" },
    asked: { "x-new": "always" },
    by: "main",
  },
  {
    name: "a header has the pattern",
    canary: { "canary-by-header": "X-New", "canary-by-header-pattern": "^v[2-3]$" },
    asked: { "x-new": "v2" },
    by: "canary",
  },
  {
    name: "a header has not the pattern",
    canary: { "canary-by-header": "X-New", "canary-by-header-pattern": "^v[2-3]$" },
    asked: { "x-new": "v20" },
    by: "main",
  },
  { name: "a cookie says always", canary: { "canary-by-cookie": "new" }, asked: { cookie: "a=b; new=always" }, by: "canary" },
  {
    name: "a cookie says never, before the weight",
    canary: { "canary-by-cookie": "new", ...always },
    asked: { cookie: "new=never" },
    by: "main",
  },
  {
    name: "a header comes before a cookie",
    canary: { "canary-by-header": "X-New", "canary-by-cookie": "new" },
    asked: { "x-new": "never", cookie: "new=always" },
    by: "main",
  },
];
for (const { name, canary, asked, by } of sides)
  test(`canary: ${name}`, async () => {
    const { complaints } = obey({}, canary);
    assert.deepEqual(complaints, []);
    assert.equal((await ask(asked)).by, by);
  });

test("canary: a weight takes about its share", async () => {
  obey({}, { "canary-weight": "30" });
  let taken = 0;
  for (let at = 0; at < 200; at++) if ((await ask()).by === "canary") taken++;
  assert.ok(taken > 35 && taken < 85, `${taken} of 200, by one seed`);
});

test("canary: a client with a cookie stays on its side, unless that is not wanted", async () => {
  obey({ affinity: "cookie" }, always);
  const cookie = (await ask()).headers.get("set-cookie")!.split(";")[0]!;
  obey({ affinity: "cookie" }, {});
  assert.equal((await ask({ cookie })).by, "canary");
  obey({ affinity: "cookie", "affinity-canary-behavior": "legacy" }, {});
  assert.equal((await ask({ cookie })).by, "main");
});

test("canary: the options are those of the Ingress that it takes from", async () => {
  obey({ "denylist-source-range": "127.0.0.0/8" }, always);
  assert.equal((await ask()).status, 403);
});

test("canary: one that is bad, alone or of another namespace takes nothing, and is told", () => {
  const told = (...canaries: ReturnType<typeof ingress>[]) => {
    const table = tableOf([ingress("main", {}), ...canaries], oneClass);
    return [...table.complaints.map(({ message }) => message), ...table.shadowed.map(({ by }) => by)];
  };
  const canary = { canary: "true", ...always };
  assert.deepEqual(told(ingress("canary", canary, { path: "Prefix /y" })), [
    "no other Ingress has every host/y as Prefix: nothing is taken from it",
  ]);
  assert.deepEqual(told(ingress("canary", canary, { namespace: "other" })), [
    "every host/ belongs to another namespace: nothing is taken from it",
  ]);
  assert.deepEqual(told(ingress("canary", canary), ingress("second", canary)), ["default/canary"]);
  assert.match(told(ingress("canary", { ...canary, "canary-weight": "x" })).join(), /canary-weight: it is no whole number/);
  assert.match(told(ingress("canary", { ...canary, "canary-by-header-pattern": "(" })).join(), /it is no pattern/);
});

test("users of a Secret are let in by their passwords, and no request is while they are not known", async () => {
  const auth = { "auth-type": "basic", "auth-secret": "ours", "auth-realm": 'the "staff"' };
  const { routes } = obey(auth, {});
  assert.equal((await ask()).status, 503);
  const key = usersKey(routes[0]!.options.auth!);
  assert.equal(key, "default/ours auth-file");
  const file = Buffer.from("ann:{PLAIN}secret").toString("base64");
  answerer.users = new Map([[key, usersOf({ data: { auth: file } }, "auth-file")]]);
  const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
  const refused = await ask();
  assert.deepEqual([refused.status, refused.text], [401, "Unauthorized"]);
  assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="the \\"staff\\""');
  assert.equal((await ask(basic("ann:wrong"))).status, 401);
  assert.equal((await ask(basic("ann:secret"))).by, "main");
  obey({ ...auth, satisfy: "any", "allowlist-source-range": "127.0.0.0/8" }, {});
  assert.equal((await ask()).status, 200);
  obey({ ...auth, satisfy: "any", "allowlist-source-range": "10.0.0.0/8" }, {});
  assert.equal((await ask()).status, 401);
  assert.equal((await ask(basic("ann:secret"))).status, 200);
  obey({ ...auth, "allowlist-source-range": "10.0.0.0/8" }, {});
  assert.equal((await ask(basic("ann:secret"))).status, 403);
});

test("answers have the fields of a ConfigMap in the place of the backend's, and there are none while it is not right", async () => {
  const { routes } = obey({ "custom-headers": "more" }, {});
  const key = routes[0]!.options.headers!;
  assert.equal(key, "default/more");
  const given = (data: Record<string, string> | undefined) => {
    answerer.headers = new Map([[key, customHeadersOf(data && { data })]]);
  };
  given({ "X-Frame-Options": "DENY", Date: "today" });
  const { status, headers } = await ask();
  assert.deepEqual([status, headers.get("x-frame-options"), headers.get("date")], [200, "DENY", "today"]);
  const wrongs: (Record<string, string> | undefined)[] = [undefined, { "Content-Length": "1" }, { "a b": "c" }, { a: "b\nc" }];
  for (const wrong of wrongs) {
    given(wrong);
    assert.equal((await ask()).status, 503, JSON.stringify(wrong));
  }
  assert.match(obey({ "custom-headers": "other/more" }, {}).complaints[0]!.message, /a ConfigMap of another namespace; requests get 503/);
});

test("a request goes to another endpoint after what proxy-next-upstream names, and only if it may be made twice", async () => {
  let asked = 0;
  const ill = await serve((_, response) => {
    asked++;
    response.writeHead(503).end("ill");
  });
  const endpoints = [ill.endpoint, served[0]!.endpoint];
  backends.set(new Map([["default/main:80 HTTP", { protocol: "HTTP", endpoints }]]));
  const statuses = async (method: string) => {
    const all: number[] = [];
    for (let at = 0; at < 4; at++) all.push((await fetch(`http://127.0.0.1:${port}/x`, { method })).status);
    return all.toSorted();
  };
  obey({ "proxy-next-upstream": "error http_503" }, {});
  assert.deepEqual(await statuses("GET"), [200, 200, 200, 200]);
  assert.ok(asked > 0);
  assert.deepEqual(await statuses("POST"), [200, 200, 503, 503]);
  obey({ "proxy-next-upstream": "http_503 non_idempotent", "proxy-next-upstream-tries": "2" }, {});
  assert.deepEqual(await statuses("POST"), [200, 200, 200, 200]);
  const once: Record<string, string>[] = [
    { "proxy-next-upstream": "off http_503" },
    { "proxy-next-upstream": "http_503", "proxy-next-upstream-tries": "1" },
  ];
  for (const annotations of once) {
    obey(annotations, {});
    assert.deepEqual(await statuses("GET"), [200, 200, 503, 503], JSON.stringify(annotations));
  }
  await ill.close();
});
