import assert from "node:assert/strict";
import { test } from "node:test";
import { dropDisabled } from "./disabled.ts";
import { deployments, pods, statefulsets } from "./mod.ts";

const podSpec = () => ({
  schedulingGroup: { podGroupName: "g" },
  containers: [{ name: "c", lifecycle: { stopSignal: "SIGINT", preStop: { sleep: { seconds: 1 } } } }],
  volumes: [{ name: "v", projected: { sources: [{ clusterTrustBundle: { path: "a" } }, { secret: { name: "s" } }] } }],
});
const left = {
  containers: [{ name: "c", lifecycle: { preStop: { sleep: { seconds: 1 } } } }],
  volumes: [{ name: "v", projected: { sources: [{}, { secret: { name: "s" } }] } }],
};

test("fields of features that are off are dropped from pods, and from pods in templates", () => {
  const pod = { spec: podSpec() };
  dropDisabled(pods.schema, pod, undefined);
  assert.deepEqual(pod.spec, left);
  const deployment = { spec: { template: { spec: podSpec() } } };
  dropDisabled(deployments.schema, deployment, undefined);
  assert.deepEqual(deployment.spec.template.spec, left);
});

test("an object that had one before may keep it, and only that one", () => {
  const pod = { spec: podSpec() };
  dropDisabled(pods.schema, pod, { spec: { schedulingGroup: { podGroupName: "old" } } });
  assert.deepEqual(pod.spec, { ...left, schedulingGroup: { podGroupName: "g" } });
});

test("a StatefulSet loses maxUnavailable and keeps its partition", () => {
  const set = { spec: { updateStrategy: { rollingUpdate: { partition: 1, maxUnavailable: 2 } } } };
  dropDisabled(statefulsets.schema, set, undefined);
  assert.deepEqual(set.spec.updateStrategy.rollingUpdate, { partition: 1 });
});
