import assert from "node:assert/strict";
import { test } from "node:test";
import { machineResolvers, resolvConfFile } from "./resolvers.ts";

const of = (files: Record<string, string>) => machineResolvers(["IPv4"], ["10.96.0.10"], (file) => files[file]);

test("resolvers are those that a node reaches: not our own, none on loopback, behind systemd-resolved those that it asks", () => {
  const plain = "# comment\nsearch lan\nnameserver 192.168.1.1\nnameserver 10.96.0.10\nnameserver fe80::1\nnameserver 1.1.1.1\n";
  assert.deepEqual(of({ "/etc/resolv.conf": plain }), ["192.168.1.1", "1.1.1.1"]);
  assert.deepEqual(
    machineResolvers(["IPv6"], [], () => `${plain}nameserver fd00::53\n`),
    ["fe80::1", "fd00::53"],
  );
  const stub = "nameserver 127.0.0.53\noptions edns0\n";
  const behind = { "/run/systemd/resolve/resolv.conf": "nameserver 192.168.1.1\n" };
  assert.deepEqual(of({ "/etc/resolv.conf": stub, ...behind }), ["192.168.1.1"]);
  assert.deepEqual(of({ "/etc/resolv.conf": stub }), []);
  assert.deepEqual(of({}), []);
  const stubFiles: Record<string, string> = { "/etc/resolv.conf": stub, ...behind };
  assert.equal(
    resolvConfFile(["10.96.0.10"], (file) => stubFiles[file]),
    "/run/systemd/resolve/resolv.conf",
  );
  assert.equal(
    resolvConfFile(["10.96.0.10"], () => undefined),
    "/etc/resolv.conf",
  );
});
