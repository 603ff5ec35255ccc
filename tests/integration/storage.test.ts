/** Volumes and claims through the real API server, controllers and scheduler, on simulated nodes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  events,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type StorageClass,
  statefulsets,
  storageclasses,
} from "#api/mod.ts";
import { isNotFound } from "#client/mod.ts";
import type { Cluster } from "#cluster/mod.ts";
import { ensureLocalPathClass } from "#local-path/mod.ts";
import { eventually, refused, startCluster } from "./cluster.ts";

let cluster: Cluster;
before(async () => {
  cluster = await startCluster({ nodes: 3 });
});
after(() => cluster.close());

const namespace = "default";

function aVolume(name: string, spec: PersistentVolume["spec"] = {}): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], hostPath: { path: `/data/${name}` }, ...spec },
  };
}

function aClaim(name: string, spec: PersistentVolumeClaim["spec"] = {}): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, ...spec },
  };
}

function aClass(name: string, more: Partial<StorageClass> = {}): StorageClass {
  return { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name }, provisioner: "example.com/disk", ...more };
}

const volume = (name: string) => cluster.client.get(persistentvolumes, { name });
const claim = (name: string) => cluster.client.get(persistentvolumeclaims, { namespace, name });
const inPhase = (name: string, phase: string) => eventually(async () => assert.equal((await volume(name)).status?.phase, phase));
const bound = (name: string) =>
  eventually(async () => {
    const found = await claim(name);
    assert.equal(found.status?.phase, "Bound");
    return found;
  });
const told = async (about: string): Promise<string[]> =>
  (await cluster.client.list(events, { fieldSelector: `involvedObject.name=${about}` })).items.map(
    ({ type, reason, message, source }) => `${source?.component}: ${type} ${reason} ${message}`,
  );

test("a volume is available, is bound to the smallest claim that it fits, is released with it and stays", async () => {
  await cluster.client.create(persistentvolumes, aVolume("big", { capacity: { storage: "5Gi" }, storageClassName: "manual" }));
  await cluster.client.create(persistentvolumes, aVolume("small", { storageClassName: "manual" }));
  await Promise.all(["big", "small"].map((name) => inPhase(name, "Available")));
  await cluster.client.create(persistentvolumeclaims, aClaim("first", { storageClassName: "manual" }));
  const { metadata, spec, status } = await bound("first");
  assert.equal(spec?.volumeName, "small");
  assert.deepEqual(metadata.annotations, { "pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes" });
  assert.deepEqual(status, { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } });
  const of = await volume("small");
  assert.deepEqual(of.metadata.annotations, { "pv.kubernetes.io/bound-by-controller": "yes" });
  assert.deepEqual(
    [of.spec?.claimRef?.uid, of.status?.phase],
    [metadata.uid, "Bound"],
    "whoever sees the claim bound finds the volume bound",
  );
  await cluster.client.delete(persistentvolumeclaims, { namespace, name: "first" });
  await inPhase("small", "Released");
  // An administrator takes the link away: it may serve again.
  await cluster.client.patch(persistentvolumes, { name: "small" }, "merge", { spec: { claimRef: null } });
  await inPhase("small", "Available");
  await cluster.client.create(
    persistentvolumeclaims,
    aClaim("second", { storageClassName: "manual", resources: { requests: { storage: "2Gi" } } }),
  );
  assert.equal((await bound("second")).spec?.volumeName, "big");
});

test("many claims at once share many volumes, each one", async () => {
  const count = 30;
  const names = Array.from({ length: count }, (_, i) => `many-${i}`);
  await Promise.all(
    names.flatMap((name) => [
      cluster.client.create(persistentvolumeclaims, aClaim(name, { storageClassName: "many" })),
      cluster.client.create(persistentvolumes, aVolume(name, { storageClassName: "many" })),
    ]),
  );
  const of = await Promise.all(names.map(bound));
  assert.equal(new Set(of.map(({ spec }) => spec?.volumeName)).size, count);
  for (const { metadata, spec } of of) assert.equal((await volume(spec!.volumeName!)).spec?.claimRef?.uid, metadata.uid);
});

test("a volume that is kept for a claim waits for it, and serves no other", async () => {
  await cluster.client.create(persistentvolumes, aVolume("kept", { storageClassName: "kept", claimRef: { namespace, name: "owner" } }));
  await inPhase("kept", "Available");
  await cluster.client.create(persistentvolumeclaims, aClaim("stranger", { storageClassName: "kept", volumeName: "kept" }));
  await eventually(async () =>
    assert.deepEqual(await told("stranger"), [
      'persistentvolume-controller: Warning FailedBinding volume "kept" already bound to a different claim.',
    ]),
  );
  await cluster.client.create(persistentvolumeclaims, aClaim("owner", { storageClassName: "kept" }));
  assert.equal((await bound("owner")).spec?.volumeName, "kept");
  assert.equal((await volume("kept")).metadata.annotations, undefined, "a user made the link");
});

test("a bound claim whose volume goes is lost", async () => {
  await cluster.client.create(persistentvolumes, aVolume("brittle", { storageClassName: "brittle" }));
  await cluster.client.create(persistentvolumeclaims, aClaim("brittle", { storageClassName: "brittle" }));
  await bound("brittle");
  await cluster.client.delete(persistentvolumes, { name: "brittle" });
  assert.ok((await volume("brittle")).metadata.deletionTimestamp, "it is protected while it is bound");
  await cluster.client.patch(persistentvolumes, { name: "brittle" }, "merge", { metadata: { finalizers: null } });
  await eventually(async () => assert.deepEqual((await claim("brittle")).status, { phase: "Lost" }));
  await eventually(async () =>
    assert.deepEqual(await told("brittle"), [
      "persistentvolume-controller: Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!",
    ]),
  );
});

test("what nobody can delete or recycle has failed, and says so", async () => {
  for (const [name, policy, reason, message] of [
    ["dead", "Delete", "VolumeFailedDelete", "host_path deleter only supports /tmp/.+ but received provided /data/dead"],
    ["used", "Recycle", "VolumeFailedRecycle", "No recycler plugin found for the volume!"],
  ] as const) {
    await cluster.client.create(persistentvolumes, aVolume(name, { storageClassName: name, persistentVolumeReclaimPolicy: policy }));
    await cluster.client.create(persistentvolumeclaims, aClaim(name, { storageClassName: name }));
    await bound(name);
    await cluster.client.delete(persistentvolumeclaims, { namespace, name });
    await inPhase(name, "Failed");
    assert.equal((await volume(name)).status?.message, message);
    await eventually(async () => assert.deepEqual(await told(name), [`persistentvolume-controller: Warning ${reason} ${message}`]));
  }
});

test("a class names who makes a volume; the default class comes later", async () => {
  await cluster.client.create(persistentvolumeclaims, aClaim("late"));
  await eventually(async () =>
    assert.deepEqual(await told("late"), [
      "persistentvolume-controller: Normal FailedBinding no persistent volumes available for this claim and no storage class is set",
    ]),
  );
  await cluster.client.create(
    storageclasses,
    aClass("standard", { metadata: { name: "standard", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } }),
  );
  await eventually(async () => {
    const { metadata, spec } = await claim("late");
    assert.equal(spec?.storageClassName, "standard");
    assert.equal(metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/disk");
  });
  // What the provisioner brings is bound at once.
  const { metadata } = await claim("late");
  await cluster.client.create(
    persistentvolumes,
    aVolume(`pvc-${metadata.uid}`, {
      storageClassName: "standard",
      persistentVolumeReclaimPolicy: "Delete",
      claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name: "late", uid: metadata.uid },
    }),
  );
  assert.equal((await bound("late")).spec?.volumeName, `pvc-${metadata.uid}`);
  await cluster.client.delete(storageclasses, { name: "standard" });
});

const aPod = (name: string, ...claims: string[]): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: {
    containers: [{ name: "c", image: "example.org/app:1" }],
    volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
  },
});
const placed = (name: string) =>
  eventually(async () => {
    const { spec } = await cluster.client.get(pods, { namespace, name });
    assert.ok(spec?.nodeName);
    return spec.nodeName;
  });
const onNode = (name: string): PersistentVolume["spec"] => ({
  nodeAffinity: {
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [name] }] }] },
  },
});

test("a class that waits: the pod's node and the volume are chosen together", async () => {
  const local = { volumeBindingMode: "WaitForFirstConsumer", provisioner: "kubernetes.io/no-provisioner" };
  await cluster.client.create(storageclasses, aClass("local", local));
  const [node] = (await cluster.client.list(nodes)).items.map(({ metadata }) => metadata.labels!["kubernetes.io/hostname"]!).slice(1);
  await cluster.client.create(persistentvolumeclaims, aClaim("here", { storageClassName: "local" }));
  await cluster.client.create(pods, aPod("early", "here"));
  await eventually(async () => {
    const { status } = await cluster.client.get(pods, { namespace, name: "early" });
    assert.equal(
      status?.conditions?.find(({ type }) => type === "PodScheduled")?.message,
      "0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, " +
        "preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
  });
  await cluster.client.create(
    persistentvolumes,
    aVolume("here", { storageClassName: "local", hostPath: undefined, local: { path: "/mnt/disk" }, ...onNode(node!) }),
  );
  assert.equal(await placed("early"), node);
  assert.equal((await bound("here")).spec?.volumeName, "here");
});

test("a class that waits: the provisioner is told the node, may refuse it, and the pod starts when the volume is there", async () => {
  await cluster.client.create(storageclasses, aClass("made", { volumeBindingMode: "WaitForFirstConsumer" }));
  await cluster.client.create(persistentvolumeclaims, aClaim("wanted", { storageClassName: "made" }));
  await cluster.client.create(pods, aPod("consumer", "wanted"));
  const told = () =>
    eventually(async () => {
      const { metadata } = await claim("wanted");
      assert.equal(metadata.annotations?.["volume.kubernetes.io/storage-provisioner"], "example.com/disk");
      assert.ok(metadata.annotations?.["volume.kubernetes.io/selected-node"]);
      return { uid: metadata.uid, node: metadata.annotations["volume.kubernetes.io/selected-node"] };
    });
  await told();
  await cluster.client.patch(persistentvolumeclaims, { namespace, name: "wanted" }, "merge", {
    metadata: { annotations: { "volume.kubernetes.io/selected-node": null } },
  });
  await eventually(async () => {
    const seen = (await cluster.client.list(events, { fieldSelector: "involvedObject.name=consumer" })).items;
    assert.ok(
      seen.some(
        ({ message }) => message === 'running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "wanted"',
      ),
    );
  });
  const { uid, node } = await told();
  const claimRef = { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace, name: "wanted", uid };
  await cluster.client.create(persistentvolumes, aVolume(`pvc-${uid}`, { storageClassName: "made", claimRef, ...onNode(node) }));
  assert.equal(await placed("consumer"), node);
  assert.equal((await bound("wanted")).spec?.volumeName, `pvc-${uid}`);
});

test("the class local-path makes volumes for a StatefulSet and for ephemeral volumes, grows them, and removes them", async () => {
  await ensureLocalPathClass(cluster.client);
  const template = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  const containers = [{ name: "c", image: "example.org/app:1" }];
  const scratch = { name: "scratch", ephemeral: { volumeClaimTemplate: { spec: template.spec } } };
  await cluster.client.create(statefulsets, {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace },
    spec: {
      serviceName: "db",
      replicas: 2,
      selector: { matchLabels: { app: "db" } },
      template: { metadata: { labels: { app: "db" } }, spec: { containers, volumes: [scratch] } },
      volumeClaimTemplates: [template],
    },
  });
  await eventually(async () => {
    const { status } = await cluster.client.get(statefulsets, { namespace, name: "db" });
    assert.equal(status?.readyReplicas, 2);
  });
  const own = await bound("data-db-0");
  const made = await volume(own.spec!.volumeName!);
  const { spec } = await cluster.client.get(pods, { namespace, name: "db-0" });
  const [term] = made.spec!.nodeAffinity!.required!.nodeSelectorTerms!;
  assert.deepEqual(term!.matchExpressions![0]!.values, [spec!.nodeName]);
  assert.equal((await bound("db-0-scratch")).metadata.ownerReferences?.[0]?.name, "db-0");
  await cluster.client.patch(persistentvolumeclaims, { namespace, name: "data-db-0" }, "merge", {
    spec: { resources: { requests: { storage: "3Gi" } } },
  });
  await eventually(async () => assert.equal((await claim("data-db-0")).status?.capacity?.storage, "3Gi"));
  assert.equal((await volume(made.metadata.name!)).spec?.capacity?.storage, "3Gi");
  await eventually(async () =>
    assert.deepEqual((await told("data-db-0")).filter((line) => !line.startsWith("persistentvolume-controller")).sort(), [
      `spoke.dev/local-path: Normal Provisioning External provisioner is provisioning volume for claim "default/data-db-0"`,
      `spoke.dev/local-path: Normal ProvisioningSucceeded Successfully provisioned volume ${made.metadata.name}`,
      `spoke.dev/local-path: Normal Resizing External resizer is resizing volume ${made.metadata.name}`,
      "spoke.dev/local-path: Normal VolumeResizeSuccessful Resize volume succeeded",
      "volume_expand: Normal ExternalExpanding waiting for an external controller to expand this PVC",
    ]),
  );
  await cluster.client.delete(statefulsets, { namespace, name: "db" });
  await eventually(() => assert.rejects(claim("db-0-scratch"), isNotFound));
  assert.equal((await claim("data-db-0")).status?.phase, "Bound", "the set's claims stay");
  await cluster.client.deleteCollection(persistentvolumeclaims, { namespace });
  await eventually(() => assert.rejects(volume(made.metadata.name!), isNotFound));
});

test("nothing that was asked for was forbidden, and a claim that nobody uses goes", async () => {
  await cluster.client.create(persistentvolumeclaims, aClaim("short", { storageClassName: "" }));
  await eventually(async () => assert.ok((await told("short")).length > 0));
  await cluster.client.delete(persistentvolumeclaims, { namespace, name: "short" });
  await eventually(() => assert.rejects(claim("short"), isNotFound));
  assert.deepEqual([...refused], []);
});
