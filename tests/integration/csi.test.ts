/** A CSI driver's sidecars, played by the test, with the real API server, controllers and scheduler, on simulated nodes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  csidrivers,
  csinodes,
  csistoragecapacities,
  events,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  storageclasses,
  type VolumeAttachment,
  volumeattachments,
  volumeattributesclasses,
} from "#api/mod.ts";
import { attachmentName, isNotFound, uniqueVolumeName } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

const namespace = "default";
const driver = "disk.example.com";
const provisionerFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";
const attacherFinalizer = "external-attacher/disk-example-com";
/** How many volumes of the driver each node can have. */
const limits: Record<string, number> = { "sim-1": 1, "sim-2": 9, "sim-3": 9 };

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 3 });
  const { client } = cluster;
  const storage = { apiVersion: "storage.k8s.io/v1" } as const;
  await client.create(csidrivers, { ...storage, kind: "CSIDriver", metadata: { name: driver }, spec: { storageCapacity: true } });
  await client.create(storageclasses, {
    ...storage,
    kind: "StorageClass",
    metadata: { name: "disk" },
    provisioner: driver,
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  });
  for (const [name, count] of Object.entries(limits)) {
    const drivers = [{ name: driver, nodeID: `id-of-${name}`, topologyKeys: ["kubernetes.io/hostname"], allocatable: { count } }];
    await client.create(csinodes, { ...storage, kind: "CSINode", metadata: { name }, spec: { drivers } });
  }
  // There is storage at the second node, and little at the third.
  for (const [name, capacity] of [
    ["sim-2", "100Gi"],
    ["sim-3", "1Mi"],
  ] as const)
    await client.create(csistoragecapacities, {
      ...storage,
      kind: "CSIStorageCapacity",
      metadata: { name: `at-${name}`, namespace },
      storageClassName: "disk",
      nodeTopology: { matchLabels: { "kubernetes.io/hostname": name } },
      capacity,
    });
});
after(() => cluster.close());

const claim = (name: string) => cluster.client.get(persistentvolumeclaims, { namespace, name });
const volume = (name: string) => cluster.client.get(persistentvolumes, { name });
const attachment = (handle: string, node: string) =>
  cluster.client.get(volumeattachments, { name: attachmentName({ driver, handle }, node) });
const unique = (handle: string) => uniqueVolumeName({ driver, handle });
const told = async (about: string): Promise<string[]> =>
  (await cluster.client.list(events, { fieldSelector: `involvedObject.name=${about}` })).items.map(
    ({ type, reason, message, source }) => `${source?.component}: ${type} ${reason} ${message}`,
  );
const gone = (look: () => Promise<unknown>) => eventually(() => assert.rejects(look, isNotFound));

const aClaim = (name: string, spec: PersistentVolumeClaim["spec"] = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace },
  spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "disk", ...spec },
});
const aPod = (name: string, claimName: string, spec: Pod["spec"] = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    containers: [{ name: "c", image: "registry.example/app" }],
    volumes: [{ name: "d", persistentVolumeClaim: { claimName } }],
    terminationGracePeriodSeconds: 0,
    ...spec,
  },
});

/** As the external provisioner writes it. */
const made = ({ metadata }: PersistentVolumeClaim, handle: string): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: {
    name: `pvc-${metadata.uid}`,
    finalizers: [provisionerFinalizer],
    annotations: {
      "pv.kubernetes.io/provisioned-by": driver,
      "volume.kubernetes.io/provisioner-deletion-secret-name": "secret",
      "volume.kubernetes.io/provisioner-deletion-secret-namespace": namespace,
    },
  },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Delete",
    storageClassName: "disk",
    csi: { driver, volumeHandle: handle, volumeAttributes: { "storage.kubernetes.io/csiProvisionerIdentity": "1" } },
    claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name: metadata.name, uid: metadata.uid },
  },
});

/** A claim whose volume was made, without a pod. */
async function disk(name: string, spec: PersistentVolumeClaim["spec"] = {}): Promise<PersistentVolume> {
  const created = await cluster.client.create(persistentvolumeclaims, aClaim(name, spec));
  const of = await cluster.client.create(persistentvolumes, {
    ...made(created, name),
    spec: {
      ...made(created, name).spec,
      ...(spec.volumeAttributesClassName ? { volumeAttributesClassName: spec.volumeAttributesClassName } : {}),
    },
  });
  await eventually(async () => assert.equal((await claim(name)).status?.phase, "Bound"));
  return of;
}

/** The external attacher: a finalizer on both, the driver's call, then the status. */
async function attach(handle: string, node: string): Promise<void> {
  const { metadata, spec } = await eventually(() => attachment(handle, node));
  const { name } = metadata;
  const of = await volume(spec!.source!.persistentVolumeName!);
  const finalizers = [...new Set([...(of.metadata.finalizers ?? []), attacherFinalizer])];
  await cluster.client.patch(persistentvolumes, { name: of.metadata.name! }, "merge", { metadata: { finalizers } });
  await cluster.client.patch(volumeattachments, { name: name! }, "merge", { metadata: { finalizers: [attacherFinalizer] } });
  await cluster.client.patch(volumeattachments, { name: name! }, "merge", { status: { attached: true } }, { subresource: "status" });
  await eventually(async () => {
    const { volumesAttached = [] } = (await cluster.client.get(nodes, { name: node })).status ?? {};
    assert.ok(volumesAttached.some((each) => each.name === unique(handle) && each.devicePath === ""));
  });
}

/** And back: it waits for the deletion, detaches, and lets both go. */
async function detach(handle: string, node: string): Promise<void> {
  const going = await eventually(async () => {
    const found = await attachment(handle, node);
    assert.ok(found.metadata.deletionTimestamp);
    return found;
  });
  const { volumesAttached = [] } = (await cluster.client.get(nodes, { name: node })).status ?? {};
  assert.ok(!volumesAttached.some(({ name }) => name === unique(handle)), "first the kubelet is told that it may not mount");
  const release = (finalizers: string[] = []) => ({ metadata: { finalizers: finalizers.filter((each) => each !== attacherFinalizer) } });
  const of = await volume(going.spec!.source!.persistentVolumeName!);
  await cluster.client.patch(persistentvolumes, { name: of.metadata.name! }, "merge", release(of.metadata.finalizers));
  await cluster.client.patch(volumeattachments, { name: going.metadata.name! }, "merge", release(going.metadata.finalizers));
  await gone(() => attachment(handle, node));
}

/** What a kubelet says of its mounts. */
const mounts = (node: string, handles: string[]) =>
  cluster.client.patch(nodes, { name: node }, "merge", { status: { volumesInUse: handles.map(unique) } }, { subresource: "status" });
const placed = (name: string) =>
  eventually(async () => {
    const { spec } = await cluster.client.get(pods, { namespace, name });
    assert.ok(spec?.nodeName);
    return spec.nodeName;
  });

test("a claim's volume is made where there is room, attached with its pod, detached after it, deleted by its maker", {
  timeout: 90_000,
}, async () => {
  const { client } = cluster;
  await client.create(persistentvolumeclaims, aClaim("life"));
  await client.create(pods, aPod("user", "life"));
  const asked = await eventually(async () => {
    const found = await claim("life");
    assert.equal(found.metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], driver);
    assert.equal(found.metadata.annotations?.["volume.kubernetes.io/selected-node"], "sim-2", "only there is enough");
    return found;
  });
  const external = `Waiting for a volume to be created either by the external provisioner '${driver}'`;
  await eventually(async () => assert.ok((await told("life")).some((each) => each.includes(external))));
  const { metadata } = await client.create(persistentvolumes, made(asked, "life"));
  assert.equal(await placed("user"), "sim-2");
  const bound = await volume(metadata.name!);
  assert.deepEqual(bound.metadata.annotations, made(asked, "life").metadata.annotations, "what the provisioner noted stays");
  assert.deepEqual(bound.metadata.finalizers?.toSorted(), [provisionerFinalizer, "kubernetes.io/pv-protection"]);
  const wanted = await eventually(() => attachment("life", "sim-2"));
  assert.deepEqual(wanted.spec, {
    attacher: driver,
    nodeName: "sim-2",
    source: { persistentVolumeName: metadata.name },
  } satisfies VolumeAttachment["spec"]);
  await attach("life", "sim-2");
  const succeeded = `attachdetach-controller: Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "${metadata.name}" `;
  await eventually(async () => assert.ok((await told("user")).includes(succeeded)));
  const counted = cluster.countsOf("controllers").map(({ name, samples }) => [name, samples]);
  const plugin = `kubernetes.io/csi:${driver}`;
  assert.deepEqual(Object.fromEntries(counted), {
    storage_count_attachable_volumes_in_use: [{ labels: { node: "sim-2", volume_plugin: plugin }, value: 1 }],
    attachdetach_controller_total_volumes: [
      { labels: { plugin_name: plugin, state: "desired_state_of_world" }, value: 1 },
      { labels: { plugin_name: plugin, state: "actual_state_of_world" }, value: 1 },
    ],
  });
  await mounts("sim-2", ["life"]);
  await client.delete(pods, { namespace, name: "user" });
  await gone(() => client.get(pods, { namespace, name: "user" }));
  // When the node has been looked at for another pod, it has been looked at without this one.
  await disk("next");
  await client.create(pods, aPod("next", "next", { nodeName: "sim-2" }));
  await attach("next", "sim-2");
  assert.equal((await attachment("life", "sim-2")).metadata.deletionTimestamp, undefined, "it is mounted");
  await client.delete(persistentvolumeclaims, { namespace, name: "life" });
  await eventually(async () => assert.equal((await volume(metadata.name!)).status?.phase, "Released"));
  await mounts("sim-2", ["next"]);
  await detach("life", "sim-2");
  // The provisioner deletes what is behind it, and then the object.
  await client.delete(persistentvolumes, { name: metadata.name! });
  const last = await eventually(async () => {
    const found = await volume(metadata.name!);
    assert.deepEqual(found.metadata.finalizers, [provisionerFinalizer]);
    return found;
  });
  assert.equal(last.status?.phase, "Released");
  await client.patch(persistentvolumes, { name: metadata.name! }, "merge", { metadata: { finalizers: null } });
  await gone(() => volume(metadata.name!));
});

test("a volume that one node may have waits for the other to let go", { timeout: 60_000 }, async () => {
  const { client } = cluster;
  const { metadata } = await disk("alone");
  await client.create(pods, aPod("first", "alone", { nodeName: "sim-2" }));
  await attach("alone", "sim-2");
  await client.create(pods, aPod("second", "alone", { nodeName: "sim-3" }));
  const warned = `Warning FailedAttachVolume Waiting for detach for volume "${metadata.name}" Volume is already used by pod(s) first`;
  await eventually(async () => assert.ok((await told("second")).includes(`attachdetach-controller: ${warned}`)));
  await assert.rejects(attachment("alone", "sim-3"), isNotFound);
  await client.delete(pods, { namespace, name: "first" });
  await detach("alone", "sim-2");
  await attach("alone", "sim-3");
});

test("a node takes as many volumes as its driver can have there, attached ones included", { timeout: 60_000 }, async () => {
  const { client } = cluster;
  const here = { nodeSelector: { "kubernetes.io/hostname": "sim-1" } };
  await Promise.all([disk("one"), disk("two")]);
  await client.create(pods, aPod("one", "one", here));
  assert.equal(await placed("one"), "sim-1");
  await attach("one", "sim-1");
  await client.create(pods, aPod("two", "two", here));
  const waits = () =>
    eventually(async () => {
      const { status } = await client.get(pods, { namespace, name: "two" });
      const message = status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";
      assert.match(message, /1 node\(s\) exceed max volume count/);
    });
  await waits();
  await client.delete(pods, { namespace, name: "one" });
  await detach("one", "sim-1");
  assert.equal(await placed("two"), "sim-1");
  await attach("two", "sim-1");
});

test("growing and changing a volume is the sidecars': claims carry what they note", { timeout: 60_000 }, async () => {
  const { client } = cluster;
  const attributes = (name: string) =>
    client.create(volumeattributesclasses, {
      apiVersion: "storage.k8s.io/v1",
      kind: "VolumeAttributesClass",
      metadata: { name },
      driverName: driver,
      parameters: { iops: "100" },
    });
  await Promise.all([attributes("slow"), attributes("fast")]);
  const { metadata } = await disk("grows", { volumeAttributesClassName: "slow" });
  const ref = { namespace, name: "grows" };
  assert.equal((await claim("grows")).status?.currentVolumeAttributesClassName, "slow");
  await client.patch(persistentvolumeclaims, ref, "merge", {
    spec: { resources: { requests: { storage: "2Gi" } }, volumeAttributesClassName: "fast" },
  });
  const waiting = "volume_expand: Normal ExternalExpanding waiting for an external controller to expand this PVC";
  await eventually(async () => assert.ok((await told("grows")).includes(waiting)));
  const notes = {
    allocatedResources: { storage: "2Gi" },
    allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
    modifyVolumeStatus: { targetVolumeAttributesClassName: "fast", status: "InProgress" },
    conditions: [
      { type: "Resizing", status: "True" },
      { type: "ModifyingVolume", status: "True" },
    ],
  };
  await client.patch(persistentvolumeclaims, ref, "merge", { status: notes }, { subresource: "status" });
  const { status = {} } = await claim("grows");
  assert.deepEqual(
    [status.allocatedResourceStatuses, status.modifyVolumeStatus, status.conditions?.map(({ type }) => type)],
    [notes.allocatedResourceStatuses, notes.modifyVolumeStatus, ["Resizing", "ModifyingVolume"]],
  );
  const grown = { capacity: { storage: "2Gi" }, volumeAttributesClassName: "fast" };
  await client.patch(persistentvolumes, { name: metadata.name! }, "merge", { spec: grown });
  const done = {
    capacity: { storage: "2Gi" },
    allocatedResources: null,
    allocatedResourceStatuses: null,
    modifyVolumeStatus: null,
    currentVolumeAttributesClassName: "fast",
    conditions: [],
  };
  await client.patch(persistentvolumeclaims, ref, "merge", { status: done }, { subresource: "status" });
  const { status: last = {} } = await claim("grows");
  assert.deepEqual(
    [last.phase, last.capacity?.storage, last.currentVolumeAttributesClassName, last.modifyVolumeStatus],
    ["Bound", "2Gi", "fast", undefined],
  );
  // The class in force stays while it is used; the other may go.
  await client.delete(volumeattributesclasses, { name: "slow" });
  await gone(() => client.get(volumeattributesclasses, { name: "slow" }));
  await client.delete(volumeattributesclasses, { name: "fast" });
  const kept = await client.get(volumeattributesclasses, { name: "fast" });
  assert.deepEqual([Boolean(kept.metadata.deletionTimestamp), kept.metadata.finalizers], [true, ["kubernetes.io/vac-protection"]]);
});

test("no controller asked for what its role does not allow", () => {
  assert.deepEqual([...refused], []);
});
