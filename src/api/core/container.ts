/** A program of a pod: its image, how it is started, what it may use and where its volumes are. */

import { bool, embed, type Infer, int32, list, map, quantity, ref, string, struct } from "../schema.ts";
import { EnvFromSource, EnvVar } from "./pod/environment.ts";
import { Lifecycle, Probe } from "./pod/probe.ts";
import { SecurityContext } from "./pod/security-context.ts";

export const ContainerPort = struct("io.k8s.api.core.v1.ContainerPort", "A port of a container.", {
  name: string(1, { doc: "A name by which Services and probes can mean the port: at most 15 characters, unique in the pod." }),
  hostPort: int32(2, { doc: "Opens this port of the node too; keeps a second such pod off the node. Rarely needed." }),
  containerPort: int32(3, { always: true, required: true, doc: "The port number inside the pod, 1 to 65535." }),
  protocol: string(4, { goType: "v1.Protocol", default: "TCP", enum: ["SCTP", "TCP", "UDP"], doc: "TCP (the default), UDP or SCTP." }),
  hostIP: string(5, { doc: "The node's address that hostPort is bound to; all when left out." }),
});
export interface ContainerPort extends Infer<typeof ContainerPort> {}

export const ResourceClaim = struct("io.k8s.api.core.v1.ResourceClaim", "A claim of the pod that a container uses.", {
  name: string(1, { always: true, required: true, doc: "The entry of the pod's resourceClaims." }),
  request: string(2, { doc: "One request of the claim; all when left out." }),
});
export interface ResourceClaim extends Infer<typeof ResourceClaim> {}

export const ResourceRequirements = struct("io.k8s.api.core.v1.ResourceRequirements", "What a container asks for and may use.", {
  limits: map(quantity, 1, { goType: "v1.ResourceList", doc: "The most that it may use: more CPU is held back, more memory ends it." }),
  requests: map(quantity, 2, {
    goType: "v1.ResourceList",
    doc: "What it is sure to get, and what the scheduler counts; equals limits when only those are set.",
  }),
  claims: list(ResourceClaim, 3, { listType: "map", listMapKeys: ["name"], doc: "Devices that it uses, by the pod's resourceClaims." }),
});
export interface ResourceRequirements extends Infer<typeof ResourceRequirements> {}

export const ContainerResizePolicy = struct(
  "io.k8s.api.core.v1.ContainerResizePolicy",
  "What a change of a resource does to a running container.",
  {
    resourceName: string(1, { goType: "v1.ResourceName", always: true, required: true, doc: "cpu or memory." }),
    restartPolicy: string(2, {
      goType: "v1.ResourceResizeRestartPolicy",
      always: true,
      required: true,
      doc: "NotRequired changes it in place; RestartContainer starts the container again.",
    }),
  },
);
export interface ContainerResizePolicy extends Infer<typeof ContainerResizePolicy> {}

export const ContainerRestartRuleOnExitCodes = struct("io.k8s.api.core.v1.ContainerRestartRuleOnExitCodes", "A set of exit codes.", {
  operator: string(1, {
    goType: "v1.ContainerRestartRuleOnExitCodesOperator",
    required: true,
    doc: "In: one of values; NotIn: none of them.",
  }),
  values: list(int32, 2, { listType: "set", doc: "Exit codes, at most 255 of them." }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<typeof ContainerRestartRuleOnExitCodes> {}

export const ContainerRestartRule = struct(
  "io.k8s.api.core.v1.ContainerRestartRule",
  "What to do when a container ended in a certain way.",
  {
    action: string(1, {
      goType: "v1.ContainerRestartRuleAction",
      required: true,
      doc: "Restart starts the container again, RestartAllContainers all of the pod's.",
    }),
    exitCodes: ref(ContainerRestartRuleOnExitCodes, 2, { pointer: true, doc: "The exit codes that the rule is for." }),
  },
);
export interface ContainerRestartRule extends Infer<typeof ContainerRestartRule> {}

export const VolumeMount = struct("io.k8s.api.core.v1.VolumeMount", "Where a container sees a volume.", {
  name: string(1, { always: true, required: true, doc: "The pod's volume." }),
  readOnly: bool(2, { doc: "Nothing can be written; false by default." }),
  recursiveReadOnly: string(7, {
    goType: "v1.RecursiveReadOnlyMode",
    pointer: true,
    doc: "For a read-only mount, whether mounts below are read-only too: Disabled, IfPossible or Enabled.",
  }),
  mountPath: string(3, { always: true, required: true, doc: "The path in the container; no ':' in it." }),
  subPath: string(4, { doc: "The part of the volume that is mounted, instead of its root." }),
  mountPropagation: string(5, {
    goType: "v1.MountPropagationMode",
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
    goType: "v1.ContainerRestartPolicy",
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
  lifecycle: ref(Lifecycle, 12, { pointer: true, goesEmptied: true, doc: "What to run right after the start and before the end." }),
  terminationMessagePath: string(13, {
    doc: "A file in the container whose content becomes the last message in its status; /dev/termination-log by default.",
  }),
  terminationMessagePolicy: string(20, {
    goType: "v1.TerminationMessagePolicy",
    enum: ["FallbackToLogsOnError", "File"],
    doc: "File reads only terminationMessagePath; FallbackToLogsOnError takes the end of the log when that is empty and the container failed.",
  }),
  imagePullPolicy: string(14, {
    goType: "v1.PullPolicy",
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
      goType: "v1.ContainerRestartPolicy",
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
    lifecycle: ref(Lifecycle, 12, { pointer: true, goesEmptied: true, doc: "What to run right after the start and before the end." }),
    terminationMessagePath: string(13, {
      doc: "A file in the container whose content becomes the last message in its status; /dev/termination-log by default.",
    }),
    terminationMessagePolicy: string(20, {
      goType: "v1.TerminationMessagePolicy",
      enum: ["FallbackToLogsOnError", "File"],
      doc: "File reads only terminationMessagePath; FallbackToLogsOnError takes the end of the log when that is empty and the container failed.",
    }),
    imagePullPolicy: string(14, {
      goType: "v1.PullPolicy",
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
