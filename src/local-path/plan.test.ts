import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from "#api/mod.ts";
import { type LocalStep, planClaim, planVolume, type SeenClaim, type SeenVolume } from "./plan.ts";

const root = "/disk";
const asked = { "volume.kubernetes.io/storage-provisioner": "spoke.dev/local-path" };
const here = { ...asked, "volume.kubernetes.io/selected-node": "n" };
const path = "/disk/pvc-u_default_c";

function aClaim(
  annotations: Record<string, string> = here,
  spec: PersistentVolumeClaim["spec"] = {},
  status: PersistentVolumeClaim["status"] = { phase: "Pending" },
): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "default", uid: "u", annotations },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, storageClassName: "local-path", ...spec },
    status,
  };
}
const aClass = (more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "local-path" },
  provisioner: "spoke.dev/local-path",
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
  ...more,
});
const aNode = (more: Partial<Node> = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n", labels: { "kubernetes.io/hostname": "host-of-n", zone: "z" } },
  ...more,
});
function aVolume(spec: PersistentVolume["spec"] = {}, phase = "Bound", more: Partial<PersistentVolume["metadata"]> = {}): PersistentVolume {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: "pvc-u",
      annotations: { "pv.kubernetes.io/provisioned-by": "spoke.dev/local-path", "spoke.dev/node": "n" },
      finalizers: ["kubernetes.io/pv-protection", "external-provisioner.volume.kubernetes.io/finalizer"],
      ...more,
    },
    spec: { capacity: { storage: "1Gi" }, persistentVolumeReclaimPolicy: "Delete", local: { path }, claimRef: { uid: "u" }, ...spec },
    status: { phase },
  };
}

/** A step in a line. */
function told(step: LocalStep): string {
  switch (step.do) {
    case "make":
    case "remove":
      return `${step.do} ${step.path}`;
    case "tell":
      return `${step.type} ${step.reason} ${step.message}`;
    case "create":
      return `create ${step.volume.metadata.name}`;
    case "write":
      return `write ${step.volume.spec?.capacity?.storage} [${step.volume.metadata.finalizers}]`;
    case "erase":
      return `erase ${step.volume.metadata.name}`;
    case "claim":
      return `claim for ${step.claim.metadata.annotations?.["volume.kubernetes.io/selected-node"]}`;
    case "status":
      return `status ${JSON.stringify(step.claim.status)}`;
  }
}

const made = [
  'Normal Provisioning External provisioner is provisioning volume for claim "default/c"',
  `make ${path}`,
  "create pvc-u",
  "Normal ProvisioningSucceeded Successfully provisioned volume pvc-u",
];
const refused = (why: string) => [`Warning ProvisioningFailed failed to provision volume with StorageClass "local-path": ${why}`];
const bound = { volumeName: "pvc-u" };

const claims: (Partial<SeenClaim> & { name: string; wanted: string[] })[] = [
  { name: "the node was chosen", wanted: made },
  { name: "it is being made already", volume: aVolume(), wanted: [] },
  { name: "another provisioner's", claim: aClaim({ ...here, "volume.kubernetes.io/storage-provisioner": "other" }), wanted: [] },
  { name: "another node's", isMine: false, wanted: [] },
  { name: "no node was chosen yet", claim: aClaim(asked), wanted: [] },
  {
    name: "nobody waits for a pod: the node takes it",
    claim: aClaim(asked),
    storageClass: aClass({ volumeBindingMode: "Immediate" }),
    wanted: ["claim for n"],
  },
  {
    name: "a node that is cordoned takes nothing",
    claim: aClaim(asked),
    storageClass: aClass({ volumeBindingMode: "Immediate" }),
    node: aNode({ spec: { unschedulable: true } }),
    wanted: [],
  },
  { name: "the node is gone", node: undefined, wanted: ["claim for undefined", ...refused('node "n" not found')] },
  { name: "its class is gone", storageClass: undefined, wanted: [] },
  {
    name: "several nodes would have to share it",
    claim: aClaim(here, { accessModes: ["ReadWriteOnce", "ReadWriteMany"] }),
    wanted: refused(
      "access modes ReadWriteMany are not supported: a volume is a folder of one node, for ReadWriteOnce and ReadWriteOncePod",
    ),
  },
  { name: "for one pod", claim: aClaim(here, { accessModes: ["ReadWriteOncePod"] }), wanted: made },
  { name: "a device", claim: aClaim(here, { volumeMode: "Block" }), wanted: refused("block volumes are not supported") },
  {
    name: "a selector",
    claim: aClaim(here, { selector: {} }),
    wanted: refused("claim.Spec.Selector is not supported for dynamic provisioning"),
  },
  {
    name: "a copy",
    claim: aClaim(here, { dataSource: { kind: "PersistentVolumeClaim", name: "d" } }),
    wanted: refused("a data source is not supported: volumes begin empty"),
  },
  {
    name: "attributes",
    claim: aClaim(here, { volumeAttributesClassName: "fast" }),
    wanted: refused("volume attributes classes are not supported"),
  },
  {
    name: "parameters",
    storageClass: aClass({ parameters: { nodePath: "/x" } }),
    wanted: refused('parameter "nodePath" of the class is not known'),
  },
  { name: "mount options", storageClass: aClass({ mountOptions: ["ro"] }), wanted: refused("mount options are not supported") },
  {
    name: "a place where the node is not",
    storageClass: aClass({ allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["y"] }] }] }),
    wanted: refused('node "n" is in no allowed topology'),
  },
  {
    name: "a place where the node is",
    storageClass: aClass({ allowedTopologies: [{ matchLabelExpressions: [{ key: "zone", values: ["y", "z"] }] }] }),
    wanted: made,
  },
  {
    name: "bound, and as big as asked for",
    claim: aClaim(here, bound, { phase: "Bound", capacity: { storage: "1Gi" } }),
    volume: aVolume(),
    wanted: [],
  },
  {
    name: "more is asked for: the volume first",
    claim: aClaim(here, { ...bound, resources: { requests: { storage: "2Gi" } } }, { phase: "Bound", capacity: { storage: "1Gi" } }),
    volume: aVolume(),
    wanted: [
      "Normal Resizing External resizer is resizing volume pvc-u",
      "write 2Gi [kubernetes.io/pv-protection,external-provisioner.volume.kubernetes.io/finalizer]",
    ],
  },
  {
    name: "more was asked for: then the claim",
    claim: aClaim(here, { ...bound, resources: { requests: { storage: "2Gi" } } }, { phase: "Bound", capacity: { storage: "1Gi" } }),
    volume: aVolume({ capacity: { storage: "2Gi" } }),
    wanted: [
      'status {"phase":"Bound","capacity":{"storage":"2Gi"},"allocatedResources":{"storage":"2Gi"}}',
      "Normal VolumeResizeSuccessful Resize volume succeeded",
    ],
  },
  {
    name: "a volume of another maker does not grow by us",
    claim: aClaim(here, { ...bound, resources: { requests: { storage: "2Gi" } } }, { phase: "Bound" }),
    volume: aVolume({}, "Bound", { annotations: {} }),
    wanted: [],
  },
];
for (const { name, wanted, ...seen } of claims)
  test(`claim: ${name}`, () => {
    const given = { claim: aClaim(), storageClass: aClass(), node: aNode(), isMine: true, volume: undefined, root, ...seen };
    assert.deepEqual(planClaim(given).map(told), wanted);
  });

test("a volume says whose it is, where it can be reached, and what becomes of it", () => {
  const steps = (policy: string) =>
    planClaim({ claim: aClaim(), storageClass: aClass({ reclaimPolicy: policy }), node: aNode(), isMine: true, volume: undefined, root });
  const created = steps("Delete").find((step) => step.do === "create")!;
  assert.deepEqual(created.volume, {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: "pvc-u",
      annotations: { "pv.kubernetes.io/provisioned-by": "spoke.dev/local-path", "spoke.dev/node": "n" },
      finalizers: ["external-provisioner.volume.kubernetes.io/finalizer"],
    },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      claimRef: { kind: "PersistentVolumeClaim", apiVersion: "v1", namespace: "default", name: "c", uid: "u", resourceVersion: undefined },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: "local-path",
      volumeMode: "Filesystem",
      local: { path },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["host-of-n"] }] }] },
      },
    },
  });
  assert.equal(steps("Retain").find((step) => step.do === "create")!.volume.metadata.finalizers, undefined);
});

const keeps = "write 1Gi [kubernetes.io/pv-protection]";
const volumes: (Partial<SeenVolume> & { name: string; volume: PersistentVolume; wanted: string[] })[] = [
  { name: "while it is bound nothing is done", volume: aVolume(), wanted: [] },
  { name: "its claim is gone: data and volume go", volume: aVolume({}, "Released"), wanted: [`remove ${path}`, "erase pvc-u"] },
  {
    name: "and then it is let go",
    volume: aVolume({}, "Released", { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    wanted: [`remove ${path}`, keeps],
  },
  { name: "its claim is there after all", volume: aVolume({}, "Released"), hasClaim: true, wanted: [] },
  { name: "it was deleted while it is bound", volume: aVolume({}, "Bound", { deletionTimestamp: "2026-01-01T00:00:00Z" }), wanted: [] },
  { name: "Retain", volume: aVolume({ persistentVolumeReclaimPolicy: "Retain" }, "Released"), wanted: [keeps] },
  { name: "Retain, and let go", volume: aVolume({ persistentVolumeReclaimPolicy: "Retain" }, "Released", { finalizers: [] }), wanted: [] },
  { name: "another node's", volume: aVolume({}, "Released"), isMine: false, wanted: [] },
  { name: "another maker's", volume: aVolume({}, "Released", { annotations: { "spoke.dev/node": "n" } }), wanted: [] },
  ...["/etc", "/disk", "/disk/", "/disk/pvc-u_x/../../etc", "/disk/pvc-other_default_c", ""].map((elsewhere) => ({
    name: `a folder that is not ours stays: ${elsewhere}`,
    volume: aVolume({ local: { path: elsewhere } }, "Released"),
    wanted: [`Warning VolumeFailedDelete ${elsewhere} is no folder of spoke.dev/local-path on this node`],
  })),
];
for (const { name, wanted, ...seen } of volumes)
  test(`volume: ${name}`, () => assert.deepEqual(planVolume({ isMine: true, hasClaim: false, root, ...seen }).map(told), wanted));
