import assert from "node:assert/strict";
import { statfs } from "node:fs/promises";
import { test } from "node:test";
import { volumeMetrics } from "../server/metrics.ts";
import { setUp } from "../testing/volumes.ts";
import { fillOfDriver } from "./fill.ts";

test("of what a driver says bytes and inodes are told, and nothing is made up", () => {
  const bytes = { available: 3, total: 9, used: 6, unit: 1 };
  const wanted = { availableBytes: 3, capacityBytes: 9, usedBytes: 6 };
  assert.deepEqual(fillOfDriver([bytes]), wanted);
  assert.deepEqual(fillOfDriver([{ available: 1, total: 4, used: 3, unit: 2 }, bytes]), {
    ...wanted,
    inodesFree: 1,
    inodes: 4,
    inodesUsed: 3,
  });
  assert.deepEqual(fillOfDriver([{ available: 1, total: 4, used: 3, unit: 0 }]), {});
});

test("volumes of claims are as full as their file systems, volumes of the pod's own are not told of, and both go with the pod", async (t) => {
  const { folder, volumes, ensure, bound } = setUp(t);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default", uid: "uid-p" } };
  await ensure({ emptyDir: {} });
  assert.deepEqual(await volumes.claimFills(pod), []);
  await ensure(bound("data", { hostPath: { path: folder } }));
  const [found, ...others] = await volumes.claimFills(pod);
  const { blocks, bsize, files } = await statfs(folder);
  assert.deepEqual([found?.volume, found?.claim, others], ["v", { namespace: "default", name: "data" }, []]);
  assert.deepEqual([found?.fill.capacityBytes, found?.fill.inodes], [blocks * bsize, files]);
  assert.equal(found!.fill.inodesFree! + found!.fill.inodesUsed!, files);
  await volumes.remove("uid-p");
  assert.deepEqual(await volumes.claimFills(pod), []);
});

test("each claim is in the metrics once, however many pods have it; a number that nobody knows is not", () => {
  const claim = { namespace: "default", name: "data" };
  const fills = [
    { volume: "a", claim, fill: { usedBytes: 1 } },
    { volume: "b", claim, fill: { usedBytes: 2 } },
  ];
  const samples = new Map(volumeMetrics(fills).map((each) => [each.name, each.samples]));
  assert.deepEqual(samples.get("kubelet_volume_stats_used_bytes"), [
    { labels: { namespace: "default", persistentvolumeclaim: "data" }, value: 2 },
  ]);
  assert.deepEqual(samples.get("kubelet_volume_stats_inodes"), []);
});
