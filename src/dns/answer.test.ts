import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { aPeer, aQuery, aServing, parsed } from "./testing.ts";
import { Zone } from "./zone.ts";

const types = { A: 1, NS: 2, CNAME: 5, PTR: 12, AAAA: 28, SRV: 33, TXT: 16 };

function aZone(): Zone {
  const zone = new Zone("cluster.local", { addresses: ["10.96.0.10", "fd00:96::a"], hasPod: () => true });
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

const corefile = `. {
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 30
  }
  loadbalance
}`;

/** Behind `kubernetes` is nobody: what goes there fails. */
function ask(zone: Zone, name: string, type: number, transport: "datagram" | "stream" = "datagram") {
  const { serving } = aServing(corefile, { zone });
  const answer = serving.respond(53, aQuery(name, type), aPeer({ stream: transport === "stream" }));
  if (!(answer instanceof Buffer)) throw new Error("no answer at once");
  const { header, answers, additionals } = parsed(answer);
  return { outcome: header.rcode === 2 ? "forward" : "answered", rcode: header.rcode, answers, additionals, header };
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

/** Of two families, headless and not. */
function aDualZone(): Zone {
  const zone = new Zone("cluster.local", { hasPod: () => true });
  zone.setNamespace("default", true);
  const slice = (addressType: string, addresses: string[]) =>
    ({
      metadata: { name: addressType, namespace: "default" },
      addressType,
      ports: [{ name: "sql", port: 5432 }, { port: 9000 }],
      endpoints: addresses.map((each, i) => ({
        addresses: [each],
        conditions: { ready: i === 0 },
        ...(i === 0 ? { hostname: "db-0" } : {}),
      })),
    }) as unknown as EndpointSlice;
  const service = (name: string, spec: Service["spec"]) => ({ metadata: { name, namespace: "default" }, spec }) as Service;
  const ports = [
    { name: "http", port: 80 },
    { name: "dns", port: 53, protocol: "UDP" },
  ];
  zone.setService("default/web", service("web", { clusterIP: "10.96.0.20", clusterIPs: ["10.96.0.20", "FD00:96::14"], ports }), []);
  const slices = [slice("IPv4", ["10.244.1.5", "10.244.1.6"]), slice("IPv6", ["fd00:244::5", "fd00:244::6"])];
  zone.setService("default/db", service("db", { clusterIP: "None" }), slices);
  zone.setService("default/all", service("all", { clusterIP: "None", publishNotReadyAddresses: true }), slices);
  return zone;
}

const addresses = (answers: { address?: string }[]) => answers.map(({ address }) => address);

test("a Service of two families answers A and AAAA, and its address of IPv6 leads back to it", () => {
  const zone = aDualZone();
  const name = "web.default.svc.cluster.local";
  assert.deepEqual(addresses(ask(zone, name, types.A).answers), ["10.96.0.20"]);
  assert.deepEqual(addresses(ask(zone, name, types.AAAA).answers), ["fd00:96::14"]);
  const reverse = "4.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa";
  assert.equal(ask(zone, reverse, types.PTR).answers[0].domain, name);
  assert.equal(ask(zone, "4.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa", types.PTR).outcome, "forward");
});

test("headless endpoints have names and addresses in both families, those that are not ready when the Service says so", () => {
  const zone = aDualZone();
  const of = (name: string, type: number) => addresses(ask(zone, `${name}.default.svc.cluster.local`, type).answers);
  assert.deepEqual(of("db", types.AAAA), ["fd00:244::5"]);
  assert.deepEqual(of("db-0.db", types.AAAA), ["fd00:244::5"]);
  assert.deepEqual(of("all", types.AAAA), ["fd00:244::5", "fd00:244::6"]);
  assert.deepEqual(of("fd00-244--6.all", types.AAAA), ["fd00:244::6"]);
  assert.deepEqual(addresses(ask(zone, "fd00-244--9.default.pod.cluster.local", types.AAAA).answers), ["fd00:244::9"]);
  assert.equal(ask(zone, "fd00-xyz.default.pod.cluster.local", types.AAAA).rcode, 3);
});

test("SRV at the Service's own name tells of all ports, with what each way is worth; a target with two addresses is one", () => {
  const zone = aDualZone();
  const srv = (name: string) =>
    ask(zone, name, types.SRV).answers.map(({ target, port, weight }: Record<string, unknown>) => `${target}:${port} ${weight}`);
  const web = "web.default.svc.cluster.local";
  assert.deepEqual(srv(web), [`${web}:80 25`, `${web}:53 25`]);
  assert.deepEqual(srv(`_http._tcp.${web}`), [`${web}:80 50`]);
  assert.deepEqual(srv("db.default.svc.cluster.local").sort(), [
    "db-0.db.default.svc.cluster.local:5432 25",
    "db-0.db.default.svc.cluster.local:9000 25",
  ]);
  const { additionals } = ask(zone, web, types.SRV);
  assert.deepEqual(addresses(additionals).sort(), ["10.96.0.20", "fd00:96::14"]);
});

test("addresses of a Service take turns being first", () => {
  const zone = aDualZone();
  const { serving } = aServing(corefile, { zone });
  for (const [type, all] of [
    [types.A, ["10.244.1.5", "10.244.1.6"]],
    [types.AAAA, ["fd00:244::5", "fd00:244::6"]],
  ] as const) {
    const firsts = [0, 1, 2, 3].map(() => {
      const answer = serving.respond(53, aQuery("all.default.svc.cluster.local", type), aPeer()) as Buffer;
      const got = addresses(parsed(answer).answers);
      assert.deepEqual(got.toSorted(), all);
      return got[0]!;
    });
    assert.deepEqual(firsts, [...all, ...all]);
  }
});

test("the zone has a name server, at the address where it is answered", () => {
  const zone = aZone();
  assert.equal(ask(zone, "cluster.local", types.NS).answers[0].ns, "ns.dns.cluster.local");
  assert.deepEqual(addresses(ask(zone, "ns.dns.cluster.local", types.A).answers), ["10.96.0.10"]);
  assert.deepEqual(addresses(ask(zone, "ns.dns.cluster.local", types.AAAA).answers), ["fd00:96::a"]);
  assert.equal(ask(zone, "other.dns.cluster.local", types.A).rcode, 3);
});

test("an ExternalName is a CNAME, followed where it leads back into the cluster", () => {
  const zone = aZone();
  assert.equal(ask(zone, "out.default.svc.cluster.local", types.CNAME).answers[0].domain, "example.org");
  assert.deepEqual(
    ask(zone, "alias.default.svc.cluster.local", types.A).answers.map((a: { address?: string }) => a.address),
    [undefined, "10.96.0.20"],
  );
});

test("an ExternalName that leads out of the cluster is answered with what is known there, or alone", async () => {
  const zone = aZone();
  const name = "out.default.svc.cluster.local";
  const alone = await aServing(corefile, { zone }).ask(name);
  assert.deepEqual([alone.header.rcode, alone.answers.length, alone.answers[0].domain], [0, 1, "example.org"]);
  const known = corefile.replace("loadbalance", "hosts {\n 192.0.2.1 example.org\n fallthrough\n }");
  const { answers } = await aServing(known, { zone }).ask(name);
  assert.deepEqual(addresses(answers), [undefined, "192.0.2.1"]);
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
  const { serving } = aServing(corefile, { zone: aZone() });
  assert.equal(serving.respond(53, Buffer.alloc(3), aPeer()), undefined);
  const broken = Buffer.alloc(40, 0xff);
  broken[2] = 0;
  assert.doesNotThrow(() => serving.respond(53, broken, aPeer()));
});
