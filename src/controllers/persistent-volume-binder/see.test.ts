import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type Resource,
  storageclasses,
} from "#api/mod.ts";
import { trial } from "#client/reconcile/trial.ts";
import { aPod } from "../situations.ts";
import { claimBinder, volumeBinder } from "./see.ts";
import { aClaim, aClass, aVolume, completed } from "./situations.ts";

const uid = "uid-of-c";
const later = aClass("later", { volumeBindingMode: "WaitForFirstConsumer" });

/** Which volume a claim is bound to, of those that are there. */
const choices: { name: string; claim?: PersistentVolumeClaim; volumes: ReturnType<typeof aVolume>[]; wanted: string | undefined }[] = [
  {
    name: "the smallest that is big enough",
    volumes: [aVolume({ size: "9Gi" }, "a"), aVolume({ size: "2Gi" }, "b"), aVolume({ size: "1Mi" }, "c")],
    wanted: "b",
  },
  {
    name: "one that is kept by name, although bigger",
    volumes: [aVolume({}, "a"), aVolume({ size: "9Gi", claim: "c" }, "b")],
    wanted: "b",
  },
  { name: "one that is kept by uid", volumes: [aVolume({}, "a"), aVolume({ size: "9Gi", claim: "c", uid }, "b")], wanted: "b" },
  {
    name: "none that is kept for another",
    volumes: [aVolume({ claim: "d" }, "a"), aVolume({ claim: "c", uid: "old" }, "b")],
    wanted: undefined,
  },
  {
    name: "fewest access modes before size",
    volumes: [aVolume({ modes: ["ReadWriteOnce", "ReadWriteMany"] }, "a"), aVolume({ size: "9Gi" }, "b")],
    wanted: "b",
  },
  { name: "more access modes than asked for", volumes: [aVolume({ modes: ["ReadWriteMany", "ReadWriteOnce"] }, "a")], wanted: "a" },
  { name: "none without the access modes", claim: aClaim({ modes: ["ReadWriteMany"] }), volumes: [aVolume({}, "a")], wanted: undefined },
  {
    name: "none that is not available",
    volumes: [aVolume({ phase: "Pending" }, "a"), aVolume({ phase: "Failed" }, "b")],
    wanted: undefined,
  },
  { name: "none that is being deleted", volumes: [aVolume({ going: true }, "a")], wanted: undefined },
  {
    name: "of the class",
    claim: aClaim({ class: "gold" }),
    volumes: [aVolume({}, "a"), aVolume({ class: "gold", size: "9Gi" }, "b")],
    wanted: "b",
  },
  { name: "without a class none of a class", volumes: [aVolume({ class: "gold" }, "a")], wanted: undefined },
  {
    name: "one of another class that is kept for it",
    claim: aClaim({ class: "gold" }),
    volumes: [aVolume({ claim: "c" }, "a")],
    wanted: "a",
  },
  {
    name: "by labels",
    claim: aClaim({ spec: { selector: { matchLabels: { tier: "fast" } } } }),
    volumes: [aVolume({ labels: { tier: "slow" } }, "a"), aVolume({ labels: { tier: "fast" }, size: "9Gi" }, "b")],
    wanted: "b",
  },
  { name: "a file system is no block device", volumes: [aVolume({ spec: { volumeMode: "Block" } }, "a")], wanted: undefined },
  {
    name: "a block device",
    claim: aClaim({ spec: { volumeMode: "Block" } }),
    volumes: [aVolume({}, "a"), aVolume({ spec: { volumeMode: "Block" } }, "b")],
    wanted: "b",
  },
  { name: "with the same attributes", volumes: [aVolume({ spec: { volumeAttributesClassName: "fast" } }, "a")], wanted: undefined },
  {
    name: "none while the class waits for a pod",
    claim: aClaim({ class: "later" }),
    volumes: [aVolume({ class: "later" }, "a")],
    wanted: undefined,
  },
  {
    name: "one that is kept for it, although the class waits for a pod",
    claim: aClaim({ class: "later" }),
    volumes: [aVolume({ class: "later", claim: "c" }, "a")],
    wanted: "a",
  },
];
for (const { name, claim = aClaim(), volumes, wanted } of choices)
  test(`choice: ${name}`, async () => {
    const objects: [Resource, object][] = [
      [storageclasses, later],
      ...volumes.map((volume): [Resource, object] => [persistentvolumes, volume]),
    ];
    const { get, close } = await trial(claimBinder, [...objects, [persistentvolumeclaims, claim]] as never);
    assert.equal(get(persistentvolumeclaims, "default/c")?.spec?.volumeName, wanted);
    const linked = volumes.map(({ metadata }) => get(persistentvolumes, metadata.name!)!).filter(({ spec }) => spec?.claimRef?.uid === uid);
    assert.deepEqual(
      linked.map(({ metadata }) => metadata.name),
      wanted ? [wanted] : [],
    );
    await close();
  });

test("a claim follows what comes: a class, a volume, a default", async () => {
  const { put, get, told, settled, close } = await trial(claimBinder, [
    [persistentvolumeclaims, aClaim({ class: "now" }, "a")],
    [persistentvolumeclaims, aClaim({}, "b")],
  ]);
  assert.deepEqual(await told(), [
    'Warning ProvisioningFailed storageclass.storage.k8s.io "now" not found',
    "Normal FailedBinding no persistent volumes available for this claim and no storage class is set",
  ]);
  put(storageclasses, aClass("now", { metadata: { name: "now", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } }));
  await settled();
  for (const name of ["a", "b"]) {
    const { metadata, spec } = get(persistentvolumeclaims, `default/${name}`)!;
    assert.equal(spec?.storageClassName, "now");
    assert.equal(metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/disk");
  }
  put(persistentvolumes, aVolume({ class: "now", claim: "b", uid: "uid-of-b" }, "made"));
  await settled();
  assert.equal(get(persistentvolumeclaims, "default/b")?.spec?.volumeName, "made");
  assert.equal(get(persistentvolumeclaims, "default/b")?.status?.phase, "Pending", "the volume does not say Bound yet");
  put(persistentvolumes, { ...get(persistentvolumes, "made")!, status: { phase: "Bound" } });
  await settled();
  assert.equal(get(persistentvolumeclaims, "default/b")?.status?.phase, "Bound");
  await close();
});

test("the pods that a claim waits for are named, as often as upstream names them", async () => {
  const pod = (name: string, more: Partial<Pod["spec"]> = {}) =>
    aPod({ name, phase: "Pending", spec: { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }], ...more } });
  const { clock, told, put, close } = await trial(claimBinder, [
    [storageclasses, later],
    [persistentvolumeclaims, aClaim({ class: "later" })],
  ]);
  put(pods, pod("p"));
  put(pods, pod("elsewhere", { nodeName: "n" }));
  await clock.advance(15_000);
  assert.deepEqual(await told(), [
    "Normal WaitForFirstConsumer waiting for first consumer to be created before binding",
    "Normal WaitForPodScheduled waiting for pod p to be scheduled",
  ]);
  await close();
});

test("before a claim is lost or a volume released, the API is asked: the copies may be late", async () => {
  const claims = await trial(claimBinder, [[persistentvolumeclaims, aClaim({ volume: "v", marks: completed, phase: "Bound" })]]);
  assert.equal(claims.get(persistentvolumeclaims, "default/c")?.status?.phase, "Lost");
  assert.equal(claims.api.requests[0], "GET /api/v1/persistentvolumes/v");
  await claims.close();
  const volumes = await trial(volumeBinder, [[persistentvolumes, aVolume({ claim: "c", uid, phase: "Bound" })]]);
  assert.equal(volumes.get(persistentvolumes, "v")?.status?.phase, "Released");
  assert.equal(volumes.api.requests[0], "GET /api/v1/namespaces/default/persistentvolumeclaims/c");
  await volumes.close();
});

test("a volume is released when its claim goes, and one of that name is none of its own", async () => {
  const { put, get, api, settled, close } = await trial(volumeBinder, [
    [persistentvolumeclaims, aClaim({ volume: "v", marks: completed, phase: "Bound" })],
    [persistentvolumes, aVolume({ claim: "c", uid, phase: "Pending" })],
  ]);
  assert.equal(get(persistentvolumes, "v")?.status?.phase, "Bound");
  api.remove("persistentvolumeclaims/default/c");
  put(persistentvolumeclaims, aClaim({ uid: "another" }));
  await settled();
  assert.equal(get(persistentvolumes, "v")?.status?.phase, "Released");
  await close();
});
