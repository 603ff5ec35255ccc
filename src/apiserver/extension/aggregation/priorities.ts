/** How important each group and version is: upstream's numbers, which decide the order of groups and what clients prefer. */

export interface Priority {
  group: number;
  version: number;
}

const groups: Readonly<Record<string, number>> = {
  "": 18000,
  apps: 17800,
  "events.k8s.io": 17750,
  "authentication.k8s.io": 17700,
  "authorization.k8s.io": 17600,
  autoscaling: 17500,
  batch: 17400,
  "certificates.k8s.io": 17300,
  "networking.k8s.io": 17200,
  policy: 17100,
  "rbac.authorization.k8s.io": 17000,
  "storage.k8s.io": 16800,
  "apiextensions.k8s.io": 16700,
  "admissionregistration.k8s.io": 16700,
  "scheduling.k8s.io": 16600,
  "coordination.k8s.io": 16500,
  "node.k8s.io": 16300,
  "discovery.k8s.io": 16200,
  "resource.k8s.io": 16200,
  "flowcontrol.apiserver.k8s.io": 16100,
  "internal.apiserver.k8s.io": 16000,
  "storagemigration.k8s.io": 15800,
  "metrics.k8s.io": 100,
};
const versions: Readonly<Record<string, number>> = {
  v1: 1,
  "autoscaling/v2": 30,
  "resource.k8s.io/v1": 21,
  "flowcontrol.apiserver.k8s.io/v1": 21,
  "metrics.k8s.io/v1beta1": 100,
};
const customGroup = 1000;
const customVersion = 100;

/** Its own group is in front of all others, beyond what an APIService may say. */
const registration = "apiregistration.k8s.io";

export function groupPriority(group: string): number {
  return group === registration ? 20_001 : (groups[group] ?? customGroup);
}

export function priorityOf(group: string, version: string): Priority {
  if (!(group in groups)) return { group: customGroup, version: customVersion };
  const own = versions[group ? `${group}/${version}` : version];
  return { group: groups[group]!, version: own ?? (/^v\d+$/.test(version) ? 15 : 9) };
}
