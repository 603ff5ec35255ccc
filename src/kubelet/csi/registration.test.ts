import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { csinodes, nodes } from "#api/mod.ts";
import { startTestCsiDriver } from "../testing/csi-driver.ts";
import { startTestKubelet } from "../testing/kubelet.ts";

async function setUp(t: TestContext) {
  const kubelet = await startTestKubelet(t, { withDevices: true });
  const csiNode = () => kubelet.api.get(csinodes, { name: "node-1" });
  const node = () => kubelet.api.get(nodes, { name: "node-1" })!;
  const driver = async (...[name, behaviour]: [string, Parameters<typeof startTestCsiDriver>[2]?]) => {
    const started = await startTestCsiDriver(kubelet.folder, name, behaviour);
    t.after(() => started.close());
    return started;
  };
  await kubelet.until(() => csiNode() !== undefined);
  return { ...kubelet, csiNode, node, driver };
}

const annotation = "csi.volume.kubernetes.io/nodeid";

test("a node has a CSINode of its own from the start, and drivers come into it and go with their sockets", {
  timeout: 60_000,
}, async (t) => {
  const { csiNode, node, driver, until } = await setUp(t);
  assert.deepEqual(csiNode()!.metadata.ownerReferences, [{ apiVersion: "v1", kind: "Node", name: "node-1", uid: node().metadata.uid }]);
  assert.deepEqual(csiNode()!.spec?.drivers, []);
  const disk = await driver("disk.example.com", { nodeId: "i-1", maxVolumes: 16, topology: { "topology.example.com/zone": "a" } });
  const file = await driver("file.example.com", { nodeId: "n", versions: ["0.3.0", "1.2.0"] });
  await until(() => csiNode()!.spec?.drivers?.length === 2);
  assert.deepEqual(
    csiNode()!.spec!.drivers!.toSorted((a, b) => (a.name! < b.name! ? -1 : 1)),
    [
      { name: "disk.example.com", nodeID: "i-1", topologyKeys: ["topology.example.com/zone"], allocatable: { count: 16 } },
      { name: "file.example.com", nodeID: "n" },
    ],
  );
  assert.equal(node().metadata.annotations?.[annotation], '{"disk.example.com":"i-1","file.example.com":"n"}');
  assert.equal(node().metadata.labels?.["topology.example.com/zone"], "a");
  await until(() => file.told().includes("registered"));
  assert.deepEqual(disk.told(), ["NodeGetInfo", "registered"]);
  await disk.close();
  await until(() => csiNode()!.spec?.drivers?.length === 1);
  await until(() => node().metadata.annotations?.[annotation] === '{"file.example.com":"n"}');
  await file.close();
  await until(() => node().metadata.annotations?.[annotation] === undefined);
  assert.equal(node().metadata.labels?.["topology.example.com/zone"], "a", "labels stay, as upstream's do");
});

test("a driver whose words cannot be, or that does not answer, is told why and asked again", { timeout: 60_000 }, async (t) => {
  const { csiNode, node, driver, until } = await setUp(t);
  const old = await driver("old.example.com", { versions: ["0.3.0", "2.0.0"] });
  const odd = await driver("odd.example.com", { topology: { "kubernetes.io/hostname": "elsewhere" } });
  const mute = await driver("mute.example.com");
  mute.refuse("NodeGetInfo", { code: 14, message: "starting" });
  const first = async (from: typeof old) => {
    let told: string[] = [];
    await until(() => (told = [...told, ...from.told()]).some((each) => each.startsWith("RegisterPlugin")));
    return told.find((each) => each.startsWith("RegisterPlugin"));
  };
  assert.match(
    (await first(old))!,
    /^RegisterPlugin error -- plugin validation failed with err: validation failed for CSI Driver old\.example\.com at endpoint \S+: kubernetes\.io\/csi: ValidatePlugin for CSI driver "old\.example\.com" failed\. None of the versions specified \["0\.3\.0" "2\.0\.0"\] are supported\. err=highest supported version reported is 0\.3\.0, must be v1\.x$/,
  );
  const collision =
    'detected topology value collision: driver reported "kubernetes.io/hostname":"elsewhere" but existing label is "kubernetes.io/hostname":"node-1"';
  assert.equal(
    await first(odd),
    `RegisterPlugin error -- plugin registration failed with err: error updating Node object with CSI driver node info: error updating node: timed out waiting for the condition; caused by: ${collision}`,
  );
  assert.equal(
    await first(mute),
    "RegisterPlugin error -- plugin registration failed with err: rpc error: code = Unavailable desc = starting",
  );
  assert.deepEqual([csiNode()!.spec?.drivers, node().metadata.annotations?.[annotation]], [[], undefined]);
  mute.refuse("NodeGetInfo", undefined);
  await until(() => csiNode()!.spec?.drivers?.[0]?.name === "mute.example.com");
});

test("a CSINode that is left of another node of this name is made anew", { timeout: 60_000 }, async (t) => {
  const { csiNode, api, driver, until, node } = await setUp(t);
  api.put(csinodes, {
    ...csiNode()!,
    metadata: { name: "node-1", ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node-1", uid: "before" }] },
    spec: { drivers: [{ name: "gone.example.com", nodeID: "x" }] },
  });
  await driver("disk.example.com");
  await until(() => csiNode()?.spec?.drivers?.some(({ name }) => name === "disk.example.com") === true);
  assert.deepEqual([csiNode()!.spec!.drivers!.length, csiNode()!.metadata.ownerReferences?.[0]?.uid], [1, node().metadata.uid]);
});
