import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, Service } from "#api/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { EnvError, environmentOf, expand, fieldValue, resourceValue, serviceVariables } from "./env.ts";
import { variableOf } from "./env-file.ts";
import { hostnameOf, hostsFile, namesOf } from "./hostname.ts";

test("a file of variables is read in its narrow form", () => {
  const text = "# note\n\n  A='one'\nB='two\nlines' # after\nC= 'x'\nD='it is'\n";
  const wanted: Record<string, string> = { A: "one", B: "two\nlines", C: "", D: "it is", E: "" };
  for (const [name, value] of Object.entries(wanted)) assert.equal(variableOf(text, name), value, name);
  assert.equal(variableOf("A='one'\r\nB='two'\r\n", "B"), "two");
});

for (const [text, why] of [
  ["A", "at line 1: missing '='"],
  ["\n='x'", "at line 2: empty variable name"],
  ["A ='x'", "at line 1: whitespace before '=' is not allowed"],
  ["A=x", "at line 1: value must be enclosed in single quotes"],
  ["A='x\ny", "starting at line 1: unclosed single quote"],
  ["A='x'y", "at line 1: unexpected content after closing quote"],
] as const)
  test(`a file of variables is refused: ${why}`, () =>
    assert.throws(() => variableOf(text, "Z"), { message: `invalid environment variable format ${why}` }));

const sources = {
  configMap: (name: string) =>
    name === "cm" ? { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data: { k: "v", other: "o" } } : undefined,
  secret: (name: string) => (name === "s" ? { apiVersion: "v1", kind: "Secret", metadata: {}, data: { k: "dg==" } } : undefined),
  services: () => [],
  fromFile: (volume: string, path: string, key: string) => ({ value: key === "A" ? "one" : "", file: `/${volume}/${path}` }),
  podIps: ["10.0.0.2"],
  hostIps: ["10.0.0.1"],
  allocatable: { cpu: "2", memory: "1Gi" },
};
const environment = (container: Partial<Container>) =>
  Object.fromEntries(environmentOf(aPod(), { name: "main", ...container } as Container, sources));
const from = (valueFrom: object) => ({ env: [{ name: "A", valueFrom }] as never });

test("variables: later ones win, references see what came before, dollars are doubled to stay", () => {
  const got = environment({
    envFrom: [
      { configMapRef: { name: "cm" } },
      { prefix: "P_", secretRef: { name: "s" } },
      { configMapRef: { name: "gone", optional: true } },
    ],
    env: [
      { name: "k", value: "own" },
      { name: "ref", value: "$(k)-$(P_k)-$$(k)-$(missing)" },
    ],
  });
  assert.deepEqual(got, { k: "own", other: "o", P_k: "v", ref: "own-v-$(k)-$(missing)" });
});

test("variables by reference", () => {
  assert.deepEqual(environment(from({ configMapKeyRef: { name: "cm", key: "k" } })), { A: "v" });
  assert.deepEqual(environment(from({ secretKeyRef: { name: "s", key: "k" } })), { A: "v" });
  assert.deepEqual(environment(from({ fieldRef: { fieldPath: "status.podIP" } })), { A: "10.0.0.2" });
  assert.deepEqual(environment(from({ resourceFieldRef: { resource: "limits.cpu" } })), { A: "2" });
  assert.deepEqual(environment(from({ fileKeyRef: { volumeName: "v", path: "e", key: "A" } })), { A: "one" });
  for (const ref of [
    { configMapKeyRef: { name: "gone", key: "k", optional: true } },
    { secretKeyRef: { name: "s", key: "gone", optional: true } },
    { fileKeyRef: { volumeName: "v", path: "e", key: "B", optional: true } },
  ])
    assert.deepEqual(environment(from(ref)), {});
});

for (const [ref, message] of [
  [{ configMapKeyRef: { name: "gone", key: "k" } }, 'configmap "gone" not found'],
  [{ secretKeyRef: { name: "gone", key: "k" } }, 'secret "gone" not found'],
  [{ configMapKeyRef: { name: "cm", key: "x" } }, "couldn't find key x in ConfigMap default/cm"],
  [{ secretKeyRef: { name: "s", key: "x" } }, "couldn't find key x in Secret default/s"],
  [{ fileKeyRef: { volumeName: "v", path: "e", key: "B" } }, 'environment variable key "B" not found in file "/v/e"'],
  [{ fieldRef: { fieldPath: "spec.other" } }, "unsupported fieldPath: spec.other"],
] as const)
  test(`variables: ${message}`, () =>
    assert.throws(
      () => environment(from(ref)),
      (error: Error) => error instanceof EnvError && error.message === message,
    ));

test("envFrom of what is not there", () => {
  assert.throws(() => environment({ envFrom: [{ configMapRef: { name: "gone" } }] }), { message: 'configmap "gone" not found' });
  assert.throws(() => environment({ envFrom: [{ secretRef: { name: "gone" } }] }), { message: 'secret "gone" not found' });
});

test("fields of the pod", () => {
  const pod = aPod({
    metadata: { labels: { b: "2", a: 'x"y' }, annotations: { "topology.kubernetes.io/zone": "z" } },
    spec: { serviceAccountName: "sa" },
  });
  const at = { podIps: ["10.0.0.2"], hostIps: ["10.0.0.1"] };
  const wanted: Record<string, string> = {
    "metadata.name": "p",
    "metadata.namespace": "default",
    "metadata.uid": "uid-p",
    "metadata.labels": 'a="x\\"y"\nb="2"',
    "metadata.annotations": 'topology.kubernetes.io/zone="z"',
    "metadata.labels['b']": "2",
    "metadata.annotations['topology.kubernetes.io/zone']": "z",
    "spec.nodeName": "node-1",
    "spec.serviceAccountName": "sa",
    "status.hostIP": "10.0.0.1",
    "status.podIPs": "10.0.0.2",
  };
  for (const [path, value] of Object.entries(wanted)) assert.equal(fieldValue(pod, path, at), value, path);
});

test("resources: of the container named, with the divisor, the node's where there is no limit", () => {
  const pod = aPod({
    spec: { containers: [{ name: "main", resources: { requests: { cpu: "250m", memory: "64Mi" }, limits: { memory: "128Mi" } } }] },
  });
  const value = (resource: string, divisor?: string) =>
    resourceValue(pod, { containerName: "main", resource, ...(divisor ? { divisor } : {}) }, undefined, { cpu: "2", memory: "1Gi" });
  assert.deepEqual(
    [value("requests.cpu"), value("requests.cpu", "1m"), value("limits.memory", "1Mi"), value("limits.cpu")],
    ["1", "250", "128", "2"],
  );
});

test("variables of services: those of the namespace, and the API server's always", () => {
  const service = (namespace: string, name: string, clusterIP: string, port: object): Service => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: { clusterIP, ports: [port] },
  });
  const all = [
    service("default", "kubernetes", "10.96.0.1", { port: 443, name: "https" }),
    service("default", "my-db", "10.96.0.2", { port: 53, protocol: "UDP" }),
    service("x", "other", "10.96.0.3", { port: 1 }),
    service("default", "headless", "None", { port: 1 }),
  ];
  const got = Object.fromEntries(serviceVariables(aPod(), all));
  assert.equal(got.MY_DB_PORT, "udp://10.96.0.2:53");
  assert.equal(got.MY_DB_PORT_53_UDP_ADDR, "10.96.0.2");
  assert.equal(got.KUBERNETES_SERVICE_PORT_HTTPS, "443");
  assert.ok(!("OTHER_SERVICE_HOST" in got) && !("HEADLESS_SERVICE_HOST" in got));
  const without = serviceVariables(aPod({ spec: { enableServiceLinks: false } }), all);
  assert.ok(without.has("KUBERNETES_SERVICE_HOST") && !without.has("MY_DB_SERVICE_HOST"));
  assert.equal(
    expand("$", () => "x"),
    "$",
  );
});

test("names of a pod", () => {
  const domain = "cluster.local";
  assert.deepEqual(namesOf(aPod(), domain), { host: "p", domain: "" });
  const named = aPod({ spec: { hostname: "h", subdomain: "s", setHostnameAsFQDN: true } });
  assert.deepEqual(namesOf(named, domain), { host: "h", domain: "s.default.svc.cluster.local" });
  assert.equal(hostnameOf(named, domain), "h.s.default.svc.cluster.local");
  assert.equal(hostnameOf(aPod({ spec: { hostname: "h", subdomain: "s" } }), domain), "h");
  assert.equal(
    hostnameOf(aPod({ spec: { hostname: "h", subdomain: "s", hostnameOverride: "my.host", setHostnameAsFQDN: true } }), domain),
    "my.host",
  );
  assert.equal(hostnameOf(aPod({ name: `${"a".repeat(62)}-b` }), domain), "a".repeat(62));
  assert.throws(
    () => hostnameOf(aPod({ spec: { hostname: "h".repeat(50), subdomain: "s", setHostnameAsFQDN: true } }), domain),
    /is too long \(64 characters is the max, 78 characters requested\)$/,
  );
});

test("the hosts file", () => {
  const pod = aPod({ spec: { hostname: "h", subdomain: "s", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] } });
  const lines = hostsFile(pod, ["10.0.0.2"], "cluster.local", "").split("\n");
  assert.ok(lines.includes("10.0.0.2\th.s.default.svc.cluster.local\th"));
  assert.ok(lines.includes("1.2.3.4\ta\tb"));
  assert.equal(
    hostsFile(aPod({ spec: { hostNetwork: true } }), ["10.0.0.1"], "cluster.local", "127.0.0.1 localhost\n"),
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost\n",
  );
});
