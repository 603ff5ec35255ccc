import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { planClaim, type SeenClaim } from "./plan-claim.ts";
import { aClaim, aClass, aVolume, byController, completed } from "./situations.ts";

const uid = "uid-of-c";
const later = aClass("later", { volumeBindingMode: "WaitForFirstConsumer" });
const disk = "example.com/disk";
const asked = { "volume.beta.kubernetes.io/storage-provisioner": disk, "volume.kubernetes.io/storage-provisioner": disk };
const bound = { phase: "Bound", accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } };
const external =
  "Normal ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by " +
  "the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.";
const noClass = "Normal FailedBinding no persistent volumes available for this claim and no storage class is set";

/** What a step writes, in a line: of a link only what a binding changes. */
function told(step: Step): string {
  switch (step.do) {
    case "event":
      return `${step.type} ${step.reason} ${step.message}`;
    case "again":
      return `again ${step.ms}`;
    case "status": {
      const { phase, ...rest } = (step.object as PersistentVolumeClaim).status!;
      return `status ${phase} ${JSON.stringify(rest)}`;
    }
    case "update": {
      const { kind, metadata, spec } = step.object as PersistentVolume & PersistentVolumeClaim;
      const marks = Object.keys(metadata.annotations ?? {}).map((key) => key.replace(/^.*\//, ""));
      if (kind === "PersistentVolume") return `volume → ${spec?.claimRef?.name} ${spec?.claimRef?.uid} [${marks}]`;
      return `claim → ${spec?.volumeName ?? spec?.storageClassName} [${marks}]`;
    }
    default:
      return step.do;
  }
}

const links = ["volume → c uid-of-c [bound-by-controller]", "claim → v [bound-by-controller,bind-completed]"];
const mine = { claim: "c", uid, phase: "Bound" };

const rows: (Partial<SeenClaim> & { name: string; claim: PersistentVolumeClaim; wanted: string[] })[] = [
  { name: "a free volume is linked both ways", claim: aClaim(), match: aVolume(), wanted: links },
  {
    name: "a volume that a user keeps for the claim gets the uid and no mark",
    claim: aClaim(),
    match: aVolume({ claim: "c" }),
    wanted: ["volume → c uid-of-c []", links[1]!],
  },
  {
    name: "a link that was half made is completed",
    claim: aClaim(),
    match: aVolume({ claim: "c", uid, marks: byController }),
    wanted: [links[1]!],
  },
  {
    name: "while the volume does not say Bound, the claim waits",
    claim: aClaim({ volume: "v", marks: { ...byController, ...completed } }),
    named: aVolume({ claim: "c", uid, marks: byController }),
    wanted: [],
  },
  {
    name: "then the claim's status follows",
    claim: aClaim({ volume: "v", marks: { ...byController, ...completed } }),
    named: aVolume({ ...mine, marks: byController, size: "5Gi", modes: ["ReadWriteOnce", "ReadOnlyMany"] }),
    wanted: ['status Bound {"accessModes":["ReadWriteOnce","ReadOnlyMany"],"capacity":{"storage":"5Gi"}}'],
  },
  {
    name: "a volume that still grows says how big it is for the claim",
    claim: aClaim({ volume: "v", marks: completed }),
    named: aVolume({ ...mine, size: "5Gi", marks: { "volume.alpha.kubernetes.io/pre-resize-capacity": "2Gi" } }),
    wanted: ['status Bound {"accessModes":["ReadWriteOnce"],"capacity":{"storage":"2Gi"}}'],
  },
  {
    name: "the attributes class comes with the binding",
    claim: aClaim({ volume: "v", marks: completed, spec: { volumeAttributesClassName: "fast" } }),
    named: aVolume({ ...mine, spec: { volumeAttributesClassName: "fast" } }),
    wanted: ['status Bound {"accessModes":["ReadWriteOnce"],"capacity":{"storage":"1Gi"},"currentVolumeAttributesClassName":"fast"}'],
  },
  {
    name: "a bound claim keeps its size",
    claim: aClaim({ volume: "v", marks: completed, status: bound }),
    named: aVolume({ ...mine, size: "8Gi" }),
    wanted: [],
  },
  { name: "nothing there, no class", claim: aClaim({ class: "" }), wanted: [noClass, "again 15000"] },
  { name: "nothing there, no class named and no default", claim: aClaim(), wanted: [noClass, "again 15000"] },
  {
    name: "a status of another time is taken back",
    claim: aClaim({ class: "", status: bound }),
    wanted: [noClass, "status Pending {}", "again 15000"],
  },
  { name: "the default class comes later", claim: aClaim(), defaultClass: aClass("d"), wanted: ["claim → d []"] },
  { name: "no class at all was asked for", claim: aClaim({ class: "" }), defaultClass: aClass("d"), wanted: [noClass, "again 15000"] },
  {
    name: "the old annotation names a class",
    claim: aClaim({ marks: { "volume.beta.kubernetes.io/storage-class": "" } }),
    defaultClass: aClass("d"),
    wanted: [noClass, "again 15000"],
  },
  { name: "a free volume goes before the default class", claim: aClaim(), match: aVolume(), defaultClass: aClass("d"), wanted: links },
  {
    name: "the class waits for a pod",
    claim: aClaim({ class: "later" }),
    storageClass: later,
    wanted: ["Normal WaitForFirstConsumer waiting for first consumer to be created before binding", "again 15000"],
  },
  {
    name: "a pod is there and has no node yet",
    claim: aClaim({ class: "later" }),
    storageClass: later,
    waitingPods: ["p"],
    wanted: ["Normal WaitForPodScheduled waiting for pod p to be scheduled", "again 15000"],
  },
  {
    name: "several pods",
    claim: aClaim({ class: "later" }),
    storageClass: later,
    waitingPods: ["p", "q"],
    wanted: ["Normal WaitForPodScheduled waiting for pods p,q to be scheduled", "again 15000"],
  },
  {
    name: "the node is chosen: the provisioner's turn",
    claim: aClaim({ class: "later", marks: { "volume.kubernetes.io/selected-node": "n" } }),
    storageClass: later,
    wanted: ["claim → later [selected-node,storage-provisioner,storage-provisioner]", external, "again 15000"],
  },
  {
    name: "a class that does not wait",
    claim: aClaim({ class: "now" }),
    storageClass: aClass("now"),
    wanted: ["claim → now [storage-provisioner,storage-provisioner]", external, "again 15000"],
  },
  {
    name: "the provisioner was asked already",
    claim: aClaim({ class: "now", marks: asked }),
    storageClass: aClass("now"),
    wanted: [external, "again 15000"],
  },
  {
    name: "the class is not there",
    claim: aClaim({ class: "gold" }),
    wanted: ['Warning ProvisioningFailed storageclass.storage.k8s.io "gold" not found', "again 15000"],
  },
  {
    name: "a class that makes nothing",
    claim: aClaim({ class: "static" }),
    storageClass: aClass("static", { provisioner: "kubernetes.io/no-provisioner" }),
    wanted: ["Warning ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner", "again 15000"],
  },
  { name: "the volume that was asked for is not there", claim: aClaim({ volume: "v" }), wanted: [] },
  {
    name: "the volume that was asked for is free",
    claim: aClaim({ volume: "v" }),
    named: aVolume(),
    wanted: [links[0]!, "claim → v [bind-completed]"],
  },
  {
    name: "the selector does not count for a volume that was asked for",
    claim: aClaim({ volume: "v", spec: { selector: { matchLabels: { a: "b" } } } }),
    named: aVolume(),
    wanted: [links[0]!, "claim → v [bind-completed]"],
  },
  {
    name: "the volume that was asked for is kept for the claim",
    claim: aClaim({ volume: "v" }),
    named: aVolume({ claim: "c" }),
    wanted: ["volume → c uid-of-c []", "claim → v [bind-completed]"],
  },
  {
    name: "the volume that was asked for has another claim",
    claim: aClaim({ volume: "v" }),
    named: aVolume({ claim: "d", uid: "d" }),
    wanted: ['Warning FailedBinding volume "v" already bound to a different claim.', "again 15000"],
  },
  {
    name: "it has another claim and somebody took the mark of the binding away",
    claim: aClaim({ volume: "v", marks: byController, status: bound }),
    named: aVolume({ claim: "d", uid: "d" }),
    wanted: ['Warning FailedBinding volume "v" already bound to a different claim.', "again 15000"],
  },
  ...(
    [
      ["requested PV is too small", aVolume({ size: "1Mi" }), {}],
      ["storageClassName does not match", aVolume({ class: "gold" }), {}],
      ["volumeAttributesClassName does not match", aVolume({ spec: { volumeAttributesClassName: "fast" } }), {}],
      ["incompatible volumeMode", aVolume({ spec: { volumeMode: "Block" } }), {}],
      ["incompatible accessMode", aVolume(), { modes: ["ReadWriteMany"] }],
      ['the volume is marked for deletion "v"', aVolume({ going: true }), {}],
    ] as const
  ).map(([why, named, options]) => ({
    name: `the volume that was asked for does not fit: ${why}`,
    claim: aClaim({ volume: "v", ...options } as never),
    named,
    wanted: [`Warning VolumeMismatch Cannot bind to requested volume "v": ${why}`, "again 15000"],
  })),
  {
    name: "a bound claim that names no volume is lost",
    claim: aClaim({ marks: completed, status: bound }),
    wanted: ["status Lost {}", "Warning ClaimLost Bound claim has lost reference to PersistentVolume. Data on the volume is lost!"],
  },
  {
    name: "a bound claim without its volume is lost",
    claim: aClaim({ volume: "v", marks: completed, status: bound }),
    wanted: ["status Lost {}", "Warning ClaimLost Bound claim has lost its PersistentVolume. Data on the volume is lost!"],
  },
  { name: "it is told once", claim: aClaim({ volume: "v", marks: completed, phase: "Lost" }), wanted: [] },
  {
    name: "a lost claim whose volume is back is bound again",
    claim: aClaim({ volume: "v", marks: completed, phase: "Lost" }),
    named: aVolume(),
    wanted: [links[0]!],
  },
  {
    name: "a bound claim whose volume is kept by name",
    claim: aClaim({ volume: "v", marks: completed, status: bound }),
    named: aVolume({ claim: "c" }),
    wanted: ["status Lost {}", "Warning ClaimMisbound Two claims are bound to the same volume, this one is bound incorrectly"],
  },
  {
    name: "a bound claim whose volume has another claim",
    claim: aClaim({ volume: "v", marks: completed, status: bound }),
    named: aVolume({ claim: "d", uid: "d" }),
    wanted: ["status Lost {}", "Warning ClaimMisbound Two claims are bound to the same volume, this one is bound incorrectly"],
  },
];
for (const { name, wanted, ...seen } of rows)
  test(`claim: ${name}`, () => assert.deepEqual(planClaim({ waitingPods: [], ...seen }).map(told), wanted));
