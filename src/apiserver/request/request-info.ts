/** What a method and a path ask for, decided from the raw path: an encoded slash stays part of the name it stands in. */
import { parseFieldSelector, parseLabelSelector, SelectorError } from "#codec/mod.ts";
import type { RequestInfo } from "../contract.ts";

const namespaceSubresources = new Set(["status", "finalize"]);
const verbs: Record<string, string> = { GET: "get", HEAD: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
const emptyQuery = new URLSearchParams();

export interface ParsedRequest {
  info: RequestInfo;
  query: URLSearchParams;
}

export function parseRequest(method: string, url: string): ParsedRequest {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? emptyQuery : new URLSearchParams(url.slice(mark + 1));
  return { info: requestInfo(method, path, query), query };
}

export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split("/");
  // "", "api", "v1", … : at least a version and a resource make it a resource request.
  const prefix = parts[1]!;
  const groupless = prefix === "api";
  let at = groupless ? 3 : 4;
  if ((!groupless && prefix !== "apis") || parts.length <= at || parts[at] === "") return nonResource(method, path);
  let verb = verbs[method] ?? method.toLowerCase();
  const viaPath = (parts[at] === "proxy" || parts[at] === "watch") && parts.length > at + 1;
  if (viaPath) {
    if (parts[at] === "watch") verb = "watch";
    else return nonResource(method, path);
    at++;
  }
  const info: RequestInfo = {
    path,
    verb,
    isResource: true,
    prefix,
    group: groupless ? "" : parts[2]!,
    version: parts[at > (groupless ? 3 : 4) ? (groupless ? 2 : 3) : at - 1]!,
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
  };
  if (parts[at] === "namespaces" && parts.length > at + 1 && parts[at + 1] !== "") {
    info.namespace = decode(parts[at + 1]!);
    // `/namespaces/x/status` is about the namespace itself, `/namespaces/x/pods` about what is in it.
    if (parts.length > at + 2 && parts[at + 2] !== "" && !namespaceSubresources.has(parts[at + 2]!)) at += 2;
  }
  info.resource = decode(parts[at]!);
  const name = parts[at + 1];
  const subresource = parts[at + 2];
  if (name) info.name = decode(name);
  if (name && subresource) {
    info.subresource = decode(subresource);
    if (parts.length > at + 3) info.rest = parts.slice(at + 3).join("/");
  }
  if (verb === "get" && !info.name) info.verb = isTrue(query.get("watch")) ? "watch" : "list";
  else if (verb === "delete" && !info.name) info.verb = "deletecollection";
  if (info.verb === "list" || info.verb === "watch" || info.verb === "deletecollection") {
    readSelectors(info, query);
    // A list or watch of one named object is a read of that object, as upstream does: kubelets follow Secrets so.
    if (info.verb !== "deletecollection" && !info.name) info.name = selectedName(info) ?? "";
    // Watches of the old kind do not select in all their forms.
    if (viaPath) info.labelRequirements = info.fieldRequirements = undefined;
  }
  return info;
}

/** What cannot be read restricts nothing: the verb refuses it, an authorizer does not count on it. */
function readSelectors(info: RequestInfo, query: URLSearchParams): void {
  const label = query.get("labelSelector");
  const field = query.get("fieldSelector");
  try {
    if (label) info.labelRequirements = parseLabelSelector(label).requirements;
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
  }
  try {
    if (field) info.fieldRequirements = parseFieldSelector(field);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
  }
}

function selectedName({ fieldRequirements }: RequestInfo): string | undefined {
  const name = fieldRequirements?.find(({ field, equal }) => field === "metadata.name" && equal)?.value;
  return name === undefined || name === "." || name === ".." || /[/%]/.test(name) ? undefined : name;
}

/** Upstream reads `watch=1`, `watch=true` and a bare `watch`. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    path,
    verb: method.toLowerCase(),
    isResource: false,
    prefix: "",
    group: "",
    version: "",
    namespace: "",
    resource: "",
    subresource: "",
    name: "",
  };
}

function decode(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
