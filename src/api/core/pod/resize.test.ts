import assert from "node:assert/strict";
import { test } from "node:test";
import { Problems } from "../../checks/problems.ts";
import { checkResize } from "./resize.ts";

type Words = Record<string, unknown>;
const c = (name: string, resources: object | undefined, more: object = {}) => ({ name, ...(resources ? { resources } : {}), ...more });
const amounts = (cpu: string, memory = "1Mi") => ({ requests: { cpu, memory } });
const pod = (spec: Words, status: Words = {}, metadata: Words = {}) => ({ metadata, spec, status: { qosClass: "Burstable", ...status } });

function told(now: ReturnType<typeof pod>, before: ReturnType<typeof pod>, qosClass = "Burstable"): string[] {
  const problems = new Problems();
  checkResize(now, before, qosClass, problems);
  return problems.list.map(({ field, detail }) => `${field}: ${detail}`);
}

const only = "only cpu and memory resources are mutable";

test("cpu and memory of containers, of init containers and of the whole pod may change", () => {
  const spec = (cpu: string) => ({
    resources: { limits: { cpu, memory: "2Mi" } },
    containers: [c("a", amounts(cpu)), c("b", undefined)],
    initContainers: [c("i", amounts(cpu)), c("s", amounts(cpu), { restartPolicy: "Always" })],
  });
  assert.deepEqual(told(pod(spec("2")), pod(spec("1"))), []);
  const bare = pod({ containers: [c("a", amounts("1"))] });
  assert.deepEqual(told(pod({ containers: [c("a", amounts("1"))], resources: { limits: { cpu: "1" } } }), bare), []);
});

test("what is none of them may not", () => {
  const one = pod({ containers: [c("a", amounts("1"))], initContainers: [c("i", amounts("1"))], resources: amounts("1") });
  const with_ = (own: Words) => pod({ ...one.spec, ...own });
  for (const [now, wanted] of [
    [with_({ hostname: "x" }), [`spec: ${only}`]],
    [with_({ containers: [c("a", { requests: { cpu: "1", memory: "1Mi", "example.com/gpu": "1" } })] }), [`spec: ${only}`]],
    [
      with_({ containers: [c("a", { requests: { cpu: "1" } })] }),
      ["spec.containers[0].resources.requests: resource requests cannot be removed"],
    ],
    [
      with_({ initContainers: [c("i", { requests: { ...amounts("1").requests, "example.com/gpu": "1" } })] }),
      ["spec.initContainers[0]: only cpu and memory resources for init or sidecar containers are mutable"],
    ],
    [with_({ resources: undefined }), ["spec.resources: pod-level resources cannot be removed"]],
    [with_({ resources: { requests: { cpu: "1" } } }), ["spec.resources.requests: pod-level resource requests cannot be removed"]],
    [
      with_({ resources: { requests: { ...amounts("1").requests, "hugepages-2Mi": "2Mi" } } }),
      ["spec: only cpu and memory resources are mutable at pod-level"],
    ],
    [with_({ containers: [] }), ["spec.containers: containers may not be added or removed on resize"]],
    [with_({ containers: [c("z", amounts("1"))] }), ["spec.containers[0].name: containers may not be renamed or reordered on resize"]],
  ] as const)
    assert.deepEqual(told(now, one), wanted, JSON.stringify(now.spec));
  const restarting = (cpu: string) =>
    pod({
      containers: [],
      initContainers: [c("i", amounts(cpu), { resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }] })],
    });
  assert.deepEqual(told(restarting("2"), restarting("1")), [
    "spec.initContainers[0]: non-sidecar init containers with a resize policy of RestartContainer cannot be resized",
  ]);
});

test("pods that cannot be resized at all are told why", () => {
  const spec = { containers: [c("a", amounts("1"))] };
  const mirror = pod(spec, {}, { annotations: { "kubernetes.io/config.mirror": "h" } });
  assert.deepEqual(told(mirror, mirror), [": static pods cannot be resized"]);
  const windows = pod({ ...spec, os: { name: "windows" } });
  assert.deepEqual(told(windows, windows), [": windows pods cannot be resized"]);
  assert.deepEqual(told(pod(spec), pod(spec), "Guaranteed"), ["spec: Pod QOS Class may not change as a result of resizing"]);
  const old = pod(spec, { containerStatuses: [{ name: "a", state: { running: {} } }] });
  assert.deepEqual(told(old, old), ["spec: Pod running on node without support for resize"]);
});
