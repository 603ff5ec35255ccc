/**
 * The kinds that a server serves, as a value that is handed around: what is looked up by URL, by kind or by declaration, and who
 * is told when custom and aggregated kinds come and go.
 */
import type { KubeObject, Resource } from "./resource.ts";
import type { Rules } from "./rules.ts";
import { type Writes, writesOf } from "./writes.ts";

export type PatchType = "json" | "merge" | "strategic" | "apply";

/** Served by another API server, which the named APIService leads to. */
export interface Remote {
  readonly apiService: string;
}

/** A kind as it is served: its declaration and its rules in one value. */
export interface Served extends Resource {
  /** `deployments.apps`, `pods`: one for all versions. */
  readonly id: string;
  readonly rules: Rules;
  /** The rules of writes, completed by the general ones. */
  readonly writes: Writes;
  /** "nowhere": answered at once and never stored, as reviews are. */
  readonly storage: "here" | "nowhere" | Remote;
  readonly patches: readonly PatchType[];
  /** The verbs that discovery names, when it does not name all. */
  readonly discovered?: readonly string[];
}

/** `revision` changes with every change of the kinds: what is made from all of them is kept by it. */
export interface Catalog {
  readonly revision: number;
  find(group: string, version: string, resource: string): Served | undefined;
  kind(apiVersion: string, kind: string): Served | undefined;
  /** What serves a declaration that this program holds. Throws when nothing does. */
  of(resource: Pick<Resource, "group" | "version" | "resource" | "apiVersion">): Served;
  /** In the order of discovery: built-in groups first, then the others by name. */
  all(): readonly Served[];
  /** Runs after every change. Returns the way to stop. */
  onChange(run: (added: readonly Served[], gone: readonly Served[]) => void): () => void;
}

/** `deployments.apps`; core resources have no group. */
export function kindId({ group, resource }: Pick<Resource, "group" | "resource">): string {
  return group ? `${resource}.${group}` : resource;
}

const everyPatch: readonly PatchType[] = ["json", "merge", "strategic", "apply"];

export function served<T extends KubeObject>(
  resource: Resource<T>,
  rules: Rules<T> = {},
  more: Partial<Pick<Served, "storage" | "patches">> = {},
): Served {
  const { storagePrefix, verbs } = resource;
  const isStored = storagePrefix !== "" && verbs.includes("get") && verbs.includes("create");
  return {
    ...resource,
    id: kindId(resource),
    rules,
    writes: writesOf(resource, rules),
    storage: isStored ? "here" : "nowhere",
    patches: verbs.includes("patch") ? everyPatch : [],
    ...more,
  };
}

/** Kinds that never change: tests, tools, a server's own. */
export function staticCatalog(kinds: readonly Served[]): Catalog {
  return openCatalog(kinds).catalog;
}

export interface OpenCatalog {
  catalog: Catalog;
  /** What `owner` (a CRD, an APIService) adds from now on, in place of what it added before; `[]` takes everything back. */
  replace(owner: string, kinds: readonly Served[]): void;
}

/** A catalog whose kinds come and go. */
export function openCatalog(builtIn: readonly Served[]): OpenCatalog {
  const added = new Map<string, readonly Served[]>();
  const listeners = new Set<(added: readonly Served[], gone: readonly Served[]) => void>();
  let state = indexed(builtIn);
  let revision = 1;
  const catalog: Catalog = {
    get revision() {
      return revision;
    },
    find: (group, version, resource) => state.byName.get(`${group}/${version}/${resource}`),
    kind: (apiVersion, kind) => state.byKind.get(`${apiVersion}/${kind}`),
    of(resource) {
      const found = catalog.find(resource.group, resource.version, resource.resource);
      if (!found) throw new Error(`${kindId(resource)} of ${resource.apiVersion} is not served`);
      return found;
    },
    all: () => state.all,
    onChange(run) {
      listeners.add(run);
      return () => void listeners.delete(run);
    },
  };
  return {
    catalog,
    replace(owner, kinds) {
      const gone = added.get(owner) ?? [];
      if (kinds.length === 0 && gone.length === 0) return;
      if (kinds.length) added.set(owner, kinds);
      else added.delete(owner);
      state = indexed([...builtIn, ...[...added.values()].flat().sort(byGroup)]);
      revision++;
      for (const run of [...listeners]) run(kinds, gone);
    },
  };
}

const byGroup = (a: Served, b: Served) => (a.group < b.group ? -1 : a.group > b.group ? 1 : a.resource < b.resource ? -1 : 1);

interface Index {
  all: readonly Served[];
  byName: ReadonlyMap<string, Served>;
  byKind: ReadonlyMap<string, Served>;
}

function indexed(all: readonly Served[]): Index {
  return {
    all,
    byName: new Map(all.map((one) => [`${one.group}/${one.version}/${one.resource}`, one])),
    byKind: new Map(all.map((one) => [`${one.apiVersion}/${one.kind}`, one])),
  };
}
