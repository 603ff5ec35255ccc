/** Declarations of ConfigMapNodeConfigSource, NodeConfigSource, NodeSpec, NodeCondition, NodeAddress, DaemonEndpoint, NodeDaemonEndpoints, . */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { Taint } from "./placement.ts";

export const ConfigMapNodeConfigSource = struct("io.k8s.api.core.v1.ConfigMapNodeConfigSource", {
  namespace: string(1, { always: true, required: true }),
  name: string(2, { always: true, required: true }),
  uid: string(3),
  resourceVersion: string(4),
  kubeletConfigKey: string(5, { always: true, required: true }),
});
export interface ConfigMapNodeConfigSource extends Infer<typeof ConfigMapNodeConfigSource> {}

export const NodeConfigSource = struct("io.k8s.api.core.v1.NodeConfigSource", {
  configMap: ref(ConfigMapNodeConfigSource, 2, { pointer: true }),
});
export interface NodeConfigSource extends Infer<typeof NodeConfigSource> {}

export const NodeSpec = struct("io.k8s.api.core.v1.NodeSpec", {
  podCIDR: string(1),
  podCIDRs: list(string, 7, { patchStrategy: "merge", listType: "set" }),
  providerID: string(3),
  unschedulable: bool(4),
  taints: list(Taint, 5, { listType: "atomic" }),
  configSource: ref(NodeConfigSource, 6, { pointer: true }),
  externalID: string(2),
});
export interface NodeSpec extends Infer<typeof NodeSpec> {}

export const NodeCondition = struct("io.k8s.api.core.v1.NodeCondition", {
  type: string(1, { always: true, required: true }),
  status: string(2, { always: true, required: true }),
  lastHeartbeatTime: time(3),
  lastTransitionTime: time(4),
  reason: string(5),
  message: string(6),
});
export interface NodeCondition extends Infer<typeof NodeCondition> {}

export const NodeAddress = struct("io.k8s.api.core.v1.NodeAddress", {
  type: string(1, { always: true, required: true }),
  address: string(2, { always: true, required: true }),
});
export interface NodeAddress extends Infer<typeof NodeAddress> {}

export const DaemonEndpoint = struct("io.k8s.api.core.v1.DaemonEndpoint", {
  Port: int32(1, { always: true, required: true }),
});
export interface DaemonEndpoint extends Infer<typeof DaemonEndpoint> {}

export const NodeDaemonEndpoints = struct("io.k8s.api.core.v1.NodeDaemonEndpoints", {
  kubeletEndpoint: ref(DaemonEndpoint, 1),
});
export interface NodeDaemonEndpoints extends Infer<typeof NodeDaemonEndpoints> {}

export const NodeSwapStatus = struct("io.k8s.api.core.v1.NodeSwapStatus", {
  capacity: int64(1, { pointer: true }),
});
export interface NodeSwapStatus extends Infer<typeof NodeSwapStatus> {}

export const NodeSystemInfo = struct("io.k8s.api.core.v1.NodeSystemInfo", {
  machineID: string(1, { always: true, required: true }),
  systemUUID: string(2, { always: true, required: true }),
  bootID: string(3, { always: true, required: true }),
  kernelVersion: string(4, { always: true, required: true }),
  osImage: string(5, { always: true, required: true }),
  containerRuntimeVersion: string(6, { always: true, required: true }),
  kubeletVersion: string(7, { always: true, required: true }),
  kubeProxyVersion: string(8, { always: true, required: true }),
  operatingSystem: string(9, { always: true, required: true }),
  architecture: string(10, { always: true, required: true }),
  swap: ref(NodeSwapStatus, 11, { pointer: true }),
});
export interface NodeSystemInfo extends Infer<typeof NodeSystemInfo> {}

export const ContainerImage = struct("io.k8s.api.core.v1.ContainerImage", {
  names: list(string, 1, { always: true, listType: "atomic" }),
  sizeBytes: int64(2),
});
export interface ContainerImage extends Infer<typeof ContainerImage> {}

export const AttachedVolume = struct("io.k8s.api.core.v1.AttachedVolume", {
  name: string(1, { always: true, required: true }),
  devicePath: string(2, { always: true, required: true }),
});
export interface AttachedVolume extends Infer<typeof AttachedVolume> {}

export const NodeConfigStatus = struct("io.k8s.api.core.v1.NodeConfigStatus", {
  assigned: ref(NodeConfigSource, 1, { pointer: true }),
  active: ref(NodeConfigSource, 2, { pointer: true }),
  lastKnownGood: ref(NodeConfigSource, 3, { pointer: true }),
  error: string(4),
});
export interface NodeConfigStatus extends Infer<typeof NodeConfigStatus> {}

export const NodeRuntimeHandlerFeatures = struct("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: bool(1, { pointer: true }),
  userNamespaces: bool(2, { pointer: true }),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = struct("io.k8s.api.core.v1.NodeRuntimeHandler", {
  name: string(1, { always: true }),
  features: ref(NodeRuntimeHandlerFeatures, 2, { pointer: true }),
});
export interface NodeRuntimeHandler extends Infer<typeof NodeRuntimeHandler> {}

export const NodeFeatures = struct("io.k8s.api.core.v1.NodeFeatures", {
  supplementalGroupsPolicy: bool(1, { pointer: true }),
});
export interface NodeFeatures extends Infer<typeof NodeFeatures> {}

export const NodeStatus = struct("io.k8s.api.core.v1.NodeStatus", {
  capacity: map(quantity, 1),
  allocatable: map(quantity, 2),
  phase: string(3, { enum: ["Pending", "Running", "Terminated"] }),
  conditions: list(NodeCondition, 4, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
  addresses: list(NodeAddress, 5, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
  daemonEndpoints: ref(NodeDaemonEndpoints, 6),
  nodeInfo: ref(NodeSystemInfo, 7),
  images: list(ContainerImage, 8, { listType: "atomic" }),
  volumesInUse: list(string, 9, { listType: "atomic" }),
  volumesAttached: list(AttachedVolume, 10, { listType: "atomic" }),
  config: ref(NodeConfigStatus, 11, { pointer: true }),
  runtimeHandlers: list(NodeRuntimeHandler, 12, { listType: "atomic" }),
  features: ref(NodeFeatures, 13, { pointer: true }),
  declaredFeatures: list(string, 14, { listType: "atomic" }),
});
export interface NodeStatus extends Infer<typeof NodeStatus> {}

export const Node = kind("io.k8s.api.core.v1.Node", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(NodeSpec, 2),
  status: ref(NodeStatus, 3),
});
export interface Node extends Infer<typeof Node> {}

export const NodeList = kind("io.k8s.api.core.v1.NodeList", {
  metadata: ref(ListMeta, 1),
  items: list(Node, 2, { always: true, required: true }),
});
export interface NodeList extends Infer<typeof NodeList> {}

export const nodes = resource<Node>(Node, {
  group: "",
  version: "v1",
  resource: "nodes",
  singular: "node",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["no"],
  subresources: [
    { name: "proxy", kind: "NodeProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    { name: "status", kind: "Node", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/minions/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Status", type: "string" },
    { name: "Roles", type: "string" },
    { name: "Age", type: "string" },
    { name: "Version", type: "string" },
    { name: "Internal-IP", type: "string", priority: 1 },
    { name: "External-IP", type: "string", priority: 1 },
    { name: "OS-Image", type: "string", priority: 1 },
    { name: "Kernel-Version", type: "string", priority: 1 },
    { name: "Container-Runtime", type: "string", priority: 1 },
  ],
});
