/** Whether a rule of admission is about a request. */
import type { Attributes, Match, Operation } from "../contract.ts";

export type Asked = Pick<Attributes, "group" | "version" | "resource" | "subresource" | "operation" | "namespace">;

export function matches({ apiGroups, apiVersions = ["*"], resources, operations, scope = "*" }: Match, asked: Asked): boolean {
  return (
    has(apiGroups, asked.group) &&
    has(apiVersions, asked.version) &&
    has(operations, asked.operation) &&
    resources.some((each) => matchesResource(each, asked)) &&
    (scope === "*" || scope === scopeOf(asked))
  );
}

const has = (list: readonly string[], wanted: string) => list.includes("*") || list.includes(wanted);

function matchesResource(pattern: string, { resource, subresource }: Asked): boolean {
  const slash = pattern.indexOf("/");
  const [of, sub] = slash < 0 ? [pattern, ""] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  return (of === "*" || of === resource) && (sub === "*" || sub === subresource);
}

/** A namespace's own path names it as its namespace, and yet it lives in none. */
function scopeOf({ group, resource, namespace }: Asked): "Cluster" | "Namespaced" {
  return namespace === "" || (resource === "namespaces" && group === "") ? "Cluster" : "Namespaced";
}

/** A rule on objects of one kind, without their subresources. */
export const on = (group: string, resource: string, ...operations: Operation[]): Match => ({
  apiGroups: [group],
  resources: [resource],
  operations,
});
