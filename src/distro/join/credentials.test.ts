import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import { issue, loadOrMakeCa } from "../issuer.ts";
import { isDue, othersOf } from "./credentials.ts";

const day = 86_400_000;

test("a certificate is asked for again when two thirds of its life are over, for other names, and of another authority", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-ca-"));
  const ca = await loadOrMakeCa(folder, "ca", "ca", systemClock);
  const other = await loadOrMakeCa(folder, "other", "other", systemClock);
  const leaf = { user: "system:node:a", groups: ["system:nodes"], use: "server", names: ["a", "10.0.0.1"], days: 29 } as const;
  const { cert } = await issue(ca, { ...leaf, groups: [...leaf.groups], names: [...leaf.names] }, systemClock);
  const now = systemClock.now();
  const pem = ca.certificate.toString("pem");
  assert.ok(!isDue(cert, pem, ["a", "10.0.0.1"], now));
  assert.ok(!isDue(cert, pem, [], now + 18 * day), "it is good for thirty days, of which one has passed");
  assert.ok(isDue(cert, pem, [], now + 20 * day));
  assert.ok(isDue(cert, pem, ["b"], now));
  assert.ok(isDue(cert, pem, ["10.0.0.2"], now));
  assert.ok(isDue(cert, other.certificate.toString("pem"), [], now));
  rmSync(folder, { recursive: true });
});

test("a node asks for the certificate that it serves by, and for those of its parts, by which nobody is of any group", () => {
  const machine = { address: "10.0.0.1", server: "https://10.0.0.9:6443" };
  const node = { name: "a", index: 1 };
  const cluster = { name: "x", slot: 0, port: 6443, nodes: [node], simulatedNodes: 0, uplink: false, machine };
  const [serving, ...parts] = othersOf(cluster, node);
  assert.deepEqual(serving?.subject, { user: "system:node:a", groups: ["system:nodes"], names: ["a", "10.0.0.1"] });
  assert.deepEqual(parts.map(({ file }) => file).toSorted(), ["dns", "local-path", "policy", "proxy"]);
  assert.ok(parts.every(({ subject }) => subject.groups.length === 0 && subject.names === undefined));
});
