import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "#api/mod.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { containerHash } from "./containers.ts";
import { crashBackOff, type History, learn, noHistory, tryAtOnce, usualCrashMs } from "./history.ts";
import { planPod } from "./plan.ts";
import type { Facts, PodStep } from "./steps.ts";

const now = Date.UTC(2026, 0, 1);
const seconds = (count: number) => now + count * 1000;

function seenContainer(name: string, fields: Partial<SeenContainer> = {}): SeenContainer {
  return {
    id: `${name}-0`,
    name,
    sandboxId: "s0",
    restartCount: 0,
    state: "running",
    hash: containerHash({ name, image: "busybox:1.36" }),
    image: "busybox:1.36",
    imageId: "i",
    createdAt: seconds(-60),
    startedAt: seconds(-60),
    finishedAt: fields.state === "exited" ? now : 0,
    exitCode: 0,
    reason: "",
    message: "",
    messagePath: "",
    messagePolicy: "",
    ...fields,
  };
}

function seenPod(containers: SeenContainer[], sandbox: { ready?: boolean } | undefined = {}): SeenPod {
  const sandboxes = [{ id: "s0", ready: sandbox.ready ?? true, ip: "10.0.0.2", ips: ["10.0.0.2"], attempt: 0, createdAt: seconds(-90) }];
  return { uid: "uid-p", name: "p", namespace: "default", sandboxes, containers, fingerprint: "" };
}

const facts = (fields: Partial<Facts> = {}): Facts => ({
  probes: { started: () => true, ready: () => true, condemned: new Map() },
  history: noHistory,
  nowMs: now,
  backOff: crashBackOff(usualCrashMs),
  stopping: new Map(),
  hooked: new Set(),
  ...fields,
});

/** Steps in few words: `start main 0`, `stop main 30`. */
function words(steps: readonly PodStep[]): string[] {
  return steps.map((step) => {
    switch (step.do) {
      case "createSandbox":
        return `sandbox ${step.attempt}`;
      case "startContainer":
        return `start ${step.name} ${step.restartCount}`;
      case "stopContainer":
        return `stop ${step.name} ${step.graceSeconds}`;
      case "preStop":
        return `hook ${step.name}`;
      case "tell":
        return `tell ${step.reason}`;
      case "resize":
        return `resize ${step.containers.map(({ name }) => name).join(" ")}`;
      default:
        return `${step.do} ${step.id}`;
    }
  });
}

const c = (name: string, fields: object = {}) => ({ name, image: "busybox:1.36", ...fields });
const sidecar = (name: string, fields: object = {}) => c(name, { restartPolicy: "Always", ...fields });
const exited = (name: string, exitCode = 0, fields: Partial<SeenContainer> = {}) =>
  seenContainer(name, { state: "exited", exitCode, ...fields });
const withInit = (init: object[], spec: object = {}) => aPod({ spec: { initContainers: init as never, ...spec } });
const deleted = (pod: Pod, graceSeconds = 30): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: graceSeconds },
});
const rule = (action: string, values: number[], operator = "In") => ({
  restartPolicy: "Never",
  restartPolicyRules: [{ action, exitCodes: { operator, values } }],
});

const cases: [string, Pod | "gone", SeenPod | undefined, Partial<Facts>, string[], number?][] = [
  ["nothing is there: the sandbox first", aPod(), undefined, {}, ["sandbox 0"]],
  [
    "a sandbox that failed is tried after its wait",
    aPod(),
    undefined,
    { history: { ...noHistory, sandbox: { failures: 1, untilMs: seconds(2) } } },
    [],
    2000,
  ],
  ["a sandbox is there: the container", aPod(), seenPod([]), {}, ["start main 0"]],
  ["it runs: nothing to do", aPod(), seenPod([seenContainer("main")]), {}, []],
  [
    "the sandbox died: its containers go, a new one is made",
    aPod(),
    seenPod([seenContainer("main")], { ready: false }),
    {},
    ["stop main 30", "sandbox 1"],
  ],
  [
    "an image that is pulled again later",
    aPod(),
    seenPod([]),
    { history: { ...noHistory, trouble: { main: { reason: "ErrImagePull", untilMs: seconds(5) } } } },
    [],
    5000,
  ],
  ["the first end starts it again at once", aPod(), seenPod([exited("main", 1)]), {}, ["start main 1"]],
  [
    "the second end waits ten seconds",
    aPod(),
    seenPod([exited("main", 1, { id: "main-1", restartCount: 1 })]),
    {},
    ["tell BackOff"],
    10_000,
  ],
  [
    "a node that allows less than ten seconds means it",
    aPod(),
    seenPod([exited("main", 1, { id: "main-1", restartCount: 3 })]),
    { backOff: crashBackOff(4000) },
    ["tell BackOff"],
    4000,
  ],
  [
    "a node that allows a minute doubles up to it",
    aPod(),
    seenPod([exited("main", 1, { id: "main-1", restartCount: 6 })]),
    { backOff: crashBackOff(60_000) },
    ["tell BackOff"],
    60_000,
  ],
  [
    "a start that never came about is made again",
    aPod(),
    seenPod([seenContainer("main", { state: "created" })]),
    {},
    ["removeContainer main-0", "start main 1"],
  ],
  ["policy Never: it is over", aPod({ spec: { restartPolicy: "Never" } }), seenPod([exited("main", 1)]), {}, ["stopSandbox s0"]],
  [
    "policy OnFailure: success is over",
    aPod({ spec: { restartPolicy: "OnFailure" } }),
    seenPod([exited("main", 0)]),
    {},
    ["stopSandbox s0"],
  ],
  [
    "policy OnFailure: failure starts again",
    aPod({ spec: { restartPolicy: "OnFailure" } }),
    seenPod([exited("main", 3)]),
    {},
    ["start main 1"],
  ],
  ["another image: stopped, to be started anew", aPod(), seenPod([seenContainer("main", { hash: "old" })]), {}, ["stop main 30"]],
  [
    "condemned by liveness: with the probe's own grace",
    aPod({ spec: { containers: [c("main", { livenessProbe: { terminationGracePeriodSeconds: 7 } })] as never } }),
    seenPod([seenContainer("main")]),
    { probes: { started: () => true, ready: () => true, condemned: new Map([["main-0", "liveness"]]) } },
    ["stop main 7"],
  ],
  [
    "what is being stopped is not stopped again",
    aPod(),
    seenPod([seenContainer("main", { hash: "old" })]),
    { stopping: new Map([["main-0", seconds(30)]]) },
    [],
  ],
  ["init containers one by one", withInit([c("a"), c("b")]), seenPod([]), {}, ["start a 0"]],
  ["the next init container after the first has ended well", withInit([c("a"), c("b")]), seenPod([exited("a")]), {}, ["start b 0"]],
  ["an init container that runs is waited for", withInit([c("a"), c("b")]), seenPod([seenContainer("a")]), {}, []],
  ["containers after all init containers", withInit([c("a")]), seenPod([exited("a")]), {}, ["start main 0"]],
  ["a failed init container is tried again", withInit([c("a")]), seenPod([exited("a", 1)]), {}, ["start a 1"]],
  [
    "a failed init container ends a pod that never restarts",
    withInit([c("a")], { restartPolicy: "Never" }),
    seenPod([exited("a", 1)]),
    {},
    ["stopSandbox s0"],
  ],
  [
    "a sidecar that has not started holds the others back",
    withInit([sidecar("s")]),
    seenPod([seenContainer("s")]),
    { probes: { started: () => false, ready: () => false, condemned: new Map() } },
    [],
  ],
  ["a sidecar that has started lets them go", withInit([sidecar("s")]), seenPod([seenContainer("s")]), {}, ["start main 0"]],
  [
    "a sidecar that ended is started again beside a pod that is up",
    withInit([sidecar("s")]),
    seenPod([exited("s", 1), seenContainer("main")]),
    {},
    ["start s 1"],
  ],
  [
    "an ephemeral container",
    aPod({ spec: { ephemeralContainers: [c("debug")] as never } }),
    seenPod([seenContainer("main")]),
    {},
    ["start debug 0"],
  ],
  ["deleted: all at once", deleted(aPod(), 5), seenPod([seenContainer("main")]), {}, ["stop main 5"]],
  ["deleted with a period of nothing: the least", deleted(aPod(), 0), seenPod([seenContainer("main")]), {}, ["stop main 2"]],
  [
    "deleted: sidecars wait for the others",
    deleted(withInit([sidecar("s1"), sidecar("s2")]), 6),
    seenPod([seenContainer("main"), seenContainer("s2"), seenContainer("s1")]),
    {},
    ["stop main 6"],
    6000,
  ],
  [
    "then they go one by one, last started first",
    deleted(withInit([sidecar("s1"), sidecar("s2")]), 6),
    seenPod([exited("main"), seenContainer("s2"), seenContainer("s1")]),
    { history: { ...noHistory, endingSinceMs: seconds(-1) } },
    ["stop s2 5"],
    5000,
  ],
  [
    "the period is over: all that is left, with the least period",
    deleted(withInit([sidecar("s1"), sidecar("s2")]), 6),
    seenPod([seenContainer("main"), seenContainer("s2"), seenContainer("s1")]),
    { history: { ...noHistory, endingSinceMs: seconds(-6) }, stopping: new Map([["main-0", now]]) },
    ["stop s2 2", "stop s1 2"],
  ],
  [
    "hooks of sidecars begin with the end of the pod",
    deleted(withInit([sidecar("s", { lifecycle: { preStop: { sleep: { seconds: 1 } } } })]), 6),
    seenPod([seenContainer("main"), seenContainer("s")]),
    {},
    ["stop main 6", "hook s"],
    6000,
  ],
  [
    "a hook runs once",
    deleted(withInit([sidecar("s", { lifecycle: { preStop: { sleep: { seconds: 1 } } } })]), 6),
    seenPod([seenContainer("main"), seenContainer("s")]),
    { hooked: new Set(["s-0"]) },
    ["stop main 6"],
    6000,
  ],
  [
    "deleted again with a shorter period: asked again",
    deleted(aPod(), 3),
    seenPod([seenContainer("main")]),
    { stopping: new Map([["main-0", seconds(30)]]) },
    ["stop main 3"],
  ],
  ["deleted and nothing runs: the sandbox", deleted(aPod()), seenPod([exited("main")]), {}, ["stopSandbox s0"]],
  ["deleted and nothing is left", deleted(aPod()), seenPod([exited("main")], { ready: false }), {}, []],
  ["gone from the API: ended at once", "gone", seenPod([seenContainer("main")]), {}, ["stop main 2"]],
  [
    "called over in the API: ended, never begun again",
    aPod({ status: { phase: "Failed" } }),
    seenPod([seenContainer("main")]),
    {},
    ["stop main 30"],
  ],
  [
    "ended by the kubelet: with its own grace",
    aPod(),
    seenPod([seenContainer("main")]),
    { history: { ...noHistory, failure: { reason: "Evicted", message: "m", graceSeconds: 2 } } },
    ["stop main 2"],
  ],
  [
    "a deadline that has passed",
    aPod({ spec: { activeDeadlineSeconds: 5 }, status: { phase: "Running", startTime: "2025-12-31T23:59:50Z" } }),
    seenPod([seenContainer("main")]),
    {},
    ["tell DeadlineExceeded", "stop main 30"],
  ],
  [
    "a deadline to come",
    aPod({ spec: { activeDeadlineSeconds: 15 }, status: { phase: "Running", startTime: "2025-12-31T23:59:50Z" } }),
    seenPod([seenContainer("main")]),
    {},
    [],
    5000,
  ],
  [
    "a rule restarts what the policy would not",
    aPod({ spec: { restartPolicy: "Never", containers: [c("main", rule("Restart", [42]))] as never } }),
    seenPod([exited("main", 42)]),
    {},
    ["start main 1"],
  ],
  [
    "a rule for other codes does not",
    aPod({ spec: { restartPolicy: "Never", containers: [c("main", rule("Restart", [42]))] as never } }),
    seenPod([exited("main", 41)]),
    {},
    ["stopSandbox s0"],
  ],
  [
    "NotIn",
    aPod({ spec: { restartPolicy: "Never", containers: [c("main", rule("Restart", [42], "NotIn"))] as never } }),
    seenPod([exited("main", 41)]),
    {},
    ["start main 1"],
  ],
  [
    "all restart: the others are stopped first",
    withInit([c("a")], { restartPolicy: "Never", containers: [c("main", rule("RestartAllContainers", [42])), c("other")] }),
    seenPod([exited("main", 42), seenContainer("other"), exited("a")]),
    {},
    ["stop other 30"],
  ],
  [
    "then all are taken away, the one that asked last",
    withInit([c("a")], { restartPolicy: "Never", containers: [c("main", rule("RestartAllContainers", [42])), c("other")] }),
    seenPod([exited("main", 42), exited("other", 137), exited("a")]),
    {},
    ["removeContainer other-0", "removeContainer a-0", "removeContainer main-0"],
  ],
  [
    "and begin again where the API's count was",
    withInit([c("a")], { restartPolicy: "Never" }) && {
      ...withInit([c("a")], { restartPolicy: "Never" }),
      status: {
        phase: "Running",
        initContainerStatuses: [{ name: "a", restartCount: 2, lastState: { terminated: { exitCode: 0 } } }],
      } as never,
    },
    seenPod([]),
    {},
    ["start a 3"],
  ],
];

for (const [name, pod, seen, given, steps, againMs] of cases)
  test(`plan: ${name}`, () => {
    const plan = planPod(pod, seen, facts(given));
    assert.deepEqual(words(plan.steps), steps);
    assert.equal(plan.againMs, againMs);
  });

test("plan: each end doubles the wait, ten minutes of work make it forget, a start that failed is no work", () => {
  let history: History = noHistory;
  const waits: (number | undefined)[] = [];
  for (let id = 0; id < 7; id++) {
    const last = exited("main", 1, { id: `main-${id}`, startedAt: 0, reason: "StartError", exitCode: 128 });
    const plan = planPod(aPod(), seenPod([last]), facts({ history }));
    history = plan.history;
    waits.push(plan.againMs);
  }
  assert.deepEqual(waits, [undefined, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000]);
  const long = exited("main", 1, { id: "long", startedAt: seconds(-700) });
  assert.equal(planPod(aPod(), seenPod([long]), facts({ history })).againMs, undefined);
});

test("plan: the wait is told with its whole length", () => {
  const crash = { count: 4, id: "main-0", untilMs: seconds(10) };
  const plan = planPod(aPod(), seenPod([exited("main", 1)]), facts({ history: { ...noHistory, crashes: { main: crash } } }));
  assert.equal(plan.waiting.get("main")?.message, "back-off 1m20s restarting failed container=main pod=p_default(uid-p)");
});

test("plan: why it could not start is told for a moment before its back-off is", () => {
  const trouble = { main: { reason: "RunContainerError", untilMs: seconds(1) } };
  const plan = planPod(aPod(), seenPod([exited("main", 128, { restartCount: 1 })]), facts({ history: { ...noHistory, trouble } }));
  assert.deepEqual([words(plan.steps), plan.againMs, plan.waiting.size], [[], 1000, 0]);
});

test("history: what a step has learned goes in, and comes out when it is over", () => {
  const one = learn(noHistory, { trouble: { a: { reason: "x", untilMs: 5 } }, sandbox: { failures: 2, untilMs: 9 } });
  assert.deepEqual(one.trouble, { a: { reason: "x", untilMs: 5 } });
  const now = tryAtOnce(one);
  assert.deepEqual([now.trouble.a?.untilMs, now.sandbox], [0, { failures: 2, untilMs: 0 }]);
  const two = learn(one, { trouble: { a: undefined }, sandbox: undefined });
  assert.deepEqual([two.trouble, two.sandbox], [{}, undefined]);
});
