/** The API server by its command line: it takes upstream's flags, keeps what they say, and refuses what it would not obey. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createEtcdStore, under } from "#store/mod.ts";
import { findEtcd, type RunningEtcd, startEtcd } from "../../src/store/etcd-under-test.ts";
import { type Peer, startOwnApiServer } from "./peer.ts";

const found = findEtcd();
const spoke = join(import.meta.dirname, "..", "..", "spoke");

describe("the API server alone", { skip: "missing" in found && found.missing }, () => {
  let etcd: RunningEtcd;
  let server: Peer;
  before(async () => {
    etcd = await startEtcd((found as { path: string }).path);
    const flags = ["--etcd-prefix=/elsewhere", "--service-node-port-range=31000-31009", "--allow-privileged=false"];
    flags.push("--tls-min-version=VersionTLS13", "--feature-gates=WatchList=true,AllAlpha=false", "--external-hostname=api.example.com");
    server = await startOwnApiServer(etcd.endpoint, [...flags, "--disable-admission-plugins=ServiceAccount", "--event-ttl=2m"]);
  });
  after(async () => {
    await server?.stop();
    await etcd?.stop();
  });

  test("stores under its prefix, gives ports of its range, and lets nobody have all rights of a node", async () => {
    const service = await server.ask("POST", "/api/v1/namespaces/default/services", {
      metadata: { name: "a" },
      spec: { type: "NodePort", ports: [{ port: 80 }] },
    });
    const { nodePort } = service.object.spec.ports[0];
    assert.ok(nodePort >= 31_000 && nodePort <= 31_009, `${nodePort}`);
    assert.match(service.object.spec.clusterIP, /^10\.0\.0\./);
    const containers = [{ name: "c", image: "i", securityContext: { privileged: true } }];
    const pod = await server.ask("POST", "/api/v1/namespaces/default/pods", { metadata: { name: "p" }, spec: { containers } });
    assert.deepEqual(
      [pod.status, pod.message],
      [422, 'Pod "p" is invalid: spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy'],
    );
    const store = await createEtcdStore({ endpoints: [etcd.endpoint] });
    const { entries } = await store.list(under("/"));
    await store.close();
    assert.deepEqual(
      entries.filter(({ key }) => !key.startsWith("/elsewhere/")),
      [],
    );
    assert.ok(entries.some(({ key }) => key === "/elsewhere/services/specs/default/a"));
  });

  test("shows all its flags, those of one value too", async () => {
    const { object: text } = await server.ask("GET", "/flagz");
    for (const line of ["etcd-prefix=/elsewhere", "external-hostname=api.example.com", "feature-gates=WatchList=true,AllAlpha=false"])
      assert.ok(text.split("\n").includes(line), line);
    assert.ok(
      text.includes("\nevent-ttl=2m0s\n") && text.includes("\nwatch-cache=true\n") && text.includes("\ntls-min-version=VersionTLS13\n"),
    );
  });

  test("refuses what it would not obey, with the reason", () => {
    for (const [flag, message] of [
      ["--nothing", "unknown flag: --nothing"],
      ["--watch-cache=false", "--watch-cache=false: only true can be said: this server has a way of its own here, which cannot be changed"],
      ["--tracing-config-file=x", "--tracing-config-file: it is not obeyed yet"],
      ["--feature-gates=Bogus=true", 'invalid argument "Bogus=true" for "--feature-gates" flag: unrecognized feature gate: Bogus'],
      ["--tls-min-version=VersionTLS10", "--tls-min-version=VersionTLS10: nothing older than TLS 1.2 is spoken here"],
      ["--secure-port=0", "--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0"],
      ["--runtime-config=api/alpha=true", "--runtime-config=api/alpha=true: what is served here cannot be chosen"],
    ]) {
      const all = ["--etcd-servers=x", "--service-account-issuer=y", "--service-account-signing-key-file=z", flag!];
      const { status, stderr } = spawnSync(spoke, ["apiserver", ...all], { encoding: "utf8", timeout: 60_000 });
      assert.deepEqual([status, stderr.trim()], [1, `spoke apiserver: ${message}`]);
    }
  });
});
