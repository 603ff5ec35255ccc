/** What is served: group and resource lists, plain and aggregated, made again when the kinds have changed. */
import { createHash } from "node:crypto";
import { type Catalog, newestFirst, type Served } from "#api/mod.ts";
import { groupPriority, priorityOf } from "../extension/aggregation/priorities.ts";

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

/** A version of a group that another server serves. */
export interface RemoteVersion {
  group: string;
  version: string;
  groupPriority: number;
  versionPriority: number;
  /** In the aggregated form, as far as they are known. */
  resources: readonly object[];
  /** Whether the server answers at present. */
  current: boolean;
}

export interface RemoteVersions {
  /** Another one whenever something has changed. */
  revision(): string;
  all(): readonly RemoteVersion[];
}

const noRemotes: RemoteVersions = { revision: () => "", all: () => [] };

export function discovery(catalog: Catalog, remotes = noRemotes): Discovery {
  const revisionNow = () => `${catalog.revision} ${remotes.revision()}`;
  let made = discoveryOf(catalog.all(), remotes.all());
  let revision = revisionNow();
  const now = () => {
    if (revision !== revisionNow()) {
      made = discoveryOf(catalog.all(), remotes.all());
      revision = revisionNow();
    }
    return made;
  };
  return {
    core: (address) => now().core(address),
    groups: () => now().groups(),
    group: (name) => now().group(name),
    resources: (group, version) => now().resources(group, version),
    aggregated: (core) => now().aggregated(core),
    paths: () => now().paths(),
  };
}

/** Groups in the order of the kinds: clients take the first match of a short name. */
function discoveryOf(resources: readonly Served[], remote: readonly RemoteVersion[]): Discovery {
  const groups = new Map<string, Map<string, Served[]>>();
  const remotes = new Map(remote.map((each) => [`${each.group}/${each.version}`, each]));
  for (const resource of resources) {
    const versions = groups.get(resource.group) ?? new Map<string, Served[]>();
    groups.set(resource.group, versions);
    versions.set(resource.version, [...(versions.get(resource.version) ?? []), resource]);
  }
  const local = [...groups.keys()];
  for (const { group, version } of remote) {
    const versions = groups.get(group) ?? new Map<string, Served[]>();
    groups.set(group, versions.set(version, []));
  }
  const versionsOf = (group: string) => sortedVersions(group, [...(groups.get(group)?.keys() ?? [])], remotes);
  const groupInfo = (name: string) => {
    const versions = versionsOf(name).map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions, preferredVersion: versions[0] };
  };
  const named = sortedGroups(local, remote).filter((name) => name !== "");
  const lists = new Map<string, object>();
  for (const [group, versions] of groups)
    for (const [version, list] of versions)
      if (!remotes.has(`${group}/${version}`))
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
        versions: versionsOf(name).map((version) => {
          const other = remotes.get(`${name}/${version}`);
          if (other) return { version, resources: other.resources, freshness: other.current ? "Current" : "Stale" };
          return { version, resources: byName(groups.get(name)!.get(version)!).map(aggregatedOf), freshness: "Current" };
        }),
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

/** The server's own in their order; others before the first that is less important. */
function sortedGroups(local: readonly string[], remote: readonly RemoteVersion[]): string[] {
  const sorted = [...local];
  const priorities = new Map<string, number>();
  for (const { group, groupPriority: own } of remote) priorities.set(group, Math.max(own, priorities.get(group) ?? 0));
  for (const [group, priority] of [...priorities].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))) {
    if (local.includes(group)) continue;
    const at = sorted.findIndex((name) => {
      const theirs = priorities.get(name) ?? groupPriority(name);
      return theirs < priority || (theirs === priority && name > group);
    });
    sorted.splice(at < 0 ? sorted.length : at, 0, group);
  }
  return sorted;
}

function sortedVersions(group: string, versions: string[], remotes: ReadonlyMap<string, RemoteVersion>): string[] {
  const priority = (version: string) => remotes.get(`${group}/${version}`)?.versionPriority ?? priorityOf(group, version).version;
  const isMixed = versions.some((version) => remotes.has(`${group}/${version}`));
  return versions.sort((a, b) => (isMixed ? priority(b) - priority(a) : 0) || newestFirst(a, b));
}

const byName = (list: Served[]) => [...list].sort((a, b) => (a.resource < b.resource ? -1 : 1));
/** Upstream lists those of custom kinds as they come. */
const shownSubresources = ({ subresources, schema }: Pick<Served, "subresources" | "schema">) =>
  schema.structural ? subresources : bySubresource(subresources);
const bySubresource = <T extends { name: string }>(list: T[]) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

function entriesOf({
  resource,
  singular,
  namespaced,
  kind,
  verbs,
  discovered,
  shortNames,
  categories,
  subresources,
  group,
  version,
  storagePrefix,
  rules,
  schema,
}: Served): object[] {
  const stored = rules.storedAs?.resource ?? { group, version, kind };
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs: discovered ?? verbs,
      ...(shortNames.length ? { shortNames } : {}),
      ...(categories.length ? { categories } : {}),
      ...(storagePrefix && verbs.includes("get") ? { storageVersionHash: versionHash(stored) } : {}),
    },
    ...shownSubresources({ subresources, schema }).map((sub) => ({
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
function versionHash({ group, version, kind }: Pick<Served, "group" | "version" | "kind">): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
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
  discovered,
  shortNames,
  categories,
  subresources,
  group,
  version,
  schema,
}: Served): object {
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs: discovered ?? verbs,
    ...(shortNames.length ? { shortNames } : {}),
    ...(categories.length ? { categories } : {}),
    ...(subresources.length
      ? {
          subresources: shownSubresources({ subresources, schema }).map((sub) => ({
            subresource: sub.name,
            responseKind: { group: sub.group ?? group, version: sub.version ?? version, kind: sub.kind },
            verbs: sub.verbs,
          })),
        }
      : {}),
  };
}
