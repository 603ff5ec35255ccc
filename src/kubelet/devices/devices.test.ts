/** Devices through a whole kubelet: real plugins on real sockets, a fake runtime. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodes, type Pod, pods } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { grpcClient } from "#net/mod.ts";
import { registerPlugin, startTestPlugin } from "../testing/device-plugin.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";
import { serveRegistration } from "../testing/registering-plugin.ts";
import { type Device, podResourcesMessages } from "./messages.ts";

const gpu = "example.com/gpu";
const device = (ID: string, health = "Healthy", node?: number): Device => ({
  ID,
  health,
  ...(node === undefined ? {} : { topology: { nodes: [{ ID: node }] } }),
});
const wants = (name: string, count: number, words: object = {}) => {
  const amounts = { [gpu]: String(count) };
  const image = { image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "1000"] };
  return { name, ...image, resources: { limits: amounts, requests: amounts }, ...words };
};
const folderOf = (kubelet: Pick<TestKubelet, "folder">, name = "device-plugins") => join(kubelet.folder, name);

/** Sockets are real and take real time, of which the kubelet's clock knows nothing. */
async function eventually<T>({ pass }: TestKubelet, look: () => T): Promise<T> {
  for (let tries = 0; ; tries++) {
    await pass(20);
    try {
      return look();
    } catch (error) {
      if (tries > 500) throw error;
      await systemClock.sleep(10);
    }
  }
}

const statusOf = ({ api }: TestKubelet) => api.get(nodes, { name: "node-1" })?.status;
const amountsOf = (kubelet: TestKubelet) => [statusOf(kubelet)?.capacity?.[gpu], statusOf(kubelet)?.allocatable?.[gpu]];

function configOf({ runtime }: TestKubelet, pod: Pod, name: string) {
  const id = pod.status?.containerStatuses?.find((status) => status.name === name)?.containerID?.replace("containerd://", "") ?? "";
  return runtime.config(id);
}

test("what a plugin has is the node's, and a pod that asks for some is started with it", { timeout: 60_000 }, async (t) => {
  const kubelet = await startTestKubelet(t, { withDevices: true });
  const folder = folderOf(kubelet);
  const plugin = await startTestPlugin(folder, "gpu.sock", {
    devices: [device("a", "Healthy", 0), device("b", "Healthy", 0), device("c", "Unhealthy")],
    options: { preStartRequired: true },
    allocate: (ids) => ({
      envs: { GPUS: ids.join(","), OWN: "plugin" },
      mounts: [{ containerPath: "/usr/lib/gpu", hostPath: "/opt/gpu", readOnly: true }],
      devices: ids.map((id) => ({ containerPath: `/dev/${id}`, hostPath: `/dev/real-${id}`, permissions: "rw" })),
      annotations: { "example.com/given": ids.join(",") },
      cdiDevices: [{ name: `example.com/gpu=${ids[0]}` }],
    }),
  });
  t.after(() => plugin.close());
  await registerPlugin(folder, "gpu.sock", gpu);
  await eventually(kubelet, () => assert.deepEqual(amountsOf(kubelet), ["3", "2"]));

  kubelet.api.put(pods, aPod({ spec: { containers: [wants("main", 2, { env: [{ name: "OWN", value: "container" }] })] } }));
  await eventually(kubelet, () => assert.equal(kubelet.pod().status?.phase, "Running"));
  const config = configOf(kubelet, kubelet.pod(), "main");
  const envs = Object.fromEntries((config.envs as { key: string; value: Buffer }[]).map(({ key, value }) => [key, value.toString()]));
  assert.deepEqual([envs.GPUS, envs.OWN], ["a,b", "container"]);
  assert.ok(config.mounts?.some((mount) => mount.containerPath === "/usr/lib/gpu" && mount.hostPath === "/opt/gpu" && mount.readonly));
  assert.deepEqual(config.devices, [
    { containerPath: "/dev/a", hostPath: "/dev/real-a", permissions: "rw" },
    { containerPath: "/dev/b", hostPath: "/dev/real-b", permissions: "rw" },
  ]);
  assert.deepEqual(config.CDIDevices, [{ name: "example.com/gpu=a" }]);
  assert.equal(config.annotations?.["example.com/given"], "a,b");
  assert.deepEqual(plugin.calls, ["Allocate a,b", "PreStart a,b"]);

  const client = grpcClient(join(folderOf(kubelet, "pod-resources"), "kubelet.sock"), podResourcesMessages);
  t.after(() => client.close());
  const told = await client.unary("/v1.PodResourcesLister/List", ["ListPodResourcesRequest", {}], "ListPodResourcesResponse");
  const main = {
    name: "main",
    devices: [{ resourceName: gpu, deviceIds: ["a", "b"], topology: { nodes: [{ ID: 0 }] } }],
    dynamicResources: [],
  };
  assert.deepEqual(told, { podResources: [{ name: "p", namespace: "default", containers: [main] }] });
  const other = client.unary(
    "/v1.PodResourcesLister/Get",
    ["GetPodResourcesRequest", { podName: "q", podNamespace: "default" }],
    "GetPodResourcesResponse",
  );
  await assert.rejects(other, { message: "pod q in namespace default not found" });

  // A device that falls ill is told of in the pod's status, and the node has one less to give.
  plugin.tell([device("a", "Unhealthy"), device("b"), device("c")]);
  await eventually(kubelet, () => {
    assert.deepEqual(kubelet.pod().status?.containerStatuses?.[0]?.allocatedResourcesStatus, [
      {
        name: gpu,
        resources: [
          { resourceID: "a", health: "Unhealthy" },
          { resourceID: "b", health: "Healthy" },
        ],
      },
    ]);
    assert.deepEqual(amountsOf(kubelet), ["3", "2"]);
  });
});

test("what cannot be given refuses the pod, and a pod that is over gives back", { timeout: 60_000 }, async (t) => {
  const kubelet = await startTestKubelet(t, { withDevices: true });
  const folder = folderOf(kubelet);
  let refuses = true;
  const plugin = await startTestPlugin(folder, "gpu.sock", {
    devices: [device("a")],
    allocate() {
      if (refuses) throw new Error("the card is on fire");
      return {};
    },
  });
  t.after(() => plugin.close());
  await registerPlugin(folder, "gpu.sock", gpu);
  await eventually(kubelet, () => assert.deepEqual(amountsOf(kubelet), ["1", "1"]));
  const put = (name: string) => kubelet.api.put(pods, aPod({ name, spec: { containers: [wants("main", 1)], restartPolicy: "Never" } }));
  put("first");
  await eventually(kubelet, () => assert.equal(kubelet.pod("first").status?.phase, "Failed"));
  assert.equal(kubelet.pod("first").status?.reason, "UnexpectedAdmissionError");
  assert.equal(
    kubelet.pod("first").status?.message,
    "Pod was rejected: Allocate failed due to rpc error: code = Unknown desc = the card is on fire, which is unexpected",
  );
  refuses = false;
  put("second");
  await eventually(kubelet, () => assert.equal(kubelet.pod("second").status?.phase, "Running"));
  put("third");
  await eventually(kubelet, () => assert.equal(kubelet.pod("third").status?.phase, "Failed"));
  const { containerID = "" } = kubelet.pod("second").status!.containerStatuses![0]!;
  kubelet.runtime.kill(containerID.replace("containerd://", ""), 0);
  await eventually(kubelet, () => assert.equal(kubelet.pod("second").status?.phase, "Succeeded"));
  put("fourth");
  await eventually(kubelet, () => assert.equal(kubelet.pod("fourth").status?.phase, "Running"));
});

test("who has what outlives the kubelet; until its plugin is back the node has none to give", { timeout: 60_000 }, async (t) => {
  const first = await startTestKubelet(t, { withDevices: true });
  const folder = folderOf(first);
  const serve = () => startTestPlugin(folder, "gpu.sock", { devices: [device("a"), device("b")] });
  const plugin = await serve();
  t.after(() => plugin.close());
  await registerPlugin(folder, "gpu.sock", gpu);
  await eventually(first, () => assert.deepEqual(amountsOf(first), ["2", "2"]));
  first.api.put(pods, aPod({ spec: { containers: [wants("main", 1)] } }));
  await eventually(first, () => assert.equal(first.pod().status?.phase, "Running"));
  await first.close();
  plugin.close();

  const second = await startTestKubelet(t, { withDevices: true, adopt: first, api: first.api });
  await eventually(second, () => assert.deepEqual(amountsOf(second), ["0", "0"]));
  assert.deepEqual(readdirSync(folder).sort(), ["kubelet.sock", "kubelet_internal_checkpoint"]);
  const again = await serve();
  t.after(() => again.close());
  await registerPlugin(folder, "gpu.sock", gpu);
  await eventually(second, () => assert.deepEqual(amountsOf(second), ["2", "2"]));
  second.api.put(pods, aPod({ name: "q", spec: { containers: [wants("main", 1)] } }));
  await eventually(second, () => assert.equal(second.pod("q").status?.phase, "Running"));
  assert.deepEqual(again.calls, ["Allocate b"]);

  // A plugin that goes leaves its devices in the capacity for five minutes, and none of them well.
  again.close();
  await eventually(second, () => assert.deepEqual(amountsOf(second), ["2", "0"]));
  await second.pass(6 * 60_000);
  await eventually(second, () => assert.deepEqual(amountsOf(second), ["0", "0"]));
});

test("a plugin may register by a socket of its own, and goes with it", { timeout: 60_000 }, async (t) => {
  const kubelet = await startTestKubelet(t, { withDevices: true });
  const plugin = await startTestPlugin(kubelet.folder, "gpu.sock", { devices: [device("a")] });
  t.after(() => plugin.close());
  const endpoint = join(kubelet.folder, "gpu.sock");
  const serve = async (name: string, words: object) => {
    const info = { type: "DevicePlugin", name: gpu, endpoint, supportedVersions: ["v1beta1"], ...words };
    const served = await serveRegistration(join(folderOf(kubelet, "plugins_registry"), name), info);
    t.after(() => served.close());
    return served;
  };
  const refused = [await serve("cpu.sock", { name: "cpu" }), await serve("old.sock", { supportedVersions: ["v1alpha1", "v1alpha2"] })];
  const unknown = await serve("odd.sock", { type: "OddPlugin", name: "odd.example.com" });
  const taken = await serve("gpu.sock", {});
  await eventually(kubelet, () => assert.deepEqual(amountsOf(kubelet), ["1", "1"]));
  assert.deepEqual(taken.told, ["registered"]);
  await eventually(kubelet, () => assert.ok([...refused, unknown].every(({ told }) => told.length > 0)));
  assert.deepEqual(
    refused.map(({ told }) => told[0]),
    [
      'RegisterPlugin error -- plugin validation failed with err: invalid name of device plugin socket: the ResourceName "cpu" is invalid',
      "RegisterPlugin error -- plugin validation failed with err: manager version, v1beta1, is not among plugin supported versions [v1alpha1 v1alpha2]",
    ],
  );
  assert.match(unknown.told[0]!, /^RegisterPlugin error -- no handler registered for plugin type: OddPlugin at socket /);
  await taken.close();
  await eventually(kubelet, () => assert.deepEqual(amountsOf(kubelet), ["1", "0"]));
});

test("registrations that are refused", { timeout: 60_000 }, async (t) => {
  const kubelet = await startTestKubelet(t, { withDevices: true });
  const folder = folderOf(kubelet);
  const rows: [endpoint: string, resource: string, version: string, expected: RegExp][] = [
    ["a.sock", gpu, "v1alpha1", /^requested API version "v1alpha1" is not supported by kubelet/],
    ["a.sock", "cpu", "v1beta1", /^the ResourceName "cpu" is invalid/],
    ["a.sock", "kubernetes.io/gpu", "v1beta1", /^the ResourceName "kubernetes.io\/gpu" is invalid/],
    ["../a.sock", gpu, "v1beta1", /^the endpoint "..\/a.sock" is not the name of a socket/],
    ["", gpu, "v1beta1", /^the endpoint "" is not the name of a socket/],
    ["kubelet.sock", gpu, "v1beta1", /^the endpoint "kubelet.sock" is not the name of a socket/],
  ];
  for (const [endpoint, resource, version, message] of rows)
    await assert.rejects(registerPlugin(folder, endpoint, resource, version), { message }, `${endpoint} ${resource}`);
  await kubelet.pass(1000);
  assert.equal(statusOf(kubelet)?.capacity?.[gpu], undefined);
});
