/** KubeletConfiguration: what this kubelet obeys of it, and the fields that it knows and does not obey, each with the reason. */
import { type ConfigKind, type Infer, schema } from "#api/mod.ts";

const { bool, duration, int32, int64, json, kind, list, map, ref, string, struct } = schema;

const Taint = struct("io.k8s.kubelet.config.v1beta1.Taint", "A mark that keeps pods away.", {
  key: string(0, { doc: "Its key." }),
  value: string(0, { doc: "Its value." }),
  effect: string(0, { doc: "NoSchedule, PreferNoSchedule or NoExecute." }),
});

const UserNamespaces = struct("io.k8s.kubelet.config.v1beta1.UserNamespaces", "Users of pods that have their own.", {
  idsPerPod: int64(0, { pointer: true, doc: "How many ids each has: a multiple of 65536." }),
});

const ShutdownPeriod = struct("io.k8s.kubelet.config.v1beta1.ShutdownGracePeriodByPodPriority", "How long pods may take to end.", {
  priority: int32(0, { doc: "Of this priority and above." }),
  shutdownGracePeriodSeconds: int64(0, { doc: "When the machine shuts down." }),
});

const CrashLoopBackOff = struct("io.k8s.kubelet.config.v1beta1.CrashLoopBackOffConfig", "Waits of containers that end again and again.", {
  maxContainerRestartPeriod: duration(0, { pointer: true, doc: "The longest: from 1s to 300s." }),
});

const obeyed = {
  crashLoopBackOff: ref(CrashLoopBackOff, 0, { doc: "Waits of containers that end again and again." }),
  shutdownGracePeriod: duration(0, { doc: "So long a shutdown of the machine waits for pods to end." }),
  shutdownGracePeriodCriticalPods: duration(0, { doc: "… of it for critical pods, which end last." }),
  shutdownGracePeriodByPodPriority: list(ShutdownPeriod, 0, { doc: "… by priority instead, the lowest first." }),
  userNamespaces: ref(UserNamespaces, 0, { pointer: true, doc: "Users of pods that have their own." }),
  staticPodPath: string(0, { doc: "Pods of files in this folder run on the node." }),
  maxPods: int32(0, { doc: "How many pods the node takes." }),
  imageMinimumGCAge: duration(0, { doc: "An image that is younger is not removed." }),
  imageMaximumGCAge: duration(0, { doc: "An image that nobody uses for so long is removed; 0: not for that." }),
  imageGCHighThresholdPercent: int32(0, { pointer: true, doc: "Of the disk, from here on images go; 100: never." }),
  imageGCLowThresholdPercent: int32(0, { pointer: true, doc: "… until it is used to this." }),
  evictionHard: map(string, 0, { doc: "Signal → what is left at least." }),
  evictionSoft: map(string, 0, { doc: "Signal → what is left at least, for longer than its grace." }),
  evictionSoftGracePeriod: map(string, 0, { doc: "Signal → its grace." }),
  evictionMinimumReclaim: map(string, 0, { doc: "Signal → what is reclaimed beyond the threshold." }),
  evictionPressureTransitionPeriod: duration(0, { doc: "How long a pressure is told on." }),
  evictionMaxPodGracePeriod: int32(0, { doc: "How long a pod may take to end by a soft threshold, in seconds." }),
  mergeDefaultEvictionSettings: bool(0, { pointer: true, doc: "Hard thresholds that are not named keep their defaults." }),
  imagePullCredentialsVerificationPolicy: string(0, { doc: "Which images that are here a pod may have only if it could pull them." }),
  preloadedImagesVerificationAllowlist: list(string, 0, { doc: "… but for these; a name, or a beginning with `/*`." }),
  containerLogMaxSize: string(0, { doc: "At this size a log is rotated." }),
  containerLogMaxFiles: int32(0, { pointer: true, doc: "So many files of a container's log are kept." }),
  systemReserved: map(string, 0, { doc: "What the system needs of the node, and pods do not get." }),
  kubeReserved: map(string, 0, { doc: "What Kubernetes needs of it." }),
  registerWithTaints: list(Taint, 0, { doc: "Of a node that is registered for the first time." }),
  enableSystemLogHandler: bool(0, { pointer: true, doc: "The node's log files are shown at /logs/." }),
  enableSystemLogQuery: bool(0, { pointer: true, doc: "… and what its services wrote, at /logs/?query=." }),
  seccompDefault: bool(0, { pointer: true, doc: "Containers that ask for no profile get the runtime's own." }),
  allowedUnsafeSysctls: list(string, 0, { doc: "Sysctls that pods may set beside the safe ones; a name, or a beginning with `*`." }),
};

const byCluster = "the cluster decides it: see spoke up --help";
const byRuntime = "it is the runtime's to decide";
const fixed = "this kubelet has one way";
const missing = "this kubelet cannot do it yet";

/** Known, and refused when they are set. */
export const refused: Readonly<Record<string, string>> = {
  ...reasons(byCluster, [
    "address",
    "port",
    "tlsCertFile",
    "tlsPrivateKeyFile",
    "authentication",
    "authorization",
    "clusterDomain",
    "clusterDNS",
    "podCIDR",
    "cgroupRoot",
    "resolvConf",
    "registerNode",
    "containerRuntimeEndpoint",
    "imageServiceEndpoint",
    "podLogsDir",
    "kubeletCgroups",
    "systemCgroups",
  ]),
  ...reasons(byRuntime, ["cgroupDriver", "hairpinMode", "volumePluginDir"]),
  ...reasons(fixed, [
    "enableServer",
    "syncFrequency",
    "fileCheckFrequency",
    "httpCheckFrequency",
    "tlsCipherSuites",
    "tlsCurvePreferences",
    "tlsMinVersion",
    "registryPullQPS",
    "registryBurst",
    "eventRecordQPS",
    "eventBurst",
    "enableDebuggingHandlers",
    "enableContentionProfiling",
    "oomScoreAdj",
    "streamingConnectionIdleTimeout",
    "nodeStatusUpdateFrequency",
    "nodeStatusReportFrequency",
    "nodeLeaseDurationSeconds",
    "volumeStatsAggPeriod",
    "cgroupsPerQOS",
    "runtimeRequestTimeout",
    "cpuCFSQuota",
    "cpuCFSQuotaPeriod",
    "nodeStatusMaxImages",
    "maxOpenFiles",
    "contentType",
    "kubeAPIQPS",
    "kubeAPIBurst",
    "serializeImagePulls",
    "maxParallelImagePulls",
    "enableControllerAttachDetach",
    "protectKernelDefaults",
    "makeIPTablesUtilChains",
    "iptablesMasqueradeBit",
    "iptablesDropBit",
    "featureGates",
    "failSwapOn",
    "containerLogMaxWorkers",
    "containerLogMonitorInterval",
    "configMapAndSecretChangeDetectionStrategy",
    "showHiddenMetricsForVersion",
    "logging",
    "kernelMemcgNotification",
    "enableProfilingHandler",
    "enableDebugFlagsHandler",
    "localStorageCapacityIsolation",
    "failCgroupV1",
  ]),
  ...reasons(missing, [
    "staticPodURL",
    "staticPodURLHeader",
    "readOnlyPort",
    "rotateCertificates",
    "serverTLSBootstrap",
    "healthzPort",
    "healthzBindAddress",
    "cpuManagerPolicy",
    "singleProcessOOMKill",
    "cpuManagerPolicyOptions",
    "cpuManagerReconcilePeriod",
    "memoryManagerPolicy",
    "topologyManagerPolicy",
    "topologyManagerScope",
    "topologyManagerPolicyOptions",
    "qosReserved",
    "podPidsLimit",
    "runOnce",
    "podsPerCore",
    "memorySwap",
    "reservedSystemCPUs",
    "systemReservedCgroup",
    "kubeReservedCgroup",
    "enforceNodeAllocatable",
    "providerID",
    "reservedMemory",
    "memoryThrottlingFactor",
    "memoryReservationPolicy",
    "tracing",
  ]),
};

function reasons(reason: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}

const KubeletConfiguration = kind("io.k8s.kubelet.config.v1beta1.KubeletConfiguration", "What a kubelet is told.", {
  ...obeyed,
  ...Object.fromEntries(Object.keys(refused).map((name) => [name, json(0, { doc: `Not obeyed: ${refused[name]}.` })])),
});

/** Of the fields that are obeyed. */
export type KubeletWords = Infer<typeof KubeletConfiguration>;

export const kubeletConfiguration: ConfigKind<typeof KubeletConfiguration> = {
  kind: "KubeletConfiguration",
  versions: ["kubelet.config.k8s.io/v1beta1"],
  schema: KubeletConfiguration,
};
