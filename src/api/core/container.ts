/** One program of a pod: what it runs, what it may use, how it is probed. */
import { bool, embed, type Infer, int32, int64, intOrString, list, map, quantity, ref, string, struct } from "../schema.ts";
import { LocalObjectReference } from "./references.ts";
import { ObjectFieldSelector, ResourceFieldSelector } from "./volume.ts";

export const ContainerPort = struct("io.k8s.api.core.v1.ContainerPort", "A port of a container.", {
  name: string(1, { doc: "A name by which Services and probes can mean the port: at most 15 characters, unique in the pod." }),
  hostPort: int32(2, { doc: "Opens this port of the node too; keeps a second such pod off the node. Rarely needed." }),
  containerPort: int32(3, { always: true, required: true, doc: "The port number inside the pod, 1 to 65535." }),
  protocol: string(4, { default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  hostIP: string(5, { doc: "The node's address that hostPort is bound to; all when left out." }),
});
export interface ContainerPort extends Infer<typeof ContainerPort> {}

export const ConfigMapEnvSource = struct(
  "io.k8s.api.core.v1.ConfigMapEnvSource",
  "A ConfigMap all of whose keys become environment variables.",
  {
    "...LocalObjectReference": embed(LocalObjectReference, 1),
    optional: bool(2, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
  },
);
export interface ConfigMapEnvSource extends Infer<typeof ConfigMapEnvSource> {}

export const SecretEnvSource = struct("io.k8s.api.core.v1.SecretEnvSource", "A Secret all of whose keys become environment variables.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  optional: bool(2, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface SecretEnvSource extends Infer<typeof SecretEnvSource> {}

export const EnvFromSource = struct("io.k8s.api.core.v1.EnvFromSource", "An object all of whose keys become environment variables.", {
  prefix: string(1, { doc: "Put before every key." }),
  configMapRef: ref(ConfigMapEnvSource, 2, { pointer: true, doc: "The ConfigMap to take." }),
  secretRef: ref(SecretEnvSource, 3, { pointer: true, doc: "The Secret to take." }),
});
export interface EnvFromSource extends Infer<typeof EnvFromSource> {}

export const ConfigMapKeySelector = struct("io.k8s.api.core.v1.ConfigMapKeySelector", "One key of a ConfigMap.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true, doc: "The key whose value is taken." }),
  optional: bool(3, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface ConfigMapKeySelector extends Infer<typeof ConfigMapKeySelector> {}

export const SecretKeySelector = struct("io.k8s.api.core.v1.SecretKeySelector", "One key of a Secret.", {
  "...LocalObjectReference": embed(LocalObjectReference, 1),
  key: string(2, { always: true, required: true, doc: "The key whose value is taken." }),
  optional: bool(3, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface SecretKeySelector extends Infer<typeof SecretKeySelector> {}

export const FileKeySelector = struct("io.k8s.api.core.v1.FileKeySelector", "One key of a file in env format.", {
  volumeName: string(1, { always: true, required: true, doc: "The pod's volume that has the file; an emptyDir." }),
  path: string(2, { always: true, required: true, doc: "The file's path inside the volume: relative, without '..'." }),
  key: string(3, { always: true, required: true, doc: "The key in the file." }),
  optional: bool(4, { pointer: true, doc: "When true, the pod starts even if the named object or key does not exist." }),
});
export interface FileKeySelector extends Infer<typeof FileKeySelector> {}

export const EnvVarSource = struct("io.k8s.api.core.v1.EnvVarSource", "Where a variable's value comes from: exactly one.", {
  fieldRef: ref(ObjectFieldSelector, 1, { pointer: true, doc: "A field of the pod, such as metadata.name or status.podIP." }),
  resourceFieldRef: ref(ResourceFieldSelector, 2, { pointer: true, doc: "A request or limit of a container, such as limits.memory." }),
  configMapKeyRef: ref(ConfigMapKeySelector, 3, { pointer: true, doc: "A key of a ConfigMap in the pod's namespace." }),
  secretKeyRef: ref(SecretKeySelector, 4, { pointer: true, doc: "A key of a Secret in the pod's namespace." }),
  fileKeyRef: ref(FileKeySelector, 5, { pointer: true, doc: "A key of a file in env format, on a volume that an init container wrote." }),
});
export interface EnvVarSource extends Infer<typeof EnvVarSource> {}

export const EnvVar = struct("io.k8s.api.core.v1.EnvVar", "One environment variable.", {
  name: string(1, { always: true, required: true, doc: "Its name: any printable ASCII without '='." }),
  value: string(2, { doc: "Its value; $(NAME) is replaced by a variable that stands before, $$ is one $." }),
  valueFrom: ref(EnvVarSource, 3, { pointer: true, doc: "Where else the value comes from; not together with value." }),
});
export interface EnvVar extends Infer<typeof EnvVar> {}

export const ResourceClaim = struct("io.k8s.api.core.v1.ResourceClaim", "A claim of the pod that a container uses.", {
  name: string(1, { always: true, required: true, doc: "The entry of the pod's resourceClaims." }),
  request: string(2, { doc: "One request of the claim; all when left out." }),
});
export interface ResourceClaim extends Infer<typeof ResourceClaim> {}

export const ResourceRequirements = struct("io.k8s.api.core.v1.ResourceRequirements", "What a container asks for and may use.", {
  limits: map(quantity, 1, { doc: "The most that it may use: more CPU is held back, more memory ends it." }),
  requests: map(quantity, 2, { doc: "What it is sure to get, and what the scheduler counts; equals limits when only those are set." }),
  claims: list(ResourceClaim, 3, { listType: "map", listMapKeys: ["name"], doc: "Devices that it uses, by the pod's resourceClaims." }),
});
export interface ResourceRequirements extends Infer<typeof ResourceRequirements> {}

export const ContainerResizePolicy = struct(
  "io.k8s.api.core.v1.ContainerResizePolicy",
  "What a change of a resource does to a running container.",
  {
    resourceName: string(1, { always: true, required: true, doc: "cpu or memory." }),
    restartPolicy: string(2, {
      always: true,
      required: true,
      doc: "NotRequired changes it in place; RestartContainer starts the container again.",
    }),
  },
);
export interface ContainerResizePolicy extends Infer<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = struct("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", "A set of exit codes.", {
  operator: string(1, { required: true, doc: "In: one of values; NotIn: none of them." }),
  values: list(int32, 2, { listType: "set", doc: "Exit codes, at most 255 of them." }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct(
  "io.k8s.api.core.v1.ContainerRestartRule",
  "What to do when a container ended in a certain way.",
  {
    action: string(1, { required: true, doc: "Restart starts the container again, RestartAllContainers all of the pod's." }),
    exitCodes: ref(ContainerRestartRuleOnExitCodes, 2, { pointer: true, doc: "The exit codes that the rule is for." }),
  },
);
export interface ContainerRestartRule extends Infer<typeof ContainerRestartRule> {}

export const VolumeMount = struct("io.k8s.api.core.v1.VolumeMount", "Where a container sees a volume.", {
  name: string(1, { always: true, required: true, doc: "The pod's volume." }),
  readOnly: bool(2, { doc: "Nothing can be written; false by default." }),
  recursiveReadOnly: string(7, {
    pointer: true,
    doc: "For a read-only mount, whether mounts below are read-only too: Disabled, IfPossible or Enabled.",
  }),
  mountPath: string(3, { always: true, required: true, doc: "The path in the container; no ':' in it." }),
  subPath: string(4, { doc: "The part of the volume that is mounted, instead of its root." }),
  mountPropagation: string(5, {
    pointer: true,
    enum: ["Bidirectional", "HostToContainer", "None"],
    doc: "None (the default), HostToContainer or Bidirectional: whether later mounts are passed on.",
  }),
  subPathExpr: string(6, { doc: "Like subPath, with $(NAME) replaced by environment variables." }),
});
export interface VolumeMount extends Infer<typeof VolumeMount> {}

export const VolumeDevice = struct("io.k8s.api.core.v1.VolumeDevice", "A block volume in a container.", {
  name: string(1, { always: true, required: true, doc: "The pod's volume; a claim of mode Block." }),
  devicePath: string(2, { always: true, required: true, doc: "The device's path in the container." }),
});
export interface VolumeDevice extends Infer<typeof VolumeDevice> {}

export const ExecAction = struct("io.k8s.api.core.v1.ExecAction", "Runs a command in the container; exit code 0 is success.", {
  command: list(string, 1, { listType: "atomic", doc: "The command and its arguments, without a shell; it starts in the root folder." }),
});
export interface ExecAction extends Infer<typeof ExecAction> {}

export const HTTPHeader = struct("io.k8s.api.core.v1.HTTPHeader", "A header of a request.", {
  name: string(1, { always: true, required: true, doc: "The header's name, in its usual form after sending." }),
  value: string(2, { always: true, required: true, doc: "Its value." }),
});
export interface HTTPHeader extends Infer<typeof HTTPHeader> {}

export const HTTPGetAction = struct("io.k8s.api.core.v1.HTTPGetAction", "Sends a GET request; an answer of 200 to 399 is success.", {
  path: string(1, { doc: "The path to ask for; / when left out." }),
  port: intOrString(2, { always: true, required: true, doc: "The port, by number or by its name in the container." }),
  host: string(3, { doc: "The host to connect to; the pod's address when left out. Rather set a Host header." }),
  scheme: string(4, { enum: ["HTTP", "HTTPS"], doc: "HTTP (the default) or HTTPS; certificates are not verified." }),
  httpHeaders: list(HTTPHeader, 5, { listType: "atomic", doc: "Headers to send; a name may repeat." }),
});
export interface HTTPGetAction extends Infer<typeof HTTPGetAction> {}

export const TCPSocketAction = struct("io.k8s.api.core.v1.TCPSocketAction", "Opens a connection; that it opens is success.", {
  port: intOrString(1, { always: true, required: true, doc: "The port, by number or by its name in the container." }),
  host: string(2, { doc: "The host to connect to; the pod's address when left out." }),
});
export interface TCPSocketAction extends Infer<typeof TCPSocketAction> {}

export const GRPCAction = struct("io.k8s.api.core.v1.GRPCAction", "Asks the standard gRPC health service.", {
  port: int32(1, { always: true, required: true, doc: "The port of the gRPC server, 1 to 65535." }),
  service: string(2, { pointer: true, always: true, doc: "The service name that is asked for; the server as a whole when empty." }),
});
export interface GRPCAction extends Infer<typeof GRPCAction> {}

export const ProbeHandler = struct("io.k8s.api.core.v1.ProbeHandler", "How a probe asks: exactly one of these.", {
  exec: ref(ExecAction, 1, { pointer: true, doc: "Runs a command in the container." }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true, doc: "Sends a GET request." }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true, doc: "Opens a connection." }),
  grpc: ref(GRPCAction, 4, { pointer: true, doc: "Asks the gRPC health service." }),
});
export interface ProbeHandler extends Infer<typeof ProbeHandler> {}

export const Probe = struct("io.k8s.api.core.v1.Probe", "A question that the kubelet asks a container again and again.", {
  "...ProbeHandler": embed(ProbeHandler, 1),
  initialDelaySeconds: int32(2, { doc: "Seconds after the start before it is first asked." }),
  timeoutSeconds: int32(3, { doc: "Seconds until no answer is a failure; 1 by default." }),
  periodSeconds: int32(4, { doc: "Seconds between two questions; 10 by default." }),
  successThreshold: int32(5, { doc: "How many successes in a row make it good again; 1 by default, and always for liveness and startup." }),
  failureThreshold: int32(6, { doc: "How many failures in a row make it bad; 3 by default." }),
  terminationGracePeriodSeconds: int64(7, { pointer: true, doc: "Overrules the pod's grace period when this probe fails." }),
});
export interface Probe extends Infer<typeof Probe> {}

export const SleepAction = struct("io.k8s.api.core.v1.SleepAction", "Waits.", {
  seconds: int64(1, { always: true, required: true, doc: "How long." }),
});
export interface SleepAction extends Infer<typeof SleepAction> {}

export const LifecycleHandler = struct("io.k8s.api.core.v1.LifecycleHandler", "One thing to do: exactly one of these.", {
  exec: ref(ExecAction, 1, { pointer: true, doc: "Run a command in the container." }),
  httpGet: ref(HTTPGetAction, 2, { pointer: true, doc: "Send a GET request." }),
  tcpSocket: ref(TCPSocketAction, 3, { pointer: true, doc: "Not supported for hooks; kept for compatibility." }),
  sleep: ref(SleepAction, 4, { pointer: true, doc: "Wait for some seconds." }),
});
export interface LifecycleHandler extends Infer<typeof LifecycleHandler> {}

export const Lifecycle = struct("io.k8s.api.core.v1.Lifecycle", "What runs at the start and at the end of a container.", {
  postStart: ref(LifecycleHandler, 1, {
    pointer: true,
    doc: "Runs right after the start, beside the entrypoint; when it fails, the container is killed.",
  }),
  preStop: ref(LifecycleHandler, 2, {
    pointer: true,
    doc: "Runs before the container is asked to end; the pod's grace period counts from before it.",
  }),
  stopSignal: string(3, {
    disabled: true,
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
    doc: "The signal that asks the container to end; SIGTERM or the image's own when left out.",
  }),
});
export interface Lifecycle extends Infer<typeof Lifecycle> {}

export const Capabilities = struct(
  "io.k8s.api.core.v1.Capabilities",
  "Linux capabilities given to or taken from a container, without the prefix CAP_.",
  {
    add: list(string, 1, { listType: "atomic", doc: "Capabilities to add, such as NET_ADMIN." }),
    drop: list(string, 2, { listType: "atomic", doc: "Capabilities to remove; ALL removes every one." }),
  },
);
export interface Capabilities extends Infer<typeof Capabilities> {}

export const SELinuxOptions = struct("io.k8s.api.core.v1.SELinuxOptions", "An SELinux label.", {
  user: string(1, { doc: "Its user." }),
  role: string(2, { doc: "Its role." }),
  type: string(3, { doc: "Its type." }),
  level: string(4, { doc: "Its level." }),
});
export interface SELinuxOptions extends Infer<typeof SELinuxOptions> {}

export const WindowsSecurityContextOptions = struct(
  "io.k8s.api.core.v1.WindowsSecurityContextOptions",
  "Settings for containers on Windows.",
  {
    gmsaCredentialSpecName: string(1, { pointer: true, doc: "The name of the group account's credential spec." }),
    gmsaCredentialSpec: string(2, { pointer: true, doc: "The credential spec itself; filled in by a webhook." }),
    runAsUserName: string(3, { pointer: true, doc: "The user; the image's own when left out." }),
    hostProcess: bool(4, { pointer: true, doc: "Whether it runs as a process of the host." }),
  },
);
export interface WindowsSecurityContextOptions extends Infer<typeof WindowsSecurityContextOptions> {}

export const SeccompProfile = struct("io.k8s.api.core.v1.SeccompProfile", "Which system calls are allowed.", {
  type: string(1, {
    always: true,
    required: true,
    enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    doc: "RuntimeDefault (the runtime's profile), Localhost (a file of the node) or Unconfined.",
  }),
  localhostProfile: string(2, { pointer: true, doc: "The file, below the kubelet's seccomp folder; only and always with type Localhost." }),
});
export interface SeccompProfile extends Infer<typeof SeccompProfile> {}

export const AppArmorProfile = struct("io.k8s.api.core.v1.AppArmorProfile", "Which AppArmor profile confines a container.", {
  type: string(1, {
    always: true,
    required: true,
    enum: ["Localhost", "RuntimeDefault", "Unconfined"],
    doc: "RuntimeDefault (the runtime's profile), Localhost (one loaded on the node) or Unconfined.",
  }),
  localhostProfile: string(2, { pointer: true, doc: "The name of a profile loaded on the node; only and always with type Localhost." }),
});
export interface AppArmorProfile extends Infer<typeof AppArmorProfile> {}

export const SecurityContext = struct(
  "io.k8s.api.core.v1.SecurityContext",
  "User, rights and isolation of one container; wins over the pod's.",
  {
    capabilities: ref(Capabilities, 1, { pointer: true, doc: "Linux capabilities to add and drop." }),
    privileged: bool(2, { pointer: true, doc: "Gives it all of the host's devices and rights: nearly root on the node." }),
    seLinuxOptions: ref(SELinuxOptions, 3, { pointer: true, doc: "The SELinux label." }),
    windowsOptions: ref(WindowsSecurityContextOptions, 10, { pointer: true, doc: "Settings for Windows." }),
    runAsUser: int64(4, { pointer: true, doc: "The user number; the image's own when left out." }),
    runAsGroup: int64(8, { pointer: true, doc: "The primary group number." }),
    runAsNonRoot: bool(5, { pointer: true, doc: "When true, the container is refused if it would run as user 0." }),
    readOnlyRootFilesystem: bool(6, { pointer: true, doc: "Nothing can be written outside of volumes." }),
    allowPrivilegeEscalation: bool(7, {
      pointer: true,
      doc: "Whether a process may get more rights than its parent (setuid programs); true when privileged.",
    }),
    procMount: string(9, {
      pointer: true,
      enum: ["Default", "Unmasked"],
      doc: "Default masks parts of /proc; Unmasked does not, and needs a user namespace.",
    }),
    seccompProfile: ref(SeccompProfile, 11, { pointer: true, doc: "Which system calls are allowed." }),
    appArmorProfile: ref(AppArmorProfile, 12, { pointer: true, doc: "The AppArmor profile." }),
  },
);
export interface SecurityContext extends Infer<typeof SecurityContext> {}

export const Container = struct("io.k8s.api.core.v1.Container", "One program of a pod: an image, how to start it, and what it may use.", {
  name: string(1, { always: true, required: true, doc: "The container's name, unique in the pod: a DNS label." }),
  image: string(2, { doc: "The image to run, such as docker.io/library/nginx:1.29 or one named by its digest." }),
  command: list(string, 3, {
    listType: "atomic",
    doc: "Replaces the image's entrypoint; not run in a shell. $(NAME) is replaced by an environment variable, $$ is one $.",
  }),
  args: list(string, 4, {
    listType: "atomic",
    doc: "Arguments of the entrypoint; the image's CMD when left out. $(NAME) is replaced as in command.",
  }),
  workingDir: string(5, { doc: "The folder that the program starts in; the image's own when left out." }),
  ports: list(ContainerPort, 6, {
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
    doc: "Ports that the program listens on: information and names for Services; a port that is not listed can be reached as well.",
  }),
  envFrom: list(EnvFromSource, 19, {
    listType: "atomic",
    doc: "Objects whose keys all become environment variables; a later source wins, and env wins over all.",
  }),
  env: list(EnvVar, 7, {
    patchStrategy: "merge",
    patchMergeKey: "name",
    listType: "map",
    listMapKeys: ["name"],
    doc: "Environment variables, in order: a later one may use $(NAME) of an earlier one.",
  }),
  resources: ref(ResourceRequirements, 8, { doc: "What the container asks for and may use at the most: CPU, memory and more." }),
  resizePolicy: list(ContainerResizePolicy, 23, {
    listType: "atomic",
    doc: "For each resource, whether a change of it restarts the container.",
  }),
  restartPolicy: string(24, {
    pointer: true,
    doc: "Overrules the pod's restart policy; Always makes an init container a sidecar, which starts before the others and ends after them.",
  }),
  restartPolicyRules: list(ContainerRestartRule, 25, {
    listType: "atomic",
    doc: "Exit codes that decide whether this container is started again, before restartPolicy is asked.",
  }),
  volumeMounts: list(VolumeMount, 9, {
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
    listType: "map",
    listMapKeys: ["mountPath"],
    doc: "Which of the pod's volumes the container sees, and where.",
  }),
  volumeDevices: list(VolumeDevice, 21, {
    patchStrategy: "merge",
    patchMergeKey: "devicePath",
    listType: "map",
    listMapKeys: ["devicePath"],
    doc: "Block volumes that the container sees as devices.",
  }),
  livenessProbe: ref(Probe, 10, {
    pointer: true,
    doc: "Asks from time to time whether the container works; when it fails, the container is started again.",
  }),
  readinessProbe: ref(Probe, 11, {
    pointer: true,
    doc: "Asks whether the container can serve; while it fails, the pod gets no traffic from Services.",
  }),
  startupProbe: ref(Probe, 22, { pointer: true, doc: "Asks whether the program has started; until it succeeds, the other probes wait." }),
  lifecycle: ref(Lifecycle, 12, { pointer: true, doc: "What to run right after the start and before the end." }),
  terminationMessagePath: string(13, {
    doc: "A file in the container whose content becomes the last message in its status; /dev/termination-log by default.",
  }),
  terminationMessagePolicy: string(20, {
    enum: ["FallbackToLogsOnError", "File"],
    doc: "File reads only terminationMessagePath; FallbackToLogsOnError takes the end of the log when that is empty and the container failed.",
  }),
  imagePullPolicy: string(14, {
    enum: ["Always", "IfNotPresent", "Never"],
    doc: "Always, IfNotPresent or Never. Always by default for the tag latest, IfNotPresent otherwise.",
  }),
  securityContext: ref(SecurityContext, 15, { pointer: true, doc: "The container's user, rights and isolation; wins over the pod's." }),
  stdin: bool(16, { doc: "Keeps the standard input open, so that something can be attached to it." }),
  stdinOnce: bool(17, { doc: "Closes the standard input when the first client that attached goes away." }),
  tty: bool(18, { doc: "Gives the container a terminal; needs stdin." }),
});
export interface Container extends Infer<typeof Container> {}

export const EphemeralContainerCommon = struct(
  "io.k8s.api.core.v1.EphemeralContainerCommon",
  "What an ephemeral container has in common with other containers.",
  {
    name: string(1, { always: true, required: true, doc: "The container's name, unique in the pod: a DNS label." }),
    image: string(2, { doc: "The image to run, such as docker.io/library/nginx:1.29 or one named by its digest." }),
    command: list(string, 3, {
      listType: "atomic",
      doc: "Replaces the image's entrypoint; not run in a shell. $(NAME) is replaced by an environment variable, $$ is one $.",
    }),
    args: list(string, 4, {
      listType: "atomic",
      doc: "Arguments of the entrypoint; the image's CMD when left out. $(NAME) is replaced as in command.",
    }),
    workingDir: string(5, { doc: "The folder that the program starts in; the image's own when left out." }),
    ports: list(ContainerPort, 6, {
      patchStrategy: "merge",
      patchMergeKey: "containerPort",
      listType: "map",
      listMapKeys: ["containerPort", "protocol"],
      doc: "Ports that the program listens on: information and names for Services; a port that is not listed can be reached as well.",
    }),
    envFrom: list(EnvFromSource, 19, {
      listType: "atomic",
      doc: "Objects whose keys all become environment variables; a later source wins, and env wins over all.",
    }),
    env: list(EnvVar, 7, {
      patchStrategy: "merge",
      patchMergeKey: "name",
      listType: "map",
      listMapKeys: ["name"],
      doc: "Environment variables, in order: a later one may use $(NAME) of an earlier one.",
    }),
    resources: ref(ResourceRequirements, 8, { doc: "What the container asks for and may use at the most: CPU, memory and more." }),
    resizePolicy: list(ContainerResizePolicy, 23, {
      listType: "atomic",
      doc: "For each resource, whether a change of it restarts the container.",
    }),
    restartPolicy: string(24, {
      pointer: true,
      doc: "Overrules the pod's restart policy; Always makes an init container a sidecar, which starts before the others and ends after them.",
    }),
    restartPolicyRules: list(ContainerRestartRule, 25, {
      listType: "atomic",
      doc: "Exit codes that decide whether this container is started again, before restartPolicy is asked.",
    }),
    volumeMounts: list(VolumeMount, 9, {
      patchStrategy: "merge",
      patchMergeKey: "mountPath",
      listType: "map",
      listMapKeys: ["mountPath"],
      doc: "Which of the pod's volumes the container sees, and where.",
    }),
    volumeDevices: list(VolumeDevice, 21, {
      patchStrategy: "merge",
      patchMergeKey: "devicePath",
      listType: "map",
      listMapKeys: ["devicePath"],
      doc: "Block volumes that the container sees as devices.",
    }),
    livenessProbe: ref(Probe, 10, {
      pointer: true,
      doc: "Asks from time to time whether the container works; when it fails, the container is started again.",
    }),
    readinessProbe: ref(Probe, 11, {
      pointer: true,
      doc: "Asks whether the container can serve; while it fails, the pod gets no traffic from Services.",
    }),
    startupProbe: ref(Probe, 22, { pointer: true, doc: "Asks whether the program has started; until it succeeds, the other probes wait." }),
    lifecycle: ref(Lifecycle, 12, { pointer: true, doc: "What to run right after the start and before the end." }),
    terminationMessagePath: string(13, {
      doc: "A file in the container whose content becomes the last message in its status; /dev/termination-log by default.",
    }),
    terminationMessagePolicy: string(20, {
      enum: ["FallbackToLogsOnError", "File"],
      doc: "File reads only terminationMessagePath; FallbackToLogsOnError takes the end of the log when that is empty and the container failed.",
    }),
    imagePullPolicy: string(14, {
      enum: ["Always", "IfNotPresent", "Never"],
      doc: "Always, IfNotPresent or Never. Always by default for the tag latest, IfNotPresent otherwise.",
    }),
    securityContext: ref(SecurityContext, 15, { pointer: true, doc: "The container's user, rights and isolation; wins over the pod's." }),
    stdin: bool(16, { doc: "Keeps the standard input open, so that something can be attached to it." }),
    stdinOnce: bool(17, { doc: "Closes the standard input when the first client that attached goes away." }),
    tty: bool(18, { doc: "Gives the container a terminal; needs stdin." }),
  },
);
export interface EphemeralContainerCommon extends Infer<typeof EphemeralContainerCommon> {}

export const EphemeralContainer = struct(
  "io.k8s.api.core.v1.EphemeralContainer",
  "A container added to a running pod for debugging; it is never started again and cannot be removed.",
  {
    "...EphemeralContainerCommon": embed(EphemeralContainerCommon, 1),
    targetContainerName: string(2, { doc: "The container whose process namespace is shared, so that its processes can be seen." }),
  },
);
export interface EphemeralContainer extends Infer<typeof EphemeralContainer> {}
