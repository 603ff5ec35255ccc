import assert from "node:assert/strict";
import { test } from "node:test";
import { type Pod, pods, serviceaccounts } from "#api/mod.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet, type TestKubelet } from "../testing/kubelet.ts";

const isReady = (pod: Pod) => pod.status?.conditions?.find((condition) => condition.type === "Ready")?.status === "True";

function makeUnready({ api, pod }: TestKubelet): void {
  const now = pod();
  const conditions = now.status!.conditions!.map((condition) =>
    condition.type === "Ready" ? { ...condition, status: "False" } : condition,
  );
  api.put(pods, { ...now, status: { ...now.status, conditions } });
}

test("a status that others change is written right again, as often as it is changed", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  for (let round = 0; round < 3; round++) {
    makeUnready(kubelet);
    assert.equal(isReady(kubelet.pod()), false);
    await kubelet.until(() => isReady(kubelet.pod()), 2000);
  }
});

test("a pod that is as it should be is not written", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  await kubelet.pass(1000);
  const before = kubelet.api.writes.filter((write) => write === "patch pods/status").length;
  await kubelet.pass(60_000);
  assert.equal(kubelet.api.writes.filter((write) => write === "patch pods/status").length, before);
});

test("conditions of others stay, also those that came while the kubelet wrote", async (t) => {
  const kubelet = await startTestKubelet(t, { pods: [aPod()] });
  await kubelet.until(() => isReady(kubelet.pod()));
  const now = kubelet.pod();
  kubelet.api.put(pods, {
    ...now,
    status: { ...now.status, conditions: [...now.status!.conditions!, { type: "example.com/gate", status: "True" }] },
  });
  await kubelet.pass(500);
  assert.ok(kubelet.pod().status!.conditions!.some((condition) => condition.type === "example.com/gate"));
});

test("a sandbox that fails once is tried again within seconds, whatever else the pod waits for", async (t) => {
  const token = { projected: { sources: [{ serviceAccountToken: { path: "token", expirationSeconds: 3600 } }] } };
  const kubelet = await startTestKubelet(t);
  kubelet.api.put(serviceaccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: "default" } });
  kubelet.runtime.fail("runSandbox", new Error("transport is closing"));
  kubelet.api.put(pods, aPod({ spec: { volumes: [{ name: "token", ...token }] } }));
  await kubelet.until(() => isReady(kubelet.pod()), 20_000);
  assert.equal(kubelet.runtime.calls.filter((call) => call === "runSandbox p").length, 2);
});
