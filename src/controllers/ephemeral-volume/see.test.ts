import assert from "node:assert/strict";
import { test } from "node:test";
import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims, pods } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod } from "../situations.ts";
import { ephemeralVolumes } from "./see.ts";

const template = { metadata: { labels: { a: "b" }, annotations: { c: "d" } }, spec: { accessModes: ["ReadWriteOnce"] } };
const scratch = (more: Parameters<typeof aPod>[0] = {}): Pod =>
  aPod({
    name: "p",
    phase: "Pending",
    spec: {
      volumes: [
        { name: "v", ephemeral: { volumeClaimTemplate: template } },
        { name: "e", emptyDir: {} },
      ],
    },
    ...more,
  });

test("a pod's ephemeral volume gets a claim of its own, again when it is deleted, and not when the pod goes", async () => {
  const { api, put, get, all, settled, close } = await trial(ephemeralVolumes, [
    [pods, scratch()],
    [pods, aPod({ name: "plain" })],
  ]);
  const { metadata, spec } = get(persistentvolumeclaims, "default/p-v")!;
  assert.deepEqual([metadata.labels, metadata.annotations, spec], [{ a: "b" }, { c: "d" }, template.spec]);
  assert.deepEqual(metadata.ownerReferences, [
    { apiVersion: "v1", kind: "Pod", name: "p", uid: "uid-of-p", controller: true, blockOwnerDeletion: true },
  ]);
  assert.equal((await all(persistentvolumeclaims)).length, 1);
  api.remove("persistentvolumeclaims/default/p-v");
  await settled();
  assert.ok(get(persistentvolumeclaims, "default/p-v"));
  put(pods, scratch({ deleting: true }));
  api.remove("persistentvolumeclaims/default/p-v");
  await settled();
  assert.equal(get(persistentvolumeclaims, "default/p-v"), undefined);
  await close();
});

test("a claim of that name that is another's is left alone and told of", async () => {
  const other: PersistentVolumeClaim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: aMeta("p-v") };
  const { told, close } = await trial(ephemeralVolumes, [
    [persistentvolumeclaims, other],
    [pods, scratch()],
  ]);
  assert.deepEqual(await told(), [
    "Warning FailedBinding ephemeral volume v: PVC default/p-v was not created for pod default/p (pod is not owner)",
  ]);
  await close();
});
