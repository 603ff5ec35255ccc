/** Declarations of ConfigMapNodeConfigSource, NodeConfigSource, NodeSpec, NodeCondition, NodeAddress, DaemonEndpoint, NodeDaemonEndpoints, . */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { Taint } from "./placement.ts";

export const ConfigMapNodeConfigSource = struct(
  "io.k8s.api.core.v1.ConfigMapNodeConfigSource",
  "A ConfigMap with a kubelet's configuration; dynamic kubelet configuration was removed.",
  {
    namespace: string(1, { always: true, required: true, doc: "The ConfigMap's namespace." }),
    name: string(2, { always: true, required: true, doc: "The ConfigMap's name." }),
    uid: string(3, { goType: "types.UID", doc: "The uid of the ConfigMap that is meant." }),
    resourceVersion: string(4, { doc: "The version of the ConfigMap that is in use." }),
    kubeletConfigKey: string(5, { always: true, required: true, doc: "The key that holds the configuration." }),
  },
);
export interface ConfigMapNodeConfigSource extends Infer<typeof ConfigMapNodeConfigSource> {}

export const NodeConfigSource = struct(
  "io.k8s.api.core.v1.NodeConfigSource",
  "Where a kubelet's configuration comes from; dynamic configuration was removed.",
  {
    configMap: ref(ConfigMapNodeConfigSource, 2, { pointer: true, doc: "The ConfigMap that holds it." }),
  },
);
export interface NodeConfigSource extends Infer<typeof NodeConfigSource> {}

export const NodeSpec = struct("io.k8s.api.core.v1.NodeSpec", "What is wanted of a node.", {
  podCIDR: string(1, { doc: "The range of its pods' addresses." }),
  podCIDRs: list(string, 7, {
    patchStrategy: "merge",
    listType: "set",
    doc: "One range for each address family; the first equals podCIDR.",
  }),
  providerID: string(3, { doc: "The machine's id at the cloud, as PROVIDER://ID." }),
  unschedulable: bool(4, { doc: "When true, no new pods are placed on it (kubectl cordon)." }),
  taints: list(Taint, 5, { listType: "atomic", doc: "Marks that keep pods away unless they tolerate them." }),
  configSource: ref(NodeConfigSource, 6, { pointer: true, doc: "Formerly the source of its kubelet's configuration; ignored." }),
  externalID: string(2, { doc: "No longer used." }),
});
export interface NodeSpec extends Infer<typeof NodeSpec> {}

export const NodeCondition = struct(
  "io.k8s.api.core.v1.NodeCondition",
  "A statement about a node: Ready, MemoryPressure, DiskPressure, PIDPressure or NetworkUnavailable.",
  {
    type: string(1, { goType: "v1.NodeConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastHeartbeatTime: time(3, { doc: "When the kubelet last told this condition." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(6, { doc: "The same for people, in a sentence." }),
  },
);
export interface NodeCondition extends Infer<typeof NodeCondition> {}

export const NodeAddress = struct("io.k8s.api.core.v1.NodeAddress", "An address of a node.", {
  type: string(1, {
    goType: "v1.NodeAddressType",
    always: true,
    required: true,
    doc: "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.",
  }),
  address: string(2, { always: true, required: true, doc: "The address." }),
});
export interface NodeAddress extends Infer<typeof NodeAddress> {}

export const DaemonEndpoint = struct("io.k8s.api.core.v1.DaemonEndpoint", "Where a daemon listens.", {
  Port: int32(1, { always: true, required: true, doc: "Its port number." }),
});
export interface DaemonEndpoint extends Infer<typeof DaemonEndpoint> {}

export const NodeDaemonEndpoints = struct("io.k8s.api.core.v1.NodeDaemonEndpoints", "Ports of the node's daemons.", {
  kubeletEndpoint: ref(DaemonEndpoint, 1, { doc: "Where the kubelet listens." }),
});
export interface NodeDaemonEndpoints extends Infer<typeof NodeDaemonEndpoints> {}

export const NodeSwapStatus = struct("io.k8s.api.core.v1.NodeSwapStatus", "The node's swap.", {
  capacity: int64(1, { pointer: true, doc: "How many bytes of it there are." }),
});
export interface NodeSwapStatus extends Infer<typeof NodeSwapStatus> {}

export const NodeSystemInfo = struct("io.k8s.api.core.v1.NodeSystemInfo", "Facts about the machine and its software.", {
  machineID: string(1, { always: true, required: true, doc: "The id in /etc/machine-id." }),
  systemUUID: string(2, { always: true, required: true, doc: "The id that the hardware gives." }),
  bootID: string(3, { always: true, required: true, doc: "The id of this boot." }),
  kernelVersion: string(4, { always: true, required: true, doc: "As uname -r tells." }),
  osImage: string(5, { always: true, required: true, doc: "As /etc/os-release tells." }),
  containerRuntimeVersion: string(6, { always: true, required: true, doc: "The runtime, as NAME://VERSION." }),
  kubeletVersion: string(7, { always: true, required: true, doc: "The kubelet's version." }),
  kubeProxyVersion: string(8, { always: true, required: true, doc: "No longer used." }),
  operatingSystem: string(9, { always: true, required: true, doc: "linux or windows." }),
  architecture: string(10, { always: true, required: true, doc: "amd64, arm64 and so on." }),
  swap: ref(NodeSwapStatus, 11, { pointer: true, doc: "How much swap there is." }),
});
export interface NodeSystemInfo extends Infer<typeof NodeSystemInfo> {}

export const ContainerImage = struct("io.k8s.api.core.v1.ContainerImage", "An image that a node has.", {
  names: list(string, 1, { always: true, listType: "atomic", doc: "All names by which the node knows it, tags and digests." }),
  sizeBytes: int64(2, { doc: "How many bytes it takes." }),
});
export interface ContainerImage extends Infer<typeof ContainerImage> {}

export const AttachedVolume = struct("io.k8s.api.core.v1.AttachedVolume", "A volume that is attached to a node.", {
  name: string(1, {
    goType: "v1.UniqueVolumeName",
    always: true,
    required: true,
    doc: "The name of the volume as the attach controller knows it.",
  }),
  devicePath: string(2, { always: true, required: true, doc: "Where the node sees the device." }),
});
export interface AttachedVolume extends Infer<typeof AttachedVolume> {}

export const NodeConfigStatus = struct(
  "io.k8s.api.core.v1.NodeConfigStatus",
  "Which configuration a kubelet uses; dynamic configuration was removed.",
  {
    assigned: ref(NodeConfigSource, 1, { pointer: true, doc: "The one that it is meant to use." }),
    active: ref(NodeConfigSource, 2, { pointer: true, doc: "The one that it uses." }),
    lastKnownGood: ref(NodeConfigSource, 3, { pointer: true, doc: "The one that it falls back to." }),
    error: string(4, { doc: "What is wrong with the assigned one." }),
  },
);
export interface NodeConfigStatus extends Infer<typeof NodeConfigStatus> {}

export const NodeRuntimeHandlerFeatures = struct("io.k8s.api.core.v1.NodeRuntimeHandlerFeatures", "What a handler can do.", {
  recursiveReadOnlyMounts: bool(1, { pointer: true, doc: "Whether it can make sub-mounts read-only as well." }),
  userNamespaces: bool(2, { pointer: true, doc: "Whether it can give a pod a user namespace of its own." }),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof NodeRuntimeHandlerFeatures> {}

export const NodeRuntimeHandler = struct("io.k8s.api.core.v1.NodeRuntimeHandler", "A way of running containers that the node offers.", {
  name: string(1, { always: true, doc: "Its name, which a RuntimeClass means; empty for the default." }),
  features: ref(NodeRuntimeHandlerFeatures, 2, { pointer: true, doc: "What it can do." }),
});
export interface NodeRuntimeHandler extends Infer<typeof NodeRuntimeHandler> {}

export const NodeFeatures = struct("io.k8s.api.core.v1.NodeFeatures", "What the node's runtime can do, whatever the handler.", {
  supplementalGroupsPolicy: bool(1, { pointer: true, doc: "Whether it honours supplementalGroupsPolicy." }),
});
export interface NodeFeatures extends Infer<typeof NodeFeatures> {}

export const NodeStatus = struct("io.k8s.api.core.v1.NodeStatus", "What the kubelet and the controllers last saw of a node.", {
  capacity: map(quantity, 1, {
    goType: "v1.ResourceList",
    doc: "All that it has: cpu, memory, pods, ephemeral-storage and extended resources.",
  }),
  allocatable: map(quantity, 2, { goType: "v1.ResourceList", doc: "What of it pods may use." }),
  phase: string(3, { goType: "v1.NodePhase", enum: ["Pending", "Running", "Terminated"], doc: "No longer used." }),
  conditions: list(NodeCondition, 4, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "Ready, and the pressures on memory, disk and process numbers.",
  }),
  addresses: list(NodeAddress, 5, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "How it can be reached.",
  }),
  daemonEndpoints: ref(NodeDaemonEndpoints, 6, { doc: "The ports of its daemons." }),
  nodeInfo: ref(NodeSystemInfo, 7, { doc: "Versions and identities of the machine." }),
  images: list(ContainerImage, 8, { listType: "atomic", doc: "The images that it has, biggest first, up to a bound." }),
  volumesInUse: list(string, 9, { goType: "v1.UniqueVolumeName", listType: "atomic", doc: "Attachable volumes that are mounted." }),
  volumesAttached: list(AttachedVolume, 10, { listType: "atomic", doc: "Volumes that are attached." }),
  config: ref(NodeConfigStatus, 11, { pointer: true, disabled: true, doc: "No longer used." }),
  runtimeHandlers: list(NodeRuntimeHandler, 12, { listType: "atomic", doc: "The ways of running containers that it offers." }),
  features: ref(NodeFeatures, 13, { pointer: true, doc: "What its runtime can do." }),
  declaredFeatures: list(string, 14, { listType: "atomic", doc: "Features of the kubelet that the scheduler and admission may count on." }),
});
export interface NodeStatus extends Infer<typeof NodeStatus> {}

export const Node = kind("io.k8s.api.core.v1.Node", "A machine of the cluster, on which a kubelet runs pods.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  spec: ref(NodeSpec, 2, { doc: "What is wanted." }),
  status: ref(NodeStatus, 3, { doc: "What was last seen; written by the system." }),
});
export interface Node extends Infer<typeof Node> {}

export const NodeList = kind("io.k8s.api.core.v1.NodeList", "A list of Node objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Node, 2, { always: true, required: true, doc: "The objects." }),
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
