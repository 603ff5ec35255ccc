import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { test } from "node:test";
import { type Event, events as eventResource } from "#api/mod.ts";
import { silentLog, systemClock } from "#base/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import { startDns } from "./dns.ts";
import { types } from "./message.ts";
import { aQuery, parsed } from "./testing.ts";

/** One that nobody has just now, for both protocols. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}

async function ask(port: number, name: string) {
  const socket = createSocket("udp4");
  try {
    const answer = new Promise<Buffer>((done, fail) => {
      socket.once("message", done);
      socket.once("error", fail);
    });
    socket.send(aQuery(name, types.A), port, "127.0.0.1");
    return parsed(await answer);
  } finally {
    socket.close();
  }
}

const addressOf = async (port: number, name: string): Promise<string | undefined> => (await ask(port, name)).answers[0]?.address;

const corefile = (address: string, more = "") =>
  `.:53 {\n  kubernetes cluster.local\n  hosts {\n    ${address} one.test\n  }\n  ${more}\n}\n`;

async function aDns(text?: string) {
  const api = fakeApi();
  const configure = (data: Record<string, string>) =>
    api.put("configmaps", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "coredns", namespace: "kube-system" }, data } as never);
  if (text !== undefined) configure({ Corefile: text });
  const port = await freePort();
  const dns = startDns({
    client: api.client,
    clock: systemClock,
    log: silentLog,
    domain: "cluster.local",
    addresses: ["127.0.0.1"],
    port,
    resolvers: [],
    nodeName: "node-1",
  });
  await dns.ready;
  const events = () => api.requests.filter((each) => each.startsWith("POST") && each.endsWith("/events")).length;
  return { api, configure, port, dns, events };
}

async function eventually(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await check()) return;
    await systemClock.sleep(20);
  }
  assert.fail(`not in ten seconds: ${what}`);
}

test("another configuration is taken without a query lost, a wrong one is told of and the last stays", { timeout: 60_000 }, async () => {
  const { configure, port, dns, events, api } = await aDns(corefile("10.0.0.1"));
  assert.equal(await addressOf(port, "one.test"), "10.0.0.1");
  let asked = 0;
  let stop = false;
  const asking = (async () => {
    while (!stop) {
      assert.match((await addressOf(port, "one.test")) ?? "none", /^10\.0\.0\.[12]$/);
      asked++;
    }
  })();
  configure({ Corefile: corefile("10.0.0.2") });
  await eventually("the new address", async () => (await addressOf(port, "one.test")) === "10.0.0.2");
  configure({ Corefile: corefile("10.0.0.1", "nonsense") });
  await eventually("an Event", () => events() > 0);
  assert.equal(await addressOf(port, "one.test"), "10.0.0.2");
  api.remove("configmaps/kube-system/coredns");
  configure({ Corefile: corefile("10.0.0.1") });
  await eventually("the mended one", async () => (await addressOf(port, "one.test")) === "10.0.0.1");
  stop = true;
  await asking;
  assert.ok(asked > 0);
  await dns.close();
});

test("the Event tells what is wrong, where, and about which object", { timeout: 60_000 }, async () => {
  const { configure, dns, api } = await aDns();
  configure({ Corefile: ". {\n\n  dnssec\n}" });
  let event: Event | undefined;
  await eventually("an Event", async () => {
    const { items } = await api.client.list(eventResource, { namespace: "kube-system" });
    event = items[0] as Event | undefined;
    return event !== undefined;
  });
  assert.deepEqual(
    [event!.type, event!.reason, event!.involvedObject?.kind, event!.involvedObject?.name, event!.source?.host],
    ["Warning", "InvalidCorefile", "ConfigMap", "coredns", "node-1"],
  );
  assert.equal(event!.message, "Corefile:3 - Error during parsing: plugin 'dnssec' is not there; what was in force before stays");
  await dns.close();
});

test("ports of the configuration are opened and closed, one that is taken leaves the last in force", { timeout: 60_000 }, async () => {
  const [second, metrics, taken] = [await freePort(), await freePort(), await freePort()];
  const { configure, port, dns, events } = await aDns(corefile("10.0.0.1"));
  const other = (at: number) => `.:${at} {\n  hosts {\n    10.0.0.9 two.test\n  }\n}\n`;
  configure({ Corefile: `${corefile("10.0.0.1", `prometheus :${metrics}\n ready :${metrics}\n health :${metrics}`)}${other(second)}` });
  const got = async (path: string) => fetch(`http://127.0.0.1:${metrics}${path}`).catch(() => undefined);
  await eventually("its metrics", async () => (await got("/metrics"))?.status === 200);
  assert.equal(await addressOf(second, "two.test"), "10.0.0.9");
  assert.equal(await (await got("/ready"))!.text(), "OK");
  assert.equal(await (await got("/health"))!.text(), "OK");
  assert.equal((await got("/other"))!.status, 404);
  await ask(port, "one.test");
  assert.match(
    await (await got("/metrics"))!.text(),
    /coredns_dns_requests_total\{server="dns:\/\/:53",zone="\.",view="",proto="udp",family="1",type="A"\} [1-9]/,
  );
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(taken, "127.0.0.1", done));
  configure({ Corefile: `${corefile("10.0.0.2")}${other(taken)}` });
  await eventually("an Event", () => events() > 0);
  assert.equal(await addressOf(port, "one.test"), "10.0.0.1");
  configure({ Corefile: corefile("10.0.0.3") });
  await eventually("the next one", async () => (await addressOf(port, "one.test")) === "10.0.0.3");
  await eventually("closed ports", async () => (await got("/metrics")) === undefined);
  await new Promise<void>((done) => holder.close(() => done()));
  await dns.close();
});

test("without a ConfigMap what is built in answers, localhost too", { timeout: 60_000 }, async () => {
  const { dns, port } = await aDns();
  assert.equal(await addressOf(port, "localhost"), "127.0.0.1");
  assert.equal((await ask(port, "nothing.default.svc.cluster.local")).header.rcode, 3);
  assert.equal((await ask(port, "example.org")).header.rcode, 2);
  await dns.close();
});

test("what is forwarded to itself is a loop, and ends", { timeout: 60_000 }, async () => {
  const { configure, port, dns, events } = await aDns(corefile("10.0.0.1"));
  configure({ Corefile: `. {\n loop\n forward . 127.0.0.1:${port}\n}` });
  await eventually("an Event", () => events() > 0);
  assert.equal((await ask(port, "example.org")).header.rcode, 2);
  await dns.close();
});
