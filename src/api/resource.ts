/** A served resource: a kind, where it lives in the API and in the store, and what may be done with it. */
import type { ObjectMeta } from "./meta/object-meta.ts";
import type { Struct } from "./schema.ts";

/** What every object has; kinds add their own fields. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface Subresource {
  name: string;
  kind: string;
  verbs: string[];
  /** Where the kind is of another group or version than the resource. */
  group?: string;
  version?: string;
}

export interface Column {
  name: string;
  type: string;
  format?: string;
  description?: string;
  /** 0: always shown; 1: only when wide output is asked for. */
  priority?: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the default stands for any kind, in both directions.
export interface Resource<T = any> {
  group: string;
  version: string;
  /** `v1`, `apps/v1`. */
  apiVersion: string;
  /** Lower-case plural, as in URLs. */
  resource: string;
  kind: string;
  listKind: string;
  singular: string;
  namespaced: boolean;
  verbs: string[];
  shortNames: string[];
  categories: string[];
  subresources: Subresource[];
  schema: Struct<T>;
  /** Keys in the store begin so: upstream's etcd layout. */
  storagePrefix: string;
  columns: Column[];
}

type Declared = Pick<Resource, "group" | "version" | "resource" | "singular" | "namespaced" | "verbs" | "storagePrefix" | "columns"> &
  Partial<Pick<Resource, "shortNames" | "categories" | "subresources">>;

export function resource<T>(schema: Struct<T>, declared: Declared): Resource<T> {
  const kind = schema.name.slice(schema.name.lastIndexOf(".") + 1);
  return {
    shortNames: [],
    categories: [],
    subresources: [],
    ...declared,
    apiVersion: declared.group ? `${declared.group}/${declared.version}` : declared.version,
    kind,
    listKind: `${kind}List`,
    schema,
  };
}

export interface PathParts {
  namespace?: string;
  name?: string;
  subresource?: string;
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale`; without a namespace, the path over all namespaces. */
export function resourcePath(
  of: Pick<Resource, "group" | "version" | "resource" | "namespaced">,
  { namespace, name, subresource }: PathParts = {},
): string {
  const root = of.group ? `/apis/${of.group}/${of.version}` : `/api/${of.version}`;
  const scope = of.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const own = name === undefined ? "" : `/${encodeURIComponent(name)}`;
  return `${root}${scope}/${of.resource}${own}${subresource ? `/${subresource}` : ""}`;
}
