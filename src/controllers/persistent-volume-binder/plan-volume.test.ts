import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume } from "#api/mod.ts";
import type { Step } from "#client/mod.ts";
import { planVolume, type SeenVolume } from "./plan-volume.ts";
import { aClaim, aVolume, byController } from "./situations.ts";

const uid = "uid-of-c";
const made = { "pv.kubernetes.io/provisioned-by": "example.com/disk" };

function told(step: Step): string {
  if (step.do === "event") return `${step.type} ${step.reason} ${step.message}`;
  const { spec, metadata, status } = (step as { object: PersistentVolume }).object;
  if (step.do === "status") return `status ${status?.phase}${status?.message ? `: ${status.message}` : ""}`;
  return `volume → ${JSON.stringify(spec?.claimRef)} ${Object.keys(metadata.annotations ?? {})}`;
}

const noDeleter = 'error getting deleter volume plugin for volume "v": no volume plugin matched';
const undeletable = 'error getting deleter volume plugin for volume "v": no deletable volume plugin matched';
const farPath = "host_path deleter only supports /tmp/.+ but received provided /data";
const gone = { claim: "c", uid, phase: "Released" };

const rows: (Partial<SeenVolume> & { name: string; volume: PersistentVolume; wanted: string[] })[] = [
  { name: "a new one is available", volume: aVolume({ phase: "Pending" }), wanted: ["status Available"] },
  { name: "an available one stays so", volume: aVolume(), wanted: [] },
  { name: "one that is kept for a claim is available", volume: aVolume({ phase: "Pending", claim: "c" }), wanted: ["status Available"] },
  { name: "one whose link was taken away is available again", volume: aVolume({ phase: "Released" }), wanted: ["status Available"] },
  {
    name: "linked both ways it is bound",
    volume: aVolume({ claim: "c", uid }),
    claim: aClaim({ volume: "v" }),
    wanted: ["status Bound"],
  },
  { name: "linked by itself only it waits for the claim", volume: aVolume({ claim: "c", uid }), claim: aClaim(), wanted: [] },
  {
    name: "a user linked what cannot be mounted alike",
    volume: aVolume({ claim: "c", uid, spec: { volumeMode: "Block" } }),
    claim: aClaim(),
    wanted: [
      'Warning VolumeMismatch Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
      'Warning VolumeMismatch Cannot bind PersistentVolume "v" to requested PersistentVolumeClaim due to incompatible volumeMode.',
    ],
  },
  { name: "its claim is gone", volume: aVolume({ claim: "c", uid, phase: "Bound" }), wanted: ["status Released"] },
  { name: "the failure of before stays to be read", volume: aVolume({ ...gone, phase: "Failed" }), wanted: [] },
  { name: "Retain: it stays", volume: aVolume(gone), wanted: [] },
  {
    name: "Delete: its maker deletes it",
    volume: aVolume({ ...gone, policy: "Delete", marks: made }),
    wanted: [],
  },
  {
    name: "Delete: a driver deletes it",
    volume: aVolume({ ...gone, policy: "Delete", spec: { csi: { driver: "d", volumeHandle: "h" } } }),
    wanted: [],
  },
  ...(
    [
      ["local", { hostPath: undefined, local: { path: "/x" } }, noDeleter],
      ["nfs", { hostPath: undefined, nfs: { server: "s", path: "/" } }, undeletable],
      ["hostPath", {}, farPath],
      ["hostPath below /tmp", { hostPath: { path: "/tmp/x" } }, undeletable],
    ] as const
  ).map(([type, spec, why]) => ({
    name: `Delete: nobody can: ${type}`,
    volume: aVolume({ ...gone, policy: "Delete", spec }),
    wanted: [`status Failed: ${why}`, `Warning VolumeFailedDelete ${why}`],
  })),
  { name: "Delete: that is told once", volume: aVolume({ ...gone, phase: "Failed", policy: "Delete" }), wanted: [] },
  {
    name: "Delete: a maker that was part of Kubernetes once",
    volume: aVolume({ ...gone, policy: "Delete", marks: { "pv.kubernetes.io/provisioned-by": "kubernetes.io/x" } }),
    wanted: [
      "status Failed: no volume plugin matched name: kubernetes.io/x",
      "Warning VolumeFailedDelete no volume plugin matched name: kubernetes.io/x",
    ],
  },
  {
    name: "Recycle: nobody can",
    volume: aVolume({ ...gone, policy: "Recycle" }),
    wanted: [
      "status Failed: No recycler plugin found for the volume!",
      "Warning VolumeFailedRecycle No recycler plugin found for the volume!",
    ],
  },
  {
    name: "Recycle: while pods use it nothing is done",
    volume: aVolume({ ...gone, policy: "Recycle" }),
    usedBy: ["default/p", "default/q"],
    wanted: ["Normal VolumeFailedRecycle Volume is used by pods: default/p,default/q"],
  },
  {
    name: "Recycle: pods of another claim of the name do not use it",
    volume: aVolume({ ...gone, policy: "Recycle" }),
    usedBy: ["default/p"],
    nameIsTaken: true,
    wanted: [
      "status Failed: No recycler plugin found for the volume!",
      "Warning VolumeFailedRecycle No recycler plugin found for the volume!",
    ],
  },
  {
    name: "a policy that nobody knows",
    volume: aVolume({ ...gone, policy: "Shred" }),
    wanted: [
      "status Failed: Volume has unrecognized PersistentVolumeReclaimPolicy",
      "Warning VolumeUnknownReclaimPolicy Volume has unrecognized PersistentVolumeReclaimPolicy",
    ],
  },
  {
    name: "the claim has another volume: what the controller linked is free again",
    volume: aVolume({ claim: "c", uid, marks: byController }),
    claim: aClaim({ volume: "w" }),
    wanted: ["volume → undefined "],
  },
  {
    name: "the claim has another volume: what a user linked stays kept by name",
    volume: aVolume({ claim: "c", uid }),
    claim: aClaim({ volume: "w" }),
    wanted: ['volume → {"namespace":"default","name":"c"} '],
  },
  {
    name: "the claim has another volume: one that was made for it is released",
    volume: aVolume({ claim: "c", uid, phase: "Bound", policy: "Delete", marks: { ...made, ...byController } }),
    claim: aClaim({ volume: "w" }),
    wanted: ["status Released"],
  },
  {
    name: "the claim has another volume: one that was made for it and is to be kept is free again",
    volume: aVolume({ claim: "c", uid, phase: "Bound", marks: { ...made, ...byController } }),
    claim: aClaim({ volume: "w" }),
    wanted: ["volume → undefined pv.kubernetes.io/provisioned-by"],
  },
];
for (const { name, wanted, ...seen } of rows)
  test(`volume: ${name}`, () => assert.deepEqual(planVolume({ usedBy: [], nameIsTaken: false, ...seen }).map(told), wanted));
