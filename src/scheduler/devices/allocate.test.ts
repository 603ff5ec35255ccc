import assert from "node:assert/strict";
import { test } from "node:test";
import type { Device, DeviceClass, DeviceRequest, ResourceSlice, ResourceV1ResourceClaim } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { allocator } from "./allocate.ts";
import { Inventory } from "./pools.ts";
import { Taken } from "./taken.ts";

const driver = "gpu.example.com";
type SliceOf = { pool?: string; generation?: number; count?: number; name?: string } & Omit<
  Partial<NonNullable<ResourceSlice["spec"]>>,
  "pool"
>;
let serial = 0;
const aSlice = (devices: Device[], { pool = "p", generation = 1, count = 1, name, ...spec }: SliceOf = {}): ResourceSlice => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceSlice",
  metadata: { name: name ?? `slice-${String(serial++).padStart(3, "0")}` },
  spec: {
    driver,
    pool: { name: pool, generation, resourceSliceCount: count },
    devices,
    ...(spec.perDeviceNodeSelection || spec.sharedCounters || spec.nodeSelector || spec.allNodes ? {} : { nodeName: "n" }),
    ...spec,
  },
});
const gpu = (name: string, more: Partial<Device> = {}): Device => ({ name, ...more });
const model = (name: string, text: string, numa = 0): Device => gpu(name, { attributes: { model: { string: text }, numa: { int: numa } } });
const exactly = (more: Partial<NonNullable<DeviceRequest["exactly"]>> = {}) => ({
  deviceClassName: "gpu",
  allocationMode: "ExactCount",
  count: 1,
  ...more,
});
const where = (expression: string) => [{ cel: { expression } }];
const request = (name: string, more: Parameters<typeof exactly>[0] = {}): DeviceRequest => ({ name, exactly: exactly(more) });
const aClaim = (requests: DeviceRequest[], more: object = {}): ResourceV1ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: { name: "c", namespace: "default", uid: "c" },
  spec: { devices: { requests, ...more } },
});
const gpuClass: DeviceClass = {
  apiVersion: "resource.k8s.io/v1",
  kind: "DeviceClass",
  metadata: { name: "gpu" },
  spec: { selectors: where(`device.driver == "${driver}"`) },
};

interface Row {
  name: string;
  slices: ResourceSlice[];
  claims: ResourceV1ResourceClaim[];
  /** `request=device` of every claim, or what is said; undefined: it cannot be had. */
  wanted: string[] | string | undefined;
  taken?: string[];
  node?: string;
  labels?: Record<string, string>;
  deviceClass?: DeviceClass;
}

function run({ slices, claims, taken = [], node = "n", labels = {}, deviceClass = gpuClass }: Row) {
  const used = new Taken();
  for (const device of taken) used.count({ devices: { results: [{ request: "r", driver, pool: "p", device }] } }, 1);
  const find = allocator({
    claims,
    classNamed: (name) => (name === "gpu" ? deviceClass : undefined),
    inventory: new Inventory(slices),
    taken: used,
    newShare: () => `share-${serial++}`,
  });
  return find({ name: node, labels });
}

const two = [aSlice([gpu("a"), gpu("b")])];
const mixed = [aSlice([model("a", "old", 0), model("b", "new", 1), model("c", "new", 0), model("d", "old", 1)])];
const match = (attribute: string, requests: string[] = []) => ({
  constraints: [{ matchAttribute: `${driver}/${attribute}`, ...(requests.length ? { requests } : {}) }],
});
const firstOf = (...ways: [string, object][]): DeviceRequest => ({
  name: "r",
  firstAvailable: ways.map(([name, more]) => ({ name, ...exactly(more) })),
});
const tainted = [aSlice([gpu("a", { taints: [{ key: "broken", value: "yes", effect: "NoSchedule" }] })])];
const counted = (more: Device[]) => [
  aSlice([], { count: 2, sharedCounters: [{ name: "mem", counters: { gib: { value: "10" } } }] }),
  aSlice(
    more.map((each) => ({ ...each, nodeName: "n" })),
    { count: 2, perDeviceNodeSelection: true },
  ),
];
const takes = (name: string, value: string) => gpu(name, { consumesCounters: [{ counterSet: "mem", counters: { gib: { value } } }] });
const shared = [
  aSlice([
    gpu("a", {
      allowMultipleAllocations: true,
      capacity: { mem: { value: "10Gi", requestPolicy: { default: "1Gi", validRange: { min: "1Gi", step: "2Gi" } } } },
    }),
  ]),
];
const asks = (mem: string) => ({ capacity: { requests: { mem } } });

const rows: Row[] = [
  { name: "the first that is free", slices: two, claims: [aClaim([request("r")])], taken: ["a"], wanted: ["r=b"] },
  { name: "none is free", slices: two, claims: [aClaim([request("r")])], taken: ["a", "b"], wanted: undefined },
  { name: "two claims, two devices", slices: two, claims: [aClaim([request("r")]), aClaim([request("s")])], wanted: ["r=a", "s=b"] },
  { name: "more than there are", slices: two, claims: [aClaim([request("r", { count: 3 })])], wanted: undefined },
  { name: "another node", slices: two, claims: [aClaim([request("r")])], node: "m", wanted: undefined },
  { name: "all nodes", slices: [aSlice([gpu("a")], { allNodes: true })], claims: [aClaim([request("r")])], node: "m", wanted: ["r=a"] },
  {
    name: "nodes by label",
    slices: [
      aSlice([gpu("a")], { nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["z"] }] }] } }),
    ],
    claims: [aClaim([request("r")])],
    labels: { zone: "z" },
    wanted: ["r=a"],
  },
  {
    name: "each device says where",
    slices: [aSlice([gpu("a", { nodeName: "m" }), gpu("b", { nodeName: "n" })], { perDeviceNodeSelection: true })],
    claims: [aClaim([request("r")])],
    wanted: ["r=b"],
  },
  {
    name: "a slice of the pool is missing",
    slices: [aSlice([gpu("a")], { count: 2 })],
    claims: [aClaim([request("r")])],
    wanted: undefined,
  },
  {
    name: "slices of an older state do not count",
    slices: [aSlice([gpu("a")]), aSlice([gpu("b")], { generation: 2 })],
    claims: [aClaim([request("r")])],
    wanted: ["r=b"],
  },
  {
    name: "two devices of one name",
    slices: [aSlice([gpu("a")], { count: 2 }), aSlice([gpu("a")], { count: 2 })],
    claims: [aClaim([request("r")])],
    wanted: "invalid resource pools were encountered",
  },
  {
    name: "by an expression",
    slices: mixed,
    claims: [aClaim([request("r", { selectors: where(`device.attributes["${driver}"].model == "new"`) })])],
    wanted: ["r=b"],
  },
  {
    name: "a domain that the device does not know",
    slices: mixed,
    claims: [aClaim([request("r", { selectors: where(`"x" in device.attributes["other.example.com"]`) })])],
    wanted: undefined,
  },
  {
    name: "whether a device knows a domain",
    slices: mixed,
    claims: [aClaim([request("r", { selectors: where(`"other.example.com" in device.attributes`) })])],
    wanted: undefined,
  },
  {
    name: "a domain that devices know",
    slices: mixed,
    claims: [
      aClaim([request("r", { selectors: where(`"${driver}" in device.attributes && device.attributes["${driver}"].model == "new"`) })]),
    ],
    wanted: ["r=b"],
  },
  {
    name: "an expression fails",
    slices: mixed,
    claims: [aClaim([request("r", { selectors: where(`device.attributes["${driver}"].size > 1`) })])],
    wanted: "claim default/c: selector #0: CEL runtime error: no such key: size",
  },
  {
    name: "no device of the class",
    slices: two,
    claims: [aClaim([request("r")])],
    deviceClass: { ...gpuClass, spec: { selectors: where('device.driver == "x"') } },
    wanted: undefined,
  },
  {
    name: "equal attributes, by going back",
    slices: mixed,
    claims: [aClaim([request("r"), request("s", { selectors: where(`device.attributes["${driver}"].model == "new"`) })], match("numa"))],
    wanted: ["r=a", "s=c"],
  },
  {
    name: "no two are equal",
    slices: [aSlice([model("a", "x", 0), model("b", "y", 1)])],
    claims: [aClaim([request("r", { count: 2 })], match("numa"))],
    wanted: undefined,
  },
  {
    name: "a constraint for others",
    slices: mixed,
    claims: [aClaim([request("r"), request("s")], match("numa", ["s"]))],
    wanted: ["r=a", "s=b"],
  },
  {
    name: "distinct attributes",
    slices: mixed,
    claims: [aClaim([request("r", { count: 2 })], { constraints: [{ distinctAttribute: `${driver}/model` }] })],
    wanted: ["r=a", "r=b"],
  },
  {
    name: "all devices",
    slices: mixed,
    claims: [aClaim([request("r", { allocationMode: "All", selectors: where(`device.attributes["${driver}"].model == "old"`) })])],
    wanted: ["r=a", "r=d"],
  },
  {
    name: "all devices, one is in use",
    slices: two,
    claims: [aClaim([request("r", { allocationMode: "All" })])],
    taken: ["a"],
    wanted: undefined,
  },
  {
    name: "all devices of a pool that changes",
    slices: [aSlice([gpu("a")], { count: 2 })],
    claims: [aClaim([request("r", { allocationMode: "All" })])],
    wanted: `claim default/c, request r: asks for all devices, but resource pool ${driver}/p is currently being updated`,
  },
  { name: "the first way", slices: two, claims: [aClaim([firstOf(["two", { count: 2 }], ["one", {}])])], wanted: ["r/two=a", "r/two=b"] },
  {
    name: "the second way",
    slices: two,
    claims: [aClaim([firstOf(["two", { count: 2 }], ["one", {}])])],
    taken: ["a"],
    wanted: ["r/one=b"],
  },
  {
    name: "the second way, for another's sake",
    slices: two,
    claims: [aClaim([firstOf(["two", { count: 2 }], ["one", {}])]), aClaim([request("s")])],
    wanted: ["r/one=a", "s=b"],
  },
  {
    name: "too many",
    slices: two,
    claims: [aClaim([request("r", { count: 33 })])],
    wanted: "claim default/c: number of requested devices 33 exceeds the claim limit of 32",
  },
  { name: "a taint", slices: tainted, claims: [aClaim([request("r")])], wanted: undefined },
  {
    name: "a taint that is tolerated",
    slices: tainted,
    claims: [aClaim([request("r", { tolerations: [{ key: "broken", operator: "Exists" }] })])],
    wanted: ["r=a"],
  },
  {
    name: "a taint of another value",
    slices: tainted,
    claims: [aClaim([request("r", { tolerations: [{ key: "broken", operator: "Equal", value: "no" }] })])],
    wanted: undefined,
  },
  {
    name: "administrators get what is in use",
    slices: two,
    claims: [aClaim([request("r", { adminAccess: true })])],
    taken: ["a"],
    wanted: ["r=a"],
  },
  {
    name: "shared counters",
    slices: counted([takes("a", "6"), takes("b", "6"), takes("c", "4")]),
    claims: [aClaim([request("r", { count: 2 })])],
    wanted: ["r=a", "r=c"],
  },
  {
    name: "shared counters that others have",
    slices: counted([takes("a", "6"), takes("b", "6"), takes("c", "4")]),
    claims: [aClaim([request("r", { count: 2 })])],
    taken: ["a"],
    wanted: undefined,
  },
  {
    name: "shares of a device",
    slices: shared,
    claims: [aClaim([request("r", asks("4Gi"))]), aClaim([request("s", asks("1Gi"))])],
    wanted: ["r=a mem=5Gi", "s=a mem=1Gi"],
  },
  {
    name: "more than the device has left",
    slices: shared,
    claims: [aClaim([request("r", asks("7Gi"))]), aClaim([request("s", asks("4Gi"))])],
    wanted: undefined,
  },
  { name: "a capacity that it does not have", slices: two, claims: [aClaim([request("r", asks("1Gi"))])], wanted: undefined },
  {
    name: "no such class",
    slices: two,
    claims: [aClaim([request("r", { deviceClassName: "x" })])],
    wanted: "claim default/c, request r: could not retrieve device class x",
  },
];
for (const row of rows)
  test(`devices: ${row.name}`, () => {
    let got: string[] | string | undefined;
    try {
      got = run(row)?.flatMap(({ devices }) =>
        (devices?.results ?? []).map(({ request: ref, device, consumedCapacity }) =>
          [`${ref}=${device}`, ...Object.entries(consumedCapacity ?? {}).map(([name, value]) => `${name}=${value}`)].join(" "),
        ),
      );
    } catch (error) {
      got = messageOf(error);
    }
    assert.deepEqual(got, row.wanted);
  });

test("an allocation tells its settings and nodes", () => {
  const opaque = (driverName: string) => ({ opaque: { driver: driverName, parameters: {} as never } });
  const selector = { nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["z"] }] }] };
  const [made] = run({
    name: "",
    slices: [aSlice([gpu("a"), gpu("b")], { nodeSelector: selector })],
    labels: { zone: "z" },
    deviceClass: { ...gpuClass, spec: { ...gpuClass.spec, config: [opaque("class")] } },
    claims: [
      aClaim([firstOf(["big", { count: 3 }], ["small", {}]), request("s")], {
        config: [opaque("all"), { requests: ["r/big"], ...opaque("big") }, { requests: ["r/small"], ...opaque("small") }],
      }),
    ],
    wanted: undefined,
  })!;
  assert.deepEqual(made!.nodeSelector, selector);
  assert.deepEqual(
    made!.devices?.config?.map(({ source, requests, opaque: { driver: of } = {} }) => [source, requests, of]),
    [
      ["FromClass", ["r/small", "s"], "class"],
      ["FromClaim", undefined, "all"],
      ["FromClaim", ["r/small"], "small"],
    ],
  );
  const [bound] = run({ name: "", slices: two, claims: [aClaim([request("r")])], wanted: undefined })!;
  assert.deepEqual(bound!.nodeSelector, {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] }],
  });
});

test("a search that leads nowhere ends", () => {
  const devices = Array.from({ length: 40 }, (_, index) => model(`d${index}`, `m${index}`, index));
  const claims = [aClaim([request("r", { count: 10 }), request("s", { selectors: where("false") })])];
  assert.throws(
    () => run({ name: "", slices: [aSlice(devices)], claims, wanted: undefined }),
    /^Error: node n: timed out trying to allocate devices$/,
  );
});
