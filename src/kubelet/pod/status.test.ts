import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodStatus } from "#api/mod.ts";
import type { SeenContainer, SeenPod } from "../runtime/seen.ts";
import { aPod } from "../testing/fake-api.ts";
import { crashBackOff, noHistory, usualCrashMs } from "./history.ts";
import { planPod } from "./plan.ts";
import { isSameStatus, patchOf, statusOf } from "./status.ts";
import type { StatusInput } from "./status-input.ts";

const now = Date.UTC(2026, 0, 1);

function container(name: string, state: SeenContainer["state"], fields: Partial<SeenContainer> = {}): SeenContainer {
  const times = {
    createdAt: now - 60_000,
    startedAt: state === "created" ? 0 : now - 60_000,
    finishedAt: state === "exited" ? now - 5000 : 0,
  };
  const rest = {
    id: `${name}-id`,
    sandboxId: "s0",
    restartCount: 0,
    hash: "",
    image: "busybox:1.36",
    imageId: "i",
    exitCode: 0,
    reason: "",
    message: "",
    messagePath: "",
    messagePolicy: "",
  };
  return { name, state, ...rest, ...times, ...fields };
}

function status(pod: Pod, containers: SeenContainer[] | undefined, given: Partial<StatusInput> & { sandbox?: boolean } = {}): PodStatus {
  const sandboxes = [{ id: "s0", ready: given.sandbox ?? true, ip: "10.0.0.2", ips: ["10.0.0.2"], attempt: 0, createdAt: now }];
  const seen: SeenPod | undefined = containers && { uid: "uid-p", name: "p", namespace: "default", sandboxes, containers, fingerprint: "" };
  const probes = given.probes ?? { started: () => true, ready: () => true };
  const history = given.history ?? noHistory;
  const plan = planPod(pod, seen, {
    probes: { ...probes, condemned: new Map() },
    history,
    nowMs: now,
    backOff: crashBackOff(usualCrashMs),
    stopping: new Map(),
    hooked: new Set(),
  });
  return statusOf({ pod, seen, plan, history, probes, messages: new Map(), nowMs: now, hostIps: ["10.0.0.1"], ...given });
}

const condition = (of: PodStatus, type: string) => {
  const found = of.conditions?.find((each) => each.type === type);
  return found && [found.status, found.reason, found.message].filter((each) => each !== undefined).join(" ");
};
const never = (fields: object = {}) => aPod({ spec: { restartPolicy: "Never", ...fields } });

test("a pod that has not begun waits, and says for what", () => {
  const now = status(aPod(), undefined);
  assert.equal(now.phase, "Pending");
  assert.deepEqual(now.containerStatuses?.[0]?.state, { waiting: { reason: "ContainerCreating" } });
  assert.equal(condition(now, "Ready"), "False ContainersNotReady containers with unready status: [main]");
  assert.equal(condition(now, "PodReadyToStartContainers"), "False");
  assert.equal(condition(now, "PodScheduled"), "True");
});

test("a pod that runs is ready, with its addresses", () => {
  const now = status(aPod(), [container("main", "running")]);
  assert.deepEqual([now.phase, now.podIP, now.hostIP, now.startTime], ["Running", "10.0.0.2", "10.0.0.1", "2026-01-01T00:00:00Z"]);
  assert.deepEqual(
    ["Ready", "ContainersReady", "Initialized"].map((type) => condition(now, type)),
    ["True", "True", "True"],
  );
  assert.deepEqual([now.containerStatuses?.[0]?.ready, now.containerStatuses?.[0]?.started], [true, true]);
});

test("init containers are told apart, and main ones wait for them", () => {
  const pod = aPod({ spec: { initContainers: [{ name: "a", image: "busybox:1.36" }] } });
  const now = status(pod, [container("a", "running")]);
  assert.deepEqual(now.containerStatuses?.[0]?.state, { waiting: { reason: "PodInitializing" } });
  assert.equal(condition(now, "Initialized"), "False ContainersNotInitialized containers with incomplete status: [a]");
  const after = status(pod, [container("a", "exited"), container("main", "running")]);
  assert.deepEqual([after.phase, after.initContainerStatuses?.[0]?.ready], ["Running", true]);
});

test("a container that cannot start makes a pod that never restarts Failed, and says why", () => {
  const failed = container("main", "exited", { exitCode: 128, reason: "StartError", message: "executable file not found", startedAt: 0 });
  const now = status(never(), [failed], { history: { ...noHistory, trouble: { main: { reason: "RunContainerError", untilMs: 0 } } } });
  assert.equal(now.phase, "Failed");
  const { terminated } = now.containerStatuses![0]!.state!;
  assert.deepEqual(
    [terminated?.reason, terminated?.exitCode, terminated?.message, terminated?.startedAt],
    ["StartError", 128, "executable file not found", "1970-01-01T00:00:00Z"],
  );
  const beside = status(never({ containers: [{ name: "main" }, { name: "b" }] }), [failed, container("b", "exited")]);
  assert.equal(beside.phase, "Failed");
  const init = status(never({ initContainers: [{ name: "a" }] }), [container("a", "exited", { exitCode: 128, reason: "StartError" })]);
  assert.equal(init.phase, "Failed");
});

test("phases: all well is Succeeded, one failure is Failed, sidecars keep it Running", () => {
  assert.equal(status(never(), [container("main", "exited")]).phase, "Succeeded");
  assert.equal(status(never(), [container("main", "exited", { exitCode: 1 })]).phase, "Failed");
  const pod = never({ initContainers: [{ name: "s", restartPolicy: "Always" }] });
  assert.equal(status(pod, [container("main", "exited"), container("s", "running")]).phase, "Running");
  assert.equal(status(pod, [container("main", "exited"), container("s", "exited", { exitCode: 137 })]).phase, "Succeeded");
  const over = status(never(), [container("main", "exited")]);
  assert.equal(condition(over, "Ready"), "False PodCompleted");
  assert.equal(condition(over, "Initialized"), "True PodCompleted");
});

test("a deleted pod is Failed or Succeeded only when nothing of it runs any more", () => {
  const pod = aPod({
    metadata: { deletionTimestamp: "2026-01-01T00:00:30Z", deletionGracePeriodSeconds: 30 },
    status: { phase: "Running" },
  });
  assert.equal(status(pod, [container("main", "running")]).phase, "Running");
  assert.equal(status(pod, [container("main", "exited", { exitCode: 143 })], { sandbox: false }).phase, "Failed");
  assert.equal(status(pod, [container("main", "exited")], { sandbox: false }).phase, "Succeeded");
});

test("a pod never comes back from its end, and what was told of one without traces stays", () => {
  const pod = aPod({ status: { phase: "Failed", reason: "Evicted", message: "m" } });
  assert.equal(status(pod, [container("main", "running")]).phase, "Failed");
  assert.equal(status(pod, undefined), pod.status);
});

test("what the kubelet refused or ended says so", () => {
  const failure = { reason: "OutOfcpu", message: "Node didn't have enough resource", rejected: true };
  const refused = status(aPod(), undefined, { history: { ...noHistory, failure } });
  assert.deepEqual(
    [refused.phase, refused.reason, refused.message],
    ["Failed", "OutOfcpu", "Pod was rejected: Node didn't have enough resource"],
  );
  const evicted = { history: { ...noHistory, failure: { reason: "Evicted", message: "full" } } };
  assert.equal(status(aPod(), [container("main", "running")], evicted).reason, undefined);
  const ended = status(aPod(), [container("main", "exited", { exitCode: 137 })], { ...evicted, sandbox: false });
  assert.deepEqual([ended.phase, ended.reason, ended.message], ["Failed", "Evicted", "full"]);
});

test("a container that waits to be started again tells how it ended as its last state", () => {
  const crash = { count: 2, id: "main-id", untilMs: now + 20_000 };
  const given = { history: { ...noHistory, crashes: { main: crash } } };
  const told = status(aPod(), [container("main", "exited", { exitCode: 7, restartCount: 3 })], given).containerStatuses![0]!;
  assert.equal(told.state?.waiting?.reason, "CrashLoopBackOff");
  assert.deepEqual([told.lastState?.terminated?.exitCode, told.restartCount], [7, 3]);
});

test("messages, trouble, resources and mounts are told", () => {
  const pod = aPod({
    spec: {
      containers: [
        { name: "main", image: "x", resources: { requests: { cpu: "1" } }, volumeMounts: [{ name: "v", mountPath: "/v", readOnly: true }] },
      ],
    },
  });
  const waits = status(pod, [], { history: { ...noHistory, trouble: { main: { reason: "ErrImagePull", message: "gone", untilMs: 0 } } } })
    .containerStatuses![0]!;
  assert.deepEqual(waits.state, { waiting: { reason: "ErrImagePull", message: "gone" } });
  assert.deepEqual(
    [waits.allocatedResources, waits.volumeMounts],
    [{ cpu: "1" }, [{ name: "v", mountPath: "/v", readOnly: true, recursiveReadOnly: "Disabled" }]],
  );
  const ended = status(never(), [container("main", "exited", { exitCode: 1 })], { messages: new Map([["main-id", "bye"]]) });
  assert.equal(ended.containerStatuses?.[0]?.state?.terminated?.message, "bye");
});

test("readiness gates: missing and not True are told apart", () => {
  const pod = aPod({
    spec: { readinessGates: [{ conditionType: "a" }, { conditionType: "b" }] },
    status: { conditions: [{ type: "b", status: "Unknown" }] },
  });
  const told = condition(status(pod, [container("main", "running")]), "Ready");
  assert.equal(
    told,
    'False ReadinessGatesNotReady corresponding condition of pod readiness gate "a" does not exist., the status of pod readiness gate "b" is not "True", but Unknown',
  );
});

test("a restart of all: told while it is under way, and the ends become last states", () => {
  const main = {
    name: "main",
    image: "x",
    restartPolicy: "Never",
    restartPolicyRules: [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [42] } }],
  };
  const pod = never({ containers: [main] });
  const during = status(pod, [container("main", "exited", { exitCode: 42 })]);
  assert.equal(condition(during, "AllContainersRestarting"), "True RestartAllContainersStarted container exited with restart policy rule");
  assert.deepEqual([during.phase, during.containerStatuses?.[0]?.lastState?.terminated?.exitCode], ["Running", 42]);
  const after = status({ ...pod, status: during }, []);
  assert.equal(condition(after, "AllContainersRestarting"), "False");
  assert.equal(after.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 42);
});

test("a container whose record is lost: what was told stays, and what ran is told as unknown when the pod ends", () => {
  const known = {
    name: "main",
    image: "x",
    imageID: "",
    ready: true,
    restartCount: 0,
    state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
  };
  const pod = aPod({ metadata: { deletionTimestamp: "2026-01-01T00:00:30Z" }, status: { phase: "Running", containerStatuses: [known] } });
  const told = status(pod, [], { sandbox: false });
  assert.deepEqual([told.containerStatuses?.[0]?.state?.terminated?.reason, told.phase], ["ContainerStatusUnknown", "Failed"]);
});

test("conditions keep the time of their last change; those of others are kept, and left out of the patch", () => {
  const before = [
    { type: "Ready", status: "True", lastTransitionTime: "2020-01-01T00:00:00Z" },
    { type: "example.com/x", status: "True" },
  ];
  const told = status(aPod({ status: { phase: "Running", conditions: before } }), [container("main", "running")]);
  assert.equal(told.conditions?.find((each) => each.type === "Ready")?.lastTransitionTime, "2020-01-01T00:00:00Z");
  assert.ok(told.conditions?.some((each) => each.type === "example.com/x"));
  const patch = patchOf(told, undefined) as { conditions: { type: string }[]; podIPs: object[] };
  assert.ok(!patch.conditions.some((each) => each.type === "example.com/x"));
  assert.deepEqual(patch.podIPs, [{ ip: "10.0.0.2" }, { $patch: "replace" }]);
});

test("empty and absent are the same status; a different value is not", () => {
  assert.ok(isSameStatus({ phase: "Running", conditions: [] }, { phase: "Running", message: undefined }));
  assert.ok(!isSameStatus({ phase: "Running", message: "x" }, { phase: "Running" }));
  assert.ok(!isSameStatus({ phase: "Running" }, { phase: "Pending" }));
});
