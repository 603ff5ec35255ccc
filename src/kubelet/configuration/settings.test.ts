import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsOf } from "./settings.ts";

const head = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

test("without a configuration a kubelet does as upstream's", () => {
  const { eviction, imagePolicy, logLimits, maxPods, staticPods } = settingsOf(undefined);
  assert.deepEqual([eviction.tellMs, eviction.mostGraceSeconds, eviction.thresholds.length], [300_000, 0, 6]);
  assert.deepEqual(imagePolicy, { highPercent: 85, lowPercent: 80, leastAgeMs: 120_000, mostAgeMs: 0 });
  assert.deepEqual([logLimits, maxPods, staticPods], [{ maxBytes: 10 * 1024 ** 2, maxFiles: 5 }, 110, undefined]);
});

test("words stand in place of defaults; hard thresholds are all that are named, or are merged", () => {
  const words = [
    "evictionHard: {nodefs.available: 1Gi}",
    "evictionPressureTransitionPeriod: 30s",
    "imageGCHighThresholdPercent: 90",
    "imageMaximumGCAge: 24h",
    "containerLogMaxSize: 1Mi",
    "maxPods: 20",
    "staticPodPath: /etc/pods",
    "allowedUnsafeSysctls: [kernel.msg*, net.core.somaxconn]",
  ].join("\n");
  const settings = settingsOf(head + words, { imageGCHighThresholdPercent: 95 });
  assert.deepEqual(settings.eviction, {
    thresholds: [{ signal: "nodefs.available", value: { units: 1024 ** 3 } }],
    tellMs: 30_000,
    mostGraceSeconds: 0,
  });
  assert.deepEqual([settings.imagePolicy.highPercent, settings.imagePolicy.mostAgeMs], [90, 86_400_000]);
  assert.deepEqual([settings.logLimits.maxBytes, settings.maxPods, settings.staticPods], [1024 ** 2, 20, "/etc/pods"]);
  assert.deepEqual(settings.allowedUnsafeSysctls, ["kernel.msg*", "net.core.somaxconn"]);
  const merged = settingsOf(`${head}mergeDefaultEvictionSettings: true\nevictionHard: {pid.available: "10%"}`);
  assert.deepEqual(
    merged.eviction.thresholds.map(({ signal }) => signal),
    [
      "memory.available",
      "nodefs.available",
      "nodefs.inodesFree",
      "imagefs.available",
      "imagefs.inodesFree",
      "pid.available",
      "allocatableMemory.available",
    ],
  );
});

for (const [words, why] of [
  ["maxPodz: 3", /unknown field "maxPodz"/],
  ["cgroupDriver: systemd", /^invalid configuration: cgroupDriver is not obeyed: it is the runtime's to decide$/],
  ["clusterDNS: [10.0.0.1]", /clusterDNS is not obeyed: the cluster decides it/],
  ["podsPerCore: 3", /podsPerCore is not obeyed: this kubelet cannot do it yet/],
  [
    "imageGCHighThresholdPercent: 101",
    /imageGCHighThresholdPercent \(--image-gc-high-threshold\) 101 must be between 0 and 100, inclusive/,
  ],
  ["imageGCLowThresholdPercent: 85", /85 must be less than imageGCHighThresholdPercent \(--image-gc-high-threshold\) 85$/],
  ["crashLoopBackOff: {maxContainerRestartPeriod: 6m}", /MaxContainerRestartPeriod \(got: 360 seconds\) must be set between 1s and 300s/],
  ["maxPods: -1", /^invalid configuration: maxPods \(--max-pods\) -1 must not be a negative number$/],
  ["imageMaximumGCAge: 1m", /imageMaximumGCAge 1m0?s? must be greater than imageMinimumGCAge 2m0s$/],
  ["containerLogMaxFiles: 1", /containerLogMaxFiles must be greater than 1, got 1/],
  ["containerLogMaxSize: lots", /failed to parse container log max size "lots"/],
  ['systemReserved: {pods: "5"}', /systemReserved \(--system-reserved\): reservation of pods is not obeyed/],
  ["kubeReserved: {cpu: much}", /"much" is no amount of cpu/],
  ["registerWithTaints: [{key: a, effect: Never}]", /^invalid configuration: invalid taint/],
  ["evictionSoft: {memory.available: 1Gi}", /grace period must be specified for the soft eviction threshold memory.available/],
  ['allowedUnsafeSysctls: ["*"]', /invalid sysctl pattern "\*"/],
] as const)
  test(`refused: ${words}`, () => assert.throws(() => settingsOf(head + words), { message: why }));

test("what is reserved adds up; taints and seccomp are told on", () => {
  const settings = settingsOf(
    `${head}systemReserved: {cpu: 100m, memory: 1Mi}\nkubeReserved: {cpu: 200m}\nseccompDefault: true\nregisterWithTaints: [{key: a, value: b, effect: NoSchedule}]`,
  );
  assert.deepEqual(settings.reserved, { cpu: 300, memory: 1024 ** 2 });
  assert.deepEqual([settings.seccompDefault, settings.taints], [true, [{ key: "a", value: "b", effect: "NoSchedule" }]]);
});

test("another kind is not taken for one, and everything that is wrong is said at once", () => {
  assert.throws(() => settingsOf("apiVersion: v1\nkind: Pod\n"), /no kind "Pod" is registered for version "v1"/);
  assert.throws(
    () => settingsOf(`${head}maxPods: -1\ntracing: {}`),
    /^Error: \[invalid configuration: tracing .*, invalid configuration: maxPods/,
  );
});
