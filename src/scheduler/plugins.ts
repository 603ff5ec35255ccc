/** The default profile: which rules, in the order in which they may refuse a node. */
import type { Plugin } from "./plugin.ts";
import { imageLocality } from "./plugins/image-locality.ts";
import { interPodAffinity } from "./plugins/inter-pod-affinity.ts";
import { nodeAffinity, nodeName, nodeUnschedulable, taintToleration } from "./plugins/node-properties.ts";
import { nodePorts, nodeResourcesBalancedAllocation, nodeResourcesFit } from "./plugins/node-resources.ts";
import { podTopologySpread } from "./plugins/pod-topology-spread.ts";
import { type Volumes, volumeBinding } from "./plugins/volume-binding.ts";
import { volumeRestrictions } from "./plugins/volume-restrictions.ts";
import { volumeZone } from "./plugins/volume-zone.ts";

export function defaultPlugins(volumes: Volumes): readonly Plugin[] {
  return [
    nodeUnschedulable,
    nodeName,
    taintToleration,
    nodeAffinity,
    nodePorts,
    nodeResourcesFit,
    volumeRestrictions(volumes),
    volumeBinding(volumes),
    volumeZone(volumes),
    podTopologySpread,
    interPodAffinity,
    nodeResourcesBalancedAllocation,
    imageLocality,
  ];
}
