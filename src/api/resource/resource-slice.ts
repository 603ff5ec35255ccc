/** Declarations of ResourcePool, DeviceAttribute, CapacityRequestPolicyRange, CapacityRequestPolicy, DeviceCapacity, Counter, DeviceCounter. */

import { NodeSelector } from "../core/references.ts";
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";

export const ResourcePool = struct("io.k8s.api.resource.v1.ResourcePool", {
  name: string(1, { always: true, required: true }),
  generation: int64(2, { always: true, required: true }),
  resourceSliceCount: int64(3, { always: true, required: true }),
});
export interface ResourcePool extends Infer<typeof ResourcePool> {}

export const DeviceAttribute = struct("io.k8s.api.resource.v1.DeviceAttribute", {
  int: int64(2, { pointer: true }),
  bool: bool(3, { pointer: true }),
  string: string(4, { pointer: true }),
  version: string(5, { pointer: true }),
  ints: list(int64, 6, { listType: "atomic" }),
  bools: list(bool, 7, { listType: "atomic" }),
  strings: list(string, 8, { listType: "atomic" }),
  versions: list(string, 9, { listType: "atomic" }),
});
export interface DeviceAttribute extends Infer<typeof DeviceAttribute> {}

export const CapacityRequestPolicyRange = struct("io.k8s.api.resource.v1.CapacityRequestPolicyRange", {
  min: quantity(1, { pointer: true, required: true }),
  max: quantity(2, { pointer: true }),
  step: quantity(3, { pointer: true }),
});
export interface CapacityRequestPolicyRange extends Infer<typeof CapacityRequestPolicyRange> {}

export const CapacityRequestPolicy = struct("io.k8s.api.resource.v1.CapacityRequestPolicy", {
  default: quantity(1, { pointer: true, always: true }),
  validValues: list(quantity, 3, { listType: "atomic" }),
  validRange: ref(CapacityRequestPolicyRange, 4, { pointer: true }),
});
export interface CapacityRequestPolicy extends Infer<typeof CapacityRequestPolicy> {}

export const DeviceCapacity = struct("io.k8s.api.resource.v1.DeviceCapacity", {
  value: quantity(1, { always: true, required: true }),
  requestPolicy: ref(CapacityRequestPolicy, 2, { pointer: true }),
});
export interface DeviceCapacity extends Infer<typeof DeviceCapacity> {}

export const Counter = struct("io.k8s.api.resource.v1.Counter", {
  value: quantity(1, { always: true, required: true }),
});
export interface Counter extends Infer<typeof Counter> {}

export const DeviceCounterConsumption = struct("io.k8s.api.resource.v1.DeviceCounterConsumption", {
  counterSet: string(1, { always: true, required: true }),
  counters: map(Counter, 2, { required: true }),
});
export interface DeviceCounterConsumption extends Infer<typeof DeviceCounterConsumption> {}

export const DeviceTaint = struct("io.k8s.api.resource.v1.DeviceTaint", {
  key: string(1, { always: true, required: true }),
  value: string(2),
  effect: string(3, { always: true, required: true, enum: ["NoExecute", "NoSchedule", "None"] }),
  timeAdded: time(4, { pointer: true }),
});
export interface DeviceTaint extends Infer<typeof DeviceTaint> {}

export const NodeAllocatableResourceMapping = struct("io.k8s.api.resource.v1.NodeAllocatableResourceMapping", {
  capacityKey: string(1, { pointer: true }),
  allocationMultiplier: quantity(2, { pointer: true }),
});
export interface NodeAllocatableResourceMapping extends Infer<typeof NodeAllocatableResourceMapping> {}

export const Device = struct("io.k8s.api.resource.v1.Device", {
  name: string(1, { always: true, required: true }),
  attributes: map(DeviceAttribute, 2),
  capacity: map(DeviceCapacity, 3),
  consumesCounters: list(DeviceCounterConsumption, 4, { listType: "atomic" }),
  nodeName: string(5, { pointer: true }),
  nodeSelector: ref(NodeSelector, 6, { pointer: true }),
  allNodes: bool(7, { pointer: true }),
  taints: list(DeviceTaint, 8, { listType: "atomic" }),
  bindsToNode: bool(9, { pointer: true }),
  bindingConditions: list(string, 10, { listType: "atomic" }),
  bindingFailureConditions: list(string, 11, { listType: "atomic" }),
  allowMultipleAllocations: bool(12, { pointer: true }),
  nodeAllocatableResourceMappings: map(NodeAllocatableResourceMapping, 13),
});
export interface Device extends Infer<typeof Device> {}

export const CounterSet = struct("io.k8s.api.resource.v1.CounterSet", {
  name: string(1, { always: true, required: true }),
  counters: map(Counter, 2, { required: true }),
});
export interface CounterSet extends Infer<typeof CounterSet> {}

export const ResourceSliceSpec = struct("io.k8s.api.resource.v1.ResourceSliceSpec", {
  driver: string(1, { always: true, required: true }),
  pool: ref(ResourcePool, 2, { always: true, required: true }),
  nodeName: string(3, { pointer: true }),
  nodeSelector: ref(NodeSelector, 4, { pointer: true }),
  allNodes: bool(5, { pointer: true }),
  devices: list(Device, 6, { listType: "atomic" }),
  perDeviceNodeSelection: bool(7, { pointer: true }),
  sharedCounters: list(CounterSet, 8, { listType: "atomic" }),
});
export interface ResourceSliceSpec extends Infer<typeof ResourceSliceSpec> {}

export const ResourceSlice = kind("io.k8s.api.resource.v1.ResourceSlice", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ResourceSliceSpec, 2, { always: true, required: true }),
});
export interface ResourceSlice extends Infer<typeof ResourceSlice> {}

export const ResourceSliceList = kind("io.k8s.api.resource.v1.ResourceSliceList", {
  metadata: ref(ListMeta, 1),
  items: list(ResourceSlice, 2, { always: true, required: true }),
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
