import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nodes, type Pod, pods } from "#api/mod.ts";
import { settingsOf } from "../configuration/settings.ts";
import { aPod } from "../testing/fake-api.ts";
import { startTestKubelet } from "../testing/kubelet.ts";
import { graceIn, groupsOf, inOrder, plainPeriods } from "./groups.ts";
import { type Logind, shutdownIn } from "./logind.ts";

const critical = 2_000_000_000;
const brief = (name: string) => ({ terminationGracePeriodSeconds: 1, containers: [{ name: `of-${name}`, image: "busybox:1.36" }] });
const withPriority = (name: string, priority: number | undefined, spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod =>
  aPod({ name, spec: { ...spec, ...(priority === undefined ? {} : { priority }) } });

test("pods belong to the highest period that is not above them, and groups without pods are left out", () => {
  const periods = inOrder([
    { priority: 100, seconds: 2 },
    { priority: 0, seconds: 1 },
    { priority: 1000, seconds: 3 },
  ]);
  const all = [withPriority("below", -5), withPriority("none", undefined), withPriority("at", 1000), withPriority("above", 5000)];
  assert.deepEqual(
    groupsOf(
      periods,
      all.map((pod) => ({ pod })),
    ).map(({ priority, members }) => [priority, members.map(({ pod }) => pod.metadata.name)]),
    [
      [0, ["below", "none"]],
      [1000, ["at", "above"]],
    ],
  );
  assert.equal(graceIn({ priority: 0, seconds: 5 }, aPod({ spec: { terminationGracePeriodSeconds: 2 } })), 2);
  assert.equal(graceIn({ priority: 0, seconds: 5 }, aPod({ spec: { terminationGracePeriodSeconds: 30 } })), 5);
});

test("of a plain period critical pods have the end", () => {
  assert.deepEqual(plainPeriods(30, 10), [
    { priority: 0, seconds: 20 },
    { priority: critical, seconds: 10 },
  ]);
  assert.deepEqual([plainPeriods(0, 0), plainPeriods(5, 10)], [[], []]);
});

test("what a configuration says of shutdowns is upstream's", () => {
  const of = (words: object) =>
    settingsOf(JSON.stringify({ apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", ...words }));
  assert.deepEqual(of({}).shutdown, []);
  assert.deepEqual(of({ shutdownGracePeriod: "1m", shutdownGracePeriodCriticalPods: "20s" }).shutdown, plainPeriods(60, 20));
  const byPriority = [
    { priority: 7, shutdownGracePeriodSeconds: 2 },
    { priority: 0, shutdownGracePeriodSeconds: 1 },
  ];
  assert.deepEqual(of({ shutdownGracePeriodByPodPriority: byPriority }).shutdown, [
    { priority: 0, seconds: 1 },
    { priority: 7, seconds: 2 },
  ]);
  for (const [words, why] of [
    [{ shutdownGracePeriod: "10s", shutdownGracePeriodCriticalPods: "20s" }, /CriticalPods \{20s\} must be <= shutdownGracePeriod \{10s\}/],
    [{ shutdownGracePeriod: "10ms" }, /must be either zero or otherwise >= 1 sec/],
    [{ shutdownGracePeriod: "10s", shutdownGracePeriodByPodPriority: byPriority }, /Cannot specify both/],
  ] as const)
    assert.throws(() => of(words), why);
});

test("of what the bus says only shutdowns count", () => {
  const signal = (member: string, data: unknown[]) => JSON.stringify({ type: "signal", member, payload: { type: "b", data } });
  const lines = [
    "Monitoring bus message stream.",
    signal("PrepareForShutdown", [true]),
    signal("PrepareForShutdown", [false]),
    signal("PrepareForSleep", [true]),
  ];
  assert.deepEqual(lines.map(shutdownIn), [undefined, true, false, undefined]);
});

function fakeLogind() {
  const did: string[] = [];
  let delayMs = 5000;
  let tell: ((begins: boolean) => void) | undefined;
  let end: (() => void) | undefined;
  const logind: Logind = {
    delayMs: async () => delayMs,
    async setDelay(ms) {
      did.push(`delay ${ms}`);
      delayMs = ms;
    },
    async inhibit() {
      did.push("hold");
      return { release: () => void did.push("release") };
    },
    watch: (signal, heard) =>
      new Promise((resolve) => {
        tell = heard;
        end = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      }),
  };
  return { logind, did, tell: (begins: boolean) => tell?.(begins), cut: () => end?.(), isWatched: () => tell !== undefined };
}

const configuration = (words: object) =>
  settingsOf(JSON.stringify({ apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", ...words }));

test("a shutdown waits for pods, the low before the critical, and the node takes none meanwhile", async (t) => {
  const machine = fakeLogind();
  const kubelet = await startTestKubelet(t, {
    pods: [withPriority("low", 0, brief("low")), withPriority("high", critical, brief("high"))],
    kubelet: { logind: machine.logind, settings: configuration({ shutdownGracePeriod: "30s", shutdownGracePeriodCriticalPods: "10s" }) },
  });
  const phase = (name: string) => kubelet.pod(name).status?.phase;
  await kubelet.until(() => phase("low") === "Running" && phase("high") === "Running" && machine.isWatched());
  assert.deepEqual(machine.did, ["delay 30000", "hold"]);
  machine.tell(true);
  await kubelet.until(() => phase("low") === "Failed" && phase("high") === "Failed");
  const { reason, message, conditions } = kubelet.pod("low").status!;
  assert.deepEqual([reason, message], ["Terminated", "Pod was terminated in response to imminent node shutdown."]);
  const disrupted = conditions?.find(({ type }) => type === "DisruptionTarget");
  assert.deepEqual([disrupted?.status, disrupted?.reason], ["True", "TerminationByKubelet"]);
  const stopped = kubelet.runtime.calls.filter((call) => call.startsWith("stopContainer"));
  assert.deepEqual(stopped, ["stopContainer of-low 2", "stopContainer of-high 2"], "the critical one ends when the other has ended");
  await kubelet.until(() => machine.did.at(-1) === "release");
  const state = () => JSON.parse(readFileSync(join(kubelet.folder, "graceful_node_shutdown_state"), "utf8"));
  await kubelet.until(() => Date.parse(state().endTime) >= Date.parse(state().startTime));
  const ready = () => kubelet.api.get(nodes, { name: "node-1" })?.status?.conditions?.find(({ type }) => type === "Ready");
  await kubelet.until(() => ready()?.message === "node is shutting down");
  kubelet.api.put(pods, withPriority("late", 0));
  await kubelet.until(() => kubelet.pod("late").status?.reason === "NodeShutdown");
  assert.ok(kubelet.api.told().includes("Normal Shutdown Shutdown manager detected shutdown event"));
  machine.tell(false);
  await kubelet.until(() => machine.did.at(-1) === "hold" && ready()?.status === "True");
  assert.ok(kubelet.api.told().includes("Normal Shutdown Shutdown manager detected shutdown cancellation"));
});

test("a watch that ends is begun anew, and without periods nothing is held up", async (t) => {
  const machine = fakeLogind();
  const kubelet = await startTestKubelet(t, {
    kubelet: { logind: machine.logind, settings: configuration({ shutdownGracePeriod: "2s" }) },
  });
  await kubelet.until(() => machine.isWatched());
  machine.cut();
  await kubelet.until(() => machine.did.length === 3);
  assert.deepEqual(machine.did, ["hold", "hold", "release"]);
  const quiet = fakeLogind();
  const other = await startTestKubelet(t, { kubelet: { logind: quiet.logind } });
  await other.pass(3000);
  assert.deepEqual(quiet.did, []);
});
