/** Claims through a whole kubelet: a real driver on real sockets, a fake runtime. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Pod, pods, type ResourceV1ResourceClaim, resourceclaims } from "#api/mod.ts";
import { systemClock } from "#base/mod.ts";
import { grpcClient } from "#net/mod.ts";
import { podResourcesMessages } from "../devices/messages.ts";
import { startTestDriver } from "../testing/claim-driver.ts";
import { aPod, type FakeApi } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";

const driverName = "gpu.example.com";
const claim = (users: Pod[]): ResourceV1ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: { name: "c", namespace: "default", uid: "claim-uid" },
  spec: {},
  status: {
    allocation: { devices: { results: [{ request: "big", driver: driverName, pool: "n", device: "gpu-0" }] } },
    reservedFor: users.map(({ metadata: { name = "", uid = "" } }) => ({ resource: "pods", name, uid })),
  },
});
const container = (name: string, claims?: object[]) => ({
  name,
  image: "busybox:1.36",
  imagePullPolicy: "IfNotPresent",
  command: ["sleep", "1000"],
  ...(claims ? { resources: { claims } } : {}),
});
const using = (name: string) =>
  aPod({
    name,
    spec: {
      resourceClaims: [{ name: "gpu", resourceClaimName: "c" }],
      containers: [
        container("all", [{ name: "gpu" }]),
        container("big", [{ name: "gpu", request: "big" }]),
        container("small", [{ name: "gpu", request: "small" }]),
        container("none"),
      ] as never,
    },
  });
const devices = [
  { requestNames: ["big"], poolName: "n", deviceName: "gpu-0", cdiDeviceIds: ["example.com/gpu=0", "example.com/gpu=ctl"] },
  { requestNames: ["small"], poolName: "n", deviceName: "gpu-1", cdiDeviceIds: ["example.com/gpu=1"] },
];
const prepare = () => ({ devices });

/** Sockets are real and take real time, of which the kubelet's clock knows nothing. */
async function eventually<T>({ pass }: TestKubelet, look: () => T): Promise<T> {
  for (let tries = 0; ; tries++) {
    await pass(500);
    try {
      return look();
    } catch (error) {
      if (tries > 300) throw error;
      await systemClock.sleep(10);
    }
  }
}
const given = (kubelet: TestKubelet, pod: string, name: string) => {
  const id =
    kubelet
      .pod(pod)
      .status?.containerStatuses?.find((each) => each.name === name)
      ?.containerID?.replace("containerd://", "") ?? "";
  return (kubelet.runtime.config(id) as unknown as { CDIDevices: { name: string }[] }).CDIDevices.map((each) => each.name);
};
const isRunning = (kubelet: TestKubelet, name: string) => assert.equal(kubelet.pod(name).status?.phase, "Running");
const start = (t: TestContext, users: Pod[], more: Parameters<typeof startTestKubelet>[1] = {}) => {
  const begin = startTestKubelet(t, { withDevices: true, ...more });
  return begin.then((kubelet) => {
    kubelet.api.put(resourceclaims, claim(users));
    for (const user of users) kubelet.api.put(pods, user);
    return kubelet;
  });
};
const end = (api: FakeApi, pod: Pod) =>
  api.put(pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: 0 } });

test("a pod waits for its driver, its containers get what the driver prepared, and agents are told", { timeout: 60_000 }, async (t) => {
  const kubelet = await start(t, [using("p")]);
  const words = `Warning FailedPrepareDynamicResources Failed to prepare dynamic resources: prepare dynamic resources: DRA driver ${driverName} is not registered`;
  await eventually(kubelet, () => assert.ok(kubelet.api.told().includes(words), String(kubelet.api.told())));
  const driver = await startTestDriver(kubelet.folder, driverName, { prepare });
  t.after(() => driver.close());
  await eventually(kubelet, () => isRunning(kubelet, "p"));
  assert.deepEqual(driver.calls, ["registered", "prepare claim-uid"]);
  const all = ["example.com/gpu=0", "example.com/gpu=ctl", "example.com/gpu=1"];
  for (const [name, wanted] of Object.entries({ all, big: all.slice(0, 2), small: all.slice(2), none: [] }))
    assert.deepEqual(given(kubelet, "p", name), wanted, name);
  const client = grpcClient(join(kubelet.folder, "pod-resources", "kubelet.sock"), podResourcesMessages);
  t.after(() => client.close());
  const { podResources } = await client.unary<{ podResources: { containers: { name: string; dynamicResources: object[] }[] }[] }>(
    "/v1.PodResourcesLister/List",
    ["ListPodResourcesRequest", {}],
    "ListPodResourcesResponse",
  );
  const [told] = podResources[0]!.containers.find(({ name }) => name === "small")!.dynamicResources as {
    claimName: string;
    claimResources: { deviceName: string }[];
  }[];
  assert.deepEqual([told?.claimName, told?.claimResources.map(({ deviceName }) => deviceName)], ["c", ["gpu-1"]]);
});

test("pods that share a claim: prepared once, over a restart, and taken back with the last", { timeout: 60_000 }, async (t) => {
  const users = [using("p"), using("q")];
  const before = await start(t, users);
  const driver = await startTestDriver(before.folder, driverName, { prepare, versions: ["v1beta1.DRAPlugin"] });
  t.after(() => driver.close());
  await eventually(before, () => users.forEach(({ metadata }) => isRunning(before, metadata.name!)));
  await before.close();
  const kubelet = await startTestKubelet(t, { adopt: before, api: before.api, withDevices: true });
  await eventually(kubelet, () => assert.equal(driver.calls.filter((call) => call === "registered").length, 2));
  assert.deepEqual(
    driver.calls.filter((call) => call.startsWith("prepare")),
    ["prepare claim-uid"],
  );
  end(kubelet.api, kubelet.pod("p"));
  await eventually(kubelet, () => assert.throws(() => kubelet.pod("p")));
  assert.ok(!driver.calls.includes("unprepare claim-uid"), "q still uses it");
  driver.fail("busy");
  end(kubelet.api, kubelet.pod("q"));
  await eventually(kubelet, () => assert.ok(driver.calls.includes("unprepare claim-uid")));
  assert.ok(kubelet.pod("q"), "it is there as long as the driver holds its devices");
  driver.fail("");
  await eventually(kubelet, () => assert.throws(() => kubelet.pod("q")));
});

test("what cannot be had is told of: not reserved, refused by the driver, a runtime without CDI, a driver of another time", {
  timeout: 60_000,
}, async (t) => {
  const kubelet = await start(t, [using("p")], { runtime: { version: { runtimeName: "containerd", runtimeVersion: "1.6.20~ds1" } } });
  let error = "no such device";
  const driver = await startTestDriver(kubelet.folder, driverName, { prepare: () => (error ? { error } : { devices }) });
  const old = await startTestDriver(kubelet.folder, "old.example.com", { versions: ["v1alpha3.DRAPlugin"] });
  t.after(() => Promise.all([driver.close(), old.close()]));
  kubelet.api.put(pods, using("stranger"));
  const says = (name: string) =>
    `Warning FailedPrepareDynamicResources Failed to prepare dynamic resources: prepare dynamic resources: ${name}`;
  const told = (text: string) => eventually(kubelet, () => assert.ok(kubelet.api.told().includes(says(text)), String(kubelet.api.told())));
  const { uid } = kubelet.pod("stranger").metadata;
  await told(`pod stranger (${uid}) is not allowed to use ResourceClaim c (claim-uid)`);
  await told("NodePrepareResources failed for ResourceClaim c: no such device");
  error = "";
  await told("the runtime containerd 1.6.20~ds1 gives containers no CDI devices: 1.7 or later is needed");
  await eventually(kubelet, () =>
    assert.match(old.calls[0] ?? "", /none of services supported by the plugin \(\["v1alpha3.DRAPlugin"\]\) are supported/),
  );
  assert.equal(kubelet.pod("p").status?.phase, "Pending");
});
