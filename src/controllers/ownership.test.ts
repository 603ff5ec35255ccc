import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods, type ReplicaSet, replicasets } from "#api/mod.ts";
import { selectorFromMap } from "#codec/mod.ts";
import { claim } from "./ownership.ts";
import { aMeta, aPod, secondsAgo } from "./situations.ts";

const labels = { app: "web" };
const owner = (going = false): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: aMeta("web", going ? { deletionTimestamp: secondsAgo(1) } : {}),
});
const stranger: ReplicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", metadata: aMeta("stranger") };

const rows: { name: string; pod: Pod; going?: boolean; own: boolean; step?: "adopt" | "release" }[] = [
  { name: "its own that matches stays", pod: aPod({ owner: owner(), labels }), own: true },
  { name: "its own that no longer matches is let go", pod: aPod({ owner: owner(), labels: { app: "x" } }), own: false, step: "release" },
  {
    name: "one that is going and no longer matches is let go too",
    pod: aPod({ owner: owner(), deleting: true }),
    own: false,
    step: "release",
  },
  { name: "an orphan that matches is adopted", pod: aPod({ labels }), own: true, step: "adopt" },
  { name: "an orphan that does not match stays free", pod: aPod({ labels: { app: "x" } }), own: false },
  { name: "an orphan that is going stays free", pod: aPod({ labels, deleting: true }), own: false },
  { name: "another's that matches is another's", pod: aPod({ labels, owner: stranger }), own: false },
  { name: "an owner that is being deleted adopts nothing", pod: aPod({ labels }), going: true, own: false },
  { name: "an owner that is being deleted lets nothing go", pod: aPod({ owner: owner(), labels: {} }), going: true, own: false },
  { name: "an owner that is being deleted still knows its own", pod: aPod({ owner: owner(), labels }), going: true, own: true },
];
for (const { name, pod, going, own, step } of rows)
  test(`claims: ${name}`, () => {
    const claimed = claim({
      owner: owner(going),
      ownerKind: replicasets,
      selector: selectorFromMap(labels),
      resource: pods,
      candidates: [pod],
    });
    assert.deepEqual(claimed.own, own ? [pod] : []);
    const uid = pod.metadata.uid;
    const reference = {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      name: "web",
      uid: "uid-of-web",
      controller: true,
      blockOwnerDeletion: true,
    };
    const [made] = claimed.steps as { patch: object; whileAlive?: object }[];
    assert.equal(claimed.steps.length, step ? 1 : 0);
    if (step === "adopt") {
      assert.deepEqual(made?.patch, { metadata: { uid, ownerReferences: [reference] } });
      assert.deepEqual(made?.whileAlive, { resource: replicasets, ref: { namespace: "default", name: "web" }, uid: "uid-of-web" });
    }
    if (step === "release")
      assert.deepEqual(made?.patch, { metadata: { uid, ownerReferences: [{ $patch: "delete", uid: "uid-of-web" }] } });
  });
