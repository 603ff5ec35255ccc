import assert from "node:assert/strict";
import { test } from "node:test";
import { type DeviceToleration, pods, type ResourceSlice, type ResourceV1ResourceClaim, resourceclaims, resourceslices } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, nowMs, secondsAgo } from "../situations.ts";
import { claimEvictionTime } from "./plan.ts";
import { deviceTaintEviction } from "./see.ts";

const claim = (tolerations: DeviceToleration[] = [], user = "p"): ResourceV1ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: aMeta("c"),
  spec: {},
  status: {
    allocation: { devices: { results: [{ request: "r", driver: "d", pool: "n", device: "x", tolerations }] } },
    reservedFor: [{ resource: "pods", name: user, uid: `uid-of-${user}` }],
  },
});
const slice = (effect?: string, generation = 1): ResourceSlice => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceSlice",
  metadata: { name: "s", uid: "s" },
  spec: {
    driver: "d",
    nodeName: "n",
    pool: { name: "n", generation, resourceSliceCount: 1 },
    devices: [{ name: "x", ...(effect ? { taints: [{ key: "broken", effect, timeAdded: secondsAgo(10) }] } : {}) }],
  },
});
const pod = aPod({ name: "p", node: "n", spec: { nodeName: "n", resourceClaims: [{ name: "gpu", resourceClaimName: "c" }] } });
const exists = (more: Partial<DeviceToleration> = {}): DeviceToleration => ({ operator: "Exists", effect: "NoExecute", ...more });

const rows: { name: string; effect: string; tolerations: DeviceToleration[]; wanted: number | undefined }[] = [
  { name: "not tolerated", effect: "NoExecute", tolerations: [], wanted: -10 },
  { name: "tolerated", effect: "NoExecute", tolerations: [exists()], wanted: undefined },
  {
    name: "for a while",
    effect: "NoExecute",
    tolerations: [exists({ tolerationSeconds: 60 }), exists({ tolerationSeconds: 30 })],
    wanted: 20,
  },
  { name: "tolerated with another key", effect: "NoExecute", tolerations: [exists({ key: "slow" })], wanted: -10 },
  { name: "tolerated with every effect, which does not count", effect: "NoExecute", tolerations: [{ operator: "Exists" }], wanted: -10 },
  { name: "a taint that keeps away only", effect: "NoSchedule", tolerations: [], wanted: undefined },
];
for (const { name, effect, tolerations, wanted } of rows)
  test(`a device's taint: ${name}`, () => {
    const at = claimEvictionTime(claim(tolerations), () => slice(effect).spec!.devices![0]!, nowMs);
    assert.equal(at === undefined ? at : (at - nowMs) / 1000, wanted);
  });

test("a pod goes when its device gets a taint, and not a pod that does not use the claim", async () => {
  const { put, get, told, settled, close } = await trial(deviceTaintEviction(), [
    [pods, pod],
    [pods, { ...pod, metadata: aMeta("other") }],
    [resourceclaims, claim()],
    [resourceslices, slice()],
  ]);
  assert.deepEqual(await told(), []);
  put(resourceslices, slice("NoExecute", 2));
  await settled();
  assert.deepEqual(await told(), ["Normal DeviceTaintManagerEviction Marking for deletion"]);
  const { metadata, status } = get(pods, "default/p")!;
  assert.ok(metadata.deletionTimestamp);
  assert.equal(status?.conditions?.find(({ type }) => type === "DisruptionTarget")?.reason, "DeletionByDeviceTaintManager");
  assert.equal(get(pods, "default/other")?.metadata.deletionTimestamp, undefined);
  await close();
});
