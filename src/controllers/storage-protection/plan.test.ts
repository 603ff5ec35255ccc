import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type VolumeAttributesClass,
  volumeattributesclasses,
} from "#api/mod.ts";
import { controllerReference } from "#client/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod, secondsAgo } from "../situations.ts";
import { planProtection, usesClaim } from "./plan.ts";
import { attributesClassProtection, claimProtection, volumeProtection } from "./see.ts";

const finalizer = "kubernetes.io/pvc-protection";
const aClaim = (
  name: string,
  { going = false, finalizers = [finalizer] as string[], owner }: { going?: boolean; finalizers?: string[]; owner?: Pod } = {},
) =>
  ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: aMeta(name, {
      finalizers,
      ...(going ? { deletionTimestamp: secondsAgo(1) } : {}),
      ...(owner ? { ownerReferences: [controllerReference(owner)] } : {}),
    }),
  }) satisfies PersistentVolumeClaim;
const mounting = (claimName: string, more: Parameters<typeof aPod>[0] = {}) =>
  aPod({ name: "p", node: "n", spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName } }] }, ...more });
const ephemeral = (more: Parameters<typeof aPod>[0] = {}) =>
  aPod({ name: "p", node: "n", spec: { volumes: [{ name: "v", ephemeral: {} }] }, ...more });

const uses: { name: string; pod: Pod; claim: PersistentVolumeClaim; wanted: boolean }[] = [
  { name: "a bound pod", pod: mounting("c"), claim: aClaim("c"), wanted: true },
  { name: "another claim", pod: mounting("d"), claim: aClaim("c"), wanted: false },
  {
    name: "a pod that is not bound yet",
    pod: mounting("c", { node: "", spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] } }),
    claim: aClaim("c"),
    wanted: false,
  },
  { name: "a finished pod", pod: mounting("c", { phase: "Succeeded" }), claim: aClaim("c"), wanted: true },
  { name: "the claim of an ephemeral volume", pod: ephemeral(), claim: aClaim("p-v", { owner: ephemeral() }), wanted: true },
  { name: "the same name, but made by another", pod: ephemeral(), claim: aClaim("p-v"), wanted: false },
  {
    name: "an ephemeral volume of a finished pod",
    pod: ephemeral({ phase: "Failed" }),
    claim: aClaim("p-v", { owner: ephemeral() }),
    wanted: false,
  },
];
for (const { name, pod, claim, wanted } of uses) test(`uses a claim: ${name}`, () => assert.equal(usesClaim(pod, claim), wanted));

const rows: { name: string; claim: PersistentVolumeClaim; isUsed: boolean; wanted: string[] | undefined }[] = [
  { name: "without the finalizer", claim: aClaim("c", { finalizers: ["other"] }), isUsed: false, wanted: ["other", finalizer] },
  { name: "with it", claim: aClaim("c"), isUsed: false, wanted: undefined },
  { name: "going and used", claim: aClaim("c", { going: true }), isUsed: true, wanted: undefined },
  { name: "going and unused", claim: aClaim("c", { going: true, finalizers: [finalizer, "other"] }), isUsed: false, wanted: ["other"] },
  { name: "going without it", claim: aClaim("c", { going: true, finalizers: ["other"] }), isUsed: false, wanted: undefined },
];
for (const { name, claim, isUsed, wanted } of rows)
  test(`protection: ${name}`, () => {
    const [step] = planProtection({ object: claim, resource: persistentvolumeclaims, finalizer, isUsed });
    assert.deepEqual((step as { object: PersistentVolumeClaim } | undefined)?.object.metadata.finalizers, wanted);
  });

test("a claim goes when its last pod goes, and not because the copy lacks a pod", async () => {
  const { api, get, put, settled, close } = await trial(claimProtection, [
    [persistentvolumeclaims, aClaim("c")],
    [pods, mounting("c")],
  ]);
  put(persistentvolumeclaims, aClaim("c", { going: true }));
  await settled();
  assert.ok(get(persistentvolumeclaims, "default/c"));
  put(pods, mounting("c", { phase: "Succeeded" }));
  await settled();
  assert.ok(get(persistentvolumeclaims, "default/c"), "a finished pod holds it too");
  api.pause();
  put(pods, { ...mounting("c"), metadata: { ...mounting("c").metadata, name: "late", uid: "late" } });
  api.remove("pods/default/p");
  await settled();
  assert.ok(get(persistentvolumeclaims, "default/c"));
  api.resume();
  api.remove("pods/default/late");
  await settled();
  assert.equal(get(persistentvolumeclaims, "default/c"), undefined);
  await close();
});

test("a bound volume stays", async () => {
  const volume = (phase: string, going: boolean): PersistentVolume => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      ...aMeta("v"),
      namespace: undefined,
      finalizers: ["kubernetes.io/pv-protection"],
      ...(going ? { deletionTimestamp: secondsAgo(1) } : {}),
    },
    status: { phase },
  });
  const { get, put, settled, close } = await trial(volumeProtection, [[persistentvolumes, volume("Bound", true)]]);
  assert.ok(get(persistentvolumes, "v"));
  put(persistentvolumes, volume("Released", true));
  await settled();
  assert.equal(get(persistentvolumes, "v"), undefined);
  await close();
});

test("a class of attributes goes when the last claim or volume that names it does", async () => {
  const gold = (going: boolean): VolumeAttributesClass => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttributesClass",
    metadata: {
      name: "gold",
      uid: "uid-of-gold",
      finalizers: ["kubernetes.io/vac-protection"],
      ...(going ? { deletionTimestamp: secondsAgo(1) } : {}),
    },
    driverName: "d",
  });
  const named = (claim: PersistentVolumeClaim, status: PersistentVolumeClaim["status"]) => ({ ...claim, status });
  const { api, get, put, settled, close } = await trial(attributesClassProtection, [
    [volumeattributesclasses, gold(false)],
    [persistentvolumeclaims, named(aClaim("c"), { currentVolumeAttributesClassName: "gold" })],
    [persistentvolumeclaims, named(aClaim("d"), { modifyVolumeStatus: { status: "Pending", targetVolumeAttributesClassName: "gold" } })],
  ]);
  put(volumeattributesclasses, gold(true));
  put(persistentvolumeclaims, named(aClaim("c"), {}));
  await settled();
  assert.ok(get(volumeattributesclasses, "gold"));
  api.remove("persistentvolumeclaims/default/d");
  await settled();
  assert.equal(get(volumeattributesclasses, "gold"), undefined);
  await close();
});
