import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CSIDriver,
  csidrivers,
  type KubeObject,
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  type Resource,
  type VolumeAttachment,
  volumeattachments,
} from "#api/mod.ts";
import { attachmentName } from "#client/mod.ts";
import { type Trial, trial } from "#client/reconcile/trial.ts";
import { aMeta, aPod } from "../situations.ts";
import { attachDetach } from "./see.ts";

const driver = "disk.example.com";
const unique = `kubernetes.io/csi/${driver}^h`;
const on = (node: string) => attachmentName({ driver, handle: "h" }, node);
const aNode = (name: string, status: Node["status"] = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, uid: `uid-of-${name}`, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
  status: { conditions: [{ type: "Ready", status: "True" }], ...status },
});
const volume: PersistentVolume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "v", uid: "uid-of-v" },
  spec: {
    accessModes: ["ReadWriteOnce"],
    csi: { driver, volumeHandle: "h" },
    claimRef: { namespace: "default", name: "c", uid: "uid-of-c" },
  },
};
const claim: PersistentVolumeClaim = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: aMeta("c"),
  spec: { volumeName: "v" },
  status: { phase: "Bound" },
};
const user = (name: string, node: string, more: Parameters<typeof aPod>[0] = {}): Pod =>
  aPod({ name, node, spec: { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "c" } }] }, ...more });
const world: [Resource, KubeObject][] = [
  [nodes, aNode("n")],
  [nodes, aNode("m")],
  [persistentvolumes, volume],
  [persistentvolumeclaims, claim],
];

/** Plays the driver's attacher. */
function answer({ put, get }: Trial, node: string, status: VolumeAttachment["status"]): void {
  put(volumeattachments, { ...get(volumeattachments, on(node))!, status });
}
const names = async ({ all }: Trial) => (await all(volumeattachments)).map(({ metadata }) => metadata.name);
const listed = ({ get }: Trial, node: string) => get(nodes, node)?.status?.volumesAttached ?? [];

test("a volume is attached, listed, kept while it is in use, and detached", { timeout: 20_000 }, async () => {
  const it = await trial(attachDetach(), [...world, [pods, user("p", "n")]]);
  assert.deepEqual(await names(it), [on("n")]);
  answer(it, "n", { attached: true });
  assert.deepEqual(await it.told(), ['Normal SuccessfulAttachVolume AttachVolume.Attach succeeded for volume "v" ']);
  assert.deepEqual(listed(it, "n"), [{ name: unique, devicePath: "" }]);
  const mounting = it.get(nodes, "n")!;
  it.put(nodes, { ...mounting, status: { ...mounting.status, volumesInUse: [unique] } });
  it.put(pods, user("p", "n", { phase: "Succeeded" }));
  await it.settled();
  assert.deepEqual([await names(it), listed(it, "n").length], [[on("n")], 1], "it is still mounted");
  const left = it.get(nodes, "n")!;
  it.put(nodes, { ...left, status: { ...left.status, volumesInUse: [] } });
  await it.settled();
  assert.deepEqual([await names(it), listed(it, "n")], [[], []]);
  await it.close();
});

test("of two nodes one gets a volume that only one may have, the other when it is free", { timeout: 20_000 }, async () => {
  const it = await trial(attachDetach(), [...world, [pods, user("p", "n")], [pods, user("q", "m")]]);
  const [first] = await names(it);
  const [holder, other] = first === on("n") ? (["n", "m"] as const) : (["m", "n"] as const);
  assert.deepEqual(await names(it), [first]);
  answer(it, holder, { attached: true });
  const warned = (await it.told()).filter((each) => each.startsWith("Warning"));
  assert.equal(warned.length, 1);
  assert.match(warned[0]!, /^Warning FailedAttachVolume Waiting for detach for volume "v" Volume is already used by pod\(s\) [pq]$/);
  it.api.remove(`pods/default/${holder === "n" ? "p" : "q"}`);
  await it.settled();
  await it.clock.advance(10_000);
  await it.settled();
  assert.deepEqual(await names(it), [on(other)]);
  await it.close();
});

test("a node that is not ready loses its volumes after six minutes, and one out of service at once", { timeout: 20_000 }, async () => {
  const it = await trial(attachDetach(), [...world, [pods, user("p", "n")]]);
  answer(it, "n", { attached: true });
  await it.settled();
  const silent = it.get(nodes, "n")!;
  const status = { ...silent.status, conditions: [{ type: "Ready", status: "Unknown" }], volumesInUse: [unique] };
  it.put(nodes, { ...silent, status });
  it.api.remove("pods/default/p");
  await it.settled();
  await it.clock.advance(350_000);
  await it.settled();
  assert.deepEqual(await names(it), [on("n")]);
  await it.clock.advance(11_000);
  await it.settled();
  assert.deepEqual(await names(it), []);
  it.put(pods, user("p2", "n"));
  await it.settled();
  answer(it, "n", { attached: true });
  await it.settled();
  it.put(nodes, { ...it.get(nodes, "n")!, spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] } });
  it.api.remove("pods/default/p2");
  await it.settled();
  assert.deepEqual(await names(it), []);
  const forced = it.run.counts().find(({ name }) => name.endsWith("forced_detaches"))?.samples;
  assert.deepEqual(forced, [
    { labels: { reason: "timeout" }, value: 1 },
    { labels: { reason: "out-of-service" }, value: 1 },
  ]);
  await it.close();
});

test("an attacher's errors are told once each, and its silence after two minutes", { timeout: 20_000 }, async () => {
  const it = await trial(attachDetach(), [...world, [pods, user("p", "n")]]);
  const failed = (why: string) => `Warning FailedAttachVolume AttachVolume.Attach failed for volume "v" : ${why}`;
  const silence = failed("timed out waiting for external-attacher of disk.example.com CSI driver to attach volume h");
  await it.clock.advance(125_000);
  assert.deepEqual(await it.told(), [silence]);
  answer(it, "n", { attached: false, attachError: { time: "2026-01-01T00:00:00Z", message: "no space" } });
  await it.settled();
  it.put(pods, user("q", "n"));
  assert.deepEqual(await it.told(), [silence, failed("no space")]);
  await it.close();
});

test("only drivers that need it, and never attachments of other names", { timeout: 20_000 }, async () => {
  const easy: CSIDriver = {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIDriver",
    metadata: { name: driver },
    spec: { attachRequired: false },
  };
  const foreign: VolumeAttachment = {
    apiVersion: "storage.k8s.io/v1",
    kind: "VolumeAttachment",
    metadata: { name: "by-hand", uid: "u" },
    spec: { attacher: driver, nodeName: "n", source: { persistentVolumeName: "v" } },
  };
  const it = await trial(attachDetach(), [...world, [csidrivers, easy], [volumeattachments, foreign], [pods, user("p", "n")]]);
  assert.deepEqual(await names(it), ["by-hand"]);
  it.put(csidrivers, { ...easy, spec: { attachRequired: true } });
  await it.settled();
  assert.deepEqual(await names(it), ["by-hand", on("n")]);
  await it.close();
});
