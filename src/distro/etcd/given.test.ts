import assert from "node:assert/strict";
import { test } from "node:test";
import { readEtcdFlags } from "./given.ts";

const flags = (given: Partial<Record<"etcd-servers" | "etcd-cafile" | "etcd-certfile" | "etcd-keyfile", string>>) => ({
  values: { "etcd-servers": undefined, "etcd-cafile": undefined, "etcd-certfile": undefined, "etcd-keyfile": undefined, ...given },
  folderOf: () => "/",
});

test("servers are URLs with commas between them, each once", () => {
  assert.equal(readEtcdFlags(flags({})), undefined);
  const { servers } = readEtcdFlags(flags({ "etcd-servers": "http://10.0.0.1:2379,http://10.0.0.2:2379/,http://10.0.0.1:2379" }))!;
  assert.deepEqual(servers, ["http://10.0.0.1:2379", "http://10.0.0.2:2379"]);
  for (const wrong of ["10.0.0.1:2379", "http://10.0.0.1", "unix:///x", "http://a:1/path", "http://a:1,", "http://u:p@a:1"])
    assert.throws(() => readEtcdFlags(flags({ "etcd-servers": wrong })), /--etcd-servers .*HOST:PORT is needed/, wrong);
});

test("files without servers, half a pair, and what is no PEM are refused", () => {
  assert.throws(() => readEtcdFlags(flags({ "etcd-cafile": import.meta.filename })), /--etcd-cafile .*: not a certificate in PEM/);
  assert.throws(() => readEtcdFlags(flags({ "etcd-keyfile": "/nothing/here" })), /--etcd-keyfile .*: not a private key in PEM/);
});
