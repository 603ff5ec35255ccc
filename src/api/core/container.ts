/** One program of a pod: what it runs, what it may use, how it is probed. */
import { bool, embed, type Infer, int32, int64, intOrString, list, map, quantity, ref, string, struct } from "../schema.ts";
import { LocalObjectReference } from "./references.ts";
import { ObjectFieldSelector, ResourceFieldSelector } from "./volume.ts";

export const ContainerPort = struct("io.k8s.api.core.v1.ContainerPort", {
  name: string(1),
  hostPort: int32(2),
  containerPort: int32(3, { always: true, required: true }),
  protocol: string(4, { default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  hostIP: string(5),
});
export interface ContainerPort extends Infer<typeof ContainerPort> {}

export const ConfigMapEnvSource = struct("io.k8s.api.core.v1.ConfigMapEnvSource", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  optional: bool(2, { pointer: true }),
});
export interface ConfigMapEnvSource extends Infer<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  optional: bool(2, { pointer: true }),
});
export interface SecretEnvSource extends Infer<typeof SecretEnvSource> {}

export const EnvFromSource = struct("io.k8s.api.core.v1.EnvFromSource", {
  prefix: string(1),
  configMapRef: ref(ConfigMapEnvSource, 2, { pointer: true }),
  secretRef: ref(SecretEnvSource, 3, { pointer: true }),
});
export interface EnvFromSource extends Infer<typeof EnvFromSource> {}

export const ConfigMapKeySelector = struct("io.k8s.api.core.v1.ConfigMapKeySelector", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true }),
  optional: bool(3, { pointer: true }),
});
export interface ConfigMapKeySelector extends Infer<typeof ConfigMapKeySelector> {}

export const SecretKeySelector = struct("io.k8s.api.core.v1.SecretKeySelector", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true }),
  optional: bool(3, { pointer: true }),
});
export interface SecretKeySelector extends Infer<typeof SecretKeySelector> {}

export const FileKeySelector = struct("io.k8s.api.core.v1.FileKeySelector", {
  volumeName: string(1, { always: true, required: true }),
  path: string(2, { always: true, required: true }),
  key: string(3, { always: true, required: true }),
  optional: bool(4, { pointer: true }),
});
export interface FileKeySelector extends Infer<typeof FileKeySelector> {}

export const EnvVarSource = struct("io.k8s.api.core.v1.EnvVarSource", {
  fieldRef: ref(ObjectFieldSelector, 1, { pointer: true }),
  resourceFieldRef: ref(ResourceFieldSelector, 2, { pointer: true }),
  configMapKeyRef: ref(ConfigMapKeySelector, 3, { pointer: true }),
  secretKeyRef: ref(SecretKeySelector, 4, { pointer: true }),
  fileKeyRef: ref(FileKeySelector, 5, { pointer: true }),
});
export interface EnvVarSource extends Infer<typeof EnvVarSource> {}

export const EnvVar = struct("io.k8s.api.core.v1.EnvVar", {
  name: string(1, { always: true, required: true }),
  value: string(2),
  valueFrom: ref(EnvVarSource, 3, { pointer: true }),
});
export interface EnvVar extends Infer<typeof EnvVar> {}

export const ResourceClaim = struct("io.k8s.api.core.v1.ResourceClaim", {
  name: string(1, { always: true, required: true }),
  request: string(2),
});
export interface ResourceClaim extends Infer<typeof ResourceClaim> {}

export const ResourceRequirements = struct("io.k8s.api.core.v1.ResourceRequirements", {
  limits: map(quantity, 1),
  requests: map(quantity, 2),
  claims: list(ResourceClaim, 3, { listType: "map", listMapKeys: ["name"] }),
});
export interface ResourceRequirements extends Infer<typeof ResourceRequirements> {}

export const ContainerResizePolicy = struct("io.k8s.api.core.v1.ContainerResizePolicy", {
  resourceName: string(1, { always: true, required: true }),
  restartPolicy: string(2, { always: true, required: true }),
});
export interface ContainerResizePolicy extends Infer<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = struct("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", {
  operator: string(1, { required: true }),
  values: list(int32, 2, { listType: "set" }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct("io.k8s.api.core.v1.ContainerRestartRule", {
  action: string(1, { required: true }),
  exitCodes: ref(ContainerRestartRuleOnExitCodes, 2, { pointer: true }),
});
export interface ContainerRestartRule extends Infer<typeof ContainerRestartRule> {}

export const VolumeMount = struct("io.k8s.api.core.v1.VolumeMount", {
  name: string(1, { always: true, required: true }),
  readOnly: bool(2),
  recursiveReadOnly: string(7, { pointer: true }),
  mountPath: string(3, { always: true, required: true }),
  subPath: string(4),
  mountPropagation: string(5, { pointer: true, enum: ["Bidirectional", "HostToContainer", "None"] }),
  subPathExpr: string(6),
});
export interface VolumeMount extends Infer<typeof VolumeMount> {}

export const VolumeDevice = struct("io.k8s.api.core.v1.VolumeDevice", {
  name: string(1, { always: true, required: true }),
  devicePath: string(2, { always: true, required: true }),
});
export interface VolumeDevice extends Infer<typeof VolumeDevice> {}

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", {
  command: list(string, 1, { listType: "atomic" }),
});
export interface ExecAction extends Infer<typeof ExecAction> {}

export const HTTPHeader = struct("io.k8s.api.core.v1.HTTPHeader", {
  name: string(1, { always: true, required: true }),
  value: string(2, { always: true, required: true }),
});
export interface HTTPHeader extends Infer<typeof HTTPHeader> {}

export const HTTPGetAction = struct("io.k8s.api.core.v1.HTTPGetAction", {
  path: string(1),
  port: intOrString(2, { always: true, required: true }),
  host: string(3),
  scheme: string(4, { enum: ["HTTP", "HTTPS"] }),
  httpHeaders: list(HTTPHeader, 5, { listType: "atomic" }),
});
export interface HTTPGetAction extends Infer<typeof HTTPGetAction> {}

export const TCPSocketAction = struct("io.k8s.api.core.v1.TCPSocketAction", {
  port: intOrString(1, { always: true, required: true }),
  host: string(2),
});
export interface TCPSocketAction extends Infer<typeof TCPSocketAction> {}

export const GRPCAction = struct("io.k8s.api.core.v1.GRPCAction", {
  port: int32(1, { always: true, required: true }),
  service: string(2, { pointer: true, always: true }),
});
export interface GRPCAction extends Infer<typeof GRPCAction> {}

export const ProbeHandler = struct("io.k8s.api.core.v1.ProbeHandler", {
  exec: ref(ExecAction, 1, { pointer: true }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true }),
  grpc: ref(GRPCAction, 4, { pointer: true }),
});
export interface ProbeHandler extends Infer<typeof ProbeHandler> {}

export const Probe = struct("io.k8s.api.core.v1.Probe", {
  "...ProbeHandler": embed(ProbeHandler, 1),
  initialDelaySeconds: int32(2),
  timeoutSeconds: int32(3),
  periodSeconds: int32(4),
  successThreshold: int32(5),
  failureThreshold: int32(6),
  terminationGracePeriodSeconds: int64(7, { pointer: true }),
});
export interface Probe extends Infer<typeof Probe> {}

export const SleepAction = struct("io.k8s.api.core.v1.SleepAction", {
  seconds: int64(1, { always: true, required: true }),
});
export interface SleepAction extends Infer<typeof SleepAction> {}

export const LifecycleHandler = struct("io.k8s.api.core.v1.LifecycleHandler", {
  exec: ref(ExecAction, 1, { pointer: true }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true }),
  sleep: ref(SleepAction, 4, { pointer: true }),
});
export interface LifecycleHandler extends Infer<typeof LifecycleHandler> {}

export const Lifecycle = struct("io.k8s.api.core.v1.Lifecycle", {
  postStart: ref(LifecycleHandler, 1, { pointer: true }),
  preStop: ref(LifecycleHandler, 2, { pointer: true }),
  stopSignal: string(3, {
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
export interface Lifecycle extends Infer<typeof Lifecycle> {}

export const Capabilities = struct("io.k8s.api.core.v1.Capabilities", {
  add: list(string, 1, { listType: "atomic" }),
  drop: list(string, 2, { listType: "atomic" }),
});
export interface Capabilities extends Infer<typeof Capabilities> {}

export const SELinuxOptions = struct("io.k8s.api.core.v1.SELinuxOptions", {
  user: string(1),
  role: string(2),
  type: string(3),
  level: string(4),
});
export interface SELinuxOptions extends Infer<typeof SELinuxOptions> {}

export const WindowsSecurityContextOptions = struct("io.k8s.api.core.v1.WindowsSecurityContextOptions", {
  gmsaCredentialSpecName: string(1, { pointer: true }),
  gmsaCredentialSpec: string(2, { pointer: true }),
  runAsUserName: string(3, { pointer: true }),
  hostProcess: bool(4, { pointer: true }),
});
export interface WindowsSecurityContextOptions extends Infer<typeof WindowsSecurityContextOptions> {}

export const SeccompProfile = struct("io.k8s.api.core.v1.SeccompProfile", {
  type: string(1, { always: true, required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: string(2, { pointer: true }),
});
export interface SeccompProfile extends Infer<typeof SeccompProfile> {}

export const AppArmorProfile = struct("io.k8s.api.core.v1.AppArmorProfile", {
  type: string(1, { always: true, required: true, enum: ["Localhost", "RuntimeDefault", "Unconfined"] }),
  localhostProfile: string(2, { pointer: true }),
});
export interface AppArmorProfile extends Infer<typeof AppArmorProfile> {}

export const SecurityContext = struct("io.k8s.api.core.v1.SecurityContext", {
  capabilities: ref(Capabilities, 1, { pointer: true }),
  privileged: bool(2, { pointer: true }),
  seLinuxOptions: ref(SELinuxOptions, 3, { pointer: true }),
  windowsOptions: ref(WindowsSecurityContextOptions, 10, { pointer: true }),
  runAsUser: int64(4, { pointer: true }),
  runAsGroup: int64(8, { pointer: true }),
  runAsNonRoot: bool(5, { pointer: true }),
  readOnlyRootFilesystem: bool(6, { pointer: true }),
  allowPrivilegeEscalation: bool(7, { pointer: true }),
  procMount: string(9, { pointer: true, enum: ["Default", "Unmasked"] }),
  seccompProfile: ref(SeccompProfile, 11, { pointer: true }),
  appArmorProfile: ref(AppArmorProfile, 12, { pointer: true }),
});
export interface SecurityContext extends Infer<typeof SecurityContext> {}

export const Container = struct("io.k8s.api.core.v1.Container", {
  name: string(1, { always: true, required: true }),
  image: string(2),
  command: list(string, 3, { listType: "atomic" }),
  args: list(string, 4, { listType: "atomic" }),
  workingDir: string(5),
  ports: list(ContainerPort, 6, {
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
  }),
  envFrom: list(EnvFromSource, 19, { listType: "atomic" }),
  env: list(EnvVar, 7, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  resources: ref(ResourceRequirements, 8),
  resizePolicy: list(ContainerResizePolicy, 23, { listType: "atomic" }),
  restartPolicy: string(24, { pointer: true }),
  restartPolicyRules: list(ContainerRestartRule, 25, { listType: "atomic" }),
  volumeMounts: list(VolumeMount, 9, { patchStrategy: "merge", patchMergeKey: "mountPath", listType: "map", listMapKeys: ["mountPath"] }),
  volumeDevices: list(VolumeDevice, 21, {
    patchStrategy: "merge",
    patchMergeKey: "devicePath",
    listType: "map",
    listMapKeys: ["devicePath"],
  }),
  livenessProbe: ref(Probe, 10, { pointer: true }),
  readinessProbe: ref(Probe, 11, { pointer: true }),
  startupProbe: ref(Probe, 22, { pointer: true }),
  lifecycle: ref(Lifecycle, 12, { pointer: true }),
  terminationMessagePath: string(13),
  terminationMessagePolicy: string(20, { enum: ["FallbackToLogsOnError", "File"] }),
  imagePullPolicy: string(14, { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: ref(SecurityContext, 15, { pointer: true }),
  stdin: bool(16),
  stdinOnce: bool(17),
  tty: bool(18),
});
export interface Container extends Infer<typeof Container> {}

export const EphemeralContainerCommon = struct("io.k8s.api.core.v1.EphemeralContainerCommon", {
  name: string(1, { always: true, required: true }),
  image: string(2),
  command: list(string, 3, { listType: "atomic" }),
  args: list(string, 4, { listType: "atomic" }),
  workingDir: string(5),
  ports: list(ContainerPort, 6, {
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
  }),
  envFrom: list(EnvFromSource, 19, { listType: "atomic" }),
  env: list(EnvVar, 7, { patchStrategy: "merge", patchMergeKey: "name", listType: "map", listMapKeys: ["name"] }),
  resources: ref(ResourceRequirements, 8),
  resizePolicy: list(ContainerResizePolicy, 23, { listType: "atomic" }),
  restartPolicy: string(24, { pointer: true }),
  restartPolicyRules: list(ContainerRestartRule, 25, { listType: "atomic" }),
  volumeMounts: list(VolumeMount, 9, { patchStrategy: "merge", patchMergeKey: "mountPath", listType: "map", listMapKeys: ["mountPath"] }),
  volumeDevices: list(VolumeDevice, 21, {
    patchStrategy: "merge",
    patchMergeKey: "devicePath",
    listType: "map",
    listMapKeys: ["devicePath"],
  }),
  livenessProbe: ref(Probe, 10, { pointer: true }),
  readinessProbe: ref(Probe, 11, { pointer: true }),
  startupProbe: ref(Probe, 22, { pointer: true }),
  lifecycle: ref(Lifecycle, 12, { pointer: true }),
  terminationMessagePath: string(13),
  terminationMessagePolicy: string(20, { enum: ["FallbackToLogsOnError", "File"] }),
  imagePullPolicy: string(14, { enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: ref(SecurityContext, 15, { pointer: true }),
  stdin: bool(16),
  stdinOnce: bool(17),
  tty: bool(18),
});
export interface EphemeralContainerCommon extends Infer<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = struct("io.k8s.api.core.v1.EphemeralContainer", {
  "...EphemeralContainerCommon": embed(EphemeralContainerCommon, 1),
  targetContainerName: string(2),
});
export interface EphemeralContainer extends Infer<typeof EphemeralContainer> {}
