import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, VolumeAttachment } from "#api/mod.ts";
import { attachmentName, type Step, uniqueVolumeName } from "#client/mod.ts";
import { aPod } from "../situations.ts";
import { planNode, type SeenVolume } from "./plan.ts";

const handle = { driver: "disk.example.com", handle: "h" };
const unique = uniqueVolumeName(handle);
const name = attachmentName(handle, "n");
const pod = aPod({ name: "p", node: "n" });

interface NodeOptions {
  listed?: string[];
  ready?: string;
  taints?: string[];
  unmanaged?: boolean;
}
const aNode = ({ listed = [], ready = "True", taints = [], unmanaged = false }: NodeOptions = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n", annotations: unmanaged ? {} : { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
  spec: { taints: taints.map((key) => ({ key, effect: "NoExecute" })) },
  status: { conditions: [{ type: "Ready", status: ready }], volumesAttached: listed.map((each) => ({ name: each, devicePath: "" })) },
});
const anAttachment = (status: VolumeAttachment["status"], going = false): VolumeAttachment => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "VolumeAttachment",
  metadata: { name, uid: "u", ...(going ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
  spec: { attacher: handle.driver, nodeName: "n", source: { persistentVolumeName: "v" } },
  status,
});

/** In a line: what is written, told, or waited for. */
function told(step: Step): string[] {
  switch (step.do) {
    case "lanes":
      return step.lanes.flat().flatMap(told);
    case "event":
      return [`${(step.about as Pod).metadata.name}: ${step.reason} ${step.message}`];
    case "again":
      return [`again ${step.ms}`];
    case "patch":
      return [`list ${JSON.stringify((step.patch as Node).status?.volumesAttached)}`];
    case "create":
      return [`create ${JSON.stringify((step.object as VolumeAttachment).spec)}`];
    case "delete":
      return [`delete ${step.ref.name === name} ${step.uid}`];
    default:
      return [step.do];
  }
}

const entry = (each: string) => `{"name":"${each}","devicePath":""}`;
const attached = anAttachment({ attached: true });
const waiting = anAttachment({ attached: false });
const minutes = 60_000;
const created = ['create {"attacher":"disk.example.com","nodeName":"n","source":{"persistentVolumeName":"v"}}'];
const wants = { pods: [pod] };
const held = { ...wants, heldBy: ["m"], news: { held: true as const } };
const otherPod = aPod({ name: "q", node: "m" });
const farPod = aPod({ name: "secret", namespace: "far", node: "m" });

interface Row {
  name: string;
  volume: Partial<SeenVolume>;
  node?: NodeOptions | null;
  inUse?: string[] | null;
  wanted: string[];
}
const rows: Row[] = [
  { name: "a pod wants it", volume: wants, wanted: created },
  { name: "the claim is not bound yet", volume: { ...wants, isBound: false }, wanted: [] },
  { name: "the attacher has not answered", volume: { ...wants, attachment: waiting }, wanted: ["again 120000"] },
  {
    name: "the attacher says why not",
    volume: { ...wants, attachment: waiting, news: { error: "no space" } },
    wanted: ['p: FailedAttachVolume AttachVolume.Attach failed for volume "v" : no space', "again 120000"],
  },
  {
    name: "it is attached: the kubelet is told, and the pod",
    volume: { ...wants, attachment: attached },
    wanted: [`list [${entry(unique)}]`, 'p: SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "v" '],
  },
  { name: "all is said", volume: { ...wants, attachment: attached }, node: { listed: [unique] }, inUse: [unique], wanted: [] },
  {
    name: "what is listed and attached to nothing goes, what was there stays before what comes",
    volume: { ...wants, attachment: attached },
    node: { listed: ["other"] },
    wanted: [`list [${entry(unique)}]`, 'p: SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "v" '],
  },
  {
    name: "another node has it and nobody uses it there",
    volume: { ...held },
    wanted: [
      'p: FailedAttachVolume Waiting for detach for volume "v" Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node',
      "again 5000",
    ],
  },
  {
    name: "pods use it on another node: those of other namespaces are counted",
    volume: { ...held, otherPods: [otherPod, farPod] },
    wanted: [
      'p: FailedAttachVolume Waiting for detach for volume "v" Volume is already used by pod(s) q and 1 pod(s) in different namespaces',
      "again 5000",
    ],
  },
  {
    name: "only pods of other namespaces",
    volume: { ...held, otherPods: [farPod] },
    wanted: [
      'p: FailedAttachVolume Waiting for detach for volume "v" Volume is already used by 1 pod(s) in different namespaces',
      "again 5000",
    ],
  },
  { name: "it was told", volume: { ...held, news: undefined }, wanted: ["again 5000"] },
  {
    name: "it is wanted again while it is being detached",
    volume: { ...wants, attachment: anAttachment({ attached: true }, true), news: { error: "volume attachment is being deleted" } },
    wanted: ['p: FailedAttachVolume AttachVolume.Attach failed for volume "v" : volume attachment is being deleted'],
  },
  {
    name: "nobody wants it and it is mounted",
    volume: { attachment: attached, unwantedMs: minutes },
    node: { listed: [unique] },
    inUse: [unique],
    wanted: ["again 300100"],
  },
  {
    name: "it is mounted for ever on a healthy node",
    volume: { attachment: attached, unwantedMs: 7 * minutes },
    node: { listed: [unique] },
    inUse: [unique],
    wanted: [],
  },
  {
    name: "the node is not ready, and was given its time",
    volume: { attachment: attached, unwantedMs: 7 * minutes },
    node: { ready: "Unknown" },
    inUse: [unique],
    wanted: ["delete true u"],
  },
  {
    name: "the node is not ready and has time left",
    volume: { attachment: attached, unwantedMs: 5 * minutes },
    node: { ready: "Unknown", listed: [unique] },
    inUse: [unique],
    wanted: ["again 60100"],
  },
  {
    name: "the node is out of service: at once",
    volume: { attachment: attached },
    node: { ready: "Unknown", taints: ["node.kubernetes.io/out-of-service"] },
    inUse: [unique],
    wanted: ["delete true u"],
  },
  { name: "first the kubelet is told", volume: { attachment: attached }, node: { listed: [unique] }, wanted: ["list null"] },
  { name: "then it is detached", volume: { attachment: attached }, wanted: ["delete true u"] },
  { name: "that is done by the attacher", volume: { attachment: anAttachment({ attached: true }, true) }, wanted: [] },
  { name: "the node is gone and had it mounted", volume: { attachment: attached }, node: null, inUse: [unique], wanted: ["again 360100"] },
  { name: "the node is gone and was never heard", volume: { attachment: attached }, node: null, inUse: null, wanted: ["again 360100"] },
  { name: "the node is gone and had left it", volume: { attachment: attached }, node: null, wanted: ["delete true u"] },
  {
    name: "the kubelet attaches by itself: its list is its own",
    volume: { attachment: attached },
    node: { unmanaged: true, listed: [unique] },
    wanted: ["delete true u"],
  },
];
for (const { name: title, volume, node = {}, inUse = [], wanted } of rows)
  test(`attach-detach: ${title}`, () => {
    const whole = {
      attachmentName: name,
      handle,
      volumeName: "v",
      pods: [],
      isBound: true,
      heldBy: [],
      otherPods: [],
      unwantedMs: 0,
      ...volume,
    };
    const steps = planNode({ name: "n", node: node ? aNode(node) : undefined, inUse: inUse ?? undefined, volumes: [whole] });
    assert.deepEqual(steps.flatMap(told), wanted);
  });
