import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Pod, pods } from "#api/mod.ts";
import { systemClock, VirtualClock } from "#base/mod.ts";
import { settingsOf } from "../configuration/settings.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import { aPod, fakeApi } from "../testing/fake-api.ts";
import { startTestKubelet } from "../testing/kubelet.ts";
import { hashAnnotation, mirrorAnnotation, readManifest } from "./manifest.ts";
import { mirrorOf, planStatic, withMirror } from "./plan.ts";

const manifest = (more = "", command = '["sleep", "1000"]') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: main, image: "busybox:1.36", command: ${command}}]\n${more}`;

test("a manifest is a pod of this node: defaulted, named after it, with an identity of its words", () => {
  const pod = readManifest(manifest(), "/pods/web.yaml", "node-1");
  assert.deepEqual(
    [pod.metadata.name, pod.metadata.namespace, pod.spec?.nodeName, pod.spec?.restartPolicy, pod.spec?.containers?.[0]?.imagePullPolicy],
    ["web-node-1", "default", "node-1", "Always", "IfNotPresent"],
  );
  assert.equal(pod.metadata.annotations?.[hashAnnotation], pod.metadata.uid);
  assert.equal(pod.metadata.annotations?.["kubernetes.io/config.source"], "file");
  assert.deepEqual(pod.spec?.tolerations?.at(-1), { operator: "Exists", effect: "NoExecute" });
  assert.equal(readManifest(manifest(), "/pods/web.yaml", "node-1").metadata.uid, pod.metadata.uid);
  assert.notEqual(readManifest(manifest("  hostNetwork: true\n"), "/pods/web.yaml", "node-1").metadata.uid, pod.metadata.uid);
});

for (const [name, text, why] of [
  ["no pod", "apiVersion: v1\nkind: Service\n", /couldn't parse as pod/],
  ["no name", "apiVersion: v1\nkind: Pod\nspec: {}\n", /^invalid pod: name is needed for the pod$/],
  ["a word that means nothing", manifest("  hostNetwrk: true\n"), /unknown field "spec.hostNetwrk"/],
  [
    "no containers",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
    /^invalid pod: .*spec.containers: Required value/,
  ],
  [
    "a secret",
    manifest("  volumes: [{name: s, secret: {secretName: s}}]\n"),
    /^static pods may not reference secrets \(via secret volumes\)$/,
  ],
  ["an account", manifest("  serviceAccountName: x\n"), /^static pods may not reference serviceaccounts$/],
] as const)
  test(`a manifest with ${name} is refused`, () => assert.throws(() => readManifest(text, "f", "n"), { message: why }));

const staticPod = (uid: string, name = "web"): Pod =>
  aPod({ name, metadata: { uid, annotations: { [hashAnnotation]: uid, "kubernetes.io/config.source": "file" } } });
const mirror = (uid: string, name = "web", more: object = {}): Pod =>
  aPod({ name, metadata: { uid: `api-${name}`, annotations: { [mirrorAnnotation]: uid }, ...more } });
const uids = (list: readonly Pod[]) => list.map(({ metadata }) => metadata.uid);

for (const [name, situation, wanted] of [
  ["a new file", { wanted: [staticPod("a")], running: new Map(), mirrors: [] }, { start: ["a"], end: [], make: ["a"], remove: [] }],
  [
    "all as it should be",
    { wanted: [staticPod("a")], running: new Map([["a", "default/web"]]), mirrors: [mirror("a")] },
    { start: [], end: [], make: [], remove: [] },
  ],
  [
    "a file that is gone",
    { wanted: [], running: new Map([["a", "default/web"]]), mirrors: [mirror("a")] },
    { start: [], end: ["a"], make: [], remove: ["api-web"] },
  ],
  [
    "a file that was changed",
    { wanted: [staticPod("b")], running: new Map([["a", "default/web"]]), mirrors: [mirror("a")] },
    { start: [], end: ["a"], make: [], remove: ["api-web"] },
  ],
  [
    "a mirror that is being deleted",
    { wanted: [staticPod("a")], running: new Map([["a", "default/web"]]), mirrors: [mirror("a", "web", { deletionTimestamp: "x" })] },
    { start: [], end: [], make: [], remove: ["api-web"] },
  ],
  [
    "two files with one name",
    { wanted: [staticPod("a"), staticPod("b")], running: new Map(), mirrors: [] },
    { start: ["a"], end: [], make: ["a"], remove: [] },
  ],
] as const)
  test(`static pods: ${name}`, () => {
    const { start, end, makeMirror, removeMirror } = planStatic(situation);
    assert.deepEqual({ start: uids(start), end, make: uids(makeMirror), remove: uids(removeMirror) }, wanted);
  });

test("a mirror is marked and owned by the node; the pod knows what the API says of it", () => {
  const shown = mirrorOf(staticPod("a"), { name: "n", uid: "node-uid" });
  assert.equal(shown.metadata.annotations?.[mirrorAnnotation], "a");
  assert.deepEqual(shown.metadata.ownerReferences, [{ apiVersion: "v1", kind: "Node", name: "n", uid: "node-uid", controller: true }]);
  assert.equal(shown.metadata.uid, undefined);
  const known = withMirror(staticPod("a"), { ...mirror("a", "web", { resourceVersion: "7" }), status: { phase: "Running" } });
  assert.deepEqual([known.metadata.uid, known.metadata.resourceVersion, known.status?.phase], ["a", "7", "Running"]);
});

async function node(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "manifests-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (text: string) => writeFileSync(join(folder, "web.yaml"), text);
  const settings = { ...settingsOf(undefined), staticPods: folder };
  return { folder, write, settings };
}

test("a file runs as a pod, is shown in the API, comes again there, and ends with the file", async (t) => {
  const { folder, write, settings } = await node(t);
  write(manifest());
  const kubelet = await startTestKubelet(t, { kubelet: { settings } });
  const shown = () => kubelet.api.get(pods, { namespace: "default", name: "web-node-1" });
  await kubelet.until(() => shown()?.status?.phase === "Running");
  const first = shown()!;
  assert.ok(first.metadata.annotations?.[mirrorAnnotation]);
  const starts = () => kubelet.runtime.calls.filter((call) => call === "startContainer main").length;
  await kubelet.api.client.delete(pods, { namespace: "default", name: "web-node-1" });
  await kubelet.until(() => shown()?.status?.phase === "Running");
  assert.equal(starts(), 1, "it goes on running");
  write(manifest("", '["sleep", "2000"]'));
  await kubelet.until(() => starts() === 2, 60_000);
  await kubelet.until(() => shown()?.status?.phase === "Running");
  assert.notEqual(shown()?.metadata.annotations?.[mirrorAnnotation], first.metadata.annotations?.[mirrorAnnotation]);
  rmSync(join(folder, "web.yaml"));
  await kubelet.until(() => shown() === undefined, 60_000);
  await kubelet.until(() => kubelet.runtime.calls.filter((call) => call.startsWith("removeSandbox")).length === 2, 60_000);
});

test("a kubelet that starts anew goes on with the containers of its files", async (t) => {
  const { write, settings } = await node(t);
  write(manifest());
  const first = await startTestKubelet(t, { kubelet: { settings } });
  const phase = () => first.api.get(pods, { namespace: "default", name: "web-node-1" })?.status?.phase;
  await first.until(() => phase() === "Running");
  await first.close();
  const second = await startTestKubelet(t, { api: first.api, adopt: first, kubelet: { settings } });
  await second.pass(30_000);
  assert.equal(second.runtime.calls.filter((call) => call === "startContainer main").length, 1);
  assert.equal(phase(), "Running");
});

test("it runs before the API answers, and is shown when it does", async (t) => {
  const { write, settings } = await node(t);
  write(manifest());
  const api = fakeApi();
  const whole = { ...api.client };
  let away = true;
  for (const method of ["create", "get", "list", "patch", "update"] as const) {
    const real = whole[method] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(api.client, {
      [method]: (...args: unknown[]) => (away ? Promise.reject(new Error("connect ECONNREFUSED")) : real(...args)),
    });
  }
  const clock = new VirtualClock();
  const runtime = fakeRuntime({ clock });
  const starting = startTestKubelet(t, { api, kubelet: { settings, runtime, clock } });
  const started = () => runtime.calls.includes("startContainer main");
  for (let second = 0; second < 120 && !started(); second++) {
    await clock.advance(1000);
    await systemClock.sleep(5);
  }
  assert.ok(started());
  away = false;
  for (let second = 0; second < 120 && !api.get(pods, { namespace: "default", name: "web-node-1" })?.status?.containerStatuses; second++) {
    await clock.advance(1000);
    await systemClock.sleep(5);
  }
  assert.equal(api.get(pods, { namespace: "default", name: "web-node-1" })?.status?.phase, "Running");
  // What it still waits for is by the clock.
  let isUp = false;
  void starting.then(() => (isUp = true));
  for (let second = 0; second < 600 && !isUp; second++) {
    await clock.advance(1000);
    await systemClock.sleep(5);
  }
  assert.ok(isUp);
});
