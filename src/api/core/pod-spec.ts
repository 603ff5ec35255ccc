/** What a pod is asked to be, wherever it is written: Pod, Deployment, Job and all others embed it. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { bool, type Infer, int32, int64, list, map, quantity, ref, string, struct } from "../schema.ts";
import { Container, EphemeralContainer, ResourceRequirements } from "./container.ts";
import { Affinity, Toleration, TopologySpreadConstraint } from "./placement.ts";
import { AppArmorProfile, SELinuxOptions, SeccompProfile, WindowsSecurityContextOptions } from "./pod/security-context.ts";
import { LocalObjectReference } from "./references.ts";
import { Volume } from "./volume.ts";

export const Sysctl = struct("io.k8s.api.core.v1.Sysctl", "A kernel setting.", {
  name: string(1, { always: true, required: true, doc: "Its name, such as net.ipv4.ip_unprivileged_port_start." }),
  value: string(2, { always: true, required: true, doc: "Its value." }),
});
export interface Sysctl extends Infer<typeof Sysctl> {}

export const PodSecurityContext = struct(
  "io.k8s.api.core.v1.PodSecurityContext",
  "User, groups and isolation for all containers of a pod; a container's own settings win.",
  {
    seLinuxOptions: ref(SELinuxOptions, 1, { pointer: true, doc: "The SELinux label." }),
    windowsOptions: ref(WindowsSecurityContextOptions, 8, { pointer: true, doc: "Settings for Windows." }),
    runAsUser: int64(2, { pointer: true, doc: "The user number; the image's own when left out." }),
    runAsGroup: int64(6, { pointer: true, doc: "The primary group number." }),
    runAsNonRoot: bool(3, { pointer: true, doc: "When true, the container is refused if it would run as user 0." }),
    supplementalGroups: list(int64, 4, { listType: "atomic", doc: "Further group numbers of the first process of each container." }),
    supplementalGroupsPolicy: string(12, {
      goType: "v1.SupplementalGroupsPolicy",
      pointer: true,
      enum: ["Merge", "Strict"],
      doc: "Merge adds the groups that the image's /etc/group gives the user; Strict leaves them out.",
    }),
    fsGroup: int64(5, { pointer: true, doc: "The group that owns the files of volumes that support it; new files get it too." }),
    sysctls: list(Sysctl, 7, { listType: "atomic", doc: "Kernel settings of the pod's namespaces." }),
    fsGroupChangePolicy: string(9, {
      goType: "v1.PodFSGroupChangePolicy",
      pointer: true,
      enum: ["Always", "OnRootMismatch"],
      doc: "Always sets the group of every file at each mount; OnRootMismatch only when the root does not have it.",
    }),
    seccompProfile: ref(SeccompProfile, 10, { pointer: true, doc: "Which system calls are allowed." }),
    appArmorProfile: ref(AppArmorProfile, 11, { pointer: true, doc: "The AppArmor profile." }),
    seLinuxChangePolicy: string(13, {
      goType: "v1.PodSELinuxChangePolicy",
      pointer: true,
      doc: "How volumes get their SELinux label: Recursive; MountOption is behind a feature that is off.",
    }),
  },
);
export interface PodSecurityContext extends Infer<typeof PodSecurityContext> {}

export const HostAlias = struct("io.k8s.api.core.v1.HostAlias", "A line of the pod's /etc/hosts.", {
  ip: string(1, { always: true, required: true, doc: "The address." }),
  hostnames: list(string, 2, { listType: "atomic", doc: "The names for it." }),
});
export interface HostAlias extends Infer<typeof HostAlias> {}

export const PodDNSConfigOption = struct("io.k8s.api.core.v1.PodDNSConfigOption", "An option of the resolver.", {
  name: string(1, { doc: "Its name." }),
  value: string(2, { pointer: true, doc: "Its value, if it has one." }),
});
export interface PodDNSConfigOption extends Infer<typeof PodDNSConfigOption> {}

export const PodDNSConfig = struct(
  "io.k8s.api.core.v1.PodDNSConfig",
  "Lines of the pod's /etc/resolv.conf, added to those of its dnsPolicy.",
  {
    nameservers: list(string, 1, { listType: "atomic", doc: "Addresses of DNS servers." }),
    searches: list(string, 2, { listType: "atomic", doc: "Domains in which short names are looked for." }),
    options: list(PodDNSConfigOption, 3, { listType: "atomic", doc: "Options of the resolver, such as ndots." }),
  },
);
export interface PodDNSConfig extends Infer<typeof PodDNSConfig> {}

export const PodReadinessGate = struct("io.k8s.api.core.v1.PodReadinessGate", "A condition that others set and that readiness waits for.", {
  conditionType: string(1, { goType: "v1.PodConditionType", always: true, required: true, doc: "The condition's type." }),
});
export interface PodReadinessGate extends Infer<typeof PodReadinessGate> {}

export const PodOS = struct("io.k8s.api.core.v1.PodOS", "The operating system of a pod.", {
  name: string(1, { goType: "v1.OSName", always: true, required: true, doc: "linux or windows." }),
});
export interface PodOS extends Infer<typeof PodOS> {}

export const PodSchedulingGate = struct(
  "io.k8s.api.core.v1.PodSchedulingGate",
  "Something that must be removed before the pod is scheduled.",
  {
    name: string(1, { always: true, required: true, doc: "The gate's name." }),
  },
);
export interface PodSchedulingGate extends Infer<typeof PodSchedulingGate> {}

export const PodResourceClaim = struct("io.k8s.api.core.v1.PodResourceClaim", "A claim for devices that the pod's containers may use.", {
  name: string(1, { always: true, required: true, doc: "The name by which containers mean it." }),
  resourceClaimName: string(3, { pointer: true, doc: "An existing claim." }),
  resourceClaimTemplateName: string(4, { pointer: true, doc: "A template from which a claim is made for this pod." }),
});
export interface PodResourceClaim extends Infer<typeof PodResourceClaim> {}

export const PodSchedulingGroup = struct("io.k8s.api.core.v1.PodSchedulingGroup", "The group of pods that is placed as one.", {
  podGroupName: string(1, { pointer: true, doc: "The PodGroup's name." }),
});
export interface PodSchedulingGroup extends Infer<typeof PodSchedulingGroup> {}

export const PodSpec = struct("io.k8s.api.core.v1.PodSpec", "What a pod consists of and how it wants to run.", {
  volumes: list(Volume, 1, {
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Volumes that its containers can mount.",
  }),
  initContainers: list(Container, 20, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Containers that run to their end, one after another, before the others start; with restartPolicy Always they are sidecars.",
  }),
  containers: list(Container, 2, {
    always: true,
    required: true,
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "The containers; at least one. They can only be changed in image and resources later.",
  }),
  ephemeralContainers: list(EphemeralContainer, 34, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Containers for debugging, added by pods/NAME/ephemeralcontainers.",
  }),
  restartPolicy: string(3, {
    goType: "v1.RestartPolicy",
    enum: ["Always", "Never", "OnFailure"],
    doc: "Always (the default), OnFailure or Never: whether containers that ended are started again.",
  }),
  terminationGracePeriodSeconds: int64(4, {
    pointer: true,
    doc: "How long the pod may take to end after it was asked, before it is killed; 30 by default.",
  }),
  activeDeadlineSeconds: int64(5, { pointer: true, doc: "Seconds after its start when the pod is stopped and counts as failed." }),
  dnsPolicy: string(6, {
    goType: "v1.DNSPolicy",
    enum: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
    doc: "ClusterFirst (the default), ClusterFirstWithHostNet, Default (the node's) or None (dnsConfig only).",
  }),
  nodeSelector: map(string, 7, { mapType: "atomic", doc: "Labels that the node must have." }),
  serviceAccountName: string(8, { doc: "The service account that its processes are at the API; default when left out." }),
  serviceAccount: string(9, { doc: "The old name of serviceAccountName." }),
  automountServiceAccountToken: bool(21, { pointer: true, doc: "Whether the account's token is mounted." }),
  nodeName: string(10, { doc: "The node that it runs on; the scheduler sets it. Setting it by hand passes the scheduler by." }),
  hostNetwork: bool(11, { doc: "Uses the node's network: ports must be free there." }),
  hostPID: bool(12, { doc: "Sees the node's processes." }),
  hostIPC: bool(13, { doc: "Shares the node's IPC namespace." }),
  shareProcessNamespace: bool(27, { pointer: true, doc: "All containers see one another's processes; PID 1 is the pod's pause process." }),
  securityContext: ref(PodSecurityContext, 14, { pointer: true, doc: "User, groups and isolation of the pod." }),
  imagePullSecrets: list(LocalObjectReference, 15, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Secrets with credentials for registries.",
  }),
  hostname: string(16, { doc: "The host name inside the pod; the pod's name when left out." }),
  subdomain: string(17, { doc: "With a headless Service of this name, the pod gets the DNS name HOSTNAME.SUBDOMAIN.NAMESPACE.svc." }),
  affinity: ref(Affinity, 18, { pointer: true, doc: "Where it wants to run." }),
  schedulerName: string(19, { doc: "Which scheduler places it; default-scheduler by default." }),
  tolerations: list(Toleration, 22, { listType: "atomic", doc: "Taints of nodes that it puts up with." }),
  hostAliases: list(HostAlias, 23, {
    patchStrategy: "merge",
    patchMergeKey: "ip",
    listType: "map",
    listMapKeys: ["ip"],
    doc: "Further lines of /etc/hosts.",
  }),
  priorityClassName: string(24, { doc: "Its PriorityClass; the more important push out the less important." }),
  priority: int32(25, { pointer: true, doc: "The class's number; filled in at creation." }),
  dnsConfig: ref(PodDNSConfig, 26, { pointer: true, doc: "Further lines of /etc/resolv.conf." }),
  readinessGates: list(PodReadinessGate, 28, { listType: "atomic", doc: "Conditions besides its containers that readiness waits for." }),
  runtimeClassName: string(29, { pointer: true, doc: "The RuntimeClass by which it is run." }),
  enableServiceLinks: bool(30, { pointer: true, doc: "Whether environment variables name the namespace's Services; true by default." }),
  preemptionPolicy: string(31, {
    goType: "v1.PreemptionPolicy",
    pointer: true,
    enum: ["Never", "PreemptLowerPriority"],
    doc: "PreemptLowerPriority (the default), or Never.",
  }),
  overhead: map(quantity, 32, { goType: "v1.ResourceList", doc: "What the runtime itself costs; filled in from the RuntimeClass." }),
  topologySpreadConstraints: list(TopologySpreadConstraint, 33, {
    patchStrategy: "merge",
    patchMergeKey: "topologyKey",
    listType: "map",
    listMapKeys: ["topologyKey", "whenUnsatisfiable"],
    doc: "How evenly such pods are spread over zones, nodes or other places.",
  }),
  setHostnameAsFQDN: bool(35, { pointer: true, doc: "Whether the host name is the whole DNS name." }),
  os: ref(PodOS, 36, { pointer: true, doc: "The operating system that it is for; settings for the other are refused." }),
  hostUsers: bool(37, { pointer: true, doc: "false gives the pod a user namespace of its own: root inside is nobody outside." }),
  schedulingGates: list(PodSchedulingGate, 38, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "While there are any, it is not scheduled; they can only be removed.",
  }),
  resourceClaims: list(PodResourceClaim, 39, {
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Claims for devices.",
  }),
  resources: ref(ResourceRequirements, 40, { pointer: true, doc: "Requests and limits of the pod as a whole: cpu, memory and hugepages." }),
  hostnameOverride: string(41, { pointer: true, doc: "The exact host name, whatever hostname and subdomain say." }),
  schedulingGroup: ref(PodSchedulingGroup, 43, { pointer: true, disabled: true, doc: "The group with which it is placed." }),
});
export interface PodSpec extends Infer<typeof PodSpec> {}

export const PodTemplateSpec = struct("io.k8s.api.core.v1.PodTemplateSpec", "The pods that a controller makes.", {
  metadata: ref(ObjectMeta, 1, { doc: "Labels and annotations of the pods; the labels must match the selector." }),
  spec: ref(PodSpec, 2, { doc: "What the pods consist of." }),
});
export interface PodTemplateSpec extends Infer<typeof PodTemplateSpec> {}
