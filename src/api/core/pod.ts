/** Declarations of PodCondition, HostIP, PodIP, ContainerStateWaiting, ContainerStateRunning, ContainerStateTerminated, ContainerState, Ima. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bool, type Infer, int32, int64, kind, list, map, quantity, ref, string, struct, time } from "../schema.ts";
import { ResourceRequirements } from "./container.ts";
import { PodSpec } from "./pod-spec.ts";

export const PodCondition = struct(
  "io.k8s.api.core.v1.PodCondition",
  "A statement about a pod: PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget and others.",
  {
    type: string(1, { goType: "v1.PodConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
    observedGeneration: int64(7, {
      doc: "The metadata.generation that this condition was judged for; a smaller number than the object's means that it is out of date.",
    }),
    status: string(2, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    lastProbeTime: time(3, { doc: "When the condition was last looked at." }),
    lastTransitionTime: time(4, { doc: "When the status last changed." }),
    reason: string(5, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(6, { doc: "The same for people, in a sentence." }),
  },
);
export interface PodCondition extends Infer<typeof PodCondition> {}

export const HostIP = struct("io.k8s.api.core.v1.HostIP", "An address of the node.", {
  ip: string(1, { always: true, required: true, doc: "The address." }),
});
export interface HostIP extends Infer<typeof HostIP> {}

export const PodIP = struct("io.k8s.api.core.v1.PodIP", "An address of the pod.", {
  ip: string(1, { always: true, required: true, doc: "The address." }),
});
export interface PodIP extends Infer<typeof PodIP> {}

export const ContainerStateWaiting = struct("io.k8s.api.core.v1.ContainerStateWaiting", "Why a container does not run.", {
  reason: string(1, { doc: "ContainerCreating, ImagePullBackOff, CrashLoopBackOff and others, in one word." }),
  message: string(2, { doc: "The same in a sentence." }),
});
export interface ContainerStateWaiting extends Infer<typeof ContainerStateWaiting> {}

export const ContainerStateRunning = struct("io.k8s.api.core.v1.ContainerStateRunning", "A container that runs.", {
  startedAt: time(1, { doc: "When it was last started." }),
});
export interface ContainerStateRunning extends Infer<typeof ContainerStateRunning> {}

export const ContainerStateTerminated = struct("io.k8s.api.core.v1.ContainerStateTerminated", "How a container ended.", {
  exitCode: int32(1, { always: true, required: true, doc: "The exit code; 137 is a kill (128 + 9), often for lack of memory." }),
  signal: int32(2, { doc: "The signal that ended it, where the runtime tells." }),
  reason: string(3, { doc: "Completed, Error, OOMKilled and others, in one word." }),
  message: string(4, { doc: "More about it, often the termination message." }),
  startedAt: time(5, { doc: "When this run began." }),
  finishedAt: time(6, { doc: "When it ended." }),
  containerID: string(7, { doc: "The runtime's id of this run, as type://id." }),
});
export interface ContainerStateTerminated extends Infer<typeof ContainerStateTerminated> {}

export const ContainerState = struct("io.k8s.api.core.v1.ContainerState", "One of three states; waiting when none is set.", {
  waiting: ref(ContainerStateWaiting, 1, { pointer: true, doc: "Not running yet, or not any more: why." }),
  running: ref(ContainerStateRunning, 2, { pointer: true, doc: "Running, since when." }),
  terminated: ref(ContainerStateTerminated, 3, { pointer: true, doc: "Ended: how." }),
});
export interface ContainerState extends Infer<typeof ContainerState> {}

export const ImageVolumeStatus = struct("io.k8s.api.core.v1.ImageVolumeStatus", "What is mounted for an image volume.", {
  imageRef: string(1, { required: true, doc: "The digest of the image." }),
});
export interface ImageVolumeStatus extends Infer<typeof ImageVolumeStatus> {}

export const VolumeStatus = struct("io.k8s.api.core.v1.VolumeStatus", "What is known of a mounted volume.", {
  image: ref(ImageVolumeStatus, 1, { pointer: true, doc: "For an image volume." }),
});
export interface VolumeStatus extends Infer<typeof VolumeStatus> {}

export const VolumeMountStatus = struct("io.k8s.api.core.v1.VolumeMountStatus", "How a volume is really mounted.", {
  name: string(1, { always: true, required: true, doc: "The volume." }),
  mountPath: string(2, { always: true, required: true, doc: "The path in the container." }),
  readOnly: bool(3, { doc: "Whether it is read-only." }),
  recursiveReadOnly: string(4, { goType: "v1.RecursiveReadOnlyMode", pointer: true, doc: "Disabled or Enabled, as carried out." }),
  volumeStatus: ref(VolumeStatus, 5, { pointer: true, doc: "What is known of the volume itself." }),
});
export interface VolumeMountStatus extends Infer<typeof VolumeMountStatus> {}

export const LinuxContainerUser = struct("io.k8s.api.core.v1.LinuxContainerUser", "User and groups of a process.", {
  uid: int64(1, { always: true, required: true, doc: "User number." }),
  gid: int64(2, { always: true, required: true, doc: "Primary group number." }),
  supplementalGroups: list(int64, 3, { listType: "atomic", doc: "Further group numbers." }),
});
export interface LinuxContainerUser extends Infer<typeof LinuxContainerUser> {}

export const ContainerUser = struct("io.k8s.api.core.v1.ContainerUser", "The user of a container's first process.", {
  linux: ref(LinuxContainerUser, 1, { pointer: true, doc: "User and group numbers on Linux." }),
});
export interface ContainerUser extends Infer<typeof ContainerUser> {}

export const ResourceHealth = struct("io.k8s.api.core.v1.ResourceHealth", "The health of one device.", {
  resourceID: string(1, { goType: "v1.ResourceID", always: true, required: true, doc: "The device's id." }),
  health: string(2, { goType: "v1.ResourceHealthStatus", doc: "Healthy, Unhealthy or Unknown." }),
  message: string(6, { pointer: true, doc: "More about it." }),
});
export interface ResourceHealth extends Infer<typeof ResourceHealth> {}

export const ResourceStatus = struct("io.k8s.api.core.v1.ResourceStatus", "The health of the devices of one resource.", {
  name: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "The resource or the claim." }),
  resources: list(ResourceHealth, 2, { listType: "map", listMapKeys: ["resourceID"], doc: "Each device." }),
});
export interface ResourceStatus extends Infer<typeof ResourceStatus> {}

export const ContainerStatus = struct("io.k8s.api.core.v1.ContainerStatus", "What the kubelet last saw of a container.", {
  name: string(1, { always: true, required: true, doc: "The container's name in the spec." }),
  state: ref(ContainerState, 2, { doc: "What it does now." }),
  lastState: ref(ContainerState, 3, { doc: "How its previous run ended." }),
  ready: bool(4, { always: true, required: true, doc: "Whether it passes its readiness probe; true for one that runs and has none." }),
  restartCount: int32(5, {
    always: true,
    required: true,
    doc: "How often it was started again, as far as dead containers are still remembered.",
  }),
  image: string(6, { always: true, required: true, doc: "The image that it runs, as the runtime names it." }),
  imageID: string(7, { always: true, required: true, doc: "The digest of the image that runs." }),
  containerID: string(8, { doc: "The runtime's id, as type://id." }),
  started: bool(9, { pointer: true, doc: "Whether its startup probe has passed; false again after a restart." }),
  allocatedResources: map(quantity, 10, { goType: "v1.ResourceList", doc: "Requests that the node has set aside for it." }),
  resources: ref(ResourceRequirements, 11, { pointer: true, doc: "Requests and limits that are in force in the runtime." }),
  volumeMounts: list(VolumeMountStatus, 12, {
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
    listType: "map",
    listMapKeys: ["mountPath"],
    doc: "How each volume is really mounted.",
  }),
  user: ref(ContainerUser, 13, { pointer: true, doc: "The user that the first process started as." }),
  allocatedResourcesStatus: list(ResourceStatus, 14, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "The health of devices that it was given.",
  }),
  stopSignal: string(15, {
    goType: "v1.Signal",
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
    doc: "The signal that asks it to end.",
  }),
});
export interface ContainerStatus extends Infer<typeof ContainerStatus> {}

export const PodResourceClaimStatus = struct(
  "io.k8s.api.core.v1.PodResourceClaimStatus",
  "The claim that was made for an entry of resourceClaims.",
  {
    name: string(1, { always: true, required: true, doc: "The entry's name." }),
    resourceClaimName: string(2, { pointer: true, doc: "The claim; absent when none was needed." }),
  },
);
export interface PodResourceClaimStatus extends Infer<typeof PodResourceClaimStatus> {}

export const ContainerExtendedResourceRequest = struct(
  "io.k8s.api.core.v1.ContainerExtendedResourceRequest",
  "Which request of the generated claim stands for a container's extended resource.",
  {
    containerName: string(1, { always: true, required: true, doc: "The container that asked." }),
    resourceName: string(2, { always: true, required: true, doc: "The extended resource that it asked for." }),
    requestName: string(3, { always: true, required: true, doc: "The request in the claim that stands for it." }),
  },
);
export interface ContainerExtendedResourceRequest extends Infer<typeof ContainerExtendedResourceRequest> {}

export const PodExtendedResourceClaimStatus = struct(
  "io.k8s.api.core.v1.PodExtendedResourceClaimStatus",
  "The claim that was made for a pod's extended resources.",
  {
    requestMappings: list(ContainerExtendedResourceRequest, 1, {
      always: true,
      required: true,
      listType: "atomic",
      doc: "Which request stands for which container's resource.",
    }),
    resourceClaimName: string(2, { always: true, required: true, doc: "The claim." }),
  },
);
export interface PodExtendedResourceClaimStatus extends Infer<typeof PodExtendedResourceClaimStatus> {}

export const NodeAllocatableResourceClaimStatus = struct(
  "io.k8s.api.core.v1.NodeAllocatableResourceClaimStatus",
  "What a resource claim takes of the node's own resources for a pod.",
  {
    resourceClaimName: string(1, { always: true, required: true, doc: "The claim." }),
    containers: list(string, 2, { listType: "set", doc: "The containers that use it." }),
    resources: map(quantity, 3, { always: true, required: true, doc: "How much it takes." }),
  },
);
export interface NodeAllocatableResourceClaimStatus extends Infer<typeof NodeAllocatableResourceClaimStatus> {}

export const PodStatus = struct("io.k8s.api.core.v1.PodStatus", "What was last seen of a pod; written by its kubelet.", {
  observedGeneration: int64(17, { doc: "The generation of the spec that this status is about." }),
  phase: string(1, {
    goType: "v1.PodPhase",
    enum: ["Failed", "Pending", "Running", "Succeeded", "Unknown"],
    doc: "Pending, Running, Succeeded, Failed or Unknown, in short.",
  }),
  conditions: list(PodCondition, 2, {
    patchStrategy: "merge",
    patchMergeKey: "type",
    listType: "map",
    listMapKeys: ["type"],
    doc: "PodScheduled, Initialized, ContainersReady, Ready and others.",
  }),
  message: string(3, { doc: "Why it is in this state, in a sentence." }),
  reason: string(4, { doc: "Why, in one word, such as Evicted." }),
  nominatedNodeName: string(11, { doc: "The node where it may get room, once others have been pushed out." }),
  hostIP: string(5, { doc: "The node's address." }),
  hostIPs: list(HostIP, 16, {
    patchStrategy: "merge",
    patchMergeKey: "ip",
    listType: "atomic",
    doc: "The node's addresses, one for each family.",
  }),
  podIP: string(6, { doc: "Its own address." }),
  podIPs: list(PodIP, 12, {
    patchStrategy: "merge",
    patchMergeKey: "ip",
    listType: "map",
    listMapKeys: ["ip"],
    doc: "Its own addresses, one for each family; the first equals podIP.",
  }),
  startTime: time(7, { pointer: true, doc: "When the kubelet first saw it." }),
  initContainerStatuses: list(ContainerStatus, 10, { listType: "atomic", doc: "Of init containers, in their order." }),
  containerStatuses: list(ContainerStatus, 8, { listType: "atomic", doc: "Of containers." }),
  qosClass: string(9, {
    goType: "v1.PodQOSClass",
    enum: ["BestEffort", "Burstable", "Guaranteed"],
    doc: "Guaranteed, Burstable or BestEffort, from its requests and limits: who is evicted last.",
  }),
  ephemeralContainerStatuses: list(ContainerStatus, 13, { listType: "atomic", doc: "Of ephemeral containers." }),
  resize: string(14, {
    goType: "v1.PodResizeStatus",
    doc: "Formerly how a resize stands; see the conditions PodResizePending and PodResizeInProgress.",
  }),
  resourceClaimStatuses: list(PodResourceClaimStatus, 15, {
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "The claims made for its resourceClaims.",
  }),
  extendedResourceClaimStatus: ref(PodExtendedResourceClaimStatus, 18, {
    pointer: true,
    doc: "The claim made for its extended resources.",
  }),
  allocatedResources: map(quantity, 19, { goType: "v1.ResourceList", doc: "What the node has set aside for the pod as a whole." }),
  resources: ref(ResourceRequirements, 20, { pointer: true, doc: "Requests and limits in force for the pod as a whole." }),
  nodeAllocatableResourceClaimStatuses: list(NodeAllocatableResourceClaimStatus, 21, {
    disabled: true,
    listType: "atomic",
    doc: "What its claims take of the node's own resources.",
  }),
});
export interface PodStatus extends Infer<typeof PodStatus> {}

export const Pod = kind(
  "io.k8s.api.core.v1.Pod",
  "Containers that run together on one node, with one address and shared volumes: the smallest thing that is scheduled.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(PodSpec, 2, { doc: "What is wanted." }),
    status: ref(PodStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface Pod extends Infer<typeof Pod> {}

export const PodList = kind("io.k8s.api.core.v1.PodList", "A list of Pod objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(Pod, 2, { always: true, required: true, doc: "The objects." }),
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
