/** What a pod is asked to be, wherever it is written: Pod, Deployment, Job and all others embed it. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { bool, type Infer, int32, int64, list, map, quantity, ref, string, struct } from "../schema.ts";
import {
  AppArmorProfile,
  Container,
  EphemeralContainer,
  ResourceRequirements,
  SELinuxOptions,
  SeccompProfile,
  WindowsSecurityContextOptions,
} from "./container.ts";
import { Affinity, Toleration, TopologySpreadConstraint } from "./placement.ts";
import { LocalObjectReference } from "./references.ts";
import { Volume } from "./volume.ts";

export const Sysctl = struct("io.k8s.api.core.v1.Sysctl", {
  name: string(1, { always: true, required: true }),
  value: string(2, { always: true, required: true }),
});
export interface Sysctl extends Infer<typeof Sysctl> {}

export const PodSecurityContext = struct("io.k8s.api.core.v1.PodSecurityContext", {
  seLinuxOptions: ref(SELinuxOptions, 1, { pointer: true }),
  windowsOptions: ref(WindowsSecurityContextOptions, 8, { pointer: true }),
  runAsUser: int64(2, { pointer: true }),
  runAsGroup: int64(6, { pointer: true }),
  runAsNonRoot: bool(3, { pointer: true }),
  supplementalGroups: list(int64, 4, { listType: "atomic" }),
  supplementalGroupsPolicy: string(12, { pointer: true, enum: ["Merge", "Strict"] }),
  fsGroup: int64(5, { pointer: true }),
  sysctls: list(Sysctl, 7, { listType: "atomic" }),
  fsGroupChangePolicy: string(9, { pointer: true, enum: ["Always", "OnRootMismatch"] }),
  seccompProfile: ref(SeccompProfile, 10, { pointer: true }),
  appArmorProfile: ref(AppArmorProfile, 11, { pointer: true }),
  seLinuxChangePolicy: string(13, { pointer: true }),
});
export interface PodSecurityContext extends Infer<typeof PodSecurityContext> {}

export const HostAlias = struct("io.k8s.api.core.v1.HostAlias", {
  ip: string(1, { always: true, required: true }),
  hostnames: list(string, 2, { listType: "atomic" }),
});
export interface HostAlias extends Infer<typeof HostAlias> {}

export const PodDNSConfigOption = struct("io.k8s.api.core.v1.PodDNSConfigOption", {
  name: string(1),
  value: string(2, { pointer: true }),
});
export interface PodDNSConfigOption extends Infer<typeof PodDNSConfigOption> {}

export const PodDNSConfig = struct("io.k8s.api.core.v1.PodDNSConfig", {
  nameservers: list(string, 1, { listType: "atomic" }),
  searches: list(string, 2, { listType: "atomic" }),
  options: list(PodDNSConfigOption, 3, { listType: "atomic" }),
});
export interface PodDNSConfig extends Infer<typeof PodDNSConfig> {}

export const PodReadinessGate = struct("io.k8s.api.core.v1.PodReadinessGate", {
  conditionType: string(1, { always: true, required: true }),
});
export interface PodReadinessGate extends Infer<typeof PodReadinessGate> {}

export const PodOS = struct("io.k8s.api.core.v1.PodOS", {
  name: string(1, { always: true, required: true }),
});
export interface PodOS extends Infer<typeof PodOS> {}

export const PodSchedulingGate = struct("io.k8s.api.core.v1.PodSchedulingGate", {
  name: string(1, { always: true, required: true }),
});
export interface PodSchedulingGate extends Infer<typeof PodSchedulingGate> {}

export const PodResourceClaim = struct("io.k8s.api.core.v1.PodResourceClaim", {
  name: string(1, { always: true, required: true }),
  resourceClaimName: string(3, { pointer: true }),
  resourceClaimTemplateName: string(4, { pointer: true }),
});
export interface PodResourceClaim extends Infer<typeof PodResourceClaim> {}

export const PodSchedulingGroup = struct("io.k8s.api.core.v1.PodSchedulingGroup", {
  podGroupName: string(1, { pointer: true }),
});
export interface PodSchedulingGroup extends Infer<typeof PodSchedulingGroup> {}

export const PodSpec = struct("io.k8s.api.core.v1.PodSpec", {
  volumes: list(Volume, 1, { patchStrategy: "merge,retainKeys", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  initContainers: list(Container, 20, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  containers: list(Container, 2, {
    always: true,
    required: true,
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  ephemeralContainers: list(EphemeralContainer, 34, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  restartPolicy: string(3, { enum: ["Always", "Never", "OnFailure"] }),
  terminationGracePeriodSeconds: int64(4, { pointer: true }),
  activeDeadlineSeconds: int64(5, { pointer: true }),
  dnsPolicy: string(6, { enum: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] }),
  nodeSelector: map(string, 7, { mapType: "atomic" }),
  serviceAccountName: string(8),
  serviceAccount: string(9),
  automountServiceAccountToken: bool(21, { pointer: true }),
  nodeName: string(10),
  hostNetwork: bool(11),
  hostPID: bool(12),
  hostIPC: bool(13),
  shareProcessNamespace: bool(27, { pointer: true }),
  securityContext: ref(PodSecurityContext, 14, { pointer: true }),
  imagePullSecrets: list(LocalObjectReference, 15, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  hostname: string(16),
  subdomain: string(17),
  affinity: ref(Affinity, 18, { pointer: true }),
  schedulerName: string(19),
  tolerations: list(Toleration, 22, { listType: "atomic" }),
  hostAliases: list(HostAlias, 23, { patchStrategy: "merge", patchMergeKey: "ip", listType: "map", listMapKeys: ["ip"] }),
  priorityClassName: string(24),
  priority: int32(25, { pointer: true }),
  dnsConfig: ref(PodDNSConfig, 26, { pointer: true }),
  readinessGates: list(PodReadinessGate, 28, { listType: "atomic" }),
  runtimeClassName: string(29, { pointer: true }),
  enableServiceLinks: bool(30, { pointer: true }),
  preemptionPolicy: string(31, { pointer: true, enum: ["Never", "PreemptLowerPriority"] }),
  overhead: map(quantity, 32),
  topologySpreadConstraints: list(TopologySpreadConstraint, 33, {
    patchStrategy: "merge",
    patchMergeKey: "topologyKey",
    listType: "map",
    listMapKeys: ["topologyKey", "whenUnsatisfiable"],
  }),
  setHostnameAsFQDN: bool(35, { pointer: true }),
  os: ref(PodOS, 36, { pointer: true }),
  hostUsers: bool(37, { pointer: true }),
  schedulingGates: list(PodSchedulingGate, 38, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  resourceClaims: list(PodResourceClaim, 39, {
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
  }),
  resources: ref(ResourceRequirements, 40, { pointer: true }),
  hostnameOverride: string(41, { pointer: true }),
  schedulingGroup: ref(PodSchedulingGroup, 43, { pointer: true }),
});
export interface PodSpec extends Infer<typeof PodSpec> {}

export const PodTemplateSpec = struct("io.k8s.api.core.v1.PodTemplateSpec", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(PodSpec, 2),
});
export interface PodTemplateSpec extends Infer<typeof PodTemplateSpec> {}
