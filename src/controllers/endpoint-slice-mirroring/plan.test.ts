import assert from "node:assert/strict";
import { test } from "node:test";
import { type EndpointSlice, type Endpoints, endpoints as endpointsKind, endpointslices, type Service, services } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, secondsAgo } from "../situations.ts";
import { planMirror } from "./plan.ts";
import { endpointSliceMirroring } from "./see.ts";

const aService = (spec: Service["spec"] = {}): Service => ({ apiVersion: "v1", kind: "Service", metadata: aMeta("web"), spec });
const some = (subsets: Endpoints["subsets"], meta: Endpoints["metadata"] = {}): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: aMeta("web", meta),
  subsets,
});
const one = [
  { addresses: [{ ip: "192.0.2.1", nodeName: "n" }], notReadyAddresses: [{ ip: "192.0.2.2" }], ports: [{ name: "http", port: 80 }] },
];
const made = (endpoints: Endpoints) =>
  planMirror({ endpoints, service: aService(), slices: [] }).flatMap((step) =>
    step.do === "create" ? [step.object as EndpointSlice] : [],
  );
const told = (endpoints: Endpoints) =>
  planMirror({ endpoints, service: aService(), slices: [] }).flatMap((step) =>
    step.do === "event" ? [`${step.reason} ${step.message}`] : [],
  );

test("a mirror holds the addresses, ready or not, and belongs to the Endpoints", () => {
  const [slice, ...others] = made(
    some(one, { labels: { team: "x" }, annotations: { note: "y", "endpoints.kubernetes.io/last-change-trigger-time": "t" } }),
  );
  assert.equal(others.length, 0);
  assert.deepEqual(slice?.endpoints, [
    { addresses: ["192.0.2.1"], conditions: { ready: true }, nodeName: "n" },
    { addresses: ["192.0.2.2"], conditions: { ready: false } },
  ]);
  assert.deepEqual(slice?.ports, [{ name: "http", port: 80, protocol: "TCP" }]);
  assert.equal(slice?.metadata.labels?.["endpointslice.kubernetes.io/managed-by"], "endpointslicemirroring-controller.k8s.io");
  assert.equal(slice?.metadata.labels?.team, "x");
  assert.deepEqual(slice?.metadata.annotations, { note: "y" });
  assert.equal(slice?.metadata.ownerReferences?.[0]?.kind, "Endpoints");
});

test("families and ports have slices of their own, and a subset shows a thousand addresses", () => {
  const addresses = [{ ip: "192.0.2.1" }, { ip: "2001:db8::1" }];
  assert.deepEqual(
    made(some([{ addresses, ports: [{ port: 80 }] }])).map(({ addressType }) => addressType),
    ["IPv4", "IPv6"],
  );
  assert.equal(
    made(
      some([
        { addresses: addresses.slice(0, 1), ports: [{ port: 80 }] },
        { addresses: addresses.slice(0, 1), ports: [{ port: 81 }] },
      ]),
    ).length,
    2,
  );
  const crowd = Array.from({ length: 1100 }, (_, at) => ({ ip: `192.0.${Math.floor(at / 250)}.${at % 250}` }));
  assert.equal(made(some([{ addresses: crowd, ports: [{ port: 80 }] }]))[0]?.endpoints?.length, 1000);
  assert.deepEqual(told(some([{ addresses: [{ ip: "192.0.2" }, ...crowd] }])), [
    "InvalidIPAddress Skipped 1 invalid IP addresses when mirroring to EndpointSlices",
    "TooManyAddressesToMirror A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 101 addresses were skipped",
  ]);
});

const skipped: { name: string; endpoints: Endpoints | undefined; service: Service | undefined }[] = [
  { name: "no Endpoints", endpoints: undefined, service: aService() },
  { name: "no Service", endpoints: some(one), service: undefined },
  { name: "a Service with a selector", endpoints: some(one), service: aService({ selector: { app: "web" } }) },
  { name: "asked not to", endpoints: some(one, { labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } }), service: aService() },
  {
    name: "an old leader election",
    endpoints: some(one, { annotations: { "control-plane.alpha.kubernetes.io/leader": "{}" } }),
    service: aService(),
  },
  { name: "going", endpoints: some(one, { deletionTimestamp: secondsAgo(1) }), service: aService() },
];
for (const { name, endpoints, service } of skipped)
  test(`no mirror: ${name}`, () => {
    const [slice] = made(some(one));
    const there = { ...slice!, metadata: { ...slice!.metadata, name: "mirror" } };
    assert.deepEqual(
      planMirror({ endpoints, service, slices: [there] }).map((step) => step.do),
      ["delete"],
    );
  });

test("a mirror is changed, not made again; doubles go", () => {
  const [slice] = made(some(one));
  const named = (name: string) => ({ ...slice!, metadata: { ...slice!.metadata, name } });
  assert.deepEqual(planMirror({ endpoints: some(one), service: aService(), slices: [named("a")] }), []);
  const next = some([{ ...one[0], notReadyAddresses: [] }]);
  const steps = planMirror({ endpoints: next, service: aService(), slices: [named("a"), named("b")] });
  assert.deepEqual(
    steps.map((step) => [step.do, "object" in step ? step.object.metadata.name : "ref" in step && step.ref.name]),
    [
      ["update", "a"],
      ["delete", "b"],
    ],
  );
});

test("a mirror follows its Endpoints, and goes when the Service gets a selector", async () => {
  const { all, put, get, settled, close } = await trial(endpointSliceMirroring, [
    [services, aService()],
    [endpointsKind, some(one)],
  ]);
  assert.equal((await all<EndpointSlice>(endpointslices))[0]?.endpoints?.length, 2);
  put(endpointsKind, { ...get(endpointsKind, "default/web")!, subsets: [{ ...one[0], notReadyAddresses: [] }] });
  await settled();
  assert.equal((await all<EndpointSlice>(endpointslices))[0]?.endpoints?.length, 1);
  put(services, { ...get(services, "default/web")!, spec: { selector: { app: "web" } } });
  await settled();
  assert.equal((await all(endpointslices)).length, 0);
  await close();
});
