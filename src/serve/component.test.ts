import assert from "node:assert/strict";
import { request } from "node:https";
import { type TestContext, test } from "node:test";
import { silentLog, systemClock } from "#base/mod.ts";
import type { Client } from "#client/mod.ts";
import { openComponentPort } from "./component.ts";
import { processMetrics } from "./metrics.ts";
import { testAuthority } from "./test-certificates.ts";

/** Knows one token, whose owner may read metrics. */
const client = {
  create: async (
    resource: { resource: string },
    object: { spec: { token?: string; nonResourceAttributes?: { path: string; verb: string } } },
  ) => {
    const { spec } = object;
    if (resource.resource === "tokenreviews")
      return { ...object, status: { authenticated: spec.token === "good", user: { username: "bot" } } };
    return { ...object, status: { allowed: spec.nonResourceAttributes?.path === "/metrics" && spec.nonResourceAttributes.verb === "get" } };
  },
} as unknown as Client;

async function open(t: TestContext, broken: () => boolean) {
  const authority = await testAuthority();
  const port = await openComponentPort({
    name: "kube-part",
    version: "1.36.4",
    address: "127.0.0.1",
    port: 0,
    ...authority.server,
    clientCa: authority.ca,
    client,
    clock: systemClock,
    log: silentLog,
    health: [
      {
        name: "work",
        check() {
          if (broken()) throw new Error("it does not run");
        },
      },
    ],
    metrics: () => processMetrics(0),
    config: () => ({ "example.config.k8s.io": { a: 1 } }),
  });
  t.after(() => port.close());
  return (path: string, token = "", method = "GET") =>
    new Promise<string>((resolve, reject) => {
      const headers = token ? { authorization: `Bearer ${token}` } : {};
      const asking = request({ host: "127.0.0.1", port: port.port, path, method, ca: authority.ca, agent: false, headers }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve(`${response.statusCode} ${text}`));
      });
      asking.on("error", reject).end();
    });
}

test("health is for everybody, metrics and settings for whom the API server allows", async (t) => {
  let broken = false;
  const get = await open(t, () => broken);
  for (const path of ["/healthz", "/livez", "/readyz"]) assert.equal(await get(path), "200 ok");
  broken = true;
  assert.match(await get("/readyz"), /^500 \[\+\]ping ok\n\[-\]work failed: reason withheld\nreadyz check failed/);
  assert.match(await get("/metrics"), /^401/);
  assert.match(await get("/metrics", "bad"), /^401/);
  assert.match(await get("/metrics", "good"), /^200 # HELP process_cpu_seconds_total/);
  assert.match(await get("/configz", "good"), /^403 Forbidden: user "bot" cannot get path "\/configz"/);
  assert.match(await get("/metrics", "good", "POST"), /^403/);
  assert.match(await get("/elsewhere", "good"), /^403/);
});
