/** Declarations of ResourcePool, DeviceAttribute, CapacityRequestPolicyRange, CapacityRequestPolicy, DeviceCapacity, Counter, DeviceCounter. */

import { NodeSelector } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";

export const ResourcePool = struct("io.k8s.api.resource.v1.ResourcePool", "A pool of devices, told in one or more slices.", {
  name: string(1, { always: true, required: true, format: "pool-name", emptyIsMissing: true, doc: "Its name." }),
  generation: int64(2, {
    always: true,
    required: true,
    minimum: 0,
    must: "must be greater than or equal to zero",
    doc: "Which state of the pool; slices of an older one do not count.",
  }),
  resourceSliceCount: int64(3, {
    always: true,
    required: true,
    minimum: 1,
    must: "must be greater than zero",
    doc: "How many slices it has.",
  }),
});
export interface ResourcePool extends Infer<typeof ResourcePool> {}

export const DeviceAttribute = struct("io.k8s.api.resource.v1.DeviceAttribute", "A fact about a device: exactly one value.", {
  int: int64(2, { pointer: true, doc: "A number." }),
  bool: bool(3, { pointer: true, doc: "Yes or no." }),
  string: string(4, { pointer: true, maxLength: 64, doc: "A text, at most 64 characters." }),
  version: string(5, { pointer: true, format: "semantic-version", maxLength: 64, doc: "A semantic version." }),
  ints: list(int64, 6, { disabled: true, listType: "atomic", doc: "Numbers." }),
  bools: list(bool, 7, { disabled: true, listType: "atomic", doc: "Answers of yes or no." }),
  strings: list(string, 8, { disabled: true, maxLength: 64, listType: "atomic", doc: "Texts." }),
  versions: list(string, 9, { disabled: true, format: "semantic-version", maxLength: 64, listType: "atomic", doc: "Semantic versions." }),
});
export interface DeviceAttribute extends Infer<typeof DeviceAttribute> {}

export const CapacityRequestPolicyRange = struct("io.k8s.api.resource.v1.CapacityRequestPolicyRange", "A range of amounts.", {
  min: quantity(1, { pointer: true, required: true, mayBeEmpty: true, doc: "The least." }),
  max: quantity(2, { pointer: true, doc: "The most." }),
  step: quantity(3, { pointer: true, doc: "The step; amounts are rounded up to one." }),
});
export interface CapacityRequestPolicyRange extends Infer<typeof CapacityRequestPolicyRange> {}

export const CapacityRequestPolicy = struct(
  "io.k8s.api.resource.v1.CapacityRequestPolicy",
  "How much of a device's capacity may be asked for.",
  {
    default: quantity(1, { pointer: true, always: true, doc: "How much, when nothing is asked for." }),
    validValues: list(quantity, 3, { listType: "atomic", doc: "The only amounts." }),
    validRange: ref(CapacityRequestPolicyRange, 4, { pointer: true, doc: "The range of amounts." }),
  },
);
export interface CapacityRequestPolicy extends Infer<typeof CapacityRequestPolicy> {}

export const DeviceCapacity = struct("io.k8s.api.resource.v1.DeviceCapacity", "How much of something a device has.", {
  value: quantity(1, { always: true, required: true, mayBeEmpty: true, doc: "How much." }),
  requestPolicy: ref(CapacityRequestPolicy, 2, { pointer: true, doc: "How much of it may be asked for." }),
});
export interface DeviceCapacity extends Infer<typeof DeviceCapacity> {}

export const Counter = struct("io.k8s.api.resource.v1.Counter", "A number of something that devices share.", {
  value: quantity(1, { always: true, required: true, mayBeEmpty: true, doc: "How much." }),
});
export interface Counter extends Infer<typeof Counter> {}

export const DeviceCounterConsumption = struct(
  "io.k8s.api.resource.v1.DeviceCounterConsumption",
  "What a device takes of shared counters.",
  {
    counterSet: string(1, { always: true, required: true, format: "dns-label", emptyIsMissing: true, doc: "The set." }),
    counters: map(Counter, 2, { required: true, maxItems: 32, keyFormat: "dns-label", doc: "How much of each." }),
  },
);
export interface DeviceCounterConsumption extends Infer<typeof DeviceCounterConsumption> {}

export const DeviceTaint = struct("io.k8s.api.resource.v1.DeviceTaint", "A mark on a device.", {
  key: string(1, { always: true, required: true, format: "label-key", doc: "Its key." }),
  value: string(2, { format: "label-value", doc: "Its value." }),
  effect: string(3, {
    goType: "v1.DeviceTaintEffect",
    always: true,
    required: true,
    enum: ["NoExecute", "NoSchedule", "None"],
    doc: "None, NoSchedule or NoExecute.",
  }),
  timeAdded: time(4, { pointer: true, doc: "When it was added." }),
});
export interface DeviceTaint extends Infer<typeof DeviceTaint> {}

export const NodeAllocatableResourceMapping = struct(
  "io.k8s.api.resource.v1.NodeAllocatableResourceMapping",
  "How a device counts against a resource of the node.",
  {
    capacityKey: string(1, { goType: "v1.QualifiedName", pointer: true, doc: "The capacity that is taken." }),
    allocationMultiplier: quantity(2, { pointer: true, doc: "How much for each." }),
  },
);
export interface NodeAllocatableResourceMapping extends Infer<typeof NodeAllocatableResourceMapping> {}

export const Device = struct("io.k8s.api.resource.v1.Device", "A device that can be allocated.", {
  name: string(1, { always: true, required: true, format: "dns-label", doc: "Its name, unique in the pool." }),
  attributes: map(DeviceAttribute, 2, {
    goType: "map[v1.QualifiedName]v1.DeviceAttribute",
    keyFormat: "device-key",
    doc: "What it is like.",
  }),
  capacity: map(DeviceCapacity, 3, { goType: "map[v1.QualifiedName]v1.DeviceCapacity", keyFormat: "device-key", doc: "How much it has." }),
  consumesCounters: list(DeviceCounterConsumption, 4, {
    maxItems: 2,
    distinct: "counterSet",
    listType: "atomic",
    doc: "What it takes of shared counters.",
  }),
  nodeName: string(5, { pointer: true, doc: "The node that it belongs to." }),
  nodeSelector: ref(NodeSelector, 6, { pointer: true, apart: true, doc: "The nodes from which it can be reached." }),
  allNodes: bool(7, { pointer: true, doc: "Whether all nodes reach it." }),
  taints: list(DeviceTaint, 8, { maxItems: 16, listType: "atomic", doc: "Marks that keep claims away unless they tolerate them." }),
  bindsToNode: bool(9, { pointer: true, doc: "Whether the claim is bound to the node on which it is allocated." }),
  bindingConditions: list(string, 10, {
    maxItems: 4,
    format: "label-key",
    listType: "atomic",
    doc: "Conditions that must be true before the pod is bound.",
  }),
  bindingFailureConditions: list(string, 11, {
    maxItems: 4,
    format: "label-key",
    listType: "atomic",
    doc: "Conditions that mean that binding failed.",
  }),
  allowMultipleAllocations: bool(12, { pointer: true, doc: "Whether several requests may share it." }),
  nodeAllocatableResourceMappings: map(NodeAllocatableResourceMapping, 13, {
    disabled: true,
    doc: "What it takes of the node's own resources.",
  }),
});
export interface Device extends Infer<typeof Device> {}

export const CounterSet = struct("io.k8s.api.resource.v1.CounterSet", "Counters that devices of a pool share.", {
  name: string(1, { always: true, required: true, format: "dns-label", emptyIsMissing: true, doc: "Its name." }),
  counters: map(Counter, 2, { required: true, maxItems: 32, keyFormat: "dns-label", doc: "The counters by name." }),
});
export interface CounterSet extends Infer<typeof CounterSet> {}

export const ResourceSliceSpec = struct("io.k8s.api.resource.v1.ResourceSliceSpec", "Which devices, where.", {
  driver: string(1, { always: true, required: true, format: "driver-name", emptyIsMissing: true, doc: "The driver." }),
  pool: ref(ResourcePool, 2, { always: true, required: true, doc: "The pool." }),
  nodeName: string(3, { pointer: true, doc: "The node that it belongs to." }),
  nodeSelector: ref(NodeSelector, 4, { pointer: true, doc: "The nodes from which it can be reached." }),
  allNodes: bool(5, { pointer: true, doc: "Whether all nodes reach it." }),
  devices: list(Device, 6, { maxItems: 128, distinct: "name", listType: "atomic", doc: "The devices." }),
  perDeviceNodeSelection: bool(7, { pointer: true, doc: "Whether each device says itself where it can be reached." }),
  sharedCounters: list(CounterSet, 8, { maxItems: 8, distinct: "name", listType: "atomic", doc: "Counters that the devices share." }),
});
export interface ResourceSliceSpec extends Infer<typeof ResourceSliceSpec> {}

export const ResourceSlice = kind("io.k8s.api.resource.v1.ResourceSlice", "Devices that a driver offers.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(ResourceSliceSpec, 2, { always: true, required: true, doc: "What is wanted." }),
});
export interface ResourceSlice extends Infer<typeof ResourceSlice> {}

export const ResourceSliceList = kind("io.k8s.api.resource.v1.ResourceSliceList", "A list of ResourceSlice objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ResourceSlice, 2, { always: true, required: true, doc: "The objects." }),
});
export interface ResourceSliceList extends Infer<typeof ResourceSliceList> {}

export const resourceslices = resource<ResourceSlice>(ResourceSlice, {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceslices",
  singular: "resourceslice",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  storagePrefix: "/registry/resourceslices/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Node", type: "string" },
    { name: "Driver", type: "string" },
    { name: "Pool", type: "string" },
    { name: "Age", type: "string" },
  ],
});
