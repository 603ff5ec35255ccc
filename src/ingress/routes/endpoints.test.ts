import assert from "node:assert/strict";
import { test } from "node:test";
import type { EndpointSlice, Service, Endpoint as SliceEndpoint } from "#api/mod.ts";
import { endpointsOf } from "./endpoints.ts";

const aService = (spec: Service["spec"] = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s", namespace: "default" },
  spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }], ...spec },
});
const aSlice = (endpoints: SliceEndpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "s-1", namespace: "default" },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080, protocol: "TCP" }],
  endpoints,
  ...more,
});
const at = (last: number, ready = true, leaving = false): SliceEndpoint => ({
  addresses: [`10.0.0.${last}`],
  conditions: { ready, serving: ready || leaving, terminating: leaving },
});

test("ready endpoints by number or name of the Service's port, sorted and each once", () => {
  const slices = [aSlice([at(2), at(1), at(3, false)]), aSlice([at(2)])];
  const wanted = {
    list: [
      { ip: "10.0.0.1", port: 8080 },
      { ip: "10.0.0.2", port: 8080 },
    ],
  };
  assert.deepEqual(endpointsOf(aService(), 80, slices), wanted);
  assert.deepEqual(endpointsOf(aService(), "http", slices), wanted);
});

test("those that leave are used only when nobody else is there", () => {
  const leaving = at(1, false, true);
  assert.deepEqual(endpointsOf(aService(), 80, [aSlice([leaving, at(2)])]), { list: [{ ip: "10.0.0.2", port: 8080 }] });
  assert.deepEqual(endpointsOf(aService(), 80, [aSlice([leaving, at(2, false)])]), { list: [{ ip: "10.0.0.1", port: 8080 }] });
});

test("slices of other addresses, ports and protocols do not count", () => {
  const slices = [
    aSlice([at(1)], { addressType: "IPv6" }),
    aSlice([at(2)], { ports: [{ name: "other", port: 1, protocol: "TCP" }] }),
    aSlice([at(3)], { ports: [{ name: "http", port: 1, protocol: "UDP" }] }),
  ];
  assert.deepEqual(endpointsOf(aService(), 80, slices), { list: [] });
});

const problems: [service: Service | undefined, port: number | string, wanted: string][] = [
  [undefined, 80, "the Service does not exist"],
  [aService(), 81, "the Service has no port 81"],
  [aService(), "https", "the Service has no port https"],
  [aService({ type: "ExternalName", externalName: "localhost" }), 80, "the Service is of type ExternalName, which has no endpoints"],
  [aService({ ports: [{ port: 53, protocol: "UDP" }] }), 53, "port 53 of the Service is UDP, not TCP"],
];
for (const [service, port, wanted] of problems)
  test(`no endpoints: ${wanted}`, () => assert.deepEqual(endpointsOf(service, port, []), { problem: wanted }));
