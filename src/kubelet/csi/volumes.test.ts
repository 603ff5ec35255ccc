import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  type CSIDriver,
  csidrivers,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  type Volume,
  volumeattachments,
} from "#api/mod.ts";
import { attachmentName, uniqueVolumeName } from "#client/mod.ts";
import { startTestCsiDriver } from "../testing/csi-driver.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";
import { capability } from "./messages.ts";

const name = "disk.example.com";
const handle = "vol/1";
const unique = uniqueVolumeName({ driver: name, handle });
const hash = createHash("sha256").update(handle).digest("hex");
const all = Object.values(capability).filter((each) => each !== capability.volumeMountGroup);

interface Given {
  capabilities?: number[];
  driver?: CSIDriver["spec"];
  adopt?: TestKubelet;
  mounts?: Map<string, string>;
}

async function setUp(
  t: TestContext,
  { capabilities = all, driver: spec = { attachRequired: false }, adopt, mounts = new Map() }: Given = {},
) {
  const mounted = async (path: string) => mounts.has(path);
  const kubelet = await startTestKubelet(t, {
    withDevices: true,
    ...(adopt ? { adopt, api: adopt.api } : {}),
    kubelet: {
      mounts: {
        tmpfs: async () => {},
        mount: async (source, path) => void mounts.set(path, source),
        isMounted: mounted,
        isLabelled: async () => false,
        prepareDisk: async () => {},
        unmountUnder: async (path) => void mounts.delete(path),
        share: async () => {},
      },
    },
  });
  const { api, folder, until } = kubelet;
  if (spec)
    api.put(csidrivers, {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name },
      spec: { fsGroupPolicy: "ReadWriteOnceWithFSType", volumeLifecycleModes: ["Persistent", "Ephemeral"], ...spec },
    });
  const driver = await startTestCsiDriver(folder, name, {
    capabilities,
    usage: [
      { available: 3, total: 9, used: 6, unit: 1 },
      { available: 1, total: 4, used: 3, unit: 2 },
    ],
  });
  t.after(() => driver.close());
  await until(() => driver.told().includes("registered"));
  const running = (pod: string) => until(() => kubelet.pod(pod).status?.phase === "Running", 150_000);
  const gone = (pod: string) => until(() => api.get(pods, { namespace: "default", name: pod }) === undefined, 150_000);
  const ask = (method: string) => driver.calls.filter((each) => each.method === method).map(({ request }) => request);
  const remove = (pod: string) => {
    const known = kubelet.pod(pod);
    api.put(pods, { ...known, metadata: { ...known.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 } });
  };
  return { ...kubelet, driver, running, gone, ask, remove, mounts };
}

/** A claim that is bound to a volume of the driver. */
function bind(
  { api }: Pick<TestKubelet, "api">,
  spec: PersistentVolume["spec"] = {},
  status: PersistentVolumeClaim["status"] = {},
): Volume {
  api.put(persistentvolumes, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "pv" },
    spec: {
      claimRef: { uid: "uid-c" },
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      csi: { driver: name, volumeHandle: handle, fsType: "ext4", volumeAttributes: { tier: "fast" } },
      ...spec,
    },
  });
  api.put(persistentvolumeclaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "default", uid: "uid-c" },
    spec: { volumeName: "pv", accessModes: spec.accessModes ?? ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    status: { phase: "Bound", capacity: { storage: "1Gi" }, ...status },
  });
  return { name: "v", persistentVolumeClaim: { claimName: "c" } };
}

const user = (pod: string, volume: Volume, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod =>
  aPod({
    name: pod,
    spec: {
      volumes: [volume],
      containers: [{ name: "main", image: "busybox:1.36", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
      ...spec,
    },
  });

test("a volume is in use before it is waited for, staged once, published for each pod, and goes with the last", {
  timeout: 90_000,
}, async (t) => {
  const it = await setUp(t, { driver: { attachRequired: true } });
  const { api, folder, driver, running, gone, ask, remove, until, told } = { ...it, told: it.api.told };
  api.put(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "x" }, data: { key: "aHVzaA==" } });
  const ref = { name: "s", namespace: "x" };
  const csi = { driver: name, volumeHandle: handle, fsType: "ext4", volumeAttributes: { tier: "fast" } };
  const volume = bind(it, { csi: { ...csi, nodeStageSecretRef: ref, nodePublishSecretRef: ref }, mountOptions: ["noatime"] });
  api.put(pods, user("a", volume));
  const node = () => api.get(nodes, { name: "node-1" })!;
  await until(() => node().status?.volumesInUse?.includes(unique) === true);
  assert.deepEqual(driver.told(), [], "nothing is asked of the driver before");
  api.put(volumeattachments, {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name: attachmentName({ driver: name, handle }, "node-1") },
    spec: { attacher: name, nodeName: "node-1", source: { persistentVolumeName: "pv" } },
    status: { attached: true, attachmentMetadata: { device: "/dev/x" } },
  });
  api.put(nodes, { ...node(), status: { ...node().status, volumesAttached: [{ name: unique, devicePath: "" }] } });
  await running("a");
  api.put(pods, user("b", volume));
  await running("b");
  const global = join(folder, "plugins/kubernetes.io/csi", name, hash, "globalmount");
  const target = (uid: string) => join(folder, "pods", uid, "volumes/kubernetes.io~csi/pv/mount");
  const volumeCapability = { mount: { fsType: "ext4", mountFlags: ["noatime"], volumeMountGroup: "" }, accessMode: { mode: 7 } };
  const common = {
    volumeId: handle,
    publishContext: { device: "/dev/x" },
    stagingTargetPath: global,
    volumeCapability,
    secrets: { key: "hush" },
    volumeContext: { tier: "fast" },
  };
  assert.deepEqual(ask("NodeStageVolume"), [common]);
  assert.deepEqual(
    ask("NodePublishVolume"),
    ["uid-a", "uid-b"].map((uid) => ({ ...common, targetPath: target(uid), readonly: false })),
  );
  const notes = (path: string) => JSON.parse(readFileSync(join(path, "../vol_data.json"), "utf8"));
  assert.deepEqual(notes(global), { driverName: name, volumeHandle: handle });
  assert.deepEqual(notes(target("uid-a")), {
    attachmentID: attachmentName({ driver: name, handle }, "node-1"),
    driverName: name,
    nodeName: "node-1",
    specVolID: "pv",
    volumeHandle: handle,
    volumeLifecycleMode: "Persistent",
  });
  driver.told();
  remove("a");
  await gone("a");
  assert.deepEqual(driver.told(), [`NodeUnpublishVolume ${handle}`]);
  driver.refuse("NodeUnpublishVolume", { code: 13, message: "busy" });
  remove("b");
  await until(() => ask("NodeUnpublishVolume").length > 2);
  assert.ok(it.pod("b"), "the pod is there as long as its volume is");
  driver.refuse("NodeUnpublishVolume", undefined);
  await gone("b");
  await until(() => node().status?.volumesInUse === undefined);
  assert.deepEqual(driver.told().slice(-2), [`NodeUnpublishVolume ${handle}`, `NodeUnstageVolume ${handle}`]);
  await until(() => !existsSync(join(folder, "pods/uid-b")));
  assert.equal(existsSync(join(global, "../vol_data.json")), false);
  assert.ok(!told().some((each) => /hush|aHVzaA|Failed/.test(each)), `${told()}`);
});

test("a pod whose volume is not attached is told so after two minutes", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t, { driver: { attachRequired: true } });
  it.api.put(pods, user("a", bind(it)));
  const message =
    "Warning FailedMount Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[v], failed to process volumes=[]: context deadline exceeded";
  await it.pass(100_000);
  assert.deepEqual(
    it.api.told().filter((each) => each.includes("Failed")),
    [],
  );
  await it.until(() => it.api.told().includes(message), 60_000);
  it.remove("a");
  await it.gone("a");
});

test("a volume of the pod's own words: the driver is told of the pod, and gets its tokens", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t, {
    driver: { podInfoOnMount: true, tokenRequests: [{ audience: "vault", expirationSeconds: 600 }, { audience: "" }] },
  });
  const { api, ask, folder, running, gone, remove } = it;
  api.put(secrets, { apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "default" }, data: { key: "aHVzaA==" } });
  const inline = { name: "v", csi: { driver: name, readOnly: true, volumeAttributes: { a: "b" }, nodePublishSecretRef: { name: "s" } } };
  api.put(pods, user("a", inline, { serviceAccountName: "sa" }));
  await running("a");
  const [request] = ask("NodePublishVolume");
  const { "csi.storage.k8s.io/serviceAccount.tokens": tokens, ...context } = request.volumeContext;
  assert.deepEqual(context, {
    a: "b",
    "csi.storage.k8s.io/pod.name": "a",
    "csi.storage.k8s.io/pod.namespace": "default",
    "csi.storage.k8s.io/pod.uid": "uid-a",
    "csi.storage.k8s.io/serviceAccount.name": "sa",
    "csi.storage.k8s.io/ephemeral": "true",
  });
  assert.deepEqual(Object.keys(JSON.parse(tokens)), ["", "vault"]);
  assert.deepEqual(Object.keys(JSON.parse(tokens).vault), ["token", "expirationTimestamp"]);
  assert.deepEqual(
    [request.volumeId, request.stagingTargetPath, request.targetPath, request.readonly, request.secrets],
    [
      `csi-${createHash("sha256").update("uid-av").digest("hex")}`,
      "",
      join(folder, "pods/uid-a/volumes/kubernetes.io~csi/v/mount"),
      true,
      { key: "hush" },
    ],
  );
  assert.deepEqual(ask("NodeStageVolume"), []);
  api.put(csidrivers, {
    ...api.get(csidrivers, { name })!,
    spec: { ...api.get(csidrivers, { name })!.spec, serviceAccountTokenInSecrets: true, podInfoOnMount: false },
  });
  await it.pass(500);
  api.put(pods, user("b", inline));
  await running("b");
  const second = ask("NodePublishVolume")[1];
  assert.deepEqual(
    [Object.keys(second.volumeContext), Object.keys(second.secrets)],
    [["a"], ["key", "csi.storage.k8s.io/serviceAccount.tokens"]],
  );
  for (const pod of ["a", "b"]) remove(pod);
  for (const pod of ["a", "b"]) await gone(pod);
  assert.equal(ask("NodeUnpublishVolume").length, 2);
});

test("what a driver refuses is told in upstream's words, and leaves nothing behind", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t);
  const { api, driver, folder, until, running } = it;
  const mounting = (stage: string, why: string) => `Warning FailedMount MountVolume.${stage} failed for volume "pv" : ${why}`;
  driver.refuse("NodeStageVolume", { code: 13, message: "no disk" });
  api.put(pods, user("a", bind(it)));
  await until(() => api.told().includes(mounting("MountDevice", "rpc error: code = Internal desc = no disk")));
  assert.equal(existsSync(join(folder, "plugins/kubernetes.io/csi", name, hash)), false);
  driver.refuse("NodeStageVolume", undefined);
  driver.refuse("NodePublishVolume", { code: 3, message: "odd" });
  await until(() => api.told().includes(mounting("SetUp", "rpc error: code = InvalidArgument desc = odd")));
  await until(() => !existsSync(join(folder, "pods/uid-a/volumes/kubernetes.io~csi/pv")));
  driver.refuse("NodePublishVolume", undefined);
  await running("a");
  const odd = { name: "v", csi: { driver: "gone.example.com" } };
  api.put(pods, user("b", odd));
  const noDriver = "driver name gone.example.com not found in the list of registered CSI drivers";
  const inline = (why: string) => `Warning FailedMount MountVolume.SetUp failed for volume "v" : kubernetes.io/csi: ${why}`;
  await until(() => api.told().includes(inline(`mounter.SetUpAt failed to get CSI client: ${noDriver}`)));
});

test("a kubelet that starts anew goes on with what is there, and takes down what is not wanted any more", {
  timeout: 90_000,
}, async (t) => {
  const first = await setUp(t);
  const volume = bind(first);
  for (const pod of ["a", "b"]) first.api.put(pods, user(pod, volume));
  for (const pod of ["a", "b"]) await first.running(pod);
  await first.close();
  await first.driver.close();
  await first.api.client.delete(pods, { namespace: "default", name: "a" });
  const second = await setUp(t, { adopt: first });
  await second.until(() => second.ask("NodeUnpublishVolume").length === 1);
  assert.match(second.ask("NodeUnpublishVolume")[0].targetPath, /uid-a/);
  await second.until(() => second.ask("NodePublishVolume").length === 1);
  assert.deepEqual(second.ask("NodeUnstageVolume"), [], "the other pod uses it");
  second.remove("b");
  await second.gone("b");
  await second.until(() => second.ask("NodeUnstageVolume").length === 1);
});

test("a driver that wants it is called again, and what fails then leaves the volume", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t, { driver: { attachRequired: false, requiresRepublish: true } });
  const { api, driver, ask, running, pass, until, folder } = it;
  api.put(pods, user("a", { name: "v", csi: { driver: name } }));
  await running("a");
  await pass(61_000);
  assert.equal(ask("NodePublishVolume").length, 2);
  driver.refuse("NodePublishVolume", { code: 13, message: "no" });
  await until(() => api.told().some((each) => each.endsWith('SetUp failed for volume "v" : rpc error: code = Internal desc = no')), 70_000);
  assert.ok(existsSync(join(folder, "pods/uid-a/volumes/kubernetes.io~csi/v/mount")));
});

test("a volume that has grown grows on its node, and the claim says so", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t);
  const { api, ask, running, until, folder } = it;
  api.put(pods, user("a", bind(it)));
  await running("a");
  const volume = api.get(persistentvolumes, { name: "pv" })!;
  const claim = () => api.get(persistentvolumeclaims, { namespace: "default", name: "c" })!;
  api.put(persistentvolumes, { ...volume, spec: { ...volume.spec, capacity: { storage: "2Gi" } } });
  api.put(persistentvolumeclaims, {
    ...claim(),
    status: {
      ...claim().status,
      allocatedResources: { storage: "2Gi" },
      allocatedResourceStatuses: { storage: "NodeResizePending" },
      conditions: [
        { type: "FileSystemResizePending", status: "True" },
        { type: "ModifyingVolume", status: "True" },
      ],
    },
  });
  await until(() => claim().status?.capacity?.storage === "2Gi", 90_000);
  assert.deepEqual(claim().status?.conditions, [{ type: "ModifyingVolume", status: "True" }]);
  assert.equal(claim().status?.allocatedResourceStatuses, undefined);
  const [{ volumePath, stagingTargetPath, capacityRange }] = ask("NodeExpandVolume");
  assert.deepEqual(
    [volumePath, capacityRange.requiredBytes, stagingTargetPath.endsWith("globalmount")],
    [join(folder, "pods/uid-a/volumes/kubernetes.io~csi/pv/mount"), 2 * 1024 ** 3, true],
  );
  assert.ok(api.told().includes('Normal FileSystemResizeSuccessful MountVolume.NodeExpandVolume succeeded for volume "pv" node-1'));
});

test("a volume that was grown before its pod came is grown before the pod starts", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t);
  const { api, ask, running, driver, until } = it;
  const pending = { allocatedResources: { storage: "2Gi" }, allocatedResourceStatuses: { storage: "NodeResizePending" } };
  driver.refuse("NodeExpandVolume", { code: 13, message: "no" });
  api.put(pods, user("a", bind(it, { capacity: { storage: "2Gi" } }, pending)));
  const why = 'MountVolume.Setup failed while expanding volume for volume "pv" : ';
  await until(() => api.told().some((each) => each.startsWith(`Warning FailedMount ${why}`)), 90_000);
  driver.refuse("NodeExpandVolume", undefined);
  await running("a");
  assert.equal(ask("NodeExpandVolume").at(-1).capacityRange.requiredBytes, 2 * 1024 ** 3);
  assert.equal(api.get(persistentvolumeclaims, { namespace: "default", name: "c" })?.status?.capacity?.storage, "2Gi");
});

test("a driver that can give a volume to the pod's group does it, and the kubelet leaves the files alone", {
  timeout: 90_000,
}, async (t) => {
  const it = await setUp(t, {
    capabilities: [...all, capability.volumeMountGroup],
    driver: { attachRequired: false, fsGroupPolicy: "File" },
  });
  it.api.put(pods, user("a", bind(it), { securityContext: { fsGroup: 4321 } }));
  await it.running("a");
  for (const method of ["NodeStageVolume", "NodePublishVolume"])
    assert.equal(it.ask(method)[0].volumeCapability.mount.volumeMountGroup, "4321", method);
  assert.notEqual(statSync(join(it.folder, "pods/uid-a/volumes/kubernetes.io~csi/pv/mount")).gid, 4321);
});

test("a device is staged and published for the pod, whose link leads to it, and goes as it came", { timeout: 90_000 }, async (t) => {
  const it = await setUp(t);
  const { api, ask, running, gone, remove, folder, mounts, until } = it;
  const volume = bind(it, { volumeMode: "Block" });
  const containers = [{ name: "main", image: "busybox:1.36", volumeDevices: [{ name: "v", devicePath: "/dev/v" }] }];
  api.put(pods, user("a", volume, { containers }));
  await running("a");
  const below = join(folder, "plugins/kubernetes.io/csi/volumeDevices");
  const [stage] = ask("NodeStageVolume");
  const [publish] = ask("NodePublishVolume");
  assert.deepEqual(
    [stage.stagingTargetPath, publish.stagingTargetPath, publish.targetPath, publish.volumeCapability],
    [join(below, "staging/pv"), join(below, "staging/pv"), join(below, "publish/pv/uid-a"), { block: {}, accessMode: { mode: 7 } }],
  );
  assert.equal(readlinkSync(join(folder, "pods/uid-a/volumeDevices/kubernetes.io~csi/pv")), publish.targetPath);
  assert.deepEqual([...mounts], [[join(below, "pv/dev/uid-a"), publish.targetPath]]);
  assert.ok(
    api
      .told()
      .includes(`Normal SuccessfulMountVolume MapVolume.MapPodDevice succeeded for volume "pv" globalMapPath "${join(below, "pv/dev")}"`),
  );
  remove("a");
  await gone("a");
  await until(() => ask("NodeUnstageVolume").length === 1);
  await until(() => !existsSync(join(below, "pv")) && !existsSync(join(below, "staging/pv")) && !existsSync(join(below, "publish/pv")));
  assert.equal(mounts.size, 0);
});
