/** KubeSchedulerConfiguration and the arguments of plugins, by upstream's names: what a file may say. */
import { type ConfigKind, type Infer, NodeAffinity, schema, TopologySpreadConstraint } from "#api/mod.ts";

const { bool, bytes, double, duration, int32, int64, kind, list, raw, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.kube-scheduler.config.v1.${name}`;
const version = "kubescheduler.config.k8s.io/v1";

const Plugin = struct(at("Plugin"), "A rule.", {
  name: string(0, { doc: "Its name; * for all, where rules are turned off." }),
  weight: int32(0, { pointer: true, doc: "How much its score counts." }),
});

const PluginSet = struct(at("PluginSet"), "Rules that are turned on and off.", {
  enabled: list(Plugin, 0, { doc: "On, after those that are on by default." }),
  disabled: list(Plugin, 0, { doc: "Off." }),
});

const points = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
  "multiPoint",
  "placementGenerate",
  "placementScore",
] as const;
export type Point = (typeof points)[number];

const pointFields = Object.fromEntries(points.map((point) => [point, ref(PluginSet, 0, { doc: `At ${point}.` })])) as Record<
  Point,
  ReturnType<typeof ref<Infer<typeof PluginSet>>>
>;
const Plugins = struct(at("Plugins"), "Which rules act where.", pointFields);

const PluginConfig = struct(at("PluginConfig"), "Settings of a rule.", {
  name: string(0, { doc: "Whose." }),
  args: raw(0, { doc: "What it is told; its kind is the name with Args." }),
});

const KubeSchedulerProfile = struct(at("KubeSchedulerProfile"), "How the pods of one scheduler name are placed.", {
  schedulerName: string(0, { pointer: true, doc: "What pods name in schedulerName." }),
  percentageOfNodesToScore: int32(0, { pointer: true, doc: "How many of the nodes are looked at; 0: fewer the more there are." }),
  plugins: ref(Plugins, 0, { pointer: true, doc: "Which rules act where." }),
  pluginConfig: list(PluginConfig, 0, { doc: "Settings of rules." }),
});

const ExtenderTLSConfig = struct(at("ExtenderTLSConfig"), "How an extender is reached by TLS.", {
  insecure: bool(0, { doc: "Its certificate is not looked at." }),
  serverName: string(0, { doc: "Whose certificate it must be." }),
  certFile: string(0, { doc: "Our certificate." }),
  keyFile: string(0, { doc: "Its key." }),
  caFile: string(0, { doc: "Whom to trust." }),
  certData: bytes(0, { doc: "Our certificate, in base64." }),
  keyData: bytes(0, { doc: "Its key, in base64." }),
  caData: bytes(0, { doc: "Whom to trust, in base64." }),
});

const ExtenderManagedResource = struct(at("ExtenderManagedResource"), "A resource that an extender looks after.", {
  name: string(0, { doc: "Its name." }),
  ignoredByScheduler: bool(0, { doc: "Whether there is enough of it is not our business." }),
});

const Extender = struct(at("Extender"), "A program that has a say in where pods go.", {
  urlPrefix: string(0, { doc: "Where it answers." }),
  filterVerb: string(0, { doc: "What is appended to ask which nodes will do." }),
  preemptVerb: string(0, { doc: "What is appended to ask whom to push out." }),
  prioritizeVerb: string(0, { doc: "What is appended to ask which nodes are better." }),
  weight: int64(0, { doc: "How much that counts." }),
  bindVerb: string(0, { doc: "What is appended to have it bind the pod." }),
  enableHTTPS: bool(0, { doc: "It is asked by TLS." }),
  tlsConfig: ref(ExtenderTLSConfig, 0, { pointer: true, doc: "How." }),
  httpTimeout: duration(0, { doc: "How long an answer may take; 5s by default." }),
  nodeCacheCapable: bool(0, { doc: "It knows the nodes: it is told their names only." }),
  managedResources: list(ExtenderManagedResource, 0, { doc: "If there are any: only pods that ask for one of them are told to it." }),
  ignorable: bool(0, { doc: "If it does not answer, pods are placed without it." }),
});

const LeaderElection = struct(at("LeaderElectionConfiguration"), "Which of several schedulers acts.", {
  leaderElect: bool(0, { pointer: true, doc: "Whether there may be several." }),
  leaseDuration: duration(0, { doc: "How long one that is silent keeps its place." }),
  renewDeadline: duration(0, { doc: "How long it tries to keep it." }),
  retryPeriod: duration(0, { doc: "How often." }),
  resourceLock: string(0, { doc: "leases." }),
  resourceName: string(0, { doc: "The lease's name." }),
  resourceNamespace: string(0, { doc: "And its namespace." }),
});

const ClientConnection = struct(at("ClientConnectionConfiguration"), "How the API server is reached.", {
  kubeconfig: string(0, { doc: "Where that stands." }),
  acceptContentTypes: string(0, { doc: "What may be answered." }),
  contentType: string(0, { doc: "What is sent." }),
  qps: double(0, { doc: "Requests a second." }),
  burst: int32(0, { doc: "Requests at once." }),
});

const KubeSchedulerConfiguration = kind(at("KubeSchedulerConfiguration"), "How pods are placed.", {
  parallelism: int32(0, { pointer: true, doc: "Threads." }),
  leaderElection: ref(LeaderElection, 0, { doc: "Which of several schedulers acts." }),
  clientConnection: ref(ClientConnection, 0, { doc: "How the API server is reached." }),
  enableProfiling: bool(0, { pointer: true, doc: "Whether /debug/pprof answers." }),
  enableContentionProfiling: bool(0, { pointer: true, doc: "Whether locks are looked at." }),
  percentageOfNodesToScore: int32(0, { pointer: true, doc: "How many of the nodes are looked at; 0: fewer the more there are." }),
  podInitialBackoffSeconds: int64(0, { pointer: true, doc: "How long a pod waits after it was refused first." }),
  podMaxBackoffSeconds: int64(0, { pointer: true, doc: "And at most." }),
  profiles: list(KubeSchedulerProfile, 0, { doc: "How the pods of each scheduler name are placed." }),
  extenders: list(Extender, 0, { doc: "Programs that have a say." }),
  delayCacheUntilActive: bool(0, { doc: "Whether one that does not act looks at the cluster." }),
});

export const schedulerConfiguration: ConfigKind<typeof KubeSchedulerConfiguration> = {
  kind: "KubeSchedulerConfiguration",
  versions: [version],
  schema: KubeSchedulerConfiguration,
};
export type SchedulerConfiguration = Infer<typeof KubeSchedulerConfiguration>;
export type ProfileConfiguration = Infer<typeof KubeSchedulerProfile>;
export type ExtenderConfiguration = Infer<typeof Extender>;

const UtilizationShapePoint = struct(at("UtilizationShapePoint"), "What an amount of use is worth.", {
  utilization: int32(0, { doc: "Per cent." }),
  score: int32(0, { doc: "0 to 10." }),
});
const ResourceSpec = struct(at("ResourceSpec"), "A resource.", {
  name: string(0, { doc: "Its name." }),
  weight: int64(0, { doc: "How much it counts." }),
});
const RequestedToCapacityRatioParam = struct(at("RequestedToCapacityRatioParam"), "A curve.", {
  shape: list(UtilizationShapePoint, 0, { doc: "Its points." }),
});
const ScoringStrategy = struct(at("ScoringStrategy"), "How nodes are compared.", {
  type: string(0, { doc: "LeastAllocated, MostAllocated or RequestedToCapacityRatio." }),
  resources: list(ResourceSpec, 0, { doc: "By what." }),
  requestedToCapacityRatio: ref(RequestedToCapacityRatioParam, 0, { pointer: true, doc: "The curve." }),
});

const argsOf = <F extends Parameters<typeof kind>[2]>(name: string, fields: F): ConfigKind<ReturnType<typeof kind<F>>> => ({
  kind: `${name}Args`,
  versions: [version],
  schema: kind(at(`${name}Args`), `Settings of ${name}.`, fields),
});

/** Of plugins that can be told anything. */
export const argsByPlugin = {
  DefaultPreemption: argsOf("DefaultPreemption", {
    minCandidateNodesPercentage: int32(0, { pointer: true, doc: "On how many nodes victims are looked for." }),
    minCandidateNodesAbsolute: int32(0, { pointer: true, doc: "And on not fewer." }),
  }),
  InterPodAffinity: argsOf("InterPodAffinity", {
    hardPodAffinityWeight: int32(0, { pointer: true, doc: "How much a required affinity of others counts as a wish." }),
    ignorePreferredTermsOfExistingPods: bool(0, { doc: "Wishes of others do not count for a pod without its own." }),
  }),
  NodeAffinity: argsOf("NodeAffinity", { addedAffinity: ref(NodeAffinity, 0, { pointer: true, doc: "What holds for every pod." }) }),
  NodeResourcesBalancedAllocation: argsOf("NodeResourcesBalancedAllocation", { resources: list(ResourceSpec, 0, { doc: "Which." }) }),
  NodeResourcesFit: argsOf("NodeResourcesFit", {
    ignoredResources: list(string, 0, { doc: "Extended resources that do not count." }),
    ignoredResourceGroups: list(string, 0, { doc: "What stands before the / of such." }),
    scoringStrategy: ref(ScoringStrategy, 0, { pointer: true, doc: "How nodes are compared." }),
  }),
  PodTopologySpread: argsOf("PodTopologySpread", {
    defaultConstraints: list(TopologySpreadConstraint, 0, { doc: "Of pods that have none." }),
    defaultingType: string(0, { doc: "System or List." }),
  }),
  VolumeBinding: argsOf("VolumeBinding", {
    bindTimeoutSeconds: int64(0, { pointer: true, doc: "How long volumes may take." }),
    shape: list(UtilizationShapePoint, 0, { doc: "Not in use." }),
  }),
} as const;
export type ArgsOf<P extends keyof typeof argsByPlugin> = Infer<(typeof argsByPlugin)[P]["schema"]>;
