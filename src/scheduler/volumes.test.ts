import assert from "node:assert/strict";
import { test } from "node:test";
import type { PersistentVolume, PersistentVolumeClaim } from "#api/mod.ts";
import { settle, silentLog, VirtualClock } from "#base/mod.ts";
import { type FakeApi, fakeApi } from "#client/fake-api.ts";
import { boundVolume } from "#client/mod.ts";
import type { VolumeWork } from "./plugin.ts";
import { podInfoOf } from "./pod-info.ts";
import { followVolumes, type VolumeBook } from "./volumes.ts";

const pod = podInfoOf({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default", uid: "u" } }, () => undefined);
const marked = { "volume.kubernetes.io/selected-node": "n" };
const completed = { "pv.kubernetes.io/bind-completed": "yes" };

const aClaim = (annotations: Record<string, string> = {}, spec: PersistentVolumeClaim["spec"] = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "c", namespace: "default", uid: "uid-of-c", annotations },
  spec,
});
const aVolume = (spec: PersistentVolume["spec"] = {}): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "v", uid: "uid-of-v" },
  spec: { capacity: { storage: "1Gi" }, ...spec },
  status: { phase: "Available" },
});
const onNode = (name: string): PersistentVolume["spec"] => ({
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [name] }] }] } },
});

interface Stage {
  api: FakeApi;
  clock: VirtualClock;
  book: VolumeBook;
  /** How the work stands: `waits`, `done`, or the failure. */
  run(work: VolumeWork): Promise<() => Promise<string>>;
  gone(): void;
}

async function stage(objects: [string, PersistentVolume | PersistentVolumeClaim][]): Promise<Stage> {
  const api = fakeApi();
  for (const [resource, object] of objects) api.put(resource, object);
  const clock = new VirtualClock();
  const book = followVolumes(api.client, { clock, log: silentLog }, () => {});
  await settle(20);
  let wanted = true;
  return {
    api,
    clock,
    book,
    gone: () => {
      wanted = false;
    },
    async run(work) {
      let state = "waits";
      book.assume(work);
      const place = { pod, nodeName: "n", node: () => ({ name: "n", labels: {} }), isWanted: () => wanted };
      book.carryOut(work, place).then(
        () => {
          state = "done";
        },
        (error: Error) => {
          state = error.message;
        },
      );
      return async () => {
        await settle(20);
        return state;
      };
    },
  };
}

const known = (api: FakeApi) => ({
  claim: api.get("persistentvolumeclaims/default/c") as PersistentVolumeClaim,
  volume: api.get("persistentvolumes/v") as PersistentVolume,
});
const linking = (api: FakeApi): VolumeWork => ({
  bind: [{ volume: boundVolume(known(api).volume, known(api).claim), claim: known(api).claim }],
  provision: [],
});
const making = (api: FakeApi): VolumeWork => {
  const { claim } = known(api);
  return { bind: [], provision: [{ ...claim, metadata: { ...claim.metadata, annotations: marked } }] };
};

test("a volume is linked, and the pod waits until its claim is bound", async () => {
  const { api, book, run } = await stage([
    ["persistentvolumeclaims", aClaim()],
    ["persistentvolumes", aVolume()],
  ]);
  const state = await run(linking(api));
  assert.equal(book.volume("v")?.spec?.claimRef?.uid, "uid-of-c", "the next pod sees it taken before the API does");
  assert.equal(await state(), "waits");
  assert.equal(known(api).volume.spec?.claimRef?.uid, "uid-of-c");
  api.put("persistentvolumeclaims", aClaim(completed, { volumeName: "v" }));
  assert.equal(await state(), "done");
  book.close();
});

test("a provisioner is told the node, and the pod waits until its volume is there and bound", async () => {
  const { api, book, run } = await stage([["persistentvolumeclaims", aClaim()]]);
  const state = await run(making(api));
  assert.equal(await state(), "waits");
  assert.deepEqual(known(api).claim.metadata.annotations, marked);
  api.put("persistentvolumeclaims", aClaim({ ...marked, ...completed }, { volumeName: "v" }));
  assert.equal(await state(), "waits", "the volume's copy may be late");
  api.put("persistentvolumes", aVolume(onNode("n")));
  assert.equal(await state(), "done");
  book.close();
});

const failures: { name: string; makes: boolean; happens(stage: Stage): void; wanted: string }[] = [
  {
    name: "the provisioner gives up",
    makes: true,
    happens: ({ api }) => api.put("persistentvolumeclaims", aClaim({ other: "" })),
    wanted: 'binding volumes: provisioning failed for PVC "c"',
  },
  {
    name: "the claim goes",
    makes: true,
    happens: ({ api }) => api.remove("persistentvolumeclaims/default/c"),
    wanted: 'binding volumes: failed to check provisioning pvc: persistentvolumeclaim "default/c" not found',
  },
  {
    name: "the volume is made elsewhere",
    makes: true,
    happens({ api }) {
      api.put("persistentvolumes", aVolume(onNode("m")));
      api.put("persistentvolumeclaims", aClaim(marked, { volumeName: "v" }));
    },
    wanted: `binding volumes: pv "v" node affinity doesn't match node "n": no matching NodeSelectorTerms`,
  },
  {
    name: "the binder takes the link back",
    makes: false,
    happens: ({ api }) => api.put("persistentvolumes", aVolume()),
    wanted: 'binding volumes: ClaimRef got reset for pv "v"',
  },
  {
    name: "nobody makes it",
    makes: true,
    happens: ({ clock }) => void clock.advance(600_000),
    wanted: "binding volumes: context deadline exceeded",
  },
  {
    name: "the pod goes",
    makes: true,
    happens({ api, gone }) {
      gone();
      api.put("persistentvolumes", aVolume());
    },
    wanted: 'binding volumes: pod does not exist any more: pod "p" not found',
  },
];
for (const { name, makes, happens, wanted } of failures)
  test(`waiting for volumes ends: ${name}`, async () => {
    const all = await stage([
      ["persistentvolumeclaims", aClaim()],
      ...(makes ? [] : [["persistentvolumes", aVolume()] as [string, PersistentVolume]]),
    ]);
    const state = await all.run(makes ? making(all.api) : linking(all.api));
    assert.equal(await state(), "waits");
    happens(all);
    assert.equal(await state(), wanted);
    all.book.close();
  });

test("what could not be written is taken back", async () => {
  const { api, book, run } = await stage([
    ["persistentvolumeclaims", aClaim()],
    ["persistentvolumes", aVolume()],
  ]);
  api.refuse("PUT", "persistentvolumes", 409, "Conflict");
  const work = linking(api);
  const state = await run(work);
  assert.match(await state(), /Conflict/);
  book.revert(work);
  assert.equal(book.volume("v")?.spec?.claimRef, undefined);
  book.close();
});
