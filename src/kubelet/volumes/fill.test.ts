import assert from "node:assert/strict";
import { mkdirSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { volumeMetrics } from "../server/metrics.ts";
import { setUp } from "../testing/volumes.ts";
import { fillOfDriver, fillOfFiles, numbersOf } from "./fill.ts";

const unknown = { availableBytes: 0, capacityBytes: 0, usedBytes: 0, inodesFree: 0, inodes: 0, inodesUsed: 0 };

test("of what a driver says bytes and inodes are told, and what it does not say is 0", () => {
  const bytes = { available: 3, total: 9, used: 6, unit: 1 };
  const wanted = { ...unknown, availableBytes: 3, capacityBytes: 9, usedBytes: 6 };
  assert.deepEqual(fillOfDriver([bytes]), wanted);
  assert.deepEqual(fillOfDriver([{ available: 1, total: 4, used: 3, unit: 2 }, bytes]), {
    ...wanted,
    inodesFree: 1,
    inodes: 4,
    inodesUsed: 3,
  });
  assert.deepEqual(fillOfDriver([{ available: 1, total: 4, used: 3, unit: 0 }]), unknown);
});

test("files take what their blocks do, with the folder and the links in it", async (t) => {
  const { folder } = setUp(t);
  const path = join(folder, "files");
  mkdirSync(join(path, "..data"), { recursive: true });
  writeFileSync(join(path, "..data", "a"), "x".repeat(10_000));
  symlinkSync(join("..data", "a"), join(path, "a"));
  const { inodesUsed, usedBytes, capacityBytes } = await fillOfFiles(path);
  const { blocks, bsize } = statfsSync(path);
  assert.deepEqual([inodesUsed, capacityBytes], [4, blocks * bsize]);
  assert.ok(usedBytes >= 10_000 && usedBytes < 100_000, `${usedBytes} bytes`);
});

test("a device's numbers are read as glibc packs them", () => {
  assert.deepEqual([0x801, 0xfd00, 0x10_0305].map(numbersOf), ["8:1", "253:0", "3:261"]);
});

test("a pod's volumes are told by what they are: none of paths of the node, and none when the pod is gone", async (t) => {
  const { folder, volumes, ensure, bound } = setUp(t);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default", uid: "uid-p" } };
  const { blocks, bsize, files } = statfsSync(folder);
  const told = async () => (await volumes.fills(pod)).map(({ volume, claim, fill }) => ({ volume, claim, capacity: fill.capacityBytes }));
  const whole = { volume: "v", claim: undefined, capacity: blocks * bsize };
  for (const volume of [
    { emptyDir: {} },
    { configMap: { name: "cm" } },
    { secret: { secretName: "s" } },
    { projected: { sources: [{ secret: { name: "s" } }] } },
    { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
  ]) {
    await ensure(volume);
    assert.deepEqual(await told(), [whole], JSON.stringify(volume));
  }
  await ensure({ secret: { secretName: "s" } });
  const [secret] = await volumes.fills(pod);
  // The folder, the one that its link leads to, that link, the key's link and its file.
  assert.equal(secret?.fill.inodesUsed, 5);
  await ensure({ hostPath: { path: folder } });
  assert.deepEqual(await told(), []);
  await ensure(bound("data", { local: { path: folder } }));
  assert.deepEqual(await told(), [{ ...whole, claim: { namespace: "default", name: "data" } }]);
  const [local] = await volumes.fills(pod);
  assert.equal(local!.fill.inodesFree + local!.fill.inodesUsed, files);
  await volumes.remove("uid-p");
  assert.deepEqual(await told(), []);
  await ensure(bound("path", { hostPath: { path: folder } }));
  assert.deepEqual(await told(), []);
});

test("each claim is in the metrics once, however many pods have it, and other volumes are not", () => {
  const claim = { namespace: "default", name: "data" };
  const fills = [
    { volume: "a", claim, fill: { ...unknown, usedBytes: 1 } },
    { volume: "b", claim, fill: { ...unknown, usedBytes: 2 } },
    { volume: "c", fill: { ...unknown, usedBytes: 3 } },
  ];
  const samples = new Map(volumeMetrics(fills).map((each) => [each.name, each.samples]));
  const labels = { namespace: "default", persistentvolumeclaim: "data" };
  assert.deepEqual(samples.get("kubelet_volume_stats_used_bytes"), [{ labels, value: 1 }]);
  assert.deepEqual(samples.get("kubelet_volume_stats_inodes"), [{ labels, value: 0 }]);
});
