import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, PodSpec } from "#api/mod.ts";
import { seededRandom } from "#base/mod.ts";
import { leastHarm, preempt } from "../preemption.ts";
import { defaultPlugins } from "../profile.ts";
import { describeFailure, isPlaced, schedule } from "../schedule.ts";
import {
  aClaim,
  aClass,
  aNode,
  aPod,
  aVolume,
  bound,
  clusterOf,
  completed,
  info,
  later,
  none,
  outcome,
  two,
  uses,
  volumesOf,
  type World,
  waiting,
} from "./volume-situations.ts";

const rows: { name: string; world: World; volumes?: PodSpec["volumes"]; nodes?: Node[]; placed?: [Pod, string][]; wanted: string }[] = [
  { name: "the claim is not there", world: {}, wanted: none('persistentvolumeclaim "c" not found') },
  {
    name: "its own claim is not there yet",
    world: {},
    volumes: [{ name: "v", ephemeral: {} }],
    wanted: none('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v"'),
  },
  {
    name: "its own claim is another's",
    world: { claims: [aClaim("p-v")] },
    volumes: [{ name: "v", ephemeral: {} }],
    wanted: none("PVC default/p-v was not created for pod default/p (pod is not owner)"),
  },
  {
    name: "the claim is going",
    world: { claims: [aClaim("c", {}, { deletionTimestamp: "2026-01-01T00:00:00Z" })] },
    wanted: none('persistentvolumeclaim "c" is being deleted'),
  },
  {
    name: "the claim is lost",
    world: { claims: [{ ...bound("c", "v"), status: { phase: "Lost" } }] },
    wanted: none('persistentvolumeclaim "c" bound to non-existent persistentvolume "v"'),
  },
  {
    name: "what is missing is told before what is not bound",
    world: { claims: [aClaim("c")] },
    volumes: uses("c", "d"),
    wanted: none('persistentvolumeclaim "d" not found'),
  },
  {
    name: "a claim that does not wait",
    world: { claims: [aClaim("c")] },
    wanted: none("pod has unbound immediate PersistentVolumeClaims"),
  },
  {
    name: "a claim that names its volume does not wait either",
    world: { claims: [aClaim("c", { ...waiting, volumeName: "v" })], classes: [later] },
    wanted: none("pod has unbound immediate PersistentVolumeClaims"),
  },
  {
    name: "a bound claim goes with its volume",
    world: { claims: [bound("c", "v")], volumes: [aVolume("v", "b")] },
    wanted: "b",
  },
  {
    name: "volumes of two nodes",
    world: { claims: [bound("c", "v"), bound("d", "w")], volumes: [aVolume("v", "a"), aVolume("w", "b")] },
    volumes: uses("c", "d"),
    wanted: none("2 node(s) didn't match PersistentVolume's node affinity"),
  },
  { name: "the volume is gone", world: { claims: [bound("c", "v")] }, wanted: none('persistentvolume "v" not found') },
  {
    name: "the volume of its own claim is gone",
    world: {
      claims: [
        aClaim(
          "p-v",
          { volumeName: "v" },
          { annotations: completed, ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "uid-of-p", controller: true }] },
        ),
      ],
    },
    volumes: [{ name: "v", ephemeral: {} }],
    wanted: none("2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
  },
  {
    name: "a free volume of a node",
    world: { claims: [aClaim("c", waiting)], classes: [later], volumes: [aVolume("v", "b", waiting)] },
    nodes: [aNode("b")],
    wanted: "b; c ← v of uid-of-c",
  },
  {
    name: "a volume is taken once, and the small claim does not take the big volume",
    world: {
      claims: [aClaim("big", { ...waiting, resources: { requests: { storage: "5Gi" } } }), aClaim("small", waiting)],
      classes: [aClass("later", { provisioner: "kubernetes.io/no-provisioner" })],
      volumes: [aVolume("v", "b", { ...waiting, capacity: { storage: "5Gi" } }), aVolume("w", "b", waiting), aVolume("x", "a", waiting)],
    },
    volumes: uses("big", "small"),
    wanted: "b; small ← w of uid-of-small; big ← v of uid-of-big",
  },
  {
    name: "no volume, and nobody makes one",
    world: { claims: [aClaim("c", waiting)], classes: [aClass("later", { provisioner: "kubernetes.io/no-provisioner" })] },
    wanted: none("2 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: "a volume of another claim",
    world: {
      claims: [aClaim("c", waiting)],
      classes: [aClass("later", { provisioner: "kubernetes.io/no-provisioner" })],
      volumes: [aVolume("v", "a", { ...waiting, claimRef: { namespace: "default", name: "d" } })],
    },
    wanted: none("2 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: "a volume of a node for which the pod is no match, beside one that the provisioner makes",
    world: { claims: [aClaim("c", waiting), bound("d", "w")], classes: [later], volumes: [aVolume("v", "a", waiting), aVolume("w", "b")] },
    volumes: uses("c", "d"),
    wanted: "b; c made for b",
  },
  {
    name: "a node was chosen before",
    world: { claims: [aClaim("c", waiting, { annotations: { "volume.kubernetes.io/selected-node": "b" } })], classes: [later] },
    wanted: "b; c made for b",
  },
  {
    name: "the node that was chosen before is gone",
    world: { claims: [aClaim("c", waiting, { annotations: { "volume.kubernetes.io/selected-node": "gone" } })], classes: [later] },
    wanted: none("2 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: "the class is for some places",
    world: {
      claims: [aClaim("c", waiting)],
      classes: [aClass("later", { allowedTopologies: [{ matchLabelExpressions: [{ key: "kubernetes.io/hostname", values: ["b"] }] }] })],
    },
    wanted: "b; c made for b",
  },
  {
    name: "an empty place is no place",
    world: { claims: [aClaim("c", waiting)], classes: [aClass("later", { allowedTopologies: [{}] })] },
    wanted: none("2 node(s) didn't find available persistent volumes to bind"),
  },
  {
    name: "the provisioner says what is left where",
    world: {
      claims: [aClaim("c", waiting)],
      classes: [later],
      capacities: () =>
        [
          ["a", "500Mi"],
          ["b", "2Gi"],
        ].map(([host, capacity]) => ({
          apiVersion: "storage.k8s.io/v1",
          kind: "CSIStorageCapacity",
          metadata: { name: host! },
          storageClassName: "later",
          nodeTopology: { matchLabels: { "kubernetes.io/hostname": host! } },
          capacity: capacity!,
        })),
    },
    wanted: "b; c made for b",
  },
  {
    name: "the provisioner has nothing left",
    world: { claims: [aClaim("c", waiting)], classes: [later], capacities: () => [] },
    wanted: none("2 node(s) did not have enough free storage"),
  },
  {
    name: "a claim for one pod is taken",
    world: { claims: [bound("c", "v", { accessModes: ["ReadWriteOncePod"] })], volumes: [aVolume("v", undefined)] },
    placed: [[aPod(uses("c"), {}, "other"), "a"]],
    wanted: none("2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"),
  },
  {
    name: "a claim for one node is shared there",
    world: { claims: [bound("c", "v")], volumes: [aVolume("v", "a")] },
    placed: [[aPod(uses("c"), {}, "other"), "a"]],
    wanted: "a",
  },
  {
    name: "a disk that another pod writes",
    world: {},
    volumes: [{ name: "d", gcePersistentDisk: { pdName: "disk" } }],
    nodes: [aNode("a")],
    placed: [[aPod([{ name: "d", gcePersistentDisk: { pdName: "disk", readOnly: true } }], {}, "other"), "a"]],
    wanted: none("1 node(s) had no available disk", 1),
  },
  {
    name: "a disk that both only read",
    world: {},
    volumes: [{ name: "d", iscsi: { targetPortal: "t", iqn: "q", lun: 0, readOnly: true } }],
    nodes: [aNode("a")],
    placed: [[aPod([{ name: "d", iscsi: { targetPortal: "t", iqn: "q", lun: 0, readOnly: true } }], {}, "other"), "a"]],
    wanted: "a",
  },
  {
    name: "the volume's zone, by the old label too",
    world: {
      claims: [bound("c", "v")],
      volumes: [aVolume("v", undefined, {}, { "failure-domain.beta.kubernetes.io/zone": "y__z" })],
    },
    nodes: [aNode("a", { "topology.kubernetes.io/zone": "x" }), aNode("b", { "topology.kubernetes.io/zone": "z" })],
    wanted: "b",
  },
  {
    name: "no node in the volume's zone",
    world: { claims: [bound("c", "v")], volumes: [aVolume("v", undefined, {}, { "topology.kubernetes.io/zone": "y" })] },
    nodes: [aNode("a", { "topology.kubernetes.io/zone": "x" })],
    wanted: none("1 node(s) had no available volume zone", 1),
  },
];
for (const { name, world, volumes = uses("c"), nodes = two, placed, wanted } of rows)
  test(`volumes: ${name}`, () => assert.equal(outcome(world, aPod(volumes), nodes, placed), wanted));

test("a pod that holds a claim for one pod goes for a more important one", () => {
  const plugins = defaultPlugins(
    volumesOf({ claims: [bound("c", "v", { accessModes: ["ReadWriteOncePod"] })], volumes: [aVolume("v", undefined)] }),
  );
  const cluster = clusterOf(two, [[aPod(uses("c"), {}, "other"), "a"]]);
  const pod = info(aPod(uses("c"), { priority: 10 }));
  const failure = schedule(pod, cluster, { plugins, random: seededRandom(1) });
  assert.ok(!isPlaced(failure));
  const found = preempt({ pod, cluster, failure, plugins, budgets: [], random: seededRandom(1) });
  const chosen = found.ok ? leastHarm(found.candidates) : undefined;
  assert.deepEqual([chosen?.node, chosen?.victims.map(({ name }) => name)], ["a", ["other"]]);
});

test("refused as a whole, nothing is said of preemption but upstream's odd word", () => {
  const plugins = defaultPlugins(volumesOf({}));
  const failure = schedule(info(aPod(uses("c"))), clusterOf(two), { plugins, random: seededRandom(1) });
  assert.ok(!isPlaced(failure));
  assert.equal(describeFailure(failure, "preemption: …"), `${none('persistentvolumeclaim "c" not found')} not found`);
});
