import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { secureFixture } from "../fixture.ts";
import { checkEgress } from "./egress.ts";
import { externalAddress } from "./external-address.ts";
import { checkFeatureGates } from "./feature-gates.ts";

const folder = mkdtempSync(join(tmpdir(), "spoke-flags-"));
after(() => rmSync(folder, { recursive: true }));

test("a gate is as it is by default upstream: what says so is taken, another value is refused, and so is what nobody knows", () => {
  const wrong = (text: string, why: string) => ({ message: `invalid argument ${JSON.stringify(text)} for "--feature-gates" flag: ${why}` });
  checkFeatureGates({ WatchList: "true", AllAlpha: "0", HPAScaleToZero: "false", DynamicResourceAllocation: "T" });
  assert.throws(() => checkFeatureGates({ Bogus: "true" }), wrong("Bogus=true", "unrecognized feature gate: Bogus"));
  assert.throws(
    () => checkFeatureGates({ SidecarContainers: "false" }),
    wrong("SidecarContainers=false", "cannot set feature gate SidecarContainers to false, feature is locked to true"),
  );
  assert.throws(
    () => checkFeatureGates({ WatchList: "off" }),
    /invalid value of WatchList=off, err: strconv\.ParseBool: parsing "off": invalid syntax/,
  );
  assert.throws(() => checkFeatureGates({ HPAScaleToZero: "true" }), /here it is off, as by default upstream, and cannot be changed/);
  checkFeatureGates({ DRAExtendedResource: "false" });
  assert.throws(
    () => checkFeatureGates({ DRAExtendedResource: "true" }),
    /cannot set feature gate DRAExtendedResource to true: it is not here/,
  );
});

test("connections are direct: a selector that says so is taken, a proxy is refused", () => {
  const check = (...egressSelections: object[]) => {
    const file = join(folder, "egress.yaml");
    writeFileSync(file, JSON.stringify({ apiVersion: "apiserver.k8s.io/v1beta1", kind: "EgressSelectorConfiguration", egressSelections }));
    checkEgress(file);
  };
  const direct = { proxyProtocol: "Direct" };
  check({ name: "Cluster", connection: direct }, { name: "etcd", connection: direct });
  assert.throws(
    () => check({ name: "cluster", connection: { proxyProtocol: "HTTPConnect", transport: { uds: { udsName: "/p" } } } }),
    /cluster by HTTPConnect: there are no proxies here/,
  );
  assert.throws(
    () => check({ name: "web", connection: direct }),
    /Unsupported value: "web": supported values: "cluster", "controlplane", "etcd"/,
  );
  assert.throws(() => check({ name: "etcd", connection: direct }, { name: "etcd", connection: direct }), /Duplicate value: "etcd"/);
  assert.throws(() => check({ name: "etcd", connection: {} }), /Unsupported value: "": supported values: "Direct", "HTTPConnect", "GRPC"/);
  assert.throws(() => check({ name: "etcd", connection: { ...direct, transport: {} } }), /config must be absent for direct connect/);
  assert.throws(() => checkEgress("/absent"), /failed to read egress selector config: open \/absent: no such file or directory/);
});

test("who is told where the server is, is told the external hostname", async () => {
  assert.deepEqual(
    ["api.example.com", "api.example.com:443", "10.0.0.1", "fd00::1", "[fd00::1]:443"].map((host) => externalAddress(host, 6443)),
    ["api.example.com:6443", "api.example.com:443", "10.0.0.1:6443", "[fd00::1]:6443", "[fd00::1]:443"],
  );
  const { admin, close } = await secureFixture({ flags: ["external-hostname=api.example.com"] });
  try {
    const { object } = await admin("GET", "/api");
    assert.deepEqual(object.serverAddressByClientCIDRs, [{ clientCIDR: "0.0.0.0/0", serverAddress: "api.example.com:6443" }]);
    const { object: configuration } = await admin("GET", "/.well-known/openid-configuration");
    assert.equal(configuration.jwks_uri, "https://api.example.com:6443/openid/v1/jwks");
  } finally {
    await close();
  }
});
