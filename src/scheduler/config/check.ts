/** What is wrong with a KubeSchedulerConfiguration, in upstream's words. Defaults are filled in before. */
import { isExtendedResource, Problems } from "#api/mod.ts";
import { checkLabelKey } from "#codec/mod.ts";
import type { ArgsOf, argsByPlugin, ProfileConfiguration, SchedulerConfiguration } from "./declaration.ts";

export type PluginArgs = { [P in keyof typeof argsByPlugin]?: ArgsOf<P> };
/** The arguments of a profile's plugins as they were read, with where each stands in the file. */
export type ReadArgs = { name: keyof typeof argsByPlugin; at: number; args: PluginArgs };

const removed = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];
const version = "kubescheduler.config.k8s.io/v1";
const noLonger = `was invalid in version "v1" (KubeSchedulerConfiguration is version "${version}")`;

export function checkConfiguration(config: SchedulerConfiguration, args: readonly PluginArgs[]): Problems {
  const problems = new Problems();
  const { leaderElection: { leaderElect = true, resourceLock = "leases" } = {}, parallelism = 16, profiles = [] } = config;
  if (leaderElect && resourceLock !== "leases")
    problems.invalid("leaderElection.resourceLock", resourceLock, 'resourceLock value must be "leases"');
  if (parallelism <= 0) problems.invalid("parallelism", parallelism, "should be an integer value greater than zero");
  const seen = new Map<string, number>();
  for (const [i, profile] of profiles.entries()) {
    checkProfile(profile, args[i] ?? {}, `profiles[${i}]`, problems);
    const { schedulerName = "" } = profile;
    const before = seen.get(schedulerName);
    if (before !== undefined) problems.duplicate(`profiles[${i}].schedulerName`, {});
    seen.set(schedulerName, i);
  }
  checkQueueSort(profiles, problems);
  checkPercentage(config.percentageOfNodesToScore, "percentageOfNodesToScore", problems);
  const { podInitialBackoffSeconds: first = 1, podMaxBackoffSeconds: most = 10 } = config;
  if (first <= 0) problems.invalid("podInitialBackoffSeconds", first, "must be greater than 0");
  if (most < first) problems.invalid("podMaxBackoffSeconds", most, "must be greater than or equal to PodInitialBackoffSeconds");
  checkExtenders(config.extenders ?? [], problems);
  return problems;
}

function checkPercentage(value: number | undefined, at: string, problems: Problems): void {
  if (value !== undefined && (value < 0 || value > 100)) problems.invalid(at, value, "not in valid range [0-100]");
}

function checkProfile(profile: ProfileConfiguration, args: PluginArgs, at: string, problems: Problems): void {
  if (!profile.schedulerName) problems.required(`${at}.schedulerName`);
  checkPercentage(profile.percentageOfNodesToScore, `${at}.percentageOfNodesToScore`, problems);
  for (const [point, set] of Object.entries(profile.plugins ?? {}))
    for (const [i, { name = "" }] of (set?.enabled ?? []).entries())
      if (point !== "multiPoint" && removed.includes(name)) problems.invalid(`${at}.plugins.${point}.enabled[${i}]`, name, noLonger);
  const seen = new Set<string>();
  for (const [i, { name = "" }] of (profile.pluginConfig ?? []).entries()) {
    const where = `${at}.pluginConfig[${i}]`;
    if (seen.has(name)) problems.duplicate(where, name);
    else if (removed.includes(name)) problems.invalid(where, name, noLonger);
    // What is wrong with those of NodeResourcesFit shows when the plugin is made.
    else if (name in checks && name !== "NodeResourcesFit")
      checks[name as keyof typeof checks]!((args as Record<string, never>)[name]!, `${where}.args`, problems);
    seen.add(name);
  }
}

function checkQueueSort(profiles: readonly ProfileConfiguration[], problems: Problems): void {
  const sorts = profiles.map(({ plugins }) => JSON.stringify(plugins?.queueSort ?? {}));
  const first = profiles[0]?.plugins?.queueSort?.enabled ?? [];
  if (first.length > 1)
    problems.invalid("profiles[0].plugins.queueSort.Enabled", first.length, "only one queue sort plugin can be enabled");
  for (const [i, sort] of sorts.entries())
    if (sort !== sorts[0]) problems.invalid(`profiles[${i}].plugins.queueSort`, JSON.parse(sort), "must be the same for all profiles");
}

function checkExtenders(extenders: NonNullable<SchedulerConfiguration["extenders"]>, problems: Problems): void {
  const seen = new Set<string>();
  for (const [i, { prioritizeVerb, weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb && weight <= 0) problems.invalid(`extenders[${i}].weight`, weight, "must have a positive weight applied to it");
    for (const [j, { name = "" }] of managedResources.entries()) {
      const at = `extenders[${i}].managedResources[${j}].name`;
      const wrong = checkLabelKey(name);
      problems.invalids(at, name, wrong);
      if (wrong.length === 0 && !isExtendedResource(name)) problems.invalid(at, name, "is an invalid extended resource name");
      if (seen.has(name)) problems.invalid(at, name, "duplicate extender managed resource name");
      seen.add(name);
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length;
  if (binders > 1) problems.invalid("extenders", `found ${binders} extenders implementing bind`, "only one extender can implement bind");
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

/** Paths begin with the arguments themselves. */
export function checkFit(args: ArgsOf<"NodeResourcesFit">): Problems {
  const problems = new Problems();
  checks.NodeResourcesFit(args, "", problems);
  return problems;
}

type Shape = readonly { utilization?: number; score?: number }[];
const checks: { [P in keyof typeof argsByPlugin]: (args: ArgsOf<P>, at: string, problems: Problems) => void } = {
  DefaultPreemption({ minCandidateNodesPercentage: percent = 10, minCandidateNodesAbsolute: least = 100 }, at, problems) {
    const [share, number] = [`${at}.minCandidateNodesPercentage`, `${at}.minCandidateNodesAbsolute`];
    if (percent < 0 || percent > 100) problems.invalid(share, percent, "not in valid range [0, 100]");
    if (least < 0) problems.invalid(number, least, "not in valid range [0, inf)");
    if (percent !== 0 || least !== 0) return;
    problems.invalid(share, percent, "cannot be zero at the same time as minCandidateNodesAbsolute");
    problems.invalid(number, least, "cannot be zero at the same time as minCandidateNodesPercentage");
  },
  InterPodAffinity({ hardPodAffinityWeight: weight = 1 }, at, problems) {
    if (weight < 0 || weight > 100) problems.invalid(`${at}.hardPodAffinityWeight`, weight, "not in valid range [0, 100]");
  },
  NodeAffinity({ addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } = {} }, at, problems) {
    const terms = `${at}.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    for (const [i, { matchExpressions = [] }] of (required?.nodeSelectorTerms ?? []).entries())
      for (const [j, { operator = "" }] of matchExpressions.entries())
        if (!operators.includes(operator)) problems.notSupported(`${terms}[${i}].matchExpressions[${j}].operator`, operator, operators);
  },
  NodeResourcesBalancedAllocation({ resources = [] }, at, problems) {
    const seen = new Set<string>();
    for (const [i, { name = "", weight = 0 }] of resources.entries()) {
      if (seen.has(name)) problems.duplicate(`${at}.resources[${i}].name`, name);
      if ((weight || 1) !== 1) problems.invalid(`${at}.resources[${i}].weight`, weight, "must be 1");
      seen.add(name);
    }
  },
  NodeResourcesFit({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy }, _at, problems) {
    for (const [i, name] of ignoredResources.entries()) problems.invalids(`ignoredResources[${i}]`, name, checkLabelKey(name));
    for (const [i, group] of ignoredResourceGroups.entries()) {
      const where = `ignoredResourceGroups[${i}]`;
      if (group.includes("/")) problems.invalid(where, group, "resource group name can't contain '/'");
      problems.invalids(where, group, checkLabelKey(group));
    }
    if (!scoringStrategy) return;
    const where = "scoringStrategy";
    const { type = "", resources = [], requestedToCapacityRatio: ratio } = scoringStrategy;
    const supported = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"];
    if (!supported.includes(type)) problems.notSupported(`${where}.type`, type, supported);
    for (const [i, { name = "", weight = 0 }] of resources.entries())
      if ((weight || 1) < 0 || weight > 100)
        problems.invalid(`${where}.resources[${i}].weight`, weight, `resource weight of ${name} not in valid range (0, 100]`);
    const at2 = `${where}.requestedToCapacityRatio`;
    if (type === "RequestedToCapacityRatio") {
      if (!ratio) problems.required(at2, "must be specified when type is RequestedToCapacityRatio");
      else checkShape(ratio.shape ?? [], `${at2}.shape`, problems);
    } else if (ratio) problems.forbidden(at2, "must be nil when type is not RequestedToCapacityRatio");
  },
  PodTopologySpread({ defaultConstraints: constraints = [], defaultingType: type = "System" }, at, problems) {
    if (type !== "System" && type !== "List") problems.notSupported(`${at}.defaultingType`, type, ["System", "List"]);
    if (type === "System" && constraints.length > 0)
      problems.invalid(`${at}.defaultingType`, type, "when .defaultConstraints are not empty");
    const seen = new Set<string>();
    for (const [i, { maxSkew = 0, topologyKey = "", whenUnsatisfiable: when = "", labelSelector }] of constraints.entries()) {
      const where = `${at}.defaultConstraints[${i}]`;
      if (maxSkew <= 0) problems.invalid(`${where}.maxSkew`, maxSkew, "not in valid range (0, inf)");
      if (!topologyKey) problems.required(`${where}.topologyKey`, "can not be empty");
      else problems.invalids(`${where}.topologyKey`, topologyKey, checkLabelKey(topologyKey));
      if (!when) problems.required(`${where}.whenUnsatisfiable`, "can not be empty");
      else if (when !== "DoNotSchedule" && when !== "ScheduleAnyway")
        problems.notSupported(`${where}.whenUnsatisfiable`, when, ["DoNotSchedule", "ScheduleAnyway"]);
      if (labelSelector)
        problems.forbidden(`${where}.labelSelector`, "constraint must not define a selector, as they deduced for each pod");
      const pair = `{${topologyKey}, ${when}}`;
      if (seen.has(pair)) problems.duplicate(where, pair);
      seen.add(pair);
    }
  },
  VolumeBinding({ bindTimeoutSeconds: seconds = 600, shape }, at, problems) {
    if (seconds < 0) problems.invalid(`${at}.bindTimeoutSeconds`, seconds, "invalid BindTimeoutSeconds, should not be a negative value");
    if (shape)
      problems.invalid(
        `${at}.shape`,
        shape.map(({ utilization = 0, score = 0 }) => ({ Utilization: utilization, Score: score })),
        "unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring",
      );
  },
};

function checkShape(shape: Shape, at: string, problems: Problems): void {
  if (shape.length === 0) return problems.required(at, "at least one point must be specified");
  const unsorted = shape.findIndex(({ utilization = 0 }, i) => i > 0 && (shape[i - 1]!.utilization ?? 0) >= utilization);
  if (unsorted > 0)
    problems.invalid(`${at}[${unsorted}].utilization`, shape[unsorted]!.utilization ?? 0, "values must be sorted in increasing order");
  for (const [i, { utilization = 0, score = 0 }] of shape.entries()) {
    if (utilization < 0 || utilization > 100) problems.invalid(`${at}[${i}].utilization`, utilization, "not in valid range [0, 100]");
    if (score < 0 || score > 10) problems.invalid(`${at}[${i}].score`, score, "not in valid range [0, 10]");
  }
}
