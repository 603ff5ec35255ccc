import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, VolumeAttachment } from "#api/mod.ts";
import { aClaim, aClass, aPod, aVolume, bound, driver, none, outcome, two, uses, type World, waiting } from "./volume-situations.ts";

/** Bound claims and the driver's volumes behind them. */
const disks = (...names: string[]): World => ({
  claims: names.map((name) => bound(name, `v-${name}`)),
  volumes: names.map((name) => aVolume(`v-${name}`, undefined, { csi: { driver, volumeHandle: name } })),
});
const anAttachment = (claim: string, nodeName: string): VolumeAttachment => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "VolumeAttachment",
  metadata: { name: `${claim}-${nodeName}` },
  spec: { attacher: driver, nodeName, source: { persistentVolumeName: `v-${claim}` } },
});

const rows: { name: string; world: World; placed?: [Pod, string][]; wanted: string }[] = [
  {
    name: "a driver has all the volumes that it can have on a node",
    world: { ...disks("c", "d"), limits: { a: 1, b: 1 } },
    placed: [[aPod(uses("d"), {}, "other"), "a"]],
    wanted: "b",
  },
  {
    name: "on no node can it have another",
    world: { ...disks("c", "d", "e"), limits: { a: 1, b: 1 } },
    placed: [
      [aPod(uses("d"), {}, "other"), "a"],
      [aPod(uses("e"), {}, "third"), "b"],
    ],
    wanted: none("2 node(s) exceed max volume count"),
  },
  {
    name: "a volume that is there already does not count again",
    world: { ...disks("c"), limits: { a: 1, b: 0 } },
    placed: [[aPod(uses("c"), {}, "other"), "a"]],
    wanted: "a",
  },
  {
    name: "a volume that is still attached counts though its pod is gone",
    world: { ...disks("c", "d"), limits: { a: 1, b: 1 }, attachments: [anAttachment("d", "a")] },
    wanted: "b",
  },
  {
    name: "it counts once where it is attached and used",
    world: { ...disks("c", "d"), limits: { a: 2, b: 0 }, attachments: [anAttachment("d", "a")] },
    placed: [[aPod(uses("d"), {}, "other"), "a"]],
    wanted: "a",
  },
  {
    name: "a volume that is still to be made counts for the driver that will make it",
    world: { claims: [aClaim("c", waiting)], classes: [aClass("later", { provisioner: driver })], limits: { a: 0, b: 1 } },
    wanted: "b; c made for b",
  },
  { name: "a node without a limit takes any number", world: { ...disks("c"), limits: { a: 0 } }, wanted: "b" },
  {
    name: "volumes of others are not this driver's",
    world: { claims: [bound("c", "v")], volumes: [aVolume("v", "a")], limits: { a: 0, b: 0 } },
    wanted: "a",
  },
];
for (const { name, world, placed, wanted } of rows)
  test(`volume limits: ${name}`, () => assert.equal(outcome(world, aPod(uses("c")), two, placed), wanted));
