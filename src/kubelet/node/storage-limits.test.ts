import assert from "node:assert/strict";
import { test } from "node:test";
import { thresholdsOf } from "../eviction/thresholds.ts";
import { aPod } from "../testing/fake-api.ts";
import { allocatableOf } from "./allocatable.ts";
import { nodeConditions } from "./conditions.ts";
import { brokenLimit, isStorageLimited } from "./storage-limits.ts";

const Mi = 1024 ** 2;
const limited = (limit: string) => ({ resources: { limits: { "ephemeral-storage": limit } } });
const pod = (containers: object[], volumes: object[] = []) =>
  aPod({ spec: { containers: containers as never, volumes: volumes as never } });
const usage = (volumes: Record<string, number>, containers: Record<string, number> = {}) => ({
  volumes: new Map(Object.entries(volumes)),
  containers: new Map(Object.entries(containers)),
});

for (const [name, of, used, wanted] of [
  ["nothing is limited", pod([{ name: "c" }], [{ name: "t", emptyDir: {} }]), usage({ t: 20 * Mi }), undefined],
  ["an emptyDir within", pod([{ name: "c" }], [{ name: "t", emptyDir: { sizeLimit: "5Mi" } }]), usage({ t: 5 * Mi }), undefined],
  [
    "an emptyDir beyond",
    pod([{ name: "c" }], [{ name: "t", emptyDir: { sizeLimit: "5Mi" } }]),
    usage({ t: 20 * Mi }),
    'Usage of EmptyDir volume "t" exceeds the limit "5Mi". ',
  ],
  ["a limit of nothing is none", pod([{ name: "c" }], [{ name: "t", emptyDir: { sizeLimit: "0" } }]), usage({ t: 20 * Mi }), undefined],
  [
    "a container beyond",
    pod([
      { name: "c", ...limited("5Mi") },
      { name: "d", ...limited("50Mi") },
    ]),
    usage({}, { c: 6 * Mi }),
    'Container c exceeded its local ephemeral storage limit "5Mi". ',
  ],
  [
    "the pod beyond, with what is in its emptyDirs",
    pod([{ name: "c", ...limited("5Mi") }], [{ name: "t", emptyDir: {} }]),
    usage({ t: 4 * Mi }, { c: 2 * Mi }),
    "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ",
  ],
  [
    "the sum of limits",
    pod(
      [
        { name: "c", ...limited("5Mi") },
        { name: "d", ...limited("6Mi") },
      ],
      [{ name: "t", emptyDir: {} }],
    ),
    usage({ t: 20 * Mi }),
    "Pod ephemeral local storage usage exceeds the total limit of containers 11Mi. ",
  ],
  [
    "a ConfigMap lies on the disk, a Secret does not",
    pod(
      [{ name: "c", ...limited("5Mi") }],
      [
        { name: "m", configMap: { name: "m" } },
        { name: "s", secret: { secretName: "s" } },
      ],
    ),
    usage({ m: 6 * Mi, s: 1 }),
    "Pod ephemeral local storage usage exceeds the total limit of containers 5Mi. ",
  ],
  [
    "memory is no disk",
    pod([{ name: "c", ...limited("5Mi") }], [{ name: "t", emptyDir: { medium: "Memory" } }]),
    usage({ t: 20 * Mi }),
    undefined,
  ],
] as const)
  test(`storage: ${name}`, () => assert.equal(brokenLimit(of, used), wanted));

test("only pods that can break a limit are measured", () => {
  assert.ok(!isStorageLimited(pod([{ name: "c" }], [{ name: "t", emptyDir: {} }])));
  assert.ok(isStorageLimited(pod([{ name: "c", ...limited("1Mi") }])));
  assert.ok(isStorageLimited(pod([{ name: "c" }], [{ name: "t", emptyDir: { sizeLimit: "1Mi" } }])));
});

test("conditions keep the time of their last change; several problems are a list", () => {
  const first = nodeConditions([], [], 0);
  assert.deepEqual(
    first.map(({ type, status }) => `${type}=${status}`),
    ["MemoryPressure=False", "DiskPressure=False", "PIDPressure=False", "Ready=True"],
  );
  const second = nodeConditions(["a", "b"], first, 60_000);
  assert.deepEqual(
    [second[3]!.message, second[3]!.lastTransitionTime, second[0]!.lastTransitionTime],
    ["[a, b]", "1970-01-01T00:01:00Z", "1970-01-01T00:00:00Z"],
  );
});

test("capacity that others give the node is given out; the node's own is its own", () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: {}, status: { capacity: { cpu: "100", "example.com/dongle": "4" } } };
  assert.deepEqual(allocatableOf({ cpu: "2" }, node), { cpu: "2", "example.com/dongle": "4" });
  assert.deepEqual(allocatableOf({ cpu: "2" }, undefined), { cpu: "2" });
});

test("what is reserved, and what hard thresholds keep free, is not for pods", () => {
  const capacity = { cpu: "2", memory: "1024Mi", "ephemeral-storage": "1000Ki", pods: "110" };
  const thresholds = thresholdsOf({
    evictionHard: { "memory.available": "100Mi", "nodefs.available": "10%", "imagefs.available": "15%" },
    evictionSoft: { "nodefs.available": "50%" },
    evictionSoftGracePeriod: { "nodefs.available": "1m" },
  });
  assert.deepEqual(allocatableOf(capacity, undefined, { reserved: { cpu: 500, memory: 24 * Mi }, thresholds }), {
    cpu: "1500m",
    memory: "900Mi",
    "ephemeral-storage": "900Ki",
    pods: "110",
  });
  assert.equal(allocatableOf({ memory: "1Mi" }, undefined, { reserved: { memory: 2 * Mi }, thresholds: [] }).memory, "0");
});
