import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type PersistentVolume, type PersistentVolumeClaim, type Pod, persistentvolumes, type Volume } from "#api/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { setUp } from "../testing/volumes.ts";
import { localVolume } from "./local.ts";
import { devicesOf } from "./mounts.ts";
import type { Wanted } from "./plugin.ts";
import type { Sources } from "./sources.ts";

const isRoot = process.getuid?.() === 0;
const modeOf = (path: string) => statSync(path).mode & 0o7777;
const fails = (work: Promise<unknown>, message: string) =>
  assert.rejects(work, { name: "VolumeError", message: `MountVolume.SetUp failed for volume "v" : ${message}` });

test("claims are followed to their volume, once for a pod", async (t) => {
  const { ensure, api, bound, folder, volumes } = setUp(t);
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const volume = bound("local", { capacity: { storage: "1Gi" }, local: { path: disk } });
  volume.persistentVolumeClaim!.readOnly = true;
  assert.deepEqual(await ensure(volume), { path: disk, readOnly: true, block: false, relabel: false });
  await api.client.delete(persistentvolumes, { name: "pv-local" });
  assert.equal((await ensure(volume)).path, disk, "what is bound stays so while the pod is there");
  await volumes.remove("uid-p");
  await assert.rejects(ensure(volume), /failed to fetch PV pv-local from API server/);
});

const notReady: {
  name: string;
  spec?: PersistentVolume["spec"];
  fields?: Partial<PersistentVolumeClaim>;
  pod?: Partial<Pod["spec"]>;
  wanted: string;
}[] = [
  { name: "not bound", fields: { status: { phase: "Pending" } }, wanted: "error processing PVC default/c: PVC is not bound" },
  { name: "bound to nothing", fields: { spec: {} }, wanted: "error processing PVC default/c: PVC has empty pvc.Spec.VolumeName" },
  {
    name: "going",
    fields: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["other"] } },
    wanted: "error processing PVC default/c: PVC is being deleted",
  },
  {
    name: "a volume without a claim",
    spec: { claimRef: undefined },
    wanted:
      "error processing PVC default/c: found PV object pv-c but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim",
  },
  {
    name: "a volume of another claim",
    spec: { claimRef: { uid: "other" } },
    wanted: "error processing PVC default/c: found PV object pv-c but its pv.Spec.ClaimRef.UID other does not point to claim.UID uid-c",
  },
  {
    name: "a device that is mounted as a file system",
    spec: { volumeMode: "Block" },
    pod: { containers: [{ name: "c", image: "i", volumeMounts: [{ name: "v", mountPath: "/m" }] }] },
    wanted: "volume v has volumeMode Block, but is specified in volumeMounts",
  },
  {
    name: "a file system that is used as a device",
    pod: { containers: [{ name: "c", image: "i", volumeDevices: [{ name: "v", devicePath: "/dev/x" }] }] },
    wanted: "volume v has volumeMode Filesystem, but is specified in volumeDevices",
  },
];
for (const { name, spec, fields, pod, wanted } of notReady)
  test(`a claim whose volume a pod cannot have: ${name}`, async (t) => {
    const { ensure, bound } = setUp(t);
    const message = `Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: ${wanted}`;
    await assert.rejects(ensure(bound("c", { hostPath: { path: "/" }, ...spec }, fields), pod), { name: "VolumeError", message });
  });

test("a claim that is going and protected is there for its pods", async (t) => {
  const { ensure, bound, folder } = setUp(t);
  const metadata = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["kubernetes.io/pvc-protection"] };
  assert.equal((await ensure(bound("c", { hostPath: { path: folder } }, { metadata }))).path, folder);
});

test("the claim of an ephemeral volume is the pod's own", async (t) => {
  const { ensure, bound, folder } = setUp(t);
  bound("p-v", { hostPath: { path: folder } });
  await assert.rejects(ensure({ ephemeral: {} }), /PVC default\/p-v was not created for pod default\/p \(pod is not owner\)/);
  const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "uid-p", controller: true }];
  bound("p-v", { hostPath: { path: folder } }, { metadata: { ownerReferences } });
  assert.equal((await ensure({ ephemeral: {} })).path, folder);
});

test("volumes that this node cannot mount say why, by the volume's name", async (t) => {
  const { ensure, bound, folder } = setUp(t);
  const rejects = async (volume: Volume, message: string) => assert.rejects(ensure(volume), { name: "VolumeError", message });
  await rejects(
    bound("a", { local: { path: join(folder, "gone") } }),
    `MountVolume.NewMounter initialization failed for volume "pv-a" : path "${join(folder, "gone")}" does not exist`,
  );
  const term = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["m"] }] };
  const { volumes } = setUp(t);
  await volumes.remove("uid-p");
  const far = bound("b", { local: { path: folder }, nodeAffinity: { required: { nodeSelectorTerms: [term] } } });
  await assert.rejects(ensure(far, {}, "q"), {
    message: 'MountVolume.NodeAffinity check failed for volume "pv-b" : no matching NodeSelectorTerms',
  });
  await assert.rejects(ensure(bound("d", { csi: { driver: "disk.example.com", volumeHandle: "1" } }), {}, "r"), {
    name: "VolumesWait",
    message:
      "Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[v], failed to process volumes=[]: context deadline exceeded",
  });
  await assert.rejects(ensure({ csi: { driver: "disk.example.com" } }, {}, "t"), {
    message:
      'MountVolume.SetUp failed for volume "v" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name disk.example.com not found in the list of registered CSI drivers',
  });
  await assert.rejects(
    ensure({ iscsi: { targetPortal: "x", iqn: "q", lun: 0 } }, {}, "s"),
    /volumes of type iscsi are not supported on this node/,
  );
});

test("a disk is a device for those who ask for one, and else a folder with the file system that it gets", async (t) => {
  const { ensure, bound, folder } = setUp(t);
  const text = (error: { reason: string; message: string }) => `${error.reason}: ${error.message}`;
  const refused = (volume: Volume, uid: string) => ensure(volume, {}, uid).then(() => "made", text);
  assert.equal(
    await refused(bound("b", { local: { path: folder }, volumeMode: "Block" }), "b"),
    `FailedMapVolume: MapVolume.MapBlockVolume failed for volume "pv-b" : ${folder} is not a block device`,
  );
  assert.match(
    await refused(bound("c", { local: { path: join(folder, "gone") }, volumeMode: "Block" }), "c"),
    /^FailedMapVolume: MapVolume.MapBlockVolume failed for volume "pv-c" : ENOENT/,
  );
  assert.match(
    await refused(bound("d", { hostPath: { path: folder }, volumeMode: "Block" }), "d"),
    /^FailedMapVolume: MapVolume.FindMapperPluginBySpec failed for volume "pv-d" : volumes of type host-path cannot be block devices/,
  );
  const plan = (spec: object, more: object = {}) =>
    localVolume.plan(
      { pod: aPod(), source: spec, readOnly: false, onDisk: "/pods/v", block: false, shared: false, specName: "pv", ...more } as Wanted,
      { isBlockDevice: async () => true } as unknown as Sources,
    );
  const disk = { do: "disk", device: "/dev/x", path: "/pods/v", type: "xfs", options: ["noatime", "ro"] };
  assert.deepEqual(await plan({ local: { path: "/dev/x", fsType: "xfs" }, mountOptions: ["noatime"] }, { readOnly: true }), {
    steps: [disk],
    path: "/pods/v",
    readOnly: true,
  });
  assert.deepEqual(await plan({ local: { path: "/dev/x" } }, { block: true }), {
    steps: [{ do: "device", path: "/dev/x" }],
    path: "/dev/x",
    readOnly: false,
  });
  const group = { pod: aPod({ spec: { securityContext: { fsGroup: 7 } } }) };
  const { steps } = await plan({ local: { path: "/dev/x" } }, group);
  assert.deepEqual(
    steps.map((step) => `${step.do} ${step.path}`),
    ["disk /pods/v", "own /pods/v"],
  );
});

test("devices of a container: those that it names, for reading alone where the claim says so", () => {
  const volumes = new Map([
    ["disk", { path: "/dev/loop1", readOnly: false, block: true, relabel: false }],
    ["kept", { path: "/dev/loop2", readOnly: true, block: true, relabel: false }],
    ["folder", { path: "/data", readOnly: false, block: false, relabel: false }],
  ]);
  const of = (...names: string[]) =>
    devicesOf({ name: "c", volumeDevices: names.map((name) => ({ name, devicePath: `/dev/${name}` })) }, volumes);
  assert.deepEqual(of("disk", "kept"), [
    { containerPath: "/dev/disk", hostPath: "/dev/loop1", permissions: "mrw" },
    { containerPath: "/dev/kept", hostPath: "/dev/loop2", permissions: "r" },
  ]);
  assert.throws(() => of("folder"), { message: 'container c asks for the device "folder", which the pod does not have' });
});

test("nfs is mounted once, with the volume's options, read-only as asked, and leaves nothing behind when it fails", async (t) => {
  const { ensure, bound, mounted, refuse } = setUp(t);
  const volume = bound("c", { nfs: { server: "10.0.0.9", path: "/export", readOnly: true }, mountOptions: ["nfsvers=4.1", "hard"] });
  const { path, readOnly } = await ensure(volume);
  assert.ok(!readOnly && path.endsWith("kubernetes.io~nfs/v"));
  assert.equal(mounted.get(path), "nfs 10.0.0.9:/export hard,nfsvers=4.1");
  refuse.mount = "mount failed (exit 32): Connection refused";
  await ensure(volume);
  await fails(ensure({ nfs: { server: "fd00::1", path: "/", readOnly: true } }, {}, "q"), refuse.mount);
  assert.equal(existsSync(path.replace("uid-p", "q")), false);
  delete refuse.mount;
  const second = await ensure({ nfs: { server: "fd00::1", path: "/", readOnly: true } }, {}, "q");
  assert.ok(second.readOnly);
  assert.equal(mounted.get(second.path), "nfs [fd00::1]:/ ro");
});

test("a volume for one pod is refused to a second one as long as the first is there", async (t) => {
  const { ensure, bound, folder, volumes } = setUp(t);
  const volume = bound("c", { hostPath: { path: folder }, accessModes: ["ReadWriteOncePod"] });
  await ensure(volume);
  await assert.rejects(ensure(volume, {}, "q"), {
    message:
      'MountVolume.SetUp failed for volume "pv-c" : volume uses the ReadWriteOncePod access mode and is already in use by another pod',
  });
  await volumes.remove("uid-p");
  await ensure(volume, {}, "q");
});

test("ownership of a local volume: everything, once for a pod, or nothing when the root is right already", { skip: !isRoot }, async (t) => {
  const { ensure, bound, folder, warnings } = setUp(t);
  const disk = join(folder, "disk");
  mkdirSync(join(disk, "sub"), { recursive: true });
  writeFileSync(join(disk, "sub/f"), "", { mode: 0o600 });
  symlinkSync("/etc/passwd", join(disk, "link"));
  const volume = bound("c", { local: { path: disk } });
  await ensure(volume, { securityContext: { fsGroup: 8 } });
  assert.deepEqual(
    [statSync(join(disk, "sub/f")).gid, modeOf(join(disk, "sub/f")), modeOf(join(disk, "sub")) & 0o2770],
    [8, 0o660, 0o2770],
  );
  assert.equal(statSync("/etc/passwd").gid, 0, "links are not followed");
  const late = join(disk, "sub/late");
  writeFileSync(late, "");
  chownSync(late, 0, 0);
  await ensure(volume, { securityContext: { fsGroup: 8 } });
  assert.equal(statSync(late).gid, 0, "not again while the pod runs");
  await ensure(volume, { securityContext: { fsGroup: 9 } }, "q");
  assert.equal(statSync(disk).gid, 8, "another pod uses it");
  assert.deepEqual(warnings, [
    "AlreadyMountedVolume The requested fsGroup is 9, but the volume pv-c has GID 8. The volume may not be shareable.",
  ]);
});

test("ownership is left alone when the root is right already", { skip: !isRoot }, async (t) => {
  const { ensure, bound, folder } = setUp(t);
  const disk = join(folder, "disk");
  mkdirSync(disk);
  chownSync(disk, 0, 8);
  chmodSync(disk, 0o2775);
  writeFileSync(join(disk, "f"), "");
  chownSync(join(disk, "f"), 0, 0);
  const securityContext = { fsGroup: 8, fsGroupChangePolicy: "OnRootMismatch" };
  await ensure(bound("c", { local: { path: disk } }), { securityContext });
  assert.equal(statSync(join(disk, "f")).gid, 0);
  await ensure(bound("c", { local: { path: disk } }), { securityContext: { ...securityContext, fsGroup: 9 } }, "q");
});
