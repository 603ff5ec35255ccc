/** A profile: which rules place the pods that ask for a scheduler by its name, in which order, with which settings. */
import type { Devices } from "./devices/book.ts";
import type { Plugin } from "./plugin.ts";
import { dynamicResources, noDevices } from "./plugins/dynamic-resources.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { type AffinityArgs, interPodAffinity, usualAffinity } from "./plugins/inter-pod-affinity.ts";
import {
  type AddedAffinity,
  nodeAffinity,
  nodeDeclaredFeatures,
  nodeName,
  nodeUnschedulable,
  taintToleration,
} from "./plugins/node-properties.ts";
import { type FitArgs, nodePorts, nodeResourcesBalancedAllocation, nodeResourcesFit, usualFit } from "./plugins/node-resources.ts";
import { nodeVolumeLimits } from "./plugins/node-volume-limits.ts";
import { podTopologySpread, type SpreadArgs, usualSpread } from "./plugins/pod-topology-spread.ts";
import { usualResources, type WeightedResource } from "./plugins/resource-scores.ts";
import { type Volumes, volumeBinding } from "./plugins/volume-binding.ts";
import { volumeRestrictions } from "./plugins/volume-restrictions.ts";
import { volumeZone } from "./plugins/volume-zone.ts";
import { type CandidateSampling, usualSampling } from "./preemption.ts";
import { usualBindTimeoutMs } from "./volumes.ts";

/** The settings of all plugins that have any. */
export interface PluginSettings {
  fit: FitArgs;
  balance: readonly WeightedResource[];
  affinity: AffinityArgs;
  addedAffinity: AddedAffinity;
  spread: SpreadArgs;
  volumes: { bindTimeoutMs: number };
  preemption: CandidateSampling;
}

export const usualSettings: PluginSettings = {
  fit: usualFit,
  balance: usualResources,
  affinity: usualAffinity,
  addedAffinity: { preferred: [] },
  spread: usualSpread,
  volumes: { bindTimeoutMs: usualBindTimeoutMs },
  preemption: usualSampling,
};

export interface Profile {
  schedulerName: string;
  /** Those that filter, in the order in which they may refuse a node. */
  filters: readonly PluginName[];
  /** Those that score, and how much each counts. */
  scores: ReadonlyMap<PluginName, number>;
  /** Pods with scheduling gates wait. */
  gates: boolean;
  preemption: boolean;
  /** Percentage of nodes that are looked at; 0: fewer the more there are. */
  nodesToScore: number;
  settings: PluginSettings;
}

type Maker = (settings: PluginSettings, volumes: Volumes, devices: Devices) => Plugin;

/** Every rule that there is, in upstream's order: what it does, and how much its score counts by default. */
export const registry = {
  NodeUnschedulable: { make: () => nodeUnschedulable, does: ["filter"] },
  NodeName: { make: () => nodeName, does: ["filter"] },
  TaintToleration: { make: () => taintToleration, does: ["filter", "score"] },
  NodeAffinity: { make: ({ addedAffinity }) => nodeAffinity(addedAffinity), does: ["filter", "score"] },
  NodePorts: { make: () => nodePorts, does: ["filter"] },
  NodeResourcesFit: { make: ({ fit }) => nodeResourcesFit(fit), does: ["filter", "score"] },
  VolumeRestrictions: { make: (_, volumes) => volumeRestrictions(volumes), does: ["filter"] },
  NodeVolumeLimits: { make: (_, volumes) => nodeVolumeLimits(volumes), does: ["filter"] },
  VolumeBinding: { make: (_, volumes) => volumeBinding(volumes), does: ["filter"] },
  VolumeZone: { make: (_, volumes) => volumeZone(volumes), does: ["filter"] },
  PodTopologySpread: { make: ({ spread }) => podTopologySpread(spread), does: ["filter", "score"] },
  InterPodAffinity: { make: ({ affinity }) => interPodAffinity(affinity), does: ["filter", "score"] },
  DynamicResources: { make: (_, _volumes, devices) => dynamicResources(devices), does: ["filter", "score"] },
  NodeResourcesBalancedAllocation: { make: ({ balance }) => nodeResourcesBalancedAllocation(balance), does: ["score"] },
  ImageLocality: { make: () => imageLocality, does: ["score"] },
  NodeDeclaredFeatures: { make: () => nodeDeclaredFeatures, does: ["filter"] },
} as const satisfies Record<string, { make: Maker; does: readonly ("filter" | "score")[] }>;

export type PluginName = keyof typeof registry;
export const pluginNames = Object.keys(registry) as PluginName[];
export const does = (name: PluginName, what: "filter" | "score") => (registry[name].does as readonly string[]).includes(what);

const usualWeights: Partial<Record<PluginName, number>> = {
  TaintToleration: 3,
  NodeAffinity: 2,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  DynamicResources: 2,
};
export const usualWeight = (name: PluginName) => usualWeights[name] ?? 1;

export const usualProfile: Profile = {
  schedulerName: "default-scheduler",
  filters: pluginNames.filter((name) => does(name, "filter")),
  scores: new Map(pluginNames.filter((name) => does(name, "score")).map((name) => [name, usualWeight(name)])),
  gates: true,
  preemption: true,
  nodesToScore: 0,
  settings: usualSettings,
};

/** The rules of a profile, made with its settings. Each filters and scores as far as the profile lets it. */
export function pluginsOf({ filters, scores, settings }: Profile, volumes: Volumes, devices: Devices): readonly Plugin[] {
  const names = [...filters, ...[...scores.keys()].filter((name) => !filters.includes(name))];
  return names.map((name) => {
    const plugin = registry[name].make(settings, volumes, devices);
    const weight = scores.get(name) ?? 0;
    if (filters.includes(name) || !does(name, "filter")) return { ...plugin, weight };
    return { ...plugin, weight, prepare: scoringOnly(plugin) };
  });
}

/** A rule that may not refuse, neither a node nor all of them. */
function scoringOnly({ prepare }: Plugin): Plugin["prepare"] {
  return (pod, cluster) => {
    const rule = prepare(pod, cluster);
    if (typeof rule !== "object") return undefined;
    const { filter: _filter, ...rest } = rule;
    return rest;
  };
}

export const defaultPlugins = (volumes: Volumes, devices = noDevices): readonly Plugin[] => pluginsOf(usualProfile, volumes, devices);
