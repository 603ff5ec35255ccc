/** What another API server says of itself, in the form of aggregated discovery. Pure. */

interface Listed {
  name: string;
  singularName?: string;
  namespaced?: boolean;
  group?: string;
  version?: string;
  kind: string;
  verbs?: string[];
  shortNames?: string[];
  categories?: string[];
}

export interface ResourceList {
  groupVersion?: string;
  resources?: Listed[];
}

/** Resources with their subresources, by name. */
export function aggregatedOf({ resources = [] }: ResourceList, group: string, version: string): object[] {
  const kindOf = (each: Listed) => ({ group: each.group ?? group, version: each.version ?? version, kind: each.kind });
  const subresources = resources.filter(({ name }) => name.includes("/"));
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map((each) => {
      const own = subresources.filter(({ name }) => name.startsWith(`${each.name}/`));
      return {
        resource: each.name,
        responseKind: kindOf(each),
        scope: each.namespaced ? "Namespaced" : "Cluster",
        singularResource: each.singularName ?? "",
        verbs: each.verbs ?? [],
        ...(each.shortNames?.length && { shortNames: each.shortNames }),
        ...(each.categories?.length && { categories: each.categories }),
        ...(own.length && {
          subresources: own.map((sub) => ({
            subresource: sub.name.slice(each.name.length + 1),
            responseKind: kindOf(sub),
            verbs: sub.verbs ?? [],
          })),
        }),
      };
    });
}
