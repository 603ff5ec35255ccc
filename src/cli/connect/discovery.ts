/** What the server serves: found by aggregated discovery, kept on disk, and searched the way users write resource names. */

import { dirname, join } from "node:path";
import { CliError } from "../failure.ts";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "../input/files.ts";
import type { Rest } from "./rest.ts";

export interface ResourceInfo {
  group: string;
  version: string;
  /** Plural, for paths. */
  name: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
  subresources: { name: string; kind: string; group: string; version: string; verbs: string[] }[];
}

export interface GroupInfo {
  name: string;
  /** Preferred first. */
  versions: string[];
}

export interface Discovered {
  groups: GroupInfo[];
  resources: ResourceInfo[];
}

const maxAgeMs = 6 * 3600 * 1000;

/** Discovery from the disk cache when it is fresh, otherwise from the server. */
export async function discover(
  rest: Rest,
  options: { cacheDir: string; fresh?: boolean; nowMs: number },
): Promise<{ found: Discovered; cached: boolean }> {
  const file = join(
    options.cacheDir,
    "discovery",
    `${rest.base.hostname}_${rest.base.port || "443"}`.replaceAll(/[^\w.-]/g, "_"),
    "spoke.json",
  );
  if (!options.fresh) {
    try {
      if (options.nowMs - statSync(file).mtimeMs < maxAgeMs)
        return { found: JSON.parse(readFileSync(file, "utf8")) as Discovered, cached: true };
    } catch {
      // No cache yet, or an unreadable one: ask the server.
    }
  }
  const found = await ask(rest);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(found), { mode: 0o660 });
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A read-only home only costs the next call a request.
  }
  return { found, cached: false };
}

interface DiscoveryItem {
  metadata?: { name?: string };
  versions: {
    version: string;
    resources?: {
      resource: string;
      responseKind?: { group?: string; version?: string; kind?: string };
      scope?: string;
      singularResource?: string;
      verbs?: string[];
      shortNames?: string[];
      categories?: string[];
      subresources?: { subresource: string; responseKind?: { group?: string; version?: string; kind?: string }; verbs?: string[] }[];
    }[];
  }[];
}

const aggregated =
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

async function ask(rest: Rest): Promise<Discovered> {
  const read = async (path: string) => rest.json<{ kind: string; items?: DiscoveryItem[] }>({ path, accept: aggregated });
  const [core, rest_] = await Promise.all([read("/api"), read("/apis")]);
  if (core.kind !== "APIGroupDiscoveryList" || rest_.kind !== "APIGroupDiscoveryList") return askPlainly(rest);
  const result: Discovered = { groups: [], resources: [] };
  for (const item of [...(core.items ?? []), ...(rest_.items ?? [])]) {
    const group = item.metadata?.name ?? "";
    result.groups.push({ name: group, versions: item.versions.map((version) => version.version) });
    for (const version of item.versions) {
      for (const resource of version.resources ?? []) {
        result.resources.push({
          group,
          version: version.version,
          name: resource.resource,
          singular: resource.singularResource ?? "",
          kind: resource.responseKind?.kind ?? "",
          namespaced: resource.scope === "Namespaced",
          verbs: resource.verbs ?? [],
          shortNames: resource.shortNames ?? [],
          categories: resource.categories ?? [],
          subresources: (resource.subresources ?? []).map((sub) => ({
            name: sub.subresource,
            kind: sub.responseKind?.kind ?? "",
            group: sub.responseKind?.group ?? group,
            version: sub.responseKind?.version || version.version,
            verbs: sub.verbs ?? [],
          })),
        });
      }
    }
  }
  return result;
}

interface PlainResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  group?: string;
  version?: string;
  verbs: string[];
  shortNames?: string[];
  categories?: string[];
}

/** Servers without aggregated discovery answer one list a group version. */
async function askPlainly(rest: Rest): Promise<Discovered> {
  const core = await rest.json<{ versions?: string[] }>({ path: "/api" });
  const named = await rest.json<{ groups?: { name: string; versions: { version: string }[] }[] }>({ path: "/apis" });
  const groups: GroupInfo[] = [
    { name: "", versions: core.versions ?? [] },
    ...(named.groups ?? []).map((group) => ({ name: group.name, versions: group.versions.map(({ version }) => version) })),
  ];
  const resources: ResourceInfo[] = [];
  const lists = groups.flatMap((group) => group.versions.map((version) => ({ group: group.name, version })));
  const answers = await Promise.all(
    lists.map(async (at) => ({
      at,
      list: await rest.json<{ resources?: PlainResource[] }>({ path: groupPath(at) }).catch(() => ({ resources: [] })),
    })),
  );
  for (const { at, list } of answers) {
    for (const item of list.resources ?? []) {
      const [name, sub] = item.name.split("/");
      if (sub) {
        resources
          .find((resource) => resource.group === at.group && resource.version === at.version && resource.name === name)
          ?.subresources.push({
            name: sub,
            kind: item.kind,
            group: item.group || at.group,
            version: item.version || at.version,
            verbs: item.verbs,
          });
      } else {
        resources.push({
          ...at,
          name,
          singular: item.singularName ?? "",
          kind: item.kind,
          namespaced: item.namespaced,
          verbs: item.verbs,
          shortNames: item.shortNames ?? [],
          categories: item.categories ?? [],
          subresources: [],
        });
      }
    }
  }
  return { groups, resources };
}

export function groupPath(at: { group: string; version: string }): string {
  return at.group === "" ? `/api/${at.version}` : `/apis/${at.group}/${at.version}`;
}
export function apiVersionOf(at: { group: string; version: string }): string {
  return at.group === "" ? at.version : `${at.group}/${at.version}`;
}
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const at = apiVersion.indexOf("/");
  return at < 0 ? { group: "", version: apiVersion } : { group: apiVersion.slice(0, at), version: apiVersion.slice(at + 1) };
}

/** Path of a collection or object. */
export function pathOf(resource: ResourceInfo, at: { namespace?: string; name?: string; subresource?: string } = {}): string {
  const namespace = resource.namespaced && at.namespace ? `/namespaces/${encodeURIComponent(at.namespace)}` : "";
  const name = at.name ? `/${encodeURIComponent(at.name)}` : "";
  return `${groupPath(resource)}${namespace}/${resource.name}${name}${at.subresource ? `/${at.subresource}` : ""}`;
}

/** `deployment.apps`, `pod`: how messages name a kind. */
export function displayKind(resource: { kind: string; group: string }): string {
  return resource.kind.toLowerCase() + (resource.group === "" ? "" : `.${resource.group}`);
}

/** Names in any case, short ones as they are written. */
function isCalled({ name, singular, kind, shortNames }: ResourceInfo, word: string): boolean {
  const lower = word.toLowerCase();
  return name === lower || singular === lower || kind.toLowerCase() === lower || shortNames.includes(word);
}

/** Searches discovered resources; the preferred version of each group counts first. */
export class Mapper {
  readonly found: Discovered;
  #preferred: ResourceInfo[];

  constructor(found: Discovered) {
    this.found = found;
    const order = new Map(found.groups.map((group, index) => [group.name, index]));
    const rank = (resource: ResourceInfo) => {
      const group = order.get(resource.group) ?? 1e3;
      return group * 100 + Math.max(0, found.groups[group]?.versions.indexOf(resource.version) ?? 0);
    };
    this.#preferred = [...found.resources].sort((a, b) => rank(a) - rank(b));
  }

  /** `pods`, `po`, `Pod`, `deployments.apps`, `deployments.v1.apps`; undefined when nothing is called that. */
  find(argument: string): ResourceInfo | undefined {
    const [name = "", ...rest] = argument.split(".");
    if (rest.length > 1) {
      const versioned = this.#within(name, rest.slice(1).join("."), rest[0]);
      if (versioned) return versioned;
    }
    return this.resourceOf(argument);
  }

  /** The same of a name and perhaps a group; a version is none of its parts. */
  resourceOf(argument: string): ResourceInfo | undefined {
    const [name = "", ...rest] = argument.split(".");
    if (rest.length > 0) return this.#within(name, rest.join("."));
    const lower = name.toLowerCase();
    return (
      this.#preferred.find((resource) => resource.name === lower) ??
      this.#preferred.find((resource) => resource.singular === lower || resource.kind.toLowerCase() === lower) ??
      this.#preferred.find((resource) => isCalled(resource, name))
    );
  }

  /** In a group; without a version also in one whose name begins so: `hpa.autoscal`. */
  #within(name: string, group: string, version?: string): ResourceInfo | undefined {
    const named = this.#preferred.filter((resource) => isCalled(resource, name) && (version === undefined || resource.version === version));
    return (
      named.find((resource) => resource.group === group) ??
      (group === "" || version !== undefined ? undefined : named.find((resource) => resource.group.startsWith(group)))
    );
  }

  kind(group: string, version: string, kind: string): ResourceInfo | undefined {
    return this.#preferred.find((resource) => resource.kind === kind && resource.group === group && resource.version === version);
  }

  /** Any version of a group's kind. */
  groupKind(group: string, kind: string): ResourceInfo | undefined {
    return this.#preferred.find((resource) => resource.kind === kind && resource.group === group);
  }

  /** Resources of a category such as `all`, in discovery order, each in its preferred version. */
  category(name: string): ResourceInfo[] {
    const seen = new Set<string>();
    return this.#preferred.filter((resource) => {
      const key = `${resource.group}/${resource.name}`;
      if (!resource.categories.includes(name) || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  }
}

/** Whatever group or version was asked for, the type alone is told of. */
export function noResourceType(argument: string): CliError {
  return new CliError(`the server doesn't have a resource type ${JSON.stringify(argument.split(".")[0])}`);
}

/** The same of who asks for one resource by itself: the group is told, and nothing stands before it. */
export function unmatched(argument: string): CliError {
  const [name = "", ...group] = argument.split(".");
  const where = group.length > 0 ? ` in group ${JSON.stringify(group.join("."))}` : "";
  return new CliError(`the server doesn't have a resource type ${JSON.stringify(name)}${where}`, { raw: true });
}
