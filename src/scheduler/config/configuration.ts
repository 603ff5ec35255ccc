/** From a KubeSchedulerConfiguration to the profiles and extenders that a scheduler works with. */
import { readConfig, throwAll } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import {
  does,
  type PluginName,
  type PluginSettings,
  type Profile,
  pluginNames,
  usualProfile,
  usualSettings,
  usualWeight,
} from "../profile.ts";
import { checkConfiguration, checkFit, type PluginArgs } from "./check.ts";
import {
  argsByPlugin,
  type ExtenderConfiguration,
  type Point,
  type ProfileConfiguration,
  type SchedulerConfiguration,
  schedulerConfiguration,
} from "./declaration.ts";

export interface SchedulerSettings {
  profiles: readonly Profile[];
  extenders: readonly ExtenderConfiguration[];
  initialBackoffMs: number;
  mostBackoffMs: number;
  /** What it says of a process of its own. */
  process?: Pick<SchedulerConfiguration, "clientConnection" | "leaderElection">;
  /** What the file says that has no effect here. */
  notes: readonly string[];
}

export const usualSchedulerSettings: SchedulerSettings = {
  profiles: [usualProfile],
  extenders: [],
  initialBackoffMs: 1000,
  mostBackoffMs: 10_000,
  notes: [],
};

/** Throws a sentence about everything that is wrong with the text. */
export function readSchedulerConfiguration(text: string, { alone = false } = {}): SchedulerSettings {
  const config = readConfig(text, schedulerConfiguration) as SchedulerConfiguration;
  if (!config.profiles?.length) config.profiles = [{}];
  if (config.profiles.length === 1) config.profiles[0]!.schedulerName ??= usualProfile.schedulerName;
  const args = config.profiles.map((profile, i) => argsOf(profile, `.profiles[${i}]`));
  throwAll(checkConfiguration(config, args));
  const extenders = config.extenders ?? [];
  const elsewhere = extenders.flatMap(({ managedResources = [] }) =>
    managedResources.flatMap(({ name = "", ignoredByScheduler }) => (ignoredByScheduler ? [name] : [])),
  );
  const profiles = config.profiles.map((profile, i) => profileOf(profile, args[i]!, config.percentageOfNodesToScore, elsewhere));
  return {
    profiles,
    extenders,
    initialBackoffMs: (config.podInitialBackoffSeconds ?? 1) * 1000,
    mostBackoffMs: (config.podMaxBackoffSeconds ?? 10) * 1000,
    ...(alone ? { process: { clientConnection: config.clientConnection, leaderElection: config.leaderElection } } : {}),
    notes: notesOn(alone ? { ...config, leaderElection: undefined, clientConnection: rateOf(config) } : config),
  };
}

function profileOf(profile: ProfileConfiguration, args: PluginArgs, percentage = 0, elsewhere: readonly string[] = []): Profile {
  const schedulerName = profile.schedulerName!;
  try {
    const settings = settingsOf(args);
    const { fit } = settings;
    const ignored = new Set([...fit.ignored, ...elsewhere]);
    const nodesToScore = profile.percentageOfNodesToScore ?? percentage;
    return { ...pluginsAt(profile), schedulerName, nodesToScore, settings: { ...settings, fit: { ...fit, ignored } } };
  } catch (error) {
    throw new Error(`initializing profiles: creating profile for scheduler name ${schedulerName}`, { cause: error });
  }
}

/** What is left of the connection when its kubeconfig is obeyed. */
const rateOf = ({ clientConnection: { kubeconfig: _, ...rest } = {} }: SchedulerConfiguration) => rest;

/** Fields that speak of a process of its own, with threads, connections and a lease. */
function notesOn(config: SchedulerConfiguration): string[] {
  const without = [
    "parallelism",
    "leaderElection",
    "clientConnection",
    "enableProfiling",
    "enableContentionProfiling",
    "delayCacheUntilActive",
  ];
  const given = without.filter((name) => {
    const value = config[name as keyof SchedulerConfiguration];
    return value !== undefined && value !== false && JSON.stringify(value) !== "{}";
  });
  return given.length > 0 ? [`without effect here: ${given.join(", ")}`] : [];
}

function argsOf({ pluginConfig = [] }: ProfileConfiguration, at: string): PluginArgs {
  const found: Record<string, unknown> = {};
  for (const [i, { name = "", args = {} }] of pluginConfig.entries()) {
    const where = `${at}.pluginConfig[${i}]`;
    const form = Object.hasOwn(argsByPlugin, name) ? argsByPlugin[name as keyof typeof argsByPlugin] : undefined;
    if (!form)
      throw new Error(
        `${where}: ${JSON.stringify(name)} is no plugin that takes arguments here: ${Object.keys(argsByPlugin).join(", ")} do`,
      );
    try {
      const { apiVersion = form.versions[0], kind = form.kind } = args as { apiVersion?: string; kind?: string };
      if (kind !== form.kind)
        throw new Error(
          `args for plugin ${name} were not of type ${form.kind}.kubescheduler.config.k8s.io, got ${kind}.kubescheduler.config.k8s.io`,
        );
      found[name] ??= readArgs(name, JSON.stringify({ ...args, apiVersion, kind }), form);
    } catch (error) {
      throw new Error(`${messageOf(error).includes(strict) ? strict : ""}decoding ${where}`, { cause: error });
    }
  }
  return found as PluginArgs;
}

const strict = "strict decoding error: ";

function readArgs(name: string, text: string, form: Parameters<typeof readConfig>[1]): unknown {
  try {
    return readConfig(text, form);
  } catch (error) {
    throw new Error(`${messageOf(error).startsWith(strict) ? strict : ""}decoding args for plugin ${name}`, { cause: error });
  }
}

function settingsOf(args: PluginArgs): PluginSettings {
  try {
    if (args.NodeResourcesFit) throwAll(checkFit(args.NodeResourcesFit));
  } catch (error) {
    throw new Error('initializing plugin "NodeResourcesFit"', { cause: error });
  }
  const {
    NodeResourcesFit: fit,
    PodTopologySpread: spread,
    NodeAffinity: node,
    InterPodAffinity: pods,
    DefaultPreemption: preemption,
  } = args;
  const resources = args.NodeResourcesBalancedAllocation?.resources;
  const added = node?.addedAffinity;
  const seconds = args.VolumeBinding?.bindTimeoutSeconds;
  const defaults = (spread?.defaultConstraints ?? []).map(({ topologyKey = "", maxSkew = 1, minDomains, whenUnsatisfiable }) => ({
    topologyKey,
    maxSkew,
    hard: whenUnsatisfiable === "DoNotSchedule",
    ...(minDomains === undefined ? {} : { minDomains }),
  }));
  return {
    fit: {
      ignored: new Set(fit?.ignoredResources),
      ignoredGroups: new Set(fit?.ignoredResourceGroups),
      strategy: strategyOf(fit?.scoringStrategy),
    },
    balance: resources?.length ? resources.map(weighted) : usualSettings.balance,
    affinity: { hardWeight: pods?.hardPodAffinityWeight ?? 1, ignoreOthers: pods?.ignorePreferredTermsOfExistingPods ?? false },
    addedAffinity: {
      required: added?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms,
      preferred: (added?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight = 0, preference = {} }) => ({
        weight,
        preference,
      })),
    },
    spread: spread?.defaultingType === "List" ? { defaults, lenient: false } : usualSettings.spread,
    volumes: { bindTimeoutMs: seconds === undefined ? usualSettings.volumes.bindTimeoutMs : seconds * 1000 },
    preemption: {
      percent: preemption?.minCandidateNodesPercentage ?? usualSettings.preemption.percent,
      least: preemption?.minCandidateNodesAbsolute ?? usualSettings.preemption.least,
    },
  };
}

const weighted = ({ name = "", weight = 0 }: { name?: string; weight?: number }) => ({ name, weight: weight || 1 });

function strategyOf(strategy: NonNullable<PluginArgs["NodeResourcesFit"]>["scoringStrategy"]): PluginSettings["fit"]["strategy"] {
  if (!strategy) return usualSettings.fit.strategy;
  const resources = strategy.resources?.length ? strategy.resources.map(weighted) : usualSettings.fit.strategy.resources;
  const shape = (strategy.requestedToCapacityRatio?.shape ?? []).map(({ utilization = 0, score = 0 }) => ({ utilization, score }));
  const type = strategy.type as "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";
  return type === "RequestedToCapacityRatio" ? { type, resources, shape } : { type, resources };
}

type Set_ = { enabled?: { name?: string; weight?: number }[]; disabled?: { name?: string }[] };

/** Those that are no rules of ours but steps of every cycle, and the points where each acts. */
const steps: Record<string, readonly Point[]> = {
  SchedulingGates: ["preEnqueue"],
  PrioritySort: ["queueSort"],
  DefaultPreemption: ["postFilter", "preEnqueue"],
  DefaultBinder: ["bind"],
};
/** Upstream's that are on there by default and have nothing to do here yet; to turn them off is to leave things as they are. */
const notHere = ["GangScheduling", "TopologyPlacementGenerator", "PodGroupPodsCount"];

const isRule = (name: string): name is PluginName => (pluginNames as string[]).includes(name);

/** Where a rule is made ready; it always is as far as it filters or scores. */
const readyAt: Partial<Record<Point, "filter" | "score">> = { preFilter: "filter", preScore: "score" };
/** Those that do work before a pod is bound: where they act, and where they must act together. */
const working: Partial<Record<PluginName, readonly Point[]>> = {
  VolumeBinding: ["reserve", "preBind", "preFilter", "preScore", "filter", "score"],
  DynamicResources: ["reserve", "preBind", "preEnqueue", "preFilter", "postFilter", "filter", "score"],
};

function pluginsAt({
  plugins = {},
  schedulerName = "",
}: ProfileConfiguration): Pick<Profile, "filters" | "scores" | "gates" | "preemption"> {
  const sets = plugins as Partial<Record<Point, Set_>>;
  for (const [point, set] of Object.entries(sets)) checkNames(point as Point, set);
  const everywhere = merged([...pluginNames, ...Object.keys(steps)], sets.multiPoint ?? {});
  const at = (point: Point, names: readonly string[]) => expanded(names, sets[point] ?? {}, everywhere.names);
  const filters = at(
    "filter",
    pluginNames.filter((name) => does(name, "filter")),
  ) as PluginName[];
  const scoring = at(
    "score",
    pluginNames.filter((name) => does(name, "score")),
  ) as PluginName[];
  checkReady(sets, { filter: filters, score: scoring });
  const has = (name: string) => steps[name]!.slice(0, 1).every((point) => at(point, [name]).includes(name));
  if (!has("PrioritySort"))
    throw new Error(`only one queue sort plugin required for profile with scheduler name ${JSON.stringify(schedulerName)}, but got 0`);
  if (!has("DefaultBinder"))
    throw new Error(`at least one bind plugin is needed for profile with scheduler name ${JSON.stringify(schedulerName)}`);
  for (const name of Object.keys(working) as PluginName[])
    if (filters.includes(name) && (["reserve", "preBind"] as const).some((point) => !at(point, [name]).includes(name)))
      throw new Error(`${name} filters, reserves and binds as one here: turn it off for filter, too, or leave it on`);
  const weightIn = (set: Set_ | undefined, name: string) => set?.enabled?.find((each) => each.name === name)?.weight;
  const scores = new Map(scoring.map((name) => [name, weightIn(sets.score, name) || weightIn(sets.multiPoint, name) || usualWeight(name)]));
  return { filters, scores, gates: has("SchedulingGates"), preemption: has("DefaultPreemption") };
}

function checkNames(point: Point, { enabled = [], disabled = [] }: Set_ = {}): void {
  const seen = new Set<string>();
  for (const { name = "" } of enabled) {
    if (notHere.includes(name)) throw new Error(`plugins.${point}.enabled: ${JSON.stringify(name)} is not there yet`);
    if (!isRule(name) && !steps[name]) throw new Error(`${kindAt(point)} ${JSON.stringify(name)} does not exist`);
    if (point !== "multiPoint" && !actsAt(name, point))
      throw new Error(`plugin ${JSON.stringify(name)} does not extend ${kindAt(point)} plugin`);
    if (seen.has(name)) throw new Error(`plugin ${JSON.stringify(name)} already registered as ${JSON.stringify(kindAt(point))}`);
    seen.add(name);
  }
  for (const { name = "" } of disabled)
    if (name !== "*" && !isRule(name) && !steps[name] && !notHere.includes(name))
      throw new Error(`plugins.${point}.disabled: plugin ${JSON.stringify(name)} does not exist`);
}

/** Upstream's word for what acts at a point; what is to act everywhere is missed first where it filters. */
const kindAt = (point: Point) => (point === "multiPoint" ? "PreFilterPlugin" : `${point[0]!.toUpperCase()}${point.slice(1)}Plugin`);

function actsAt(name: string, point: Point): boolean {
  if (!isRule(name)) return steps[name]!.includes(point);
  const points = working[name];
  if (points) return points.includes(point);
  const what = point === "filter" || point === "score" ? point : readyAt[point];
  return what !== undefined && does(name, what);
}

/** Defaults in their order, without those that are turned off, then those that were added. */
function merged(usual: readonly string[], { enabled = [], disabled = [] }: Set_): { names: readonly string[] } {
  const off = new Set(disabled.map(({ name }) => name));
  const kept = off.has("*") ? [] : usual.filter((name) => !off.has(name));
  const more = enabled.map(({ name = "" }) => name).filter((name) => !kept.includes(name));
  return { names: [...kept, ...more] };
}

/** Those of `candidates` that act at a point: first what overrides a default, then the defaults, then what was added. */
function expanded(candidates: readonly string[], { enabled = [], disabled = [] }: Set_, everywhere: readonly string[]): string[] {
  const off = new Set(disabled.map(({ name }) => name));
  const named = enabled.map(({ name = "" }) => name);
  if (off.has("*")) return named;
  const usual = everywhere.filter((name) => candidates.includes(name) && !off.has(name));
  const overriding = named.filter((name) => usual.includes(name));
  return [...overriding, ...usual.filter((name) => !overriding.includes(name)), ...named.filter((name) => !overriding.includes(name))];
}

/** A rule that filters or scores cannot be kept from being made ready for it. */
function checkReady(sets: Partial<Record<Point, Set_>>, on: Record<"filter" | "score", readonly string[]>): void {
  for (const [point, what] of Object.entries(readyAt) as [Point, "filter" | "score"][])
    for (const { name = "" } of sets[point]?.disabled ?? []) {
      const left = name === "*" ? (on[what][0] ?? "") : on[what].includes(name) ? name : "";
      if (left) throw new Error(`plugins.${point}.disabled: ${left} still acts at ${what}: turn it off there, too`);
    }
}
