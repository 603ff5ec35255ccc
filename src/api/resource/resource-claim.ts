/** Declarations of DeviceToleration, CapacityRequirements, ExactDeviceRequest, DeviceSubRequest, DeviceRequest, DeviceConstraint, DeviceCla. */

import { NodeSelector } from "../core/references.ts";
import { Condition, ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, embed, type Infer, int64, kind, list, map, quantity, raw, ref, string, struct, time } from "../schema.ts";
import { DeviceConfiguration, DeviceSelector } from "./device-class.ts";

export const DeviceToleration = struct("io.k8s.api.resource.v1.DeviceToleration", "Lets a claim have devices with a taint.", {
  key: string(1, { format: "label-key", doc: "The taint's key; empty with Exists tolerates all." }),
  operator: string(2, {
    goType: "v1.DeviceTolerationOperator",
    default: "Equal",
    enum: ["Equal", "Exists"],
    doc: "Equal (the default) or Exists.",
  }),
  value: string(3, { doc: "The value that must be equal." }),
  effect: string(4, {
    goType: "v1.DeviceTaintEffect",
    enum: ["NoExecute", "NoSchedule", "None"],
    doc: "The effect that is tolerated; all when left out.",
  }),
  tolerationSeconds: int64(5, { pointer: true, doc: "For NoExecute, how long; for ever when left out." }),
});
export interface DeviceToleration extends Infer<typeof DeviceToleration> {}

export const CapacityRequirements = struct("io.k8s.api.resource.v1.CapacityRequirements", "How much capacity is asked for.", {
  requests: map(quantity, 1, { goType: "map[v1.QualifiedName]resource.Quantity", doc: "By name." }),
});
export interface CapacityRequirements extends Infer<typeof CapacityRequirements> {}

export const ExactDeviceRequest = struct("io.k8s.api.resource.v1.ExactDeviceRequest", "What is asked for.", {
  deviceClassName: string(1, { always: true, required: true, format: "dns-subdomain", emptyIsMissing: true, doc: "The class." }),
  selectors: list(DeviceSelector, 2, { maxItems: 32, listType: "atomic", doc: "Further conditions; all must hold." }),
  allocationMode: string(3, { goType: "v1.DeviceAllocationMode", enum: ["All", "ExactCount"], doc: "ExactCount (the default) or All." }),
  count: int64(4, { doc: "How many; 1 by default." }),
  adminAccess: bool(5, {
    pointer: true,
    doc: "Access for administration, whoever else uses the device; only in namespaces that allow it.",
  }),
  tolerations: list(DeviceToleration, 6, { listType: "atomic", doc: "Taints of devices that are put up with." }),
  capacity: ref(CapacityRequirements, 7, { pointer: true, doc: "How much of the capacity is asked for." }),
});
export interface ExactDeviceRequest extends Infer<typeof ExactDeviceRequest> {}

export const DeviceSubRequest = struct("io.k8s.api.resource.v1.DeviceSubRequest", "One way of meeting a request.", {
  name: string(1, { always: true, required: true, format: "dns-label", doc: "Its name." }),
  deviceClassName: string(2, { always: true, required: true, format: "dns-subdomain", emptyIsMissing: true, doc: "The class." }),
  selectors: list(DeviceSelector, 3, { maxItems: 32, listType: "atomic", doc: "Further conditions; all must hold." }),
  allocationMode: string(4, { goType: "v1.DeviceAllocationMode", enum: ["All", "ExactCount"], doc: "ExactCount (the default) or All." }),
  count: int64(5, { doc: "How many; 1 by default." }),
  tolerations: list(DeviceToleration, 6, { listType: "atomic", doc: "Taints of devices that are put up with." }),
  capacity: ref(CapacityRequirements, 7, { pointer: true, doc: "How much of the capacity is asked for." }),
});
export interface DeviceSubRequest extends Infer<typeof DeviceSubRequest> {}

export const DeviceRequest = struct("io.k8s.api.resource.v1.DeviceRequest", "A request: exactly or firstAvailable.", {
  name: string(1, { always: true, required: true, format: "dns-label", doc: "Its name." }),
  exactly: ref(ExactDeviceRequest, 2, { pointer: true, apart: true, doc: "One way." }),
  firstAvailable: list(DeviceSubRequest, 3, {
    maxItems: 8,
    distinct: "name",
    apart: true,
    listType: "atomic",
    doc: "Several ways, the best first.",
  }),
});
export interface DeviceRequest extends Infer<typeof DeviceRequest> {}

export const DeviceConstraint = struct("io.k8s.api.resource.v1.DeviceConstraint", "What must hold for the devices of several requests.", {
  requests: list(string, 1, { maxItems: 32, distinct: true, listType: "atomic", doc: "The requests; all when empty." }),
  matchAttribute: string(2, {
    goType: "v1.FullyQualifiedName",
    pointer: true,
    doc: "The attribute that must be equal, such as the same NUMA node.",
  }),
  distinctAttribute: string(3, {
    goType: "v1.FullyQualifiedName",
    pointer: true,
    doc: "The attribute that must differ.",
  }),
});
export interface DeviceConstraint extends Infer<typeof DeviceConstraint> {}

export const DeviceClaimConfiguration = struct("io.k8s.api.resource.v1.DeviceClaimConfiguration", "Settings for a driver.", {
  requests: list(string, 1, { maxItems: 32, distinct: true, listType: "atomic", doc: "The requests that they are for; all when empty." }),
  "...DeviceConfiguration": embed(DeviceConfiguration, 2),
});
export interface DeviceClaimConfiguration extends Infer<typeof DeviceClaimConfiguration> {}

export const DeviceClaim = struct("io.k8s.api.resource.v1.DeviceClaim", "The devices that are asked for.", {
  requests: list(DeviceRequest, 1, { maxItems: 32, distinct: "name", always: true, listType: "atomic", doc: "The requests." }),
  constraints: list(DeviceConstraint, 2, { maxItems: 32, listType: "atomic", doc: "What must hold for several together." }),
  config: list(DeviceClaimConfiguration, 3, { maxItems: 32, listType: "atomic", doc: "Settings for drivers." }),
});
export interface DeviceClaim extends Infer<typeof DeviceClaim> {}

export const ResourceClaimSpec = struct("io.k8s.api.resource.v1.ResourceClaimSpec", "Which devices; cannot be changed.", {
  devices: ref(DeviceClaim, 1, { always: true, doc: "The devices." }),
});
export interface ResourceClaimSpec extends Infer<typeof ResourceClaimSpec> {}

export const DeviceRequestAllocationResult = struct("io.k8s.api.resource.v1.DeviceRequestAllocationResult", "One allocated device.", {
  request: string(1, { always: true, required: true, doc: "The request that it is for." }),
  driver: string(2, { always: true, required: true, doc: "The driver." }),
  pool: string(3, { always: true, required: true, doc: "The pool." }),
  device: string(4, { always: true, required: true, doc: "The device." }),
  adminAccess: bool(5, {
    pointer: true,
    doc: "Access for administration, whoever else uses the device; only in namespaces that allow it.",
  }),
  tolerations: list(DeviceToleration, 6, { listType: "atomic", doc: "Taints of devices that are put up with." }),
  bindingConditions: list(string, 7, { listType: "atomic", doc: "Conditions that must be true before the pod is bound." }),
  bindingFailureConditions: list(string, 8, { listType: "atomic", doc: "Conditions that mean that binding failed." }),
  shareID: string(9, { goType: "types.UID", pointer: true, doc: "Which share of it, when it can be shared." }),
  consumedCapacity: map(quantity, 10, { doc: "How much of its capacity is taken." }),
});
export interface DeviceRequestAllocationResult extends Infer<typeof DeviceRequestAllocationResult> {}

export const DeviceAllocationConfiguration = struct("io.k8s.api.resource.v1.DeviceAllocationConfiguration", "Settings for a driver.", {
  source: string(1, {
    goType: "v1.AllocationConfigSource",
    always: true,
    required: true,
    enum: ["FromClaim", "FromClass"],
    doc: "FromClass or FromClaim: where they come from.",
  }),
  requests: list(string, 2, { maxItems: 32, distinct: true, listType: "atomic", doc: "The requests that they are for; all when empty." }),
  "...DeviceConfiguration": embed(DeviceConfiguration, 3),
});
export interface DeviceAllocationConfiguration extends Infer<typeof DeviceAllocationConfiguration> {}

export const DeviceAllocationResult = struct("io.k8s.api.resource.v1.DeviceAllocationResult", "Allocated devices.", {
  results: list(DeviceRequestAllocationResult, 1, { listType: "atomic", doc: "One for each." }),
  config: list(DeviceAllocationConfiguration, 2, { listType: "atomic", doc: "Settings from the class and the claim." }),
});
export interface DeviceAllocationResult extends Infer<typeof DeviceAllocationResult> {}

export const AllocationResult = struct("io.k8s.api.resource.v1.AllocationResult", "What was allocated.", {
  devices: ref(DeviceAllocationResult, 1, { doc: "The devices." }),
  nodeSelector: ref(NodeSelector, 3, { pointer: true, doc: "The nodes from which they can be reached; all when left out." }),
  allocationTimestamp: time(5, { pointer: true, doc: "When." }),
});
export interface AllocationResult extends Infer<typeof AllocationResult> {}

export const ResourceClaimConsumerReference = struct("io.k8s.api.resource.v1.ResourceClaimConsumerReference", "Who uses a claim.", {
  apiGroup: string(1, { doc: "Its API group; empty for the core group." }),
  resource: string(3, { always: true, required: true, doc: "Its resource, such as pods." }),
  name: string(4, { always: true, required: true, doc: "Its name." }),
  uid: string(5, { goType: "types.UID", always: true, required: true, doc: "Its uid." }),
});
export interface ResourceClaimConsumerReference extends Infer<typeof ResourceClaimConsumerReference> {}

export const NetworkDeviceData = struct("io.k8s.api.resource.v1.NetworkDeviceData", "A network device, as the pod sees it.", {
  interfaceName: string(1, { doc: "Its name in the pod." }),
  ips: list(string, 2, { listType: "atomic", doc: "Its addresses, with the length of the prefix." }),
  hardwareAddress: string(3, { doc: "Its hardware address." }),
});
export interface NetworkDeviceData extends Infer<typeof NetworkDeviceData> {}

export const AllocatedDeviceStatus = struct("io.k8s.api.resource.v1.AllocatedDeviceStatus", "What a driver tells of an allocated device.", {
  driver: string(1, { always: true, required: true, doc: "The driver." }),
  pool: string(2, { always: true, required: true, doc: "The pool." }),
  device: string(3, { always: true, required: true, doc: "The device." }),
  shareID: string(7, { pointer: true, doc: "Which share of it, when it can be shared." }),
  conditions: list(Condition, 4, { always: true, listType: "map", listMapKeys: ["type"], doc: "Statements about it." }),
  data: raw(5, { pointer: true, doc: "Anything else, in the driver's own form." }),
  networkData: ref(NetworkDeviceData, 6, { pointer: true, doc: "For network devices." }),
});
export interface AllocatedDeviceStatus extends Infer<typeof AllocatedDeviceStatus> {}

export const ResourceClaimStatus = struct("io.k8s.api.resource.v1.ResourceClaimStatus", "How a claim stands.", {
  allocation: ref(AllocationResult, 1, { pointer: true, doc: "What was allocated." }),
  reservedFor: list(ResourceClaimConsumerReference, 2, {
    patchStrategy: "merge",
    patchMergeKey: "uid",
    listType: "map",
    listMapKeys: ["uid"],
    doc: "Who may use it, at most 256.",
  }),
  devices: list(AllocatedDeviceStatus, 4, {
    listType: "map",
    listMapKeys: ["driver", "device", "pool", "shareID"],
    doc: "What drivers tell of the devices.",
  }),
});
export interface ResourceClaimStatus extends Infer<typeof ResourceClaimStatus> {}

export const ResourceV1ResourceClaim = kind("io.k8s.api.resource.v1.ResourceClaim", "Asks for devices, for one pod or several.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(ResourceClaimSpec, 2, { always: true, required: true, doc: "What is wanted." }),
  status: ref(ResourceClaimStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface ResourceV1ResourceClaim extends Infer<typeof ResourceV1ResourceClaim> {}

export const ResourceClaimList = kind("io.k8s.api.resource.v1.ResourceClaimList", "A list of ResourceClaim objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(ResourceV1ResourceClaim, 2, { always: true, required: true, doc: "The objects." }),
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
