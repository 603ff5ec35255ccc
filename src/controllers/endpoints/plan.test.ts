import assert from "node:assert/strict";
import { test } from "node:test";
import { type Endpoints, endpoints, type Pod, pods, type Service, services } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod } from "../situations.ts";
import { planEndpoints } from "./plan.ts";
import { serviceEndpoints } from "./see.ts";

const aService = (spec: Service["spec"] = {}, meta: Service["metadata"] = {}): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: aMeta("web", meta),
  spec: { selector: { app: "web" }, ports: [{ port: 80, protocol: "TCP", targetPort: 8080 }], ...spec },
});
const at = (ip: string, more: Parameters<typeof aPod>[0] = {}): Pod =>
  aPod({ name: `p${ip}`, labels: { app: "web" }, ip, readyFor: 5, node: "n", ...more });
const planned = (all: Pod[], service: Service | undefined = aService(), current?: Endpoints) =>
  planEndpoints({ service, pods: all, current });
const made = (all: Pod[], service?: Service) => (planned(all, service)[0] as { object: Endpoints }).object;
const short = ({ subsets = [] }: Endpoints) =>
  subsets.map(({ addresses, notReadyAddresses, ports }) => ({
    ready: addresses?.map(({ ip }) => ip) ?? [],
    not: notReadyAddresses?.map(({ ip }) => ip) ?? [],
    ports: ports?.map(({ port }) => port) ?? [],
  }));

const rows: { name: string; pods: Pod[]; spec?: Service["spec"]; wanted: { ready: string[]; not: string[]; ports: number[] }[] }[] = [
  { name: "none", pods: [], wanted: [] },
  {
    name: "ready and not",
    pods: [at("10.0.0.2"), at("10.0.0.1"), at("10.0.0.3", { readyFor: undefined })],
    wanted: [{ ready: ["10.0.0.1", "10.0.0.2"], not: ["10.0.0.3"], ports: [8080] }],
  },
  { name: "leaving", pods: [at("10.0.0.1", { deleting: true })], wanted: [] },
  { name: "finished", pods: [at("10.0.0.1", { phase: "Failed" })], wanted: [] },
  {
    name: "everything is published",
    pods: [at("10.0.0.1", { deleting: true }), at("10.0.0.2", { readyFor: undefined })],
    spec: { publishNotReadyAddresses: true },
    wanted: [{ ready: ["10.0.0.1", "10.0.0.2"], not: [], ports: [8080] }],
  },
  {
    name: "headless without ports",
    pods: [at("10.0.0.1")],
    spec: { clusterIP: "None", ports: [] },
    wanted: [{ ready: ["10.0.0.1"], not: [], ports: [] }],
  },
  {
    name: "of the Service's first family alone",
    pods: [at("10.0.0.1", { ips: ["10.0.0.1", "fd00::1"] }), at("10.0.0.2")],
    spec: { clusterIP: "fd01::5", ipFamilies: ["IPv6", "IPv4"] },
    wanted: [{ ready: ["fd00::1"], not: [], ports: [8080] }],
  },
  { name: "no ports", pods: [at("10.0.0.1")], spec: { ports: [] }, wanted: [] },
  { name: "a named port that no container has", pods: [at("10.0.0.1")], spec: { ports: [{ port: 80, targetPort: "http" }] }, wanted: [] },
];
for (const { name, pods: all, spec, wanted } of rows)
  test(`endpoints: ${name}`, () => assert.deepEqual(short(made(all, aService(spec))), wanted));

test("endpoints carry the Service's labels and what keeps them", () => {
  const { metadata } = made([at("10.0.0.1")], aService({ clusterIP: "None" }, { labels: { team: "x" } }));
  assert.deepEqual(metadata.labels, {
    team: "x",
    "endpoints.kubernetes.io/managed-by": "endpoint-controller",
    "service.kubernetes.io/headless": "",
  });
});

test("what is right already is not written, and what a user did to the labels is put right", () => {
  const current = made([at("10.0.0.1")]);
  assert.deepEqual(planned([at("10.0.0.1")], aService(), current), []);
  const spoilt = { ...current, metadata: { ...current.metadata, labels: {} } };
  assert.equal(planned([at("10.0.0.1")], aService(), spoilt)[0]?.do, "update");
});

test("a thousand addresses at most, those that are ready first, and the cut is said", () => {
  const all = Array.from({ length: 1200 }, (_, index) =>
    at(`10.1.${Math.floor(index / 250)}.${index % 250}`, index < 700 ? {} : { readyFor: undefined }),
  );
  const object = made(all);
  assert.deepEqual([object.subsets?.[0]?.addresses?.length, object.subsets?.[0]?.notReadyAddresses?.length], [700, 300]);
  assert.equal(object.metadata.annotations?.["endpoints.kubernetes.io/over-capacity"], "truncated");
  const [step] = planned(all.slice(0, 10), aService(), object);
  assert.equal((step as { object: Endpoints }).object.metadata.annotations?.["endpoints.kubernetes.io/over-capacity"], undefined);
});

test("endpoints go with their Service, come back when removed, and refusals are told", async () => {
  const { api, get, put, told, settled, close } = await trial(serviceEndpoints(), [
    [services, aService()],
    [pods, at("10.0.0.1")],
  ]);
  assert.deepEqual(short(get(endpoints, "default/web")!), [{ ready: ["10.0.0.1"], not: [], ports: [8080] }]);
  api.remove("endpoints/default/web");
  await settled();
  assert.ok(get(endpoints, "default/web"));
  api.refuse("PUT", "endpoints", 500, "InternalError");
  put(pods, at("10.0.0.1", { readyFor: undefined }));
  assert.deepEqual(await told(), ["Warning FailedToUpdateEndpoint Failed to update endpoint default/web: InternalError"]);
  api.remove("services/default/web");
  await settled();
  assert.equal(get(endpoints, "default/web"), undefined);
  await close();
});
