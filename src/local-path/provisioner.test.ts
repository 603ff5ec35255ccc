import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from "#api/mod.ts";
import { seededRandom, settle, silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import { type Disk, folders } from "./disk.ts";
import { startLocalPath } from "./provisioner.ts";

const provisioner = "spoke.dev/local-path";
const aNode = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name } },
});
const aClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "local-path" },
  provisioner,
  volumeBindingMode: "WaitForFirstConsumer",
};
const aClaim = (node: string): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: {
    name: "c",
    namespace: "default",
    uid: "u",
    annotations: { "volume.kubernetes.io/storage-provisioner": provisioner, "volume.kubernetes.io/selected-node": node },
  },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "local-path" },
  status: { phase: "Pending" },
});

function stage(t: TestContext, disk: Disk = folders) {
  const root = mkdtempSync(join(tmpdir(), "local-path-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const api = fakeApi();
  const clock = new VirtualClock();
  api.put("storageclasses", aClass as KubeObject);
  api.put("nodes", aNode("n"));
  const running = startLocalPath({ client: api.client, clock, random: seededRandom(1), log: silentLog, nodes: ["n"], root, disk });
  t.after(() => running.close());
  /** File work is no matter of the virtual clock: what it ends in is waited for, by the machine's own. */
  const until = async (done: () => boolean) => {
    const end = systemClock.monotonic() + 30_000;
    for (; !done() && systemClock.monotonic() < end; await systemClock.sleep(1)) await settle(1);
    assert.ok(done());
  };
  const volume = () => api.get("persistentvolumes/pvc-u") as PersistentVolume | undefined;
  const claim = () => api.get("persistentvolumeclaims/default/c") as PersistentVolumeClaim;
  return { api, clock, root, until, volume, claim, path: join(root, "pvc-u_default_c") };
}

test("a claim gets its folder and its volume; when it is gone, data and volume go", async (t) => {
  const { api, until, volume, path } = stage(t);
  api.put("persistentvolumeclaims", aClaim("n"));
  await until(() => volume() !== undefined);
  assert.equal(statSync(path).mode & 0o7777, 0o777);
  writeFileSync(join(path, "data"), "1");
  api.remove("persistentvolumeclaims/default/c");
  api.put("persistentvolumes", { ...volume()!, status: { phase: "Released" } } as PersistentVolume);
  await until(() => volume() === undefined);
  assert.equal(existsSync(path), false);
});

test("Retain, said after the volume was made, keeps data and volume", async (t) => {
  const { api, until, volume, path } = stage(t);
  api.put("persistentvolumeclaims", aClaim("n"));
  await until(() => volume() !== undefined);
  writeFileSync(join(path, "data"), "1");
  api.put("persistentvolumes", { ...volume()!, spec: { ...volume()!.spec, persistentVolumeReclaimPolicy: "Retain" } } as PersistentVolume);
  api.remove("persistentvolumeclaims/default/c");
  api.put("persistentvolumes", { ...volume()!, status: { phase: "Released" } } as PersistentVolume);
  await until(() => volume()?.metadata.finalizers?.length === 0);
  assert.ok(existsSync(join(path, "data")));
});

test("a copy that lacks a claim removes no data", async (t) => {
  const { api, until, volume, path } = stage(t);
  api.put("persistentvolumeclaims", aClaim("n"));
  await until(() => volume() !== undefined);
  api.put("persistentvolumes", { ...volume()!, status: { phase: "Released" } } as PersistentVolume);
  await settle(50);
  assert.ok(volume() && existsSync(path));
});

test("a folder that cannot be made gives the claim back to the scheduler", async (t) => {
  const full: Disk = { ...folders, make: () => Promise.reject(new Error("ENOSPC: no space left on device")) };
  const { api, until, volume, claim } = stage(t, full);
  api.put("persistentvolumeclaims", aClaim("n"));
  await until(() => claim().metadata.annotations?.["volume.kubernetes.io/selected-node"] === undefined);
  assert.equal(volume(), undefined);
});

test("what another node is to make is left alone, unless that node is gone", async (t) => {
  const { api, clock, until, volume, claim } = stage(t);
  api.put("nodes", aNode("m"));
  api.put("persistentvolumeclaims", aClaim("m"));
  await settle(20);
  await clock.advance(60_000);
  assert.equal(claim().metadata.annotations?.["volume.kubernetes.io/selected-node"], "m");
  api.remove("nodes/m");
  api.put("persistentvolumeclaims", { ...claim(), metadata: { ...claim().metadata, labels: { again: "" } } });
  await settle(20);
  await clock.advance(60_000);
  await until(() => claim().metadata.annotations?.["volume.kubernetes.io/selected-node"] === undefined);
  assert.equal(volume(), undefined);
});

test("the volume of a node that is gone goes, its data went before", async (t) => {
  const { api, clock, until, volume } = stage(t);
  api.put("persistentvolumes", {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: "pvc-u",
      annotations: { "pv.kubernetes.io/provisioned-by": provisioner, "spoke.dev/node": "gone" },
      finalizers: ["external-provisioner.volume.kubernetes.io/finalizer"],
    },
    spec: { persistentVolumeReclaimPolicy: "Delete", local: { path: "/disk/pvc-u_default_c" } },
    status: { phase: "Released" },
  } as PersistentVolume);
  await settle(20);
  await clock.advance(60_000);
  await settle(20);
  await clock.advance(60_000);
  await until(() => volume() === undefined);
});
