/** Each rule by a table: what an object and its surroundings look like, and what is told of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Ingress, Job, KubeObject, Node, PersistentVolumeClaim, Pod, Service, StorageClass } from "#api/mod.ts";
import type { AroundPod } from "./around-pod.ts";
import { claimFinding } from "./claim.ts";
import { explain } from "./explain.ts";
import { type Facts, type Finding, textOf } from "./finding.ts";
import { nodeFinding } from "./node.ts";
import { otherFinding } from "./other.ts";
import { unschedulable } from "./placement.ts";
import { podFinding } from "./pod.ts";
import { ingressFinding, serviceFinding } from "./service.ts";
import { jobFinding, type Workload, workloadFinding } from "./workload.ts";

const nowMs = Date.parse("2026-01-01T01:00:00Z");
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();
const warning = (reason: string, message: string): Event =>
  ({ metadata: {}, involvedObject: {}, type: "Warning", reason, message, lastTimestamp: ago(5) }) as Event;
const ready = (status: string, more = {}) => ({ type: "Ready", status, ...more });
const node = (status: string, more = {}): Node => ({ metadata: { name: "one" }, status: { conditions: [ready(status, more)] } }) as Node;

/** A pod on node `one` with a container `main`; `status` of the container. */
const pod = (status: object, { spec = {}, metadata = {}, phase = "Pending", conditions = [] as object[] } = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "shop", ...metadata },
    spec: { nodeName: "one", containers: [{ name: "main", image: "web:1" }], ...spec },
    status: { phase, conditions, containerStatuses: [{ name: "main", image: "web:1", restartCount: 0, ready: false, ...status }] },
  }) as Pod;
const ended = (exitCode: number, more = {}) => ({ terminated: { exitCode, finishedAt: ago(60), ...more } });

interface PodCase {
  pod: Pod;
  around?: Partial<AroundPod>;
  state: RegExp;
  because?: RegExp;
  todo?: RegExp;
  fine?: true;
}

const podCases: Record<string, PodCase> = {
  "runs and is ready": {
    pod: pod({ ready: true, state: { running: {} } }, { phase: "Running", conditions: [ready("True")] }),
    state: /^is Running and ready$/,
    fine: true,
  },
  "no node has room": {
    pod: pod(
      {},
      {
        spec: { nodeName: undefined },
        conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available: 2 Insufficient cpu." }],
      },
    ),
    state: /no node takes it/,
    because: /0 of 2 nodes would do\n2 nodes: Insufficient cpu/,
    todo: /ask for less cpu/,
  },
  "a gate is closed": {
    pod: pod({}, { spec: { nodeName: undefined, schedulingGates: [{ name: "wait" }] } }),
    state: /not to be scheduled yet/,
    because: /gate wait/,
  },
  "a scheduler that nobody runs": {
    pod: pod({}, { spec: { nodeName: undefined, schedulerName: "mine" } }),
    state: /no scheduler/,
    todo: /named mine/,
  },
  "its node is silent": {
    pod: pod({ state: { running: {} } }),
    around: { node: node("Unknown", { lastTransitionTime: ago(300) }) },
    state: /may or may not run/,
    because: /one has not told its status for 5m/,
  },
  "its node is gone": { pod: pod({}), around: { node: "gone" }, state: /does not exist/ },
  "its node may not be seen": {
    pod: pod({ ready: true, state: { running: {} } }, { conditions: [ready("True")] }),
    around: { node: "hidden" },
    state: /Running and ready/,
    fine: true,
  },
  "the image is not there": {
    pod: pod({ state: { waiting: { reason: "ErrImagePull", message: "manifest unknown" } } }),
    state: /image of main cannot be had/,
    because: /image web:1: ErrImagePull: manifest unknown/,
    todo: /no such image/,
  },
  "the registry wants to know who": {
    pod: pod({ state: { waiting: { reason: "ImagePullBackOff", message: "Back-off" } } }),
    around: { events: [warning("Failed", "pull access denied")] },
    state: /image of main/,
    todo: /imagePullSecrets/,
  },
  "a config map is not there": {
    pod: pod({ state: { waiting: { reason: "CreateContainerConfigError", message: 'configmap "settings" not found' } } }),
    around: { missing: ["configmap/settings"] },
    state: /main cannot be started/,
    because: /configmap\/settings does not exist/,
    todo: /create configmap\/settings/,
  },
  "a volume cannot be mounted": {
    pod: pod({ state: { waiting: { reason: "ContainerCreating" } } }),
    around: { events: [warning("FailedMount", "no such secret")] },
    state: /node one prepares main/,
    because: /FailedMount: no such secret/,
  },
  "it crashes for lack of memory": {
    pod: pod({ restartCount: 4, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended(137, { reason: "OOMKilled" }) }),
    state: /CrashLoopBackOff: main ends again and again/,
    because: /main ended 60s ago with exit code 137: the kernel killed it because it used more memory than its limit\n4 restarts/,
    todo: /kubectl logs -n shop web -c main --previous\nraise resources.limits.memory/,
  },
  "its command is not there": {
    pod: pod({ restartCount: 1, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: ended(127) }),
    state: /CrashLoopBackOff/,
    because: /was not found in the image/,
    todo: /command and args/,
  },
  "a readiness probe fails": {
    pod: pod(
      { started: true, state: { running: {} } },
      {
        phase: "Running",
        spec: { containers: [{ name: "main", readinessProbe: {} }] },
        conditions: [ready("False", { reason: "ContainersNotReady" })],
      },
    ),
    around: { events: [warning("Unhealthy", "Readiness probe failed: 503")] },
    state: /readiness probe of main does not pass/,
    because: /Unhealthy: Readiness probe failed: 503/,
  },
  "a readiness gate is not set": {
    pod: pod(
      { ready: true, state: { running: {} } },
      {
        phase: "Running",
        spec: { containers: [{ name: "main" }], readinessGates: [{ conditionType: "example.org/ok" }] },
        conditions: [ready("False")],
      },
    ),
    state: /not ready/,
    because: /example.org\/ok is not True/,
  },
  "an init container fails": {
    pod: {
      ...pod(
        { state: { waiting: { reason: "PodInitializing" } } },
        { spec: { nodeName: "one", initContainers: [{ name: "first" }], containers: [{ name: "main" }] } },
      ),
      status: {
        phase: "Pending",
        initContainerStatuses: [
          {
            name: "first",
            restartCount: 2,
            state: { waiting: { reason: "CrashLoopBackOff" } },
            lastState: ended(1, { message: "no database" }),
          },
        ],
      },
    } as Pod,
    state: /first ends again/,
    because: /it said: no database/,
  },
  "it has failed": {
    pod: pod({ state: ended(3) }, { phase: "Failed" }),
    state: /^has Failed$/,
    because: /main ended 60s ago with exit code 3: its program says so/,
    todo: /kubectl logs -n shop web -c main/,
  },
  "it was evicted": {
    pod: { ...pod({}), status: { phase: "Failed", reason: "Evicted", message: "low on memory" } } as Pod,
    state: /Failed: Evicted/,
    because: /low on memory/,
  },
  "it is stopping": { pod: pod({}, { metadata: { deletionTimestamp: ago(-20) } }), state: /may take 20s more/, fine: true },
  "a finalizer keeps it": {
    pod: pod({}, { metadata: { deletionTimestamp: ago(600), finalizers: ["example.org/hold"] } }),
    state: /Terminating for 10m/,
    because: /example.org\/hold/,
  },
  "it cannot end on a dead node": {
    pod: pod({}, { metadata: { deletionTimestamp: ago(600) } }),
    around: { node: node("Unknown") },
    state: /Terminating/,
    because: /does not answer/,
    todo: /--force/,
  },
};

for (const [name, { pod: object, around = {}, state, because, todo, fine }] of Object.entries(podCases))
  test(`a pod: ${name}`, () => {
    const found = podFinding(object, { nowMs, events: [], missing: [], node: node("True"), ...around });
    assert.match(found.state, state);
    if (because) assert.match(found.because.join("\n"), because);
    if (todo) assert.match(found.todo.join("\n"), todo);
    assert.equal(found.fine ?? false, fine ?? false);
  });

test("the scheduler's sentence is taken apart, taints with commas as well", () => {
  const { because, todo } = unschedulable(
    "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint {a: b, c}. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  );
  assert.deepEqual(because, ["0 of 3 nodes would do", "1 node: Insufficient memory", "2 nodes: had untolerated taint {a: b, c}"]);
  assert.equal(todo.length, 2);
  assert.deepEqual(unschedulable("no nodes available to schedule pods").because, ["no nodes available to schedule pods"]);
});

const workload = (kind: string, spec: object, status: object, metadata = {}): Workload =>
  ({
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "web", namespace: "shop", generation: 1, ...metadata },
    spec,
    status: { observedGeneration: 1, ...status },
  }) as Workload;

test("workloads: what is ready, what is late, what their controllers could not do", () => {
  const told = (object: Workload, pods = 3, failures: string[] = []) => workloadFinding(object, pods, failures);
  const well = told(workload("Deployment", { replicas: 3 }, { readyReplicas: 3, updatedReplicas: 3 }));
  assert.deepEqual([well.state, well.fine], ["has 3 of 3 pods ready", true]);
  const quota = told(workload("Deployment", { replicas: 3 }, { updatedReplicas: 0 }), 0, ["FailedCreate: exceeded quota: small"]);
  assert.equal(quota.state, "has 0 of 3 pods ready, 0 of the present template (0 exist)");
  assert.match(quota.todo.join(), /describe quota -n shop/);
  const paused = told(workload("Deployment", { replicas: 1, paused: true }, { readyReplicas: 1, updatedReplicas: 0 }));
  assert.match(paused.todo.join(), /rollout resume deployment\/web/);
  assert.match(told(workload("StatefulSet", { replicas: 1 }, {}, { generation: 2 })).because.join(), /has not seen/);
  assert.equal(told(workload("Deployment", { replicas: 0 }, {})).fine, true);
  assert.match(told(workload("DaemonSet", {}, { desiredNumberScheduled: 0 })).state, /no node matches/);
  const stuck = { conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "too long" }] };
  assert.match(told(workload("Deployment", { replicas: 1 }, stuck)).because.join(), /ProgressDeadlineExceeded: too long/);
});

test("jobs: failed, complete, suspended, running", () => {
  const told = (spec: object, status: object) => jobFinding({ metadata: { name: "sum" }, spec, status } as Job, []);
  assert.match(
    told({}, { failed: 7, conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] }).because[0]!,
    /BackoffLimitExceeded/,
  );
  assert.equal(told({}, { succeeded: 1, conditions: [{ type: "Complete", status: "True" }] }).state, "is complete");
  assert.equal(told({ suspend: true }, {}).state, "is suspended");
  assert.equal(told({}, { active: 1 }).fine, true);
});

const service = (spec: object): Service & KubeObject =>
  ({ apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "shop" }, spec }) as Service & KubeObject;

test("services: no pod of these labels, none ready, a port that is not there", () => {
  const backend = pod({}, { spec: { containers: [{ name: "main", ports: [{ name: "http", containerPort: 80 }] }] } });
  const selecting = service({ selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] });
  const slice = (isReady: boolean) =>
    [{ metadata: {}, addressType: "IPv4", endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: isReady } }] }] as never;
  assert.match(serviceFinding(selecting, [], []).because[0]!, /app=web matches no pod in shop/);
  assert.match(serviceFinding(selecting, slice(false), [backend]).state, /no ready endpoint/);
  assert.equal(serviceFinding(selecting, slice(true), [backend]).fine, true);
  const taken = "10.88.0.4 belongs to Service shop/old";
  const refused = { conditions: [{ type: "spoke.dev/AddressRefused", status: "True", message: taken }] };
  const balanced = service({ type: "LoadBalancer", selector: { app: "web" } });
  assert.match(serviceFinding(balanced, slice(true), [backend]).because[0]!, /still pending/);
  assert.match(serviceFinding({ ...balanced, status: refused }, slice(true), [backend]).because[0]!, /refused: 10.88.0.4 belongs to/);
  const wrong = service({ selector: { app: "web" }, ports: [{ port: 80, targetPort: "web" }] });
  assert.match(serviceFinding(wrong, [], [backend]).because[0]!, /goes to "web"/);
  assert.match(serviceFinding(service({}), [], []).because[0]!, /no selector/);
  assert.equal(serviceFinding(service({ type: "ExternalName", externalName: "x.org" }), [], []).fine, true);
});

test("ingresses: class, service, port, secret", () => {
  const ingress = (spec: object, status = {}) =>
    ({ apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "in", namespace: "shop" }, spec, status }) as Ingress &
      KubeObject;
  const to = (name: string, port: number) => ({
    ingressClassName: "spoke",
    rules: [{ http: { paths: [{ backend: { service: { name, port: { number: port } } } }] } }],
  });
  const around = {
    services: new Map<string, Service | "gone" | "hidden">([
      ["web", service({ ports: [{ port: 80 }] })],
      ["none", "gone"],
      ["dark", "hidden"],
    ]),
    missingSecrets: [],
    classes: ["spoke"],
  };
  assert.match(ingressFinding(ingress(to("none", 80)), around).because[0]!, /service\/none does not exist/);
  assert.match(ingressFinding(ingress(to("web", 81)), around).because[0]!, /no port 81/);
  assert.match(ingressFinding(ingress(to("dark", 81)), around).state, /no address yet/);
  assert.match(ingressFinding(ingress({ ...to("web", 80), ingressClassName: "x" }), around).because[0]!, /no IngressClass x/);
  assert.match(ingressFinding(ingress(to("web", 80)), { ...around, missingSecrets: ["tls"] }).because[0]!, /secret\/tls/);
  const served = ingressFinding(ingress(to("web", 80), { loadBalancer: { ingress: [{ ip: "10.0.0.9" }] } }), around);
  assert.deepEqual([served.state, served.fine], ["is served at 10.0.0.9", true]);
});

test("claims: no class, waiting for a pod, in use, lost", () => {
  const claim = (spec: object, status = {}, metadata = {}) =>
    ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data", namespace: "shop", ...metadata },
      spec,
      status,
    }) as PersistentVolumeClaim & KubeObject;
  const told = (object: ReturnType<typeof claim>, storageClass?: object | "gone" | "hidden", users: string[] = []): Finding =>
    claimFinding(object, { events: [], storageClass: storageClass as StorageClass, users });
  const late = { provisioner: "x.org/p", volumeBindingMode: "WaitForFirstConsumer" };
  assert.match(told(claim({})).because[0]!, /no class, and there is no default/);
  assert.match(told(claim({ storageClassName: "fast" }), "gone").because[0]!, /no StorageClass fast/);
  assert.doesNotMatch(told(claim({ storageClassName: "fast" }), "hidden").because.join(), /no StorageClass/);
  assert.equal(told(claim({ storageClassName: "fast" }), late).state, "is Pending on purpose");
  assert.match(told(claim({ storageClassName: "fast" }), late, ["db-0"]).todo[0]!, /kubectl why pod\/db-0 -n shop/);
  assert.match(told(claim({ storageClassName: "fast" }), { provisioner: "x.org/p" }).todo[0]!, /x.org\/p runs/);
  assert.match(told(claim({}, {}, { deletionTimestamp: ago(9) }), undefined, ["db-0"]).because[0]!, /pods use it: db-0/);
  assert.match(told(claim({ volumeName: "v" }, { phase: "Lost" })).state, /Lost/);
  assert.equal(told(claim({ volumeName: "v" }, { phase: "Bound" })).fine, true);
});

test("nodes and other objects", () => {
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: {}, spec: { renewTime: ago(90) } };
  assert.match(nodeFinding(node("Unknown"), lease, nowMs).because.join(), /renewed 90s ago/);
  assert.doesNotMatch(nodeFinding(node("Unknown"), "hidden", nowMs).because.join(), /lease/);
  assert.match(nodeFinding({ ...node("True"), spec: { unschedulable: true } } as Node, lease, nowMs).todo[0]!, /uncordon one/);
  assert.equal(nodeFinding(node("True"), lease, nowMs).fine, true);
  const space = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "old", deletionTimestamp: ago(60) },
    spec: { finalizers: ["kubernetes"] },
    status: { conditions: [{ type: "NamespaceContentRemaining", status: "True", message: "pods. has 1" }] },
  };
  assert.deepEqual(otherFinding(space as never, [], nowMs).because, ["pods. has 1", "finalizers wait: kubernetes"]);
});

test("a Deployment tells of its pods, those that fail alike together", async () => {
  const deployment = workload("Deployment", { replicas: 2 }, { updatedReplicas: 2 }, { uid: "d" });
  const set = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web-1", uid: "s", ownerReferences: [{ uid: "d", controller: true }] },
    spec: { replicas: 2 },
  };
  const failing = (name: string) => {
    const object = pod({ state: { waiting: { reason: "InvalidImageName", message: "bad name" } } }) as Pod & KubeObject;
    return { ...object, metadata: { ...object.metadata, name, ownerReferences: [{ uid: "s", controller: true }] } };
  };
  const lists: Record<string, unknown[]> = { "replicasets.apps": [set], pods: [failing("web-1-a"), failing("web-1-b"), pod({})] };
  const facts = {
    nowMs,
    list: async (name: string) => lists[name] ?? [],
    get: async () => node("True"),
    events: async () => [],
  } as unknown as Facts;
  assert.equal(
    textOf(await explain(deployment, facts)),
    [
      "deployment/web has 0 of 2 pods ready",
      "",
      "pod/web-1-a is Pending: the image of main cannot be had",
      "  because  image web:1: InvalidImageName: bad name",
      "  because  the same holds for web-1-b",
      "  do       mend the image's name in the pod's template",
    ].join("\n"),
  );
});
