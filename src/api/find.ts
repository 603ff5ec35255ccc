/** Looks resources up by URL parts or by kind. */
import { allResources } from "./all-resources.ts";
import type { Resource } from "./resource.ts";

const byName = new Map(allResources.map((r) => [`${r.group}/${r.version}/${r.resource}`, r]));
const byKind = new Map(allResources.map((r) => [`${r.apiVersion}/${r.kind}`, r]));

export function findResource(group: string, version: string, resource: string): Resource | undefined {
  return byName.get(`${group}/${version}/${resource}`);
}

export function findKind(apiVersion: string, kind: string): Resource | undefined {
  return byKind.get(`${apiVersion}/${kind}`);
}
