/** Declarations of PodCondition, HostIP, PodIP, ContainerStateWaiting, ContainerStateRunning, ContainerStateTerminated, ContainerState, Ima. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { ResourceRequirements } from "./container.ts";
import { PodSpec } from "./pod-spec.ts";

export const PodCondition = struct("io.k8s.api.core.v1.PodCondition", {
  type: string(1, { always: true, required: true }),
  observedGeneration: int64(7),
  status: string(2, { always: true, required: true }),
  lastProbeTime: time(3),
  lastTransitionTime: time(4),
  reason: string(5),
  message: string(6),
});
export interface PodCondition extends Infer<typeof PodCondition> {}

export const HostIP = struct("io.k8s.api.core.v1.HostIP", {
  ip: string(1, { always: true, required: true }),
});
export interface HostIP extends Infer<typeof HostIP> {}

export const PodIP = struct("io.k8s.api.core.v1.PodIP", {
  ip: string(1, { always: true, required: true }),
});
export interface PodIP extends Infer<typeof PodIP> {}

export const ContainerStateWaiting = struct("io.k8s.api.core.v1.ContainerStateWaiting", {
  reason: string(1),
  message: string(2),
});
export interface ContainerStateWaiting extends Infer<typeof ContainerStateWaiting> {}

export const ContainerStateRunning = struct("io.k8s.api.core.v1.ContainerStateRunning", {
  startedAt: time(1),
});
export interface ContainerStateRunning extends Infer<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = struct("io.k8s.api.core.v1.ContainerStateTerminated", {
  exitCode: int32(1, { always: true, required: true }),
  signal: int32(2),
  reason: string(3),
  message: string(4),
  startedAt: time(5),
  finishedAt: time(6),
  containerID: string(7),
});
export interface ContainerStateTerminated extends Infer<typeof ContainerStateTerminated> {}

export const ContainerState = struct("io.k8s.api.core.v1.ContainerState", {
  waiting: ref(ContainerStateWaiting, 1, { pointer: true }),
  running: ref(ContainerStateRunning, 2, { pointer: true }),
  terminated: ref(ContainerStateTerminated, 3, { pointer: true }),
});
export interface ContainerState extends Infer<typeof ContainerState> {}

export const ImageVolumeStatus = struct("io.k8s.api.core.v1.ImageVolumeStatus", {
  imageRef: string(1, { required: true }),
});
export interface ImageVolumeStatus extends Infer<typeof ImageVolumeStatus> {}

export const VolumeStatus = struct("io.k8s.api.core.v1.VolumeStatus", {
  image: ref(ImageVolumeStatus, 1, { pointer: true }),
});
export interface VolumeStatus extends Infer<typeof VolumeStatus> {}

export const VolumeMountStatus = struct("io.k8s.api.core.v1.VolumeMountStatus", {
  name: string(1, { always: true, required: true }),
  mountPath: string(2, { always: true, required: true }),
  readOnly: bool(3),
  recursiveReadOnly: string(4, { pointer: true }),
  volumeStatus: ref(VolumeStatus, 5, { pointer: true }),
});
export interface VolumeMountStatus extends Infer<typeof VolumeMountStatus> {}

export const LinuxContainerUser = struct("io.k8s.api.core.v1.LinuxContainerUser", {
  uid: int64(1, { always: true, required: true }),
  gid: int64(2, { always: true, required: true }),
  supplementalGroups: list(int64, 3, { listType: "atomic" }),
});
export interface LinuxContainerUser extends Infer<typeof LinuxContainerUser> {}

export const ContainerUser = struct("io.k8s.api.core.v1.ContainerUser", {
  linux: ref(LinuxContainerUser, 1, { pointer: true }),
});
export interface ContainerUser extends Infer<typeof ContainerUser> {}

export const ResourceHealth = struct("io.k8s.api.core.v1.ResourceHealth", {
  resourceID: string(1, { always: true, required: true }),
  health: string(2),
  message: string(6, { pointer: true }),
});
export interface ResourceHealth extends Infer<typeof ResourceHealth> {}

export const ResourceStatus = struct("io.k8s.api.core.v1.ResourceStatus", {
  name: string(1, { always: true, required: true }),
  resources: list(ResourceHealth, 2, { listType: "map", listMapKeys: ["resourceID"] }),
});
export interface ResourceStatus extends Infer<typeof ResourceStatus> {}

export const ContainerStatus = struct("io.k8s.api.core.v1.ContainerStatus", {
  name: string(1, { always: true, required: true }),
  state: ref(ContainerState, 2),
  lastState: ref(ContainerState, 3),
  ready: bool(4, { always: true, required: true }),
  restartCount: int32(5, { always: true, required: true }),
  image: string(6, { always: true, required: true }),
  imageID: string(7, { always: true, required: true }),
  containerID: string(8),
  started: bool(9, { pointer: true }),
  allocatedResources: map(quantity, 10),
  resources: ref(ResourceRequirements, 11, { pointer: true }),
  volumeMounts: list(VolumeMountStatus, 12, {
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
    listType: "map",
    listMapKeys: ["mountPath"],
  }),
  user: ref(ContainerUser, 13, { pointer: true }),
  allocatedResourcesStatus: list(ResourceStatus, 14, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  stopSignal: string(15, {
    pointer: true,
    enum: [
      "SIGABRT",
      "SIGALRM",
      "SIGBUS",
      "SIGCHLD",
      "SIGCLD",
      "SIGCONT",
      "SIGFPE",
      "SIGHUP",
      "SIGILL",
      "SIGINT",
      "SIGIO",
      "SIGIOT",
      "SIGKILL",
      "SIGPIPE",
      "SIGPOLL",
      "SIGPROF",
      "SIGPWR",
      "SIGQUIT",
      "SIGRTMAX",
      "SIGRTMAX-1",
      "SIGRTMAX-10",
      "SIGRTMAX-11",
      "SIGRTMAX-12",
      "SIGRTMAX-13",
      "SIGRTMAX-14",
      "SIGRTMAX-2",
      "SIGRTMAX-3",
      "SIGRTMAX-4",
      "SIGRTMAX-5",
      "SIGRTMAX-6",
      "SIGRTMAX-7",
      "SIGRTMAX-8",
      "SIGRTMAX-9",
      "SIGRTMIN",
      "SIGRTMIN+1",
      "SIGRTMIN+10",
      "SIGRTMIN+11",
      "SIGRTMIN+12",
      "SIGRTMIN+13",
      "SIGRTMIN+14",
      "SIGRTMIN+15",
      "SIGRTMIN+2",
      "SIGRTMIN+3",
      "SIGRTMIN+4",
      "SIGRTMIN+5",
      "SIGRTMIN+6",
      "SIGRTMIN+7",
      "SIGRTMIN+8",
      "SIGRTMIN+9",
      "SIGSEGV",
      "SIGSTKFLT",
      "SIGSTOP",
      "SIGSYS",
      "SIGTERM",
      "SIGTRAP",
      "SIGTSTP",
      "SIGTTIN",
      "SIGTTOU",
      "SIGURG",
      "SIGUSR1",
      "SIGUSR2",
      "SIGVTALRM",
      "SIGWINCH",
      "SIGXCPU",
      "SIGXFSZ",
    ],
  }),
});
export interface ContainerStatus extends Infer<typeof ContainerStatus> {}

export const PodResourceClaimStatus = struct("io.k8s.api.core.v1.PodResourceClaimStatus", {
  name: string(1, { always: true, required: true }),
  resourceClaimName: string(2, { pointer: true }),
});
export interface PodResourceClaimStatus extends Infer<typeof PodResourceClaimStatus> {}

export const ContainerExtendedResourceRequest = struct("io.k8s.api.core.v1.ContainerExtendedResourceRequest", {
  containerName: string(1, { always: true, required: true }),
  resourceName: string(2, { always: true, required: true }),
  requestName: string(3, { always: true, required: true }),
});
export interface ContainerExtendedResourceRequest extends Infer<typeof ContainerExtendedResourceRequest> {}

export const PodExtendedResourceClaimStatus = struct("io.k8s.api.core.v1.PodExtendedResourceClaimStatus", {
  requestMappings: list(ContainerExtendedResourceRequest, 1, { always: true, required: true, listType: "atomic" }),
  resourceClaimName: string(2, { always: true, required: true }),
});
export interface PodExtendedResourceClaimStatus extends Infer<typeof PodExtendedResourceClaimStatus> {}

export const NodeAllocatableResourceClaimStatus = struct("io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus", {
  resourceClaimName: string(1, { always: true, required: true }),
  containers: list(string, 2, { listType: "set" }),
  resources: map(quantity, 3, { always: true, required: true }),
});
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof NodeAllocatableResourceClaimStatus> {}

export const PodStatus = struct("io.k8s.api.core.v1.PodStatus", {
  observedGeneration: int64(17),
  phase: string(1, { enum: ["Failed", "Pending", "Running", "Succeeded", "Unknown"] }),
  conditions: list(PodCondition, 2, { patchStrategy: "merge", patchMergeKey: "type", listType: "map", listMapKeys: ["type"] }),
  message: string(3),
  reason: string(4),
  nominatedNodeName: string(11),
  hostIP: string(5),
  hostIPs: list(HostIP, 16, { patchStrategy: "merge", patchMergeKey: "ip", listType: "atomic" }),
  podIP: string(6),
  podIPs: list(PodIP, 12, { patchStrategy: "merge", patchMergeKey: "ip", listType: "map", listMapKeys: ["ip"] }),
  startTime: time(7, { pointer: true }),
  initContainerStatuses: list(ContainerStatus, 10, { listType: "atomic" }),
  containerStatuses: list(ContainerStatus, 8, { listType: "atomic" }),
  qosClass: string(9, { enum: ["BestEffort", "Burstable", "Guaranteed"] }),
  ephemeralContainerStatuses: list(ContainerStatus, 13, { listType: "atomic" }),
  resize: string(14),
  resourceClaimStatuses: list(PodResourceClaimStatus, 15, {
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  extendedResourceClaimStatus: ref(PodExtendedResourceClaimStatus, 18, { pointer: true }),
  allocatedResources: map(quantity, 19),
  resources: ref(ResourceRequirements, 20, { pointer: true }),
  nodeAllocatableResourceClaimStatuses: list(NodeAllocatableResourceClaimStatus, 21, { listType: "atomic" }),
});
export interface PodStatus extends Infer<typeof PodStatus> {}

export const Pod = kind("io.k8s.api.core.v1.Pod", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PodSpec, 2),
  status: ref(PodStatus, 3),
});
export interface Pod extends Infer<typeof Pod> {}

export const PodList = kind("io.k8s.api.core.v1.PodList", {
  metadata: ref(ListMeta, 1),
  items: list(Pod, 2, { always: true, required: true }),
});
export interface PodList extends Infer<typeof PodList> {}

export const pods = resource<Pod>(Pod, {
  group: "",
  version: "v1",
  resource: "pods",
  singular: "pod",
  namespaced: true,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["po"],
  categories: ["all"],
  subresources: [
    { name: "attach", kind: "PodAttachOptions", verbs: ["create", "get"] },
    { name: "binding", kind: "Binding", verbs: ["create"] },
    { name: "ephemeralcontainers", kind: "Pod", verbs: ["get", "patch", "update"] },
    { name: "eviction", kind: "Eviction", verbs: ["create"], group: "policy", version: "v1" },
    { name: "exec", kind: "PodExecOptions", verbs: ["create", "get"] },
    { name: "log", kind: "Pod", verbs: ["get"] },
    { name: "portforward", kind: "PodPortForwardOptions", verbs: ["create", "get"] },
    { name: "proxy", kind: "PodProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    { name: "resize", kind: "Pod", verbs: ["get", "patch", "update"] },
    { name: "status", kind: "Pod", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/pods/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Ready", type: "string" },
    { name: "Status", type: "string" },
    { name: "Restarts", type: "string" },
    { name: "Age", type: "string" },
    { name: "IP", type: "string", priority: 1 },
    { name: "Node", type: "string", priority: 1 },
    { name: "Nominated Node", type: "string", priority: 1 },
    { name: "Readiness Gates", type: "string", priority: 1 },
  ],
});
