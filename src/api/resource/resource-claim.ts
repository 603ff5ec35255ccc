/** Declarations of DeviceToleration, CapacityRequirements, ExactDeviceRequest, DeviceSubRequest, DeviceRequest, DeviceConstraint, DeviceCla. */

import { NodeSelector } from "../core/references.ts";
import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, embed, type Infer, int64, kind, list, map, quantity, raw, ref, string, struct, time } from "../schema.ts";
import { DeviceConfiguration, DeviceSelector } from "./device-class.ts";

export const DeviceToleration = struct("io.k8s.api.resource.v1.DeviceToleration", {
  key: string(1),
  operator: string(2, { default: "Equal", enum: ["Equal", "Exists"] }),
  value: string(3),
  effect: string(4, { enum: ["NoExecute", "NoSchedule", "None"] }),
  tolerationSeconds: int64(5, { pointer: true }),
});
export interface DeviceToleration extends Infer<typeof DeviceToleration> {}

export const CapacityRequirements = struct("io.k8s.api.resource.v1.CapacityRequirements", {
  requests: map(quantity, 1),
});
export interface CapacityRequirements extends Infer<typeof CapacityRequirements> {}

export const ExactDeviceRequest = struct("io.k8s.api.resource.v1.ExactDeviceRequest", {
  deviceClassName: string(1, { always: true, required: true }),
  selectors: list(DeviceSelector, 2, { listType: "atomic" }),
  allocationMode: string(3, { enum: ["All", "ExactCount"] }),
  count: int64(4),
  adminAccess: bool(5, { pointer: true }),
  tolerations: list(DeviceToleration, 6, { listType: "atomic" }),
  capacity: ref(CapacityRequirements, 7, { pointer: true }),
});
export interface ExactDeviceRequest extends Infer<typeof ExactDeviceRequest> {}

export const DeviceSubRequest = struct("io.k8s.api.resource.v1.DeviceSubRequest", {
  name: string(1, { always: true, required: true }),
  deviceClassName: string(2, { always: true, required: true }),
  selectors: list(DeviceSelector, 3, { listType: "atomic" }),
  allocationMode: string(4, { enum: ["All", "ExactCount"] }),
  count: int64(5),
  tolerations: list(DeviceToleration, 6, { listType: "atomic" }),
  capacity: ref(CapacityRequirements, 7, { pointer: true }),
});
export interface DeviceSubRequest extends Infer<typeof DeviceSubRequest> {}

export const DeviceRequest = struct("io.k8s.api.resource.v1.DeviceRequest", {
  name: string(1, { always: true, required: true }),
  exactly: ref(ExactDeviceRequest, 2, { pointer: true }),
  firstAvailable: list(DeviceSubRequest, 3, { listType: "atomic" }),
});
export interface DeviceRequest extends Infer<typeof DeviceRequest> {}

export const DeviceConstraint = struct("io.k8s.api.resource.v1.DeviceConstraint", {
  requests: list(string, 1, { listType: "atomic" }),
  matchAttribute: string(2, { pointer: true }),
  distinctAttribute: string(3, { pointer: true }),
});
export interface DeviceConstraint extends Infer<typeof DeviceConstraint> {}

export const DeviceClaimConfiguration = struct("io.k8s.api.resource.v1.DeviceClaimConfiguration", {
  requests: list(string, 1, { listType: "atomic" }),
  "...DeviceConfiguration": embed(DeviceConfiguration, 2),
});
export interface DeviceClaimConfiguration extends Infer<typeof DeviceClaimConfiguration> {}

export const DeviceClaim = struct("io.k8s.api.resource.v1.DeviceClaim", {
  requests: list(DeviceRequest, 1, { always: true, listType: "atomic" }),
  constraints: list(DeviceConstraint, 2, { listType: "atomic" }),
  config: list(DeviceClaimConfiguration, 3, { listType: "atomic" }),
});
export interface DeviceClaim extends Infer<typeof DeviceClaim> {}

export const ResourceClaimSpec = struct("io.k8s.api.resource.v1.ResourceClaimSpec", {
  devices: ref(DeviceClaim, 1, { always: true }),
});
export interface ResourceClaimSpec extends Infer<typeof ResourceClaimSpec> {}

export const DeviceRequestAllocationResult = struct("io.k8s.api.resource.v1.DeviceRequestAllocationResult", {
  request: string(1, { always: true, required: true }),
  driver: string(2, { always: true, required: true }),
  pool: string(3, { always: true, required: true }),
  device: string(4, { always: true, required: true }),
  adminAccess: bool(5, { pointer: true }),
  tolerations: list(DeviceToleration, 6, { listType: "atomic" }),
  bindingConditions: list(string, 7, { listType: "atomic" }),
  bindingFailureConditions: list(string, 8, { listType: "atomic" }),
  shareID: string(9, { pointer: true }),
  consumedCapacity: map(quantity, 10),
});
export interface DeviceRequestAllocationResult extends Infer<typeof DeviceRequestAllocationResult> {}

export const DeviceAllocationConfiguration = struct("io.k8s.api.resource.v1.DeviceAllocationConfiguration", {
  source: string(1, { always: true, required: true, enum: ["FromClaim", "FromClass"] }),
  requests: list(string, 2, { listType: "atomic" }),
  "...DeviceConfiguration": embed(DeviceConfiguration, 3),
});
export interface DeviceAllocationConfiguration extends Infer<typeof DeviceAllocationConfiguration> {}

export const DeviceAllocationResult = struct("io.k8s.api.resource.v1.DeviceAllocationResult", {
  results: list(DeviceRequestAllocationResult, 1, { listType: "atomic" }),
  config: list(DeviceAllocationConfiguration, 2, { listType: "atomic" }),
});
export interface DeviceAllocationResult extends Infer<typeof DeviceAllocationResult> {}

export const AllocationResult = struct("io.k8s.api.resource.v1.AllocationResult", {
  devices: ref(DeviceAllocationResult, 1),
  nodeSelector: ref(NodeSelector, 3, { pointer: true }),
  allocationTimestamp: time(5, { pointer: true }),
});
export interface AllocationResult extends Infer<typeof AllocationResult> {}

export const ResourceClaimConsumerReference = struct("io.k8s.api.resource.v1.ResourceClaimConsumerReference", {
  apiGroup: string(1),
  resource: string(3, { always: true, required: true }),
  name: string(4, { always: true, required: true }),
  uid: string(5, { always: true, required: true }),
});
export interface ResourceClaimConsumerReference extends Infer<typeof ResourceClaimConsumerReference> {}

export const NetworkDeviceData = struct("io.k8s.api.resource.v1.NetworkDeviceData", {
  interfaceName: string(1),
  ips: list(string, 2, { listType: "atomic" }),
  hardwareAddress: string(3),
});
export interface NetworkDeviceData extends Infer<typeof NetworkDeviceData> {}

export const AllocatedDeviceStatus = struct("io.k8s.api.resource.v1.AllocatedDeviceStatus", {
  driver: string(1, { always: true, required: true }),
  pool: string(2, { always: true, required: true }),
  device: string(3, { always: true, required: true }),
  shareID: string(7, { pointer: true }),
  conditions: list(Condition, 4, { always: true, listType: "map", listMapKeys: ["type"] }),
  data: raw(5, { pointer: true }),
  networkData: ref(NetworkDeviceData, 6, { pointer: true }),
});
export interface AllocatedDeviceStatus extends Infer<typeof AllocatedDeviceStatus> {}

export const ResourceClaimStatus = struct("io.k8s.api.resource.v1.ResourceClaimStatus", {
  allocation: ref(AllocationResult, 1, { pointer: true }),
  reservedFor: list(ResourceClaimConsumerReference, 2, {
    patchStrategy: "merge",
    patchMergeKey: "uid",
    listType: "map",
    listMapKeys: ["uid"],
  }),
  devices: list(AllocatedDeviceStatus, 4, { listType: "map", listMapKeys: ["driver", "device", "pool", "shareID"] }),
});
export interface ResourceClaimStatus extends Infer<typeof ResourceClaimStatus> {}

export const ResourceV1ResourceClaim = kind("io.k8s.api.resource.v1.ResourceClaim", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(ResourceClaimSpec, 2, { always: true, required: true }),
  status: ref(ResourceClaimStatus, 3),
});
export interface ResourceV1ResourceClaim extends Infer<typeof ResourceV1ResourceClaim> {}

export const ResourceClaimList = kind("io.k8s.api.resource.v1.ResourceClaimList", {
  metadata: ref(ListMeta, 1),
  items: list(ResourceV1ResourceClaim, 2, { always: true, required: true }),
});
export interface ResourceClaimList extends Infer<typeof ResourceClaimList> {}

export const resourceclaims = resource<ResourceV1ResourceClaim>(ResourceV1ResourceClaim, {
  group: "resource.k8s.io",
  version: "v1",
  resource: "resourceclaims",
  singular: "resourceclaim",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  subresources: [{ name: "status", kind: "ResourceClaim", verbs: ["get", "patch", "update"] }],
  storagePrefix: "/registry/resourceclaims/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "State", type: "string" },
    { name: "Age", type: "string" },
  ],
});
