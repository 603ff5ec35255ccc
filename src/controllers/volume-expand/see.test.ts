import assert from "node:assert/strict";
import { test } from "node:test";
import { type PersistentVolume, type PersistentVolumeClaim, persistentvolumeclaims, persistentvolumes } from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta } from "../situations.ts";
import { volumeExpansion } from "./see.ts";

const aClaim = (asked: string, has = "1Gi", phase = "Bound"): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: aMeta("c"),
  spec: { volumeName: "v", resources: { requests: { storage: asked } } },
  status: { phase, capacity: { storage: has } },
});
const volume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "v" },
  spec: { claimRef: { uid: "uid-of-c" } },
} satisfies PersistentVolume;

test("a claim that asks for more is told that its volume's maker must do it, once", async () => {
  const { put, told, close } = await trial(volumeExpansion, [
    [persistentvolumes, volume],
    [persistentvolumeclaims, aClaim("1Gi")],
  ]);
  assert.deepEqual(await told(), []);
  put(persistentvolumeclaims, aClaim("2Gi"));
  const wanted = ["Normal ExternalExpanding waiting for an external controller to expand this PVC"];
  assert.deepEqual(await told(), wanted);
  put(persistentvolumeclaims, { ...aClaim("2Gi"), metadata: aMeta("c", { labels: { a: "b" } }) });
  put(persistentvolumeclaims, aClaim("2Gi", "2Gi"));
  put(persistentvolumeclaims, aClaim("3Gi", "2Gi", "Pending"));
  assert.deepEqual(await told(), wanted);
  await close();
});
