import assert from "node:assert/strict";
import { test } from "node:test";
import { Packet } from "dns2";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { Answerer } from "./answer.ts";
import { Zone } from "./zone.ts";

const types = { A: 1, CNAME: 5, PTR: 12, AAAA: 28, SRV: 33, TXT: 16 };

function aZone(): Zone {
  const zone = new Zone("cluster.local");
  zone.setNamespace("default", true);
  const service = (name: string, spec: Service["spec"]): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec,
  });
  const slice: EndpointSlice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "db-1", namespace: "default" },
    addressType: "IPv4",
    ports: [{ name: "sql", port: 5432, protocol: "TCP" }],
    endpoints: [
      { addresses: ["10.244.1.5"], hostname: "db-0", conditions: { ready: true } },
      { addresses: ["10.244.1.6"], conditions: { ready: true } },
      { addresses: ["10.244.1.7"], conditions: { ready: false } },
    ],
  };
  zone.setService("default/web", service("web", { clusterIP: "10.96.0.20", ports: [{ name: "http", port: 80, protocol: "TCP" }] }), []);
  zone.setService("default/db", service("db", { clusterIP: "None", ports: [{ name: "sql", port: 5432 }] }), [slice]);
  zone.setService("default/out", service("out", { type: "ExternalName", externalName: "example.org" }), []);
  zone.setService("default/alias", service("alias", { type: "ExternalName", externalName: "web.default.svc.cluster.local" }), []);
  return zone;
}

function ask(zone: Zone, name: string, type: number, transport: "datagram" | "stream" = "datagram") {
  const query = new Packet();
  Object.assign(query.header, { id: 4242, rd: 1 });
  query.questions.push({ name, type, class: 1 } as never);
  const answer = new Answerer(zone).answer(Buffer.from(query.toBuffer()), transport === "stream" ? undefined : 512);
  if (typeof answer === "string") return { outcome: answer, rcode: -1, answers: [], additionals: [] as never[], header: undefined };
  // dns2 parses into plain records whose fields depend on their type.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is asserted below.
  const packet = Packet.parse(answer) as any;
  assert.equal(packet.header.id, 4242);
  return {
    outcome: "answered",
    rcode: packet.header.rcode,
    answers: packet.answers,
    additionals: packet.additionals,
    header: packet.header,
  };
}

test("a ClusterIP Service answers A, SRV and PTR", () => {
  const zone = aZone();
  assert.equal(ask(zone, "web.default.svc.cluster.local", types.A).answers[0].address, "10.96.0.20");
  const srv = ask(zone, "_http._tcp.web.default.svc.cluster.local", types.SRV);
  assert.deepEqual([srv.answers[0].port, srv.answers[0].target], [80, "web.default.svc.cluster.local"]);
  assert.equal((srv.additionals as { address?: string }[])[0]?.address, "10.96.0.20");
  assert.equal(ask(zone, "20.0.96.10.in-addr.arpa", types.PTR).answers[0].domain, "web.default.svc.cluster.local");
});

test("a headless Service answers with its ready endpoints and their own names", () => {
  const zone = aZone();
  const all = ask(zone, "db.default.svc.cluster.local", types.A).answers.map((a: { address: string }) => a.address);
  assert.deepEqual(all, ["10.244.1.5", "10.244.1.6"]);
  assert.equal(ask(zone, "db-0.db.default.svc.cluster.local", types.A).answers[0].address, "10.244.1.5");
  assert.equal(ask(zone, "10-244-1-6.db.default.svc.cluster.local", types.A).answers[0].address, "10.244.1.6");
  assert.equal(ask(zone, "_sql._tcp.db.default.svc.cluster.local", types.SRV).answers.length, 2);
});

test("an ExternalName is a CNAME, followed where it leads back into the cluster", () => {
  const zone = aZone();
  assert.equal(ask(zone, "out.default.svc.cluster.local", types.CNAME).answers[0].domain, "example.org");
  assert.equal(ask(zone, "out.default.svc.cluster.local", types.A).answers[0].domain, "example.org");
  assert.deepEqual(
    ask(zone, "alias.default.svc.cluster.local", types.A).answers.map((a: { address?: string }) => a.address),
    [undefined, "10.96.0.20"],
  );
});

test("names that exist without such a record are empty, names that do not exist are NXDOMAIN, other names go elsewhere", () => {
  const zone = aZone();
  const empty = ask(zone, "web.default.svc.cluster.local", types.AAAA);
  assert.deepEqual([empty.rcode, empty.answers.length], [0, 0]);
  assert.equal(ask(zone, "nothing.default.svc.cluster.local", types.A).rcode, 3);
  assert.equal(ask(zone, "web.nowhere.svc.cluster.local", types.A).rcode, 3);
  assert.equal(ask(zone, "default.svc.cluster.local", types.A).rcode, 0);
  assert.equal(ask(zone, "example.org", types.A).outcome, "forward");
  assert.equal(ask(zone, "10-244-1-9.default.pod.cluster.local", types.A).answers[0].address, "10.244.1.9");
});

test("case is ignored in the question and kept in the answer", () => {
  const answer = ask(aZone(), "WEB.default.svc.Cluster.Local", types.A);
  assert.equal(answer.answers[0].address, "10.96.0.20");
});

test("an answer that does not fit a datagram is truncated, and whole over a stream", () => {
  const zone = new Zone("cluster.local");
  zone.setNamespace("default", true);
  const endpoints = Array.from({ length: 60 }, (_, i) => ({ addresses: [`10.244.3.${i + 1}`], conditions: { ready: true } }));
  const slice = { metadata: {}, addressType: "IPv4", ports: [], endpoints } as unknown as EndpointSlice;
  zone.setService("default/big", { metadata: { name: "big", namespace: "default" }, spec: { clusterIP: "None" } } as Service, [slice]);
  const small = ask(zone, "big.default.svc.cluster.local", types.A);
  assert.deepEqual([small.header.tc, small.answers.length], [1, 0]);
  assert.equal(ask(zone, "big.default.svc.cluster.local", types.A, "stream").answers.length, 60);
});

test("a Service that goes takes its names along", () => {
  const zone = aZone();
  zone.setService("default/web", undefined, []);
  assert.equal(ask(zone, "web.default.svc.cluster.local", types.A).rcode, 3);
  assert.equal(ask(zone, "20.0.96.10.in-addr.arpa", types.PTR).outcome, "forward");
});

test("rubbish is answered with an error or ignored, never thrown", () => {
  const answerer = new Answerer(aZone());
  assert.equal(answerer.answer(Buffer.alloc(3), 512), "ignore");
  const broken = Buffer.alloc(40, 0xff);
  broken[2] = 0;
  assert.doesNotThrow(() => answerer.answer(broken, 512));
});
