/** What is served: group and resource lists, plain and aggregated, made once. */
import { createHash } from "node:crypto";
import type { Resource } from "#api/mod.ts";

/** Upstream's order of groups; clients take the first match of a short name. */
const groupOrder = [
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

export interface Discovery {
  /** `/api` */
  core(address: string): object;
  /** `/apis` */
  groups(): object;
  /** `/apis/apps`; undefined: no such group. */
  group(name: string): object | undefined;
  /** `/api/v1`, `/apis/apps/v1` */
  resources(group: string, version: string): object | undefined;
  aggregated(core: boolean): object;
  /** Paths of `/`. */
  paths(): string[];
}

export function discovery(resources: readonly Resource[]): Discovery {
  const groups = new Map<string, Map<string, Resource[]>>();
  for (const name of ["", ...groupOrder]) if (resources.some(({ group }) => group === name)) groups.set(name, new Map());
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, Resource[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  const versionsOf = (group: string) => [...(groups.get(group)?.keys() ?? [])].sort().reverse();
  const groupInfo = (name: string) => {
    const versions = versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  };
  const named = [...groups.keys()].filter((name) => name !== "");
  const lists = new Map<string, object>();
  for (const [group, versions] of groups)
    for (const [version, list] of versions)
      lists.set(`${group}/${version}`, {
        kind: "APIResourceList",
        ...(group ? { apiVersion: "v1" } : {}),
        groupVersion: group ? `${group}/${version}` : version,
        resources: byName(list).flatMap(entriesOf),
      });
  return {
    core: (address) => ({
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
    }),
    groups: () => ({ kind: "APIGroupList", apiVersion: "v1", groups: named.map(groupInfo) }),
    group: (name) => (name && groups.has(name) ? { kind: "APIGroup", apiVersion: "v1", ...groupInfo(name) } : undefined),
    resources: (group, version) => lists.get(`${group}/${version}`),
    aggregated: (core) => ({
      kind: "APIGroupDiscoveryList",
      apiVersion: "apidiscovery.k8s.io/v2",
      metadata: {},
      items: (core ? [""] : named).map((name) => ({
        metadata: name ? { name, creationTimestamp: null } : { creationTimestamp: null },
        versions: versionsOf(name).map((version) => ({
          version,
          resources: byName(groups.get(name)!.get(version)!).map(aggregatedOf),
          freshness: "Current",
        })),
      })),
    }),
    paths: () => [
      "/api",
      "/api/v1",
      "/apis",
      "/apis/",
      ...named.flatMap((name) => [`/apis/${name}`, ...versionsOf(name).map((version) => `/apis/${name}/${version}`)]).sort(),
    ],
  };
}

const byName = (list: Resource[]) => [...list].sort((a, b) => (a.resource < b.resource ? -1 : 1));
const bySubresource = <T extends { name: string }>(list: T[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

function entriesOf({
  resource,
  singular,
  namespaced,
  kind,
  verbs,
  shortNames,
  categories,
  subresources,
  group,
  version,
  storagePrefix,
}: Resource): object[] {
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length ? { shortNames } : {}),
      ...(categories.length ? { categories } : {}),
      ...(storagePrefix && verbs.includes("get") ? { storageVersionHash: versionHash(group, version, kind) } : {}),
    },
    ...bySubresource(subresources).map((sub) => ({
      name: `${resource}/${sub.name}`,
      singularName: "",
      namespaced,
      ...foreign(sub, version),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ];
}

/** Clients compare it only: upstream's eight bytes of a hash of the stored kind. */
function versionHash(group: string, version: string, kind: string): string {
  const stored =
    group === "events.k8s.io"
      ? "/v1/Event"
      : group === "autoscaling"
        ? "autoscaling/v2/HorizontalPodAutoscaler"
        : `${group}/${version}/${kind}`;
  return createHash("sha256").update(stored).digest().subarray(0, 8).toString("base64");
}

function foreign(sub: { group?: string; version?: string }, version: string): object {
  if (sub.group === undefined && sub.version === undefined) return {};
  return { ...(sub.group ? { group: sub.group } : {}), version: sub.version ?? version };
}

function aggregatedOf({
  resource,
  singular,
  namespaced,
  kind,
  verbs,
  shortNames,
  categories,
  subresources,
  group,
  version,
}: Resource): object {
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length ? { shortNames } : {}),
    ...(categories.length ? { categories } : {}),
    ...(subresources.length
      ? {
          subresources: bySubresource(subresources).map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}
