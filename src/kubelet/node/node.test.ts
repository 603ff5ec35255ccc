import assert from "node:assert/strict";
import { test } from "node:test";
import { nodes } from "#api/mod.ts";
import { VirtualClock } from "#base/mod.ts";
import { fakeRuntime } from "../runtime/fake-runtime.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";

const ready = ({ api }: TestKubelet) => api.get(nodes, { name: "node-1" })?.status?.conditions?.find((each) => each.type === "Ready");

test("a node is NotReady only after thirty seconds without its runtime, and Ready again when it answers", async (t) => {
  const kubelet = await startTestKubelet(t);
  await kubelet.until(() => ready(kubelet)?.status === "True");
  kubelet.runtime.fail("version", new Error("connect ECONNREFUSED"), 2);
  await kubelet.pass(25_000);
  assert.equal(ready(kubelet)?.status, "True");
  kubelet.runtime.fail("version", new Error("connect ECONNREFUSED"), 6);
  await kubelet.until(() => ready(kubelet)?.status === "False", 60_000);
  assert.deepEqual([ready(kubelet)?.reason, ready(kubelet)?.message], ["KubeletNotReady", "container runtime is down"]);
  await kubelet.until(() => ready(kubelet)?.status === "True", 90_000);
  assert.deepEqual([ready(kubelet)?.reason, ready(kubelet)?.message], ["KubeletReady", "kubelet is posting ready status"]);
});

test("a node whose network is set up after it has registered is Ready at once, and not at the next regular report", async (t) => {
  const runtime = fakeRuntime({ clock: new VirtualClock() });
  const well = await runtime.status();
  let problems = [{ type: "NetworkReady", reason: "NetworkPluginNotReady", message: "cni plugin not initialized" }];
  runtime.status = async () => ({ ...well, problems });
  const kubelet = await startTestKubelet(t, { kubelet: { runtime } });
  await kubelet.until(() => ready(kubelet)?.status === "False");
  problems = [];
  await kubelet.until(() => ready(kubelet)?.status === "True", 1000);
});
