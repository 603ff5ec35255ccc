import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Service } from "#api/mod.ts";
import { transaction } from "#linux/mod.ts";
import { type CompileOptions, compile } from "./compile.ts";
import { serviceTable } from "./service-table.ts";

const options: CompileOptions = { podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/16", ownAddresses: ["10.96.0.10"] };
const here = { nodeName: "n1", zone: "a" };

function aService(name: string, spec: Service["spec"] = {}, status: Service["status"] = {}): Service {
  const clusterIP = spec?.clusterIP ?? "10.96.0.20";
  const base = { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: "TCP" }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: "default" }, spec: { ...base, ...spec }, status };
}

function aSlice(service: string, endpoints: EndpointSlice["endpoints"]): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${service}-x`, namespace: "default", labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ port: 8080, protocol: "TCP", name: "" }],
    endpoints,
  };
}

const two = [
  { addresses: ["10.244.1.2"], nodeName: "n1", conditions: { ready: true } },
  { addresses: ["10.244.2.2"], nodeName: "n2", conditions: { ready: true } },
];
const rulesOf = (services: Service[], slices: EndpointSlice[]) => compile(serviceTable(services, slices, here), options);

test("a Service is one verdict and one element per endpoint", () => {
  const rules = rulesOf([aService("web")], [aSlice("web", two)]);
  assert.deepEqual(rules.sets.get("services")!.elements, new Map([["10.96.0.20 . tcp . 80", "goto cluster-2"]]));
  assert.deepEqual(
    rules.sets.get("endpoints")!.elements,
    new Map([
      ["10.96.0.20 . tcp . 80 . 0x00000000", "10.244.1.2 . 8080"],
      ["10.96.0.20 . tcp . 80 . 0x00000001", "10.244.2.2 . 8080"],
    ]),
  );
  assert.deepEqual([...rules.sets.get("hairpin")!.elements.keys()], ["10.244.1.2 . 10.244.1.2"]);
});

test("a Service without ready endpoints refuses, and unready endpoints get nothing", () => {
  const rules = rulesOf([aService("web")], [aSlice("web", [{ addresses: ["10.244.1.2"], conditions: { ready: false } }])]);
  assert.equal(rules.sets.get("services")!.elements.size, 0);
  assert.equal(rules.sets.get("unavailable")!.elements.get("10.96.0.20 . tcp . 80"), "goto refuse");
});

test("endpoints that serve while terminating are used only when none is ready", () => {
  const leaving = { addresses: ["10.244.1.9"], conditions: { ready: false, serving: true, terminating: true } };
  const alone = serviceTable([aService("web")], [aSlice("web", [leaving])], here);
  assert.deepEqual(alone.entries[0]!.targets, [{ ip: "10.244.1.9", port: 8080 }]);
  const beside = serviceTable([aService("web")], [aSlice("web", [leaving, two[0]!])], here);
  assert.deepEqual(beside.entries[0]!.targets, [{ ip: "10.244.1.2", port: 8080 }]);
});

test("externalTrafficPolicy Local keeps traffic from outside on this node, and drops it where there is no endpoint", () => {
  const service = aService("web", {
    type: "NodePort",
    externalTrafficPolicy: "Local",
    ports: [{ port: 80, protocol: "TCP", nodePort: 30080 }],
  });
  const local = rulesOf([service], [aSlice("web", two)]);
  const outer = local.sets.get("node-ports")!.elements.get("tcp . 30080")!.replace("goto ", "");
  assert.deepEqual(local.chains.get(outer.replace("n-", "l-"))!.rules, ["meta l4proto tcp dnat ip to 10.244.1.2:8080"]);
  const remote = rulesOf([service], [aSlice("web", [two[1]!])]);
  assert.deepEqual(remote.chains.get(outer.replace("n-", "l-"))!.rules, ["drop"]);
});

test("what comes to a node port is masqueraded, pods of other nodes too: their endpoint would answer past this node", () => {
  const ports = [{ port: 80, protocol: "TCP", nodePort: 30080 }];
  for (const more of [{}, { sessionAffinity: "ClientIP" }]) {
    const rules = rulesOf([aService("web", { type: "NodePort", ports, ...more })], [aSlice("web", two)]);
    const chain = rules.sets.get("node-ports")!.elements.get("tcp . 30080")!.replace("goto ", "");
    assert.match(rules.chains.get(chain)!.rules[0]!, /^ct mark set ct mark \| 0x4000( goto |$)/);
  }
});

test("headless, ExternalName and foreign-proxy Services make no rules", () => {
  const foreign = aService("other");
  foreign.metadata.labels = { "service.kubernetes.io/service-proxy-name": "mine" };
  const table = serviceTable(
    [aService("h", { clusterIP: "None" }), aService("e", { type: "ExternalName", externalName: "x.example" }), foreign],
    [],
    here,
  );
  assert.deepEqual(table.entries, []);
});

test("hints for this zone narrow the endpoints when every ready endpoint has hints", () => {
  const hinted = [
    { ...two[0]!, hints: { forZones: [{ name: "a" }] } },
    { ...two[1]!, hints: { forZones: [{ name: "b" }] } },
  ];
  assert.deepEqual(serviceTable([aService("web")], [aSlice("web", hinted)], here).entries[0]!.targets, [{ ip: "10.244.1.2", port: 8080 }]);
  const partly = [hinted[0]!, two[1]!];
  assert.equal(serviceTable([aService("web")], [aSlice("web", partly)], here).entries[0]!.targets.length, 2);
});

test("one more Service is a handful of elements; equal rules are not touched", () => {
  const before = rulesOf([aService("a")], [aSlice("a", two)]);
  const after = rulesOf([aService("a"), aService("b", { clusterIP: "10.96.0.21" })], [aSlice("a", two), aSlice("b", two)]);
  assert.equal(transaction("t", before, before), "");
  assert.deepEqual(transaction("t", before, after).trim().split("\n"), [
    "add element ip t services { 10.96.0.21 . tcp . 80 : goto cluster-2 }",
    "add element ip t endpoints { 10.96.0.21 . tcp . 80 . 0x00000000 : 10.244.1.2 . 8080, 10.96.0.21 . tcp . 80 . 0x00000001 : 10.244.2.2 . 8080 }",
    "add element ip t addresses { 10.96.0.21 }",
  ]);
  const back = transaction("t", after, before).trim().split("\n");
  assert.ok(
    back.every((line) => line.startsWith("delete element")),
    back.join("\n"),
  );
});

test("session affinity gives each endpoint a memory of its clients", () => {
  const service = aService("web", { sessionAffinity: "ClientIP", sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } });
  const rules = rulesOf([service], [aSlice("web", two)]);
  const chain = rules.sets.get("services")!.elements.get("10.96.0.20 . tcp . 80")!.replace("goto ", "");
  const body = rules.chains.get(chain)!.rules;
  assert.equal(body.filter((rule) => /^ip saddr @e-\S+ goto e-\S+$/.test(rule)).length, 2);
  const memory = [...rules.sets].filter(([name]) => name.startsWith("e-"));
  assert.ok(memory.length === 2 && memory.every(([, set]) => set.flags?.includes("timeout 60s")));
});
