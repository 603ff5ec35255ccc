/** Which flow a request belongs to: the first FlowSchema that matches it, and within that schema its user or its namespace. */
import type { FlowSchema, FlowSchemaSpec } from "#api/mod.ts";
import type { RequestInfo, User } from "../../contract.ts";

type Rules = NonNullable<FlowSchemaSpec["rules"]>[number];
type Subject = NonNullable<Rules["subjects"]>[number];
type ResourceRule = NonNullable<Rules["resourceRules"]>[number];
type Asked = Pick<RequestInfo, "verb" | "isResource" | "group" | "resource" | "subresource" | "namespace" | "path">;

/** In the order in which they are tried: by precedence, then by name. */
export function inOrder(schemas: readonly FlowSchema[]): FlowSchema[] {
  return [...schemas].sort((a, b) => {
    const difference = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0);
    return difference || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);
  });
}

export function matches({ spec }: FlowSchema, user: User, asked: Asked): boolean {
  return (spec?.rules ?? []).some(
    ({ subjects, resourceRules, nonResourceRules }) =>
      (subjects ?? []).some((subject) => isSubject(subject, user)) &&
      (asked.isResource
        ? (resourceRules ?? []).some((rule) => ofResource(rule, asked))
        : (nonResourceRules ?? []).some((rule) => holds(rule.verbs, asked.verb) && ofPath(rule.nonResourceURLs, asked.path))),
  );
}

/** What sets the flows of one schema apart. */
export function distinguisherOf({ spec }: FlowSchema, user: User, { namespace }: Pick<RequestInfo, "namespace">): string {
  const type = spec?.distinguisherMethod?.type;
  return type === "ByUser" ? user.name : type === "ByNamespace" ? namespace : "";
}

function isSubject({ kind, user: one, group, serviceAccount }: Subject, user: User): boolean {
  if (kind === "User") return one !== undefined && one !== null && (one.name === "*" || one.name === user.name);
  if (kind === "Group") return group !== undefined && group !== null && (group.name === "*" || user.groups.includes(group.name ?? ""));
  if (kind !== "ServiceAccount" || !serviceAccount) return false;
  const ofNamespace = `system:serviceaccount:${serviceAccount.namespace}:`;
  return serviceAccount.name === "*" ? user.name.startsWith(ofNamespace) : user.name === ofNamespace + serviceAccount.name;
}

/** The wildcard stands alone, as validation has it. */
const holds = (list: readonly string[] | null | undefined, value: string) =>
  list !== null && list !== undefined && ((list.length === 1 && list[0] === "*") || list.includes(value));

function ofResource({ verbs, apiGroups, resources, namespaces, clusterScope }: ResourceRule, asked: Asked): boolean {
  const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
  if (!holds(verbs, asked.verb) || !holds(resources, resource) || !holds(apiGroups, asked.group)) return false;
  return asked.namespace === "" ? clusterScope === true : holds(namespaces, asked.namespace);
}

/** `/healthz` covers `/healthz/etcd` too. */
const ofPath = (urls: readonly string[] | null | undefined, path: string) =>
  (urls ?? []).some((url) => {
    if (url === "*" || url === path) return true;
    const prefix = url.replace(/\*$/, "");
    return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
  });
