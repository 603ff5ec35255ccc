import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, Pod, ResourceQuota } from "#api/mod.ts";
import { countUsage, isWithin, written } from "./count.ts";
import { measureOf, measuresFor } from "./measures.ts";

const nowMs = Date.parse("2026-01-01T00:10:00Z");
const aPod = (spec: object = {}, rest: object = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  ...rest,
  spec: { containers: [{ name: "c", resources: { requests: { cpu: "1", "example.org/gpu": "2" }, limits: { memory: "1Gi" } } }], ...spec },
});
const usage = (id: string, object: KubeObject) => written(measureOf(id)!.usage(object, nowMs));
const one = { pods: "1", "count/pods": "1" };

test("a pod uses what its containers, its overhead and the node's last word say", () => {
  const asked = { cpu: "1", "requests.cpu": "1", "limits.memory": "1Gi", "requests.example.org/gpu": "2" };
  const statuses = (cpu: string) => ({
    containerStatuses: [{ name: "c", ready: true, restartCount: 0, image: "", imageID: "", resources: { requests: { cpu } } }],
  });
  const infeasible = { conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }] };
  const table: [string, Pod, Record<string, string>][] = [
    ["as asked", aPod(), { ...one, ...asked }],
    [
      "overhead",
      aPod({ overhead: { cpu: "100m", memory: "1Mi" } }),
      { ...one, ...asked, cpu: "1100m", "requests.cpu": "1100m", memory: "1Mi", "requests.memory": "1Mi", "limits.memory": "1025Mi" },
    ],
    ["not yet made smaller", aPod({}, { status: statuses("3") }), { ...one, ...asked, cpu: "3", "requests.cpu": "3" }],
    [
      "can never be made bigger",
      aPod({}, { status: { ...statuses("500m"), ...infeasible } }),
      { ...one, cpu: "500m", "requests.cpu": "500m" },
    ],
    ["ended", aPod({}, { status: { phase: "Succeeded" } }), { "count/pods": "1" }],
    [
      "should be gone",
      aPod({}, { metadata: { deletionTimestamp: "2026-01-01T00:09:00Z", deletionGracePeriodSeconds: 30 } }),
      { "count/pods": "1" },
    ],
    [
      "is going",
      aPod({}, { metadata: { deletionTimestamp: "2026-01-01T00:09:45Z", deletionGracePeriodSeconds: 30 } }),
      { ...one, ...asked },
    ],
    [
      "huge pages",
      aPod({ containers: [{ name: "c", resources: { requests: { "hugepages-2Mi": "4Mi" } } }] }),
      { ...one, "hugepages-2Mi": "4Mi", "requests.hugepages-2Mi": "4Mi" },
    ],
  ];
  for (const [name, pod, expected] of table) assert.deepEqual(usage("pods", pod), expected, name);
});

test("a service counts by its type, a claim by its class, a claim of devices by the worst that it may get", () => {
  const service = (spec: object): KubeObject =>
    ({ apiVersion: "v1", kind: "Service", metadata: {}, spec: { ports: [{ nodePort: 1 }, {}], ...spec } }) as never;
  const ports = (object: KubeObject) => {
    const { "services.nodeports": nodePorts, "services.loadbalancers": balancers } = usage("services", object);
    return [nodePorts, balancers];
  };
  assert.deepEqual(ports(service({ type: "ClusterIP" })), ["0", "0"]);
  assert.deepEqual(ports(service({ type: "NodePort" })), ["2", "0"]);
  assert.deepEqual(ports(service({ type: "LoadBalancer" })), ["2", "1"]);
  assert.deepEqual(ports(service({ type: "LoadBalancer", allocateLoadBalancerNodePorts: false })), ["1", "1"]);
  const claim = {
    spec: { storageClassName: "gold", resources: { requests: { storage: "1.5" } } },
    status: { allocatedResources: { storage: "3" } },
  };
  assert.deepEqual(usage("persistentvolumeclaims", { metadata: {}, ...claim } as never), {
    "count/persistentvolumeclaims": "1",
    persistentvolumeclaims: "1",
    "requests.storage": "3",
    "gold.storageclass.storage.k8s.io/persistentvolumeclaims": "1",
    "gold.storageclass.storage.k8s.io/requests.storage": "3",
  });
  const exactly = (count: number) => ({ deviceClassName: "gpu", allocationMode: "ExactCount", count });
  const devices = {
    requests: [{ exactly: exactly(2) }, { firstAvailable: [exactly(1), exactly(4), { deviceClassName: "nic", allocationMode: "All" }] }],
  };
  assert.deepEqual(usage("resourceclaims.resource.k8s.io", { metadata: {}, spec: { devices } } as never), {
    "count/resourceclaims.resource.k8s.io": "1",
    "gpu.deviceclass.resource.k8s.io/devices": "6",
    "nic.deviceclass.resource.k8s.io/devices": "32",
  });
  assert.deepEqual(usage("deployments.apps", { metadata: {} } as never), { "count/deployments.apps": "1" });
  assert.deepEqual(usage("configmaps", { metadata: {} } as never), { "count/configmaps": "1", configmaps: "1" });
  assert.equal(measureOf("events.events.k8s.io"), undefined);
});

test("the names of bounds lead to the kinds that are counted", () => {
  const ids = (...names: string[]) => measuresFor(names).map(({ id }) => id);
  assert.deepEqual(ids("cpu", "requests.nvidia.com/gpu", "count/pods"), ["pods"]);
  assert.deepEqual(ids("services.nodeports", "gold.storageclass.storage.k8s.io/persistentvolumeclaims"), [
    "services",
    "persistentvolumeclaims",
  ]);
  assert.deepEqual(ids("count/jobs.batch", "secrets", "count/secrets"), ["jobs.batch", "secrets"]);
  assert.deepEqual(ids("requests.kubernetes.io/x", "count/events"), []);
});

test("a pod is within a scope or not", () => {
  const quota = (spec: object): ResourceQuota => ({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" }, spec });
  const select = (scopeName: string, operator: string, ...values: string[]) =>
    quota({ scopeSelector: { matchExpressions: [{ scopeName, operator, values }] } });
  const [idle, ending, ranked] = [
    aPod({ containers: [{ name: "c" }] }),
    aPod({ activeDeadlineSeconds: 5 }),
    aPod({ priorityClassName: "high" }),
  ];
  const affine = aPod({
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: "a", namespaces: ["x"] } }],
      },
    },
  });
  const table: [ResourceQuota, Pod[]][] = [
    [quota({ scopes: ["Terminating"] }), [ending]],
    [quota({ scopes: ["NotTerminating"] }), [idle, ranked, affine]],
    [quota({ scopes: ["BestEffort"] }), [idle]],
    [quota({ scopes: ["NotBestEffort", "Terminating"] }), [ending]],
    [select("PriorityClass", "Exists"), [ranked]],
    [select("PriorityClass", "DoesNotExist"), [idle, ending, affine]],
    [select("PriorityClass", "In", "high", "low"), [ranked]],
    [select("PriorityClass", "NotIn", "high"), [idle, ending, affine]],
    [select("CrossNamespacePodAffinity", "Exists"), [affine]],
    [select("VolumeAttributesClass", "Exists"), []],
  ];
  for (const [each, within] of table)
    assert.deepEqual(
      [idle, ending, ranked, affine].filter((pod) => isWithin(each, measureOf("pods")!, pod)),
      within,
      JSON.stringify(each.spec),
    );
  assert.equal(isWithin(quota({ scopes: ["BestEffort"] }), measureOf("services")!, idle), false);
});

test("a count has every name of a known kind, and none of a kind that is not there", () => {
  const quota: ResourceQuota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q" } };
  const used = countUsage(
    quota,
    ["pods", "memory", "secrets", "count/things.example.org"],
    (id) => (id === "pods" ? [aPod(), aPod()] : id === "secrets" ? [] : undefined),
    nowMs,
  );
  assert.deepEqual(written(used), { pods: "2", memory: "0", secrets: "0" });
});
