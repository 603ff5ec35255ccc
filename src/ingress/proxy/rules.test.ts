import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { anIngress, aPath, oneClass, toService } from "../routes/builders.ts";
import { tableOf } from "../routes/table.ts";
import { aStage, type Served, type Stage, serve } from "./fixture.ts";
import { Guards } from "./guards.ts";

let stage: Stage;
const backends: Served[] = [];
before(async () => {
  stage = await aStage();
  for (const name of ["one", "two"])
    backends.push(
      await serve((asked, response) => {
        response.setHeader("set-cookie", "own=1");
        response.end(JSON.stringify({ name, url: asked.url, headers: asked.headers }));
      }),
    );
  stage.lead(...backends.map(({ endpoint }) => endpoint));
});
after(async () => {
  await stage.close();
  for (const each of backends) await each.close();
});

/** From now on the annotations are these, without their prefix; every path of `web.com` leads to the backends. */
function obey(annotations: Record<string, string>, path = "ImplementationSpecific /", tls: string[] = []): void {
  const full = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`nginx.ingress.kubernetes.io/${name}`, value]));
  const rules = [{ host: "web.com", http: { paths: [aPath(path, toService("s"))] } }];
  stage.answerer.table = tableOf(
    [anIngress({ annotations: full, spec: { rules, ...(tls.length > 0 ? { tls: [{ hosts: tls }] } : {}) } })],
    oneClass,
  );
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  // biome-ignore lint/suspicious/noExplicitAny: what a backend saw, as JSON; a wrong path fails the test
  seen: any;
  body: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = "GET", body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: stage.plain, path, method, headers: { host: "web.com", ...headers }, agent: false };
    const asked = request(options, (response) => {
      let text = "";
      response.on("data", (piece) => {
        text += piece;
      });
      response.on("end", () => {
        const seen = text.startsWith("{") ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, seen, body: text });
      });
    });
    asked.on("error", reject).end(body);
  });
}

const rewrites: [path: string, target: string, asked: string, seen: string][] = [
  ["ImplementationSpecific /api(/|$)(.*)", "/$2", "/api/v1/x?q=1", "/v1/x?q=1"],
  ["ImplementationSpecific /api(/|$)(.*)", "/$2", "/API", "/"],
  ["ImplementationSpecific /api(/|$)(.*)", "/$2", "/api/a%20b%3Fc", "/a%20b%3Fc"],
  ["ImplementationSpecific /(\\d+)/(\\w+)", "/$2-$1$3", "/7/x", "/x-7"],
  ["Prefix /app", "/", "/app/deep", "/"],
];
for (const [path, target, asked, seen] of rewrites)
  test(`${path} rewritten to ${target}: ${asked} is ${seen} to the backend`, async () => {
    obey({ "rewrite-target": target }, path);
    assert.equal((await ask(asked)).seen.url, seen);
  });

test("a pattern leads only what it matches", async () => {
  obey({ "use-regex": "true" }, "ImplementationSpecific /v[0-9]+/");
  assert.equal((await ask("/v12/x")).seen.url, "/v12/x");
  assert.equal((await ask("/vx/x")).status, 404);
});

const moves: [name: string, annotations: Record<string, string>, tls: string[], asked: string, status: number, to: string | undefined][] = [
  ["plain HTTP goes to TLS where the host has it", {}, ["web.com"], "/a?b", 308, "https://web.com/a?b"],
  ["and where a wildcard covers it", {}, ["*.com"], "/", 308, "https://web.com/"],
  ["not where another host has it", {}, ["shop.com"], "/", 200, undefined],
  ["not when it is switched off", { "ssl-redirect": "false" }, ["web.com"], "/", 200, undefined],
  ["everywhere when it is forced", { "force-ssl-redirect": "true", "ssl-redirect": "false" }, [], "/", 308, "https://web.com/"],
  ["for good", { "permanent-redirect": "https://new.com/x" }, [], "/y", 301, "https://new.com/x"],
  ["by another code", { "permanent-redirect": "https://new.com", "permanent-redirect-code": "308" }, [], "/", 308, "https://new.com"],
  ["for now", { "temporal-redirect": "https://new.com" }, [], "/", 302, "https://new.com"],
  ["the root goes to the application", { "app-root": "/app" }, [], "/", 302, "/app"],
  ["and nothing else does", { "app-root": "/app" }, [], "/other", 200, undefined],
];
for (const [name, annotations, tls, asked, status, to] of moves)
  test(`redirects: ${name}`, async () => {
    obey(annotations, "Prefix /", tls);
    const answer = await ask(asked);
    assert.deepEqual([answer.status, answer.headers.location], [status, to]);
  });

test("who may not come in is told so", async () => {
  for (const [annotations, status] of [
    [{ "whitelist-source-range": "10.0.0.0/8" }, 403],
    [{ "allowlist-source-range": "10.0.0.0/8, 127.0.0.0/8" }, 200],
    [{ "denylist-source-range": "127.0.0.1" }, 403],
    [{ "whitelist-source-range": "nonsense" }, 503],
    [{ "auth-type": "basic" }, 503],
    [{ "auth-url": "http://x" }, 503],
    [{ "configuration-snippet": "deny all;" }, 503],
    [{ "proxy-buffering": "on" }, 200],
  ] as const) {
    obey(annotations as Record<string, string>);
    assert.equal((await ask("/")).status, status, JSON.stringify(annotations));
  }
});

test("a body that is too large is refused, whether it says so before or not", async () => {
  obey({ "proxy-body-size": "1k" });
  const body = "x".repeat(2000);
  assert.equal((await ask("/", { "content-length": "1024" }, "POST", "x".repeat(1024))).status, 200);
  assert.equal((await ask("/", { "content-length": "2000" }, "POST", body)).status, 413);
  const answer = await stage.raw(`POST / HTTP/1.1\r\nHost: web.com\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n${body}\r\n`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test("the backend sees another host and a prefix when it is to", async () => {
  obey({ "upstream-vhost": "inner.local", "x-forwarded-prefix": "/app" });
  const { headers } = (await ask("/")).seen;
  assert.deepEqual([headers.host, headers["x-forwarded-host"], headers["x-forwarded-prefix"]], ["inner.local", "web.com", "/app"]);
});

test("aliases of a host are answered as it is", async () => {
  obey({ "server-alias": "www.web.com, *.alias.com" });
  assert.equal((await ask("/", { host: "www.web.com" })).status, 200);
  assert.equal((await ask("/", { host: "x.alias.com" })).status, 200);
  assert.equal((await ask("/", { host: "x.com" })).status, 404);
});

test("a cookie keeps a client with its endpoint, until that is gone", async () => {
  obey({ affinity: "cookie", "session-cookie-name": "route", "session-cookie-max-age": "60", "session-cookie-samesite": "Lax" });
  const first = await ask("/");
  const [own, cookie] = first.headers["set-cookie"] as string[];
  assert.equal(own, "own=1");
  assert.match(cookie!, /^route=[0-9a-f]{32}; Path=\/; Max-Age=60; SameSite=Lax; HttpOnly$/);
  const sent = { cookie: `x=1; ${cookie!.split(";")[0]}` };
  for (let at = 0; at < 5; at++) {
    const again = await ask("/", sent);
    assert.equal(again.seen.name, first.seen.name);
    assert.deepEqual(again.headers["set-cookie"], ["own=1"]);
  }
  const other = backends[first.seen.name === "one" ? 1 : 0]!;
  stage.lead(other.endpoint);
  const moved = await ask("/", sent);
  assert.notEqual(moved.seen.name, first.seen.name);
  assert.match((moved.headers["set-cookie"] as string[])[1]!, /^route=/);
  stage.lead(...backends.map(({ endpoint }) => endpoint));
});

test("other origins may read what they are allowed to, and ask before", async () => {
  obey({ "enable-cors": "true", "cors-allow-origin": "https://*.friend.com, https://one.com", "cors-expose-headers": "X-A" });
  const plain = await ask("/", { origin: "https://a.friend.com" });
  assert.deepEqual(
    [plain.headers["access-control-allow-origin"], plain.headers["access-control-expose-headers"], plain.headers.vary],
    ["https://a.friend.com", "X-A", "Origin"],
  );
  const preflight = await ask("/", { origin: "https://one.com" }, "OPTIONS");
  assert.deepEqual([preflight.status, preflight.headers["access-control-allow-methods"]], [204, "GET, PUT, POST, DELETE, PATCH, OPTIONS"]);
  assert.equal((await ask("/", { origin: "https://a.b.friend.com" })).headers["access-control-allow-origin"], undefined);
  assert.equal((await ask("/", { origin: "https://evil.com/.friend.com" })).headers["access-control-allow-origin"], undefined);
});

test("an address that asks too much is held up, and let in again", async () => {
  obey({ "limit-rps": "1", "limit-burst-multiplier": "3" });
  const statuses: number[] = [];
  for (let at = 0; at < 5; at++) statuses.push((await ask("/")).status);
  assert.deepEqual(statuses.slice(0, 3), [200, 200, 200]);
  assert.ok(statuses.includes(429), String(statuses));
  obey({ "limit-connections": "1" });
  await until(() => true);
  assert.equal((await ask("/")).status, 200);
});

test("limits refill with time and count what is under way", async () => {
  const clock = new VirtualClock();
  const guards = new Guards(clock);
  const limits = { connections: 2, perSecond: 0, perMinute: 60, burst: 1, exempt: undefined };
  const [one, two] = [guards.enter("i", "1.1.1.1", limits), guards.enter("i", "1.1.1.1", limits)];
  assert.ok(one && two);
  assert.equal(guards.enter("i", "1.1.1.1", limits), undefined);
  assert.ok(guards.enter("i", "2.2.2.2", limits));
  one();
  for (let at = 0; at < 58; at++) guards.enter("i", "1.1.1.1", limits)?.();
  assert.equal(guards.enter("i", "1.1.1.1", limits), undefined, "the minute is used up");
  await clock.advance(1100);
  assert.ok(guards.enter("i", "1.1.1.1", limits));
});
