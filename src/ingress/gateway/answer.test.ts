import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { silentLog, systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { Backends } from "../proxy/backends.ts";
import { Door } from "../proxy/door.ts";
import { serve } from "../proxy/fixture.ts";
import type { Endpoint } from "../routes/endpoints.ts";
import { GatewayAnswerer } from "./answer.ts";
import { aGateway, aListener, aRoute, aWorld } from "./builders.ts";
import type { HttpRoute, HttpRule } from "./kinds.ts";
import { pick } from "./pick.ts";
import { planGateways } from "./plan.ts";
import { Ports } from "./ports.ts";
import type { Choice } from "./rules.ts";
import { Streams } from "./streams/streams.ts";

/** A Gateway with one open port; every Service has the one backend, which tells what it was asked. */
async function aStage(t: TestContext) {
  const asked: string[] = [];
  const backend = await serve((request, response) => {
    const { method, url, headers } = request;
    if (url === "/late") return; // never answered
    let bytes = 0;
    request.on("data", (piece: Buffer) => void (bytes += piece.length));
    request.on("end", () => {
      if (method === "POST") asked.push(`${method} ${url} ${bytes}`);
      response.setHeader("x-own", "backend").end(JSON.stringify({ method, url, headers }));
    });
  });
  const backends = new Backends(systemClock);
  const answerer = new GatewayAnswerer({ clock: systemClock, backends });
  const door = new Door({
    clock: systemClock,
    enter: () => assert.fail("nobody comes to the door's own ports"),
    certificate: { cert: "", key: "" },
    contextFor: () => assert.fail("there is no TLS"),
    look: (now) => backends.look(now),
  });
  let opened = () => {};
  const isOpen = new Promise<void>((resolve) => (opened = resolve));
  const ports = new Ports({
    door,
    addresses: ["127.0.0.1"],
    log: silentLog,
    certificate: { cert: "", key: "" },
    answer: (exchange, plan) => answerer.answer(exchange, plan),
    streams: new Streams({ clock: systemClock, backends }),
    changed: () => opened(),
    failed: () => assert.fail("the port cannot be opened"),
  });
  t.after(async () => {
    await ports.close();
    await door.close();
    backends.close();
    await backend.close();
  });
  const set = (routes: HttpRoute[], endpoints: Endpoint[] = [backend.endpoint]) => {
    const plan = planGateways(aWorld({ gateways: [aGateway([aListener("http 8080")])], routes }));
    backends.set(new Map([...plan.backends].map(([key, wanted]) => [key, { ...wanted, endpoints }])));
    ports.set(plan.ports);
  };
  set([]);
  await isOpen;
  const at = `http://127.0.0.1:${ports.of("default/gw")[0]!.hostPort}`;
  return { door, set, asked, ask: (path: string, init: RequestInit = {}) => fetch(`${at}${path}`, { redirect: "manual", ...init }) };
}

const ruled = (...rules: HttpRule[]) => [aRoute({ spec: { rules } })];
const to = (name: string) => [{ name, port: 80 }];

test("headers, host and path are changed as filters say, on the way there and back", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const names = (value: string) => [{ name: "X-Set", value }];
  set(
    ruled({
      matches: [{ path: { value: "/shop" } }],
      filters: [
        {
          type: "RequestHeaderModifier",
          requestHeaderModifier: { set: names("rule"), add: [{ name: "X-Add", value: "b" }], remove: ["X-Gone"] },
        },
        { type: "ResponseHeaderModifier", responseHeaderModifier: { set: [{ name: "X-Own", value: "rule" }], add: names("rule") } },
        {
          type: "URLRewrite",
          urlRewrite: { hostname: "inner.example.com", path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/" } },
        },
      ],
      backendRefs: [
        {
          name: "web",
          port: 80,
          filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { add: [{ name: "X-Backend", value: "web" }] } }],
        },
      ],
    }),
  );
  const answer = await ask("/shop/cart%20a?x=1", { headers: { "X-Set": "client", "X-Add": "a", "x-gone": "1" } });
  assert.deepEqual([answer.status, answer.headers.get("x-own"), answer.headers.get("x-set")], [200, "rule", "rule"]);
  const { url, headers } = (await answer.json()) as { url: string; headers: Record<string, string> };
  assert.deepEqual(
    [url, headers.host, headers["x-set"], headers["x-add"], headers["x-gone"], headers["x-backend"], headers["x-forwarded-port"]],
    ["/cart%20a?x=1", "inner.example.com", "rule", "a, b", undefined, "web", "8080"],
  );
  assert.equal((await ask("/other")).status, 404);
});

test("a browser that asks first is answered here, and every answer says which origin may read it", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const cors = { allowOrigins: ["https://*.a.com"], allowMethods: ["PUT"], allowHeaders: ["*"], allowCredentials: true };
  const filters = [
    { type: "CORS", cors },
    { type: "ResponseHeaderModifier", responseHeaderModifier: { set: [{ name: "access-control-allow-origin", value: "*" }] } },
  ];
  set(ruled({ filters, backendRefs: to("web") }));
  const fieldsOf = (answer: Response) =>
    [...answer.headers].filter(([name]) => name.startsWith("access-control-")).map((each) => each.join(": "));
  const origin = "https://x.y.a.com";
  const first = { Origin: origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-one" };
  const preflight = await ask("/", { method: "OPTIONS", headers: first });
  assert.equal(preflight.status, 204);
  assert.deepEqual(fieldsOf(preflight), [
    "access-control-allow-credentials: true",
    "access-control-allow-headers: x-one",
    "access-control-allow-methods: PUT",
    `access-control-allow-origin: ${origin}`,
    "access-control-max-age: 5",
  ]);
  assert.deepEqual(fieldsOf(await ask("/", { method: "OPTIONS", headers: { ...first, Origin: "https://b.com" } })), []);
  assert.deepEqual(fieldsOf(await ask("/", { headers: { Origin: origin } })), [
    "access-control-allow-credentials: true",
    `access-control-allow-origin: ${origin}`,
  ]);
  assert.deepEqual(fieldsOf(await ask("/", { headers: { Origin: "https://b.com" } })), []);
});

test("a mirror gets a copy, body and all, and its failure is nobody's", { timeout: 20_000 }, async (t) => {
  const { set, ask, asked } = await aStage(t);
  const mirror = (more: object) => [{ type: "RequestMirror", requestMirror: { backendRef: { name: "mirror", port: 80 }, ...more } }];
  set(ruled({ backendRefs: to("web"), filters: [...mirror({}), ...mirror({}), ...mirror({ percent: 0 })] }));
  const body = "x".repeat(100_000);
  const post = await ask("/posted", { method: "POST", body });
  assert.equal(post.status, 200);
  await until(() => asked.length === 3);
  assert.deepEqual(asked, Array(3).fill(`POST /posted ${body.length}`));
  set(ruled({ backendRefs: to("web"), filters: mirror({ backendRef: { name: "mirror", port: 81 } }) }));
  assert.equal((await ask("/posted", { method: "POST", body })).status, 200);
  assert.equal(asked.length, 4);
});

test("redirects say scheme, host, port and path as far as they are told", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const redirects: [HttpRule["filters"], number, RegExp][] = [
    [[{ type: "RequestRedirect", requestRedirect: {} }], 302, /^http:\/\/127\.0\.0\.1:8080\/a\/b\?c$/],
    [[{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }], 301, /^https:\/\/127\.0\.0\.1\/a\/b\?c$/],
    [[{ type: "RequestRedirect", requestRedirect: { hostname: "x.com", port: 80 } }], 302, /^http:\/\/x\.com\/a\/b\?c$/],
    [
      [{ type: "RequestRedirect", requestRedirect: { port: 81, path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/z" } } }],
      302,
      /^http:\/\/127\.0\.0\.1:81\/z\/b\?c$/,
    ],
    [[{ type: "RequestRedirect", requestRedirect: { path: { type: "ReplaceFullPath", replaceFullPath: "/all" } } }], 302, /:8080\/all\?c$/],
  ];
  for (const [filters, status, expected] of redirects) {
    set(ruled({ matches: [{ path: { value: "/a" } }], filters }));
    const answer = await ask("/a/b?c");
    assert.equal(answer.status, status);
    assert.match(answer.headers.get("location") ?? "", expected);
  }
});

test("no backend that can be is 500, one without endpoints 503, one that is late 504", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  set(ruled({ backendRefs: [{ name: "web", port: 81 }] }));
  assert.equal((await ask("/")).status, 500);
  set(ruled({}));
  assert.equal((await ask("/")).status, 500);
  set(ruled({ backendRefs: to("web") }), []);
  assert.equal((await ask("/")).status, 503);
  set(ruled({ backendRefs: to("web"), timeouts: { request: "100ms" } }));
  assert.equal((await ask("/late")).status, 504);
  assert.equal((await ask("/")).status, 200);
});

test("rules are replaced between two requests and no request fails", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const route = (value: string) =>
    ruled({
      backendRefs: to("web"),
      filters: [{ type: "ResponseHeaderModifier", responseHeaderModifier: { set: [{ name: "x-round", value }] } }],
    });
  set(route("first"));
  for (let round = 0; round < 20; round++) {
    const under = ask("/");
    set(route(String(round)));
    const after = await ask("/");
    assert.deepEqual([after.status, after.headers.get("x-round")], [200, String(round)]);
    assert.equal((await under).status, 200);
  }
});

test("a port that cannot be opened is told of, so that it is asked for again", { timeout: 20_000 }, async (t) => {
  const { door } = await aStage(t);
  let failed = () => {};
  const isTold = new Promise<void>((resolve) => (failed = resolve));
  const ports = new Ports({
    door,
    addresses: ["192.0.2.1"], // of documentation: no machine has it
    log: silentLog,
    certificate: { cert: "", key: "" },
    answer: () => assert.fail("nobody can come"),
    streams: new Streams({ clock: systemClock, backends: new Backends(systemClock) }),
    changed: () => assert.fail("nothing is open"),
    failed: () => failed(),
  });
  ports.set(planGateways(aWorld({ gateways: [aGateway([aListener("http 80")])] })).ports);
  await isTold;
  assert.deepEqual(ports.of("default/gw"), []);
  await ports.close();
});

test("backends are picked by weight, and one of weight 0 never", () => {
  const choice = (weight: number): Choice => ({ weight, target: undefined, backend: "", request: [], response: [] });
  const choices = [choice(0), choice(1), choice(3)];
  const picked = [0, 0.24, 0.25, 0.99].map((at) => choices.indexOf(pick(choices, { next: () => at })!));
  assert.deepEqual(picked, [1, 1, 2, 2]);
  assert.equal(pick([choice(0)], { next: () => 0 }), undefined);
});

/** A backend that does one thing after the other, and the last for ever; it tells what it read. */
async function inTurn(t: TestContext, ...does: ("503" | "hang" | "cut" | "200")[]) {
  const bodies: string[] = [];
  const backend = await serve((request, response) => {
    const now = does[Math.min(bodies.length, does.length - 1)]!;
    let body = "";
    const at = bodies.push("") - 1;
    request.on("data", (piece) => {
      body += piece;
      bodies[at] = body;
    });
    if (now === "cut") return void request.socket.destroy();
    request.on("end", () => {
      if (now !== "hang") response.writeHead(Number(now)).end(now);
    });
  });
  t.after(() => backend.close());
  return { bodies, endpoints: [backend.endpoint] };
}
const post = (body: string) => ({ method: "POST", body });

test("a request is made again after a status that its rule names, with its body, as often as it lets it", {
  timeout: 20_000,
}, async (t) => {
  const { set, ask } = await aStage(t);
  const rule = { backendRefs: to("web"), retry: { codes: [503], attempts: 2, backoff: "5ms" } };
  const well = await inTurn(t, "503", "503", "200");
  set(ruled(rule), well.endpoints);
  assert.equal((await ask("/", post("all of it"))).status, 200);
  assert.deepEqual(well.bodies, ["all of it", "all of it", "all of it"]);
  const ill = await inTurn(t, "503");
  set(ruled(rule), ill.endpoints);
  const answer = await ask("/");
  assert.deepEqual([answer.status, await answer.text(), ill.bodies.length], [503, "503", 3], "the last answer is the client's");
  const other = await inTurn(t, "503", "200");
  set(ruled({ ...rule, retry: { codes: [500], attempts: 2 } }), other.endpoints);
  assert.equal((await ask("/")).status, 503);
});

test("a request is made again when its connection ends, or nobody answers it in time", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const cut = await inTurn(t, "cut", "200");
  set(ruled({ backendRefs: to("web"), retry: {} }), cut.endpoints);
  assert.equal((await ask("/", post("x"))).status, 200);
  assert.equal(cut.bodies.length, 2);
  const timeouts = { backendRequest: "500ms" };
  const late = await inTurn(t, "hang", "200");
  set(ruled({ backendRefs: to("web"), retry: { attempts: 9, backoff: "1ms" }, timeouts }), late.endpoints);
  assert.equal((await ask("/", post("x"))).status, 200);
  const never = await inTurn(t, "hang");
  set(
    ruled({ backendRefs: to("web"), retry: { attempts: 50, backoff: "1ms" }, timeouts: { ...timeouts, request: "3s" } }),
    never.endpoints,
  );
  assert.equal((await ask("/")).status, 504);
  assert.ok(never.bodies.length > 1 && never.bodies.length <= 6, `${never.bodies.length} attempts`);
});

test("a body that is too large to be kept is sent once", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const ill = await inTurn(t, "503");
  set(ruled({ backendRefs: to("web"), retry: { codes: [503], attempts: 3, backoff: "1ms" } }), ill.endpoints);
  assert.equal((await ask("/", post("x".repeat(100_000)))).status, 503);
  assert.deepEqual(
    ill.bodies.map(({ length }) => length),
    [100_000],
  );
});

test("a client stays with the endpoint that its session began at, as long as that is there", { timeout: 20_000 }, async (t) => {
  const { set, ask } = await aStage(t);
  const [a, b] = [await serve((_, response) => response.end("a")), await serve((_, response) => response.end("b"))];
  t.after(() => Promise.all([a.close(), b.close()]));
  const routes = ruled({ backendRefs: to("web"), sessionPersistence: { sessionName: "s" } });
  set(routes, [a.endpoint, b.endpoint]);
  const first = await ask("/");
  const who = await first.text();
  const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
  for (let i = 0; i < 4; i++) {
    const next = await ask("/", { headers: { cookie } });
    assert.deepEqual([await next.text(), next.headers.get("set-cookie")], [who, null]);
  }
  set(routes, [(who === "a" ? b : a).endpoint]);
  const moved = await ask("/", { headers: { cookie } });
  assert.notEqual(await moved.text(), who);
  assert.match(moved.headers.get("set-cookie") ?? "", /^s=/);
});
